"""Made-up value sets: each is expanded or refused with a place, and checking a code agrees with the expansion."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from saman.kernel.outcome import Refusal
from saman.model.fhir import validate
from saman.model.fhir.terminology import (
    Checking,
    Coded,
    CodeSystem,
    Composer,
    Expanding,
    Library,
    Need,
    check_in_value_set,
    expand,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CODES = [f"c{n}" for n in range(8)]
SYSTEMS = ("urn:tree", "urn:flat", "urn:part", "urn:absent")
USUAL = ["urn:tree"] * 6 + ["urn:flat"] * 3
SETS = ("urn:set:0", "urn:set:1", "urn:set:2", "urn:set:none")

codes = st.sampled_from([*CODES, "nothing"])
ops = st.sampled_from(["=", "is-a", "descendent-of", "is-not-a", "regex", "in", "not-in", "generalizes", "exists"])
values = codes | st.sampled_from(["true", "false", "c[0-3]", "(", "c1,c2", "c1, c2"])
properties = st.sampled_from(["code", "display", "parent", "child", "size", "shoe"])
by_value = st.fixed_dictionaries({"property": properties, "op": ops, "value": values})
by_place = st.fixed_dictionaries({"property": st.just("concept"), "op": ops, "value": codes})
filters = by_place | by_place | by_value


def _part(drawn: dict[str, Any]) -> dict[str, Any]:
    part = {name: value for name, value in drawn.items() if value}
    if "filter" in part:
        part.pop("concept", None)
    if "system" not in part:
        part = {"valueSet": part.get("valueSet") or ["urn:set:0"]}
    return part


parts = st.fixed_dictionaries(
    {
        "system": st.sampled_from([*USUAL, *SYSTEMS, "", ""]),
        "version": st.sampled_from(["", "", "", "", "", "", "", "1", "9"]),
        "concept": st.lists(st.builds(lambda code: {"code": code}, codes), max_size=4),
        "filter": st.lists(filters, max_size=2),
        "valueSet": st.lists(st.sampled_from(SETS), max_size=2),
    }
).map(_part)
composed = st.fixed_dictionaries(
    {
        "include": st.lists(parts, min_size=1, max_size=3),
        "exclude": st.lists(parts, max_size=2),
        "inactive": st.sampled_from([True, False]),
    }
)
value_sets = composed.map(
    lambda told: {
        "resourceType": "ValueSet",
        "status": "active",
        "compose": {name: value for name, value in told.items() if value != []},
    }
)
links = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=10)


def _system(url: str, pairs: list[tuple[int, int]], **more: Any) -> CodeSystem:
    concepts = [
        {
            "code": code,
            "display": f"Code {code}",
            "property": [{"code": "parent", "valueCode": CODES[above]} for below, above in pairs if below == n]
            + [{"code": "inactive", "valueBoolean": n % 3 == 0}, {"code": "size", "valueInteger": n}],
        }
        for n, code in enumerate(CODES)
    ]
    declared = [{"code": "size", "type": "integer"}]
    return CodeSystem(
        {"url": url, "version": "1", "content": "complete", "concept": concepts, "property": declared} | more
    )


def library(pairs: list[tuple[int, int]], sets: list[dict[str, Any]]) -> Library:
    made = Library()
    made.put(Need("CodeSystem", "urn:tree"), [_system("urn:tree", pairs)])
    made.put(Need("CodeSystem", "urn:flat"), [_system("urn:flat", [], caseSensitive=False)])
    made.put(Need("CodeSystem", "urn:part"), [_system("urn:part", pairs, hierarchyMeaning="part-of")])
    for number, tree in enumerate(sets):
        made.put(Need("ValueSet", SETS[number]), [tree | {"url": SETS[number], "compose": _onward(tree, number)}])
    return made


def _onward(tree: dict[str, Any], number: int) -> dict[str, Any]:
    """A composition that imports later sets only, but for one in ten circles."""
    made = dict(tree["compose"])
    for name in ("include", "exclude"):
        for part in made.get(name, ()):
            kept = [one for one in part.get("valueSet", ()) if SETS.index(one) > number or len(part) == 4]
            part.pop("valueSet", None)
            part.update({"valueSet": kept} if kept else {} if "system" in part else {"system": "urn:tree"})
    return made


def test_a_code_of_a_version_that_is_not_loaded_is_in_the_set_that_lists_it() -> None:
    made = library([], [])
    other = {"system": "urn:tree", "version": "9", "concept": [{"code": "nothing"}]}
    tree = {"resourceType": "ValueSet", "status": "active", "compose": {"include": [{"system": "urn:tree"}, other]}}
    for version, expected in (("", True), ("1", False)):
        asked = Coded("urn:tree", "nothing", version=version)
        found = check_in_value_set(made, tree, [asked], Checking(), Composer(made))
        assert not isinstance(found, Refusal) or version
        assert (not isinstance(found, Refusal) and found.result) is expected
        said = "" if isinstance(found, Refusal) else found.message
        assert ("its version of the code system is not loaded" in said) is expected


@given(links, st.lists(value_sets, min_size=3, max_size=3), value_sets)
def test_checking_agrees_with_listing(
    pairs: list[tuple[int, int]], sets: list[dict[str, Any]], tree: dict[str, Any]
) -> None:
    assert validate(tree) == (), validate(tree)
    made = library(pairs, sets)
    listed = expand(made, tree, Expanding(), NOW)
    if isinstance(listed, Refusal):
        assert 400 <= listed.status < 500
        assert all(one.path for one in listed.issues)
        return
    assert validate(listed) == ()
    there = {(one["system"], one["code"]) for one in listed["expansion"].get("contains", ())}
    assert listed["expansion"]["total"] == len(there)
    for system in SYSTEMS:
        for code in [*CODES, "nothing"]:
            found = check_in_value_set(made, tree, [Coded(system, code)], Checking(), Composer(made))
            assert not isinstance(found, Refusal), found
            assert found.result is ((system, code) in there), (system, code, found)


@given(links, st.lists(value_sets, min_size=3, max_size=3), value_sets, st.integers(1, 5))
def test_pages_are_the_whole(
    pairs: list[tuple[int, int]], sets: list[dict[str, Any]], tree: dict[str, Any], count: int
) -> None:
    made = library(pairs, sets)
    whole = expand(made, tree, Expanding(), NOW)
    if isinstance(whole, Refusal):
        return
    listed: list[Any] = []
    for offset in range(0, whole["expansion"]["total"], count):
        page = expand(made, tree, Expanding(offset=offset, count=count), NOW)
        assert isinstance(page, dict)
        listed += page["expansion"]["contains"]
    assert listed == whole["expansion"].get("contains", [])
