"""Expansions whose codes stand below each other, supplements, and value sets that addresses stand for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel.outcome import Refusal
from saman.model.fhir.terminology import CodeSystem, Expanding, Library, Need, expand, look_up
from saman.model.fhir.terminology.implicit import implicit_value_set
from saman.model.fhir.terminology.nesting import DEEPEST

NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "urn:tree"


def library(*concepts: dict[str, Any], **more: Any) -> Library:
    tree = {"resourceType": "CodeSystem", "url": URL, "content": "complete", "concept": list(concepts), **more}
    made = Library()
    made.put(Need("CodeSystem", URL), [CodeSystem(tree)])
    return made


def concept(code: str, *parents: str, **more: Any) -> dict[str, Any]:
    properties = [{"code": "parent", "valueCode": one} for one in parents]
    return {"code": code, **({"property": properties} if properties else {}), **more}


def expanded(known: Library, include: dict[str, Any] | None = None, **asked: Any) -> dict[str, Any]:
    tree = {"compose": {"include": [{"system": URL, **(include or {})}]}}
    found = expand(known, tree, Expanding(**asked), NOW)
    assert not isinstance(found, Refusal), found
    expansion: dict[str, Any] = found["expansion"]
    return expansion


def shape(contains: list[dict[str, Any]]) -> dict[str, Any]:
    return {one["code"]: shape(one.get("contains", [])) for one in contains}


def codes(contains: list[dict[str, Any]]) -> Iterator[str]:
    for one in contains:
        yield one["code"]
        yield from codes(one.get("contains", []))


def test_codes_stand_below_each_other_when_that_is_asked() -> None:
    known = library(concept("a", concept=[concept("b", concept=[concept("c")])]), concept("d", "b"), concept("e"))
    assert shape(expanded(known, is_nested=True)["contains"]) == {"a": {"b": {"c": {}, "d": {}}}, "e": {}}
    assert list(shape(expanded(known)["contains"])) == ["a", "b", "c", "d", "e"]
    assert expanded(known, is_nested=True)["total"] == 5


def test_what_lies_between_may_be_left_out() -> None:
    known = library(concept("a", concept=[concept("b", concept=[concept("c")])]))
    listed = {"concept": [{"code": "c"}, {"code": "a"}]}
    assert shape(expanded(known, listed, is_nested=True)["contains"]) == {"a": {"c": {}}}


def test_a_page_is_flat() -> None:
    known = library(concept("a", concept=[concept("b")]))
    for page in ({"count": 5}, {"offset": 1}, {"count": 5, "offset": 1}):
        assert "contains" not in expanded(known, is_nested=True, **page)["contains"][0]


def test_of_several_above_it_the_first_counts_and_each_code_stands_once() -> None:
    known = library(concept("a"), concept("b"), concept("c", "b", "a"))
    assert shape(expanded(known, is_nested=True)["contains"]) == {"a": {}, "b": {"c": {}}}


def test_what_lies_deeper_than_anybody_reads_stands_by_itself() -> None:
    deep = [concept("c0"), *(concept(f"c{at}", f"c{at - 1}") for at in range(1, DEEPEST * 3))]
    found = list(codes(expanded(library(*deep), is_nested=True)["contains"]))
    assert sorted(found) == sorted(one["code"] for one in deep)


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=10, max_size=10))
def test_every_code_stands_once_however_they_lie_below_each_other(above: list[list[int]]) -> None:
    known = library(*(concept(f"c{at}", *(f"c{one}" for one in parents)) for at, parents in enumerate(above)))
    found = list(codes(expanded(known, is_nested=True)["contains"]))
    assert sorted(found) == [f"c{at}" for at in range(10)]


SUPPLEMENT = {
    "resourceType": "CodeSystem", "url": "urn:more", "content": "supplement", "supplements": URL, "language": "nb",
    "property": [{"code": "size", "type": "integer"}],
    "concept": [
        {"code": "a", "display": "En", "designation": [{"language": "sv", "value": "Ett"}],
         "property": [{"code": "size", "valueInteger": 7}]},
        {"code": "own"},
    ],
}  # fmt: skip


def test_a_supplement_adds_names_and_properties_and_no_codes() -> None:
    known = library(concept("a", display="One"), concept("b"))
    known.supplement(CodeSystem(SUPPLEMENT))
    assert [one["display"] for one in expanded(known, {"concept": [{"code": "a"}]}, language="nb")["contains"]] == [
        "En"
    ]
    assert [one["display"] for one in expanded(known, {"concept": [{"code": "a"}]})["contains"]] == ["One"]
    assert list(shape(expanded(known)["contains"])) == ["a", "b"]
    by_size = {"filter": [{"property": "size", "op": "=", "value": "7"}]}
    assert list(shape(expanded(known, by_size)["contains"])) == ["a"]
    system = known.code_system(URL)
    assert system is not None
    found = look_up(system, "a", "sv")
    assert not isinstance(found, Refusal)
    assert found.display == "Ett"
    assert ("size", "valueInteger", 7) in found.properties


def test_a_supplement_of_another_version_adds_nothing() -> None:
    known = library(concept("a", display="One"), version="2")
    known.supplement(CodeSystem(SUPPLEMENT | {"supplements": f"{URL}|1"}))
    assert expanded(known, language="nb")["contains"][0]["display"] == "One"


def test_what_is_shared_is_not_changed_by_a_supplement() -> None:
    url = "http://hl7.org/fhir/administrative-gender"
    one, other = Library(), Library()
    more = SUPPLEMENT | {"supplements": url, "concept": [{"code": "male", "display": "Mann"}]}
    one.supplement(CodeSystem(more))
    systems = [each.code_system(url) for each in (one, other)]
    assert [len(each.concepts["male"].designations) for each in systems if each is not None] == [1, 0]


@pytest.mark.parametrize(
    ("url", "include"),
    [
        ("urn:x:y?fhir_vs", {"system": "urn:x:y"}),
        ("urn:x:y?vs", {"system": "urn:x:y"}),
        ("http://unitsofmeasure.org/vs", {"system": "http://unitsofmeasure.org"}),
        ("http://loinc.org/vs", {"system": "http://loinc.org"}),
        ("http://loinc.org/vs/LL715-4", {
            "system": "http://loinc.org", "filter": [{"property": "LIST", "op": "=", "value": "LL715-4"}]}),
        ("http://loinc.org/vs/LP31755-9", {
            "system": "http://loinc.org", "filter": [{"property": "concept", "op": "is-a", "value": "LP31755-9"}]}),
        ("http://loinc.org/vs/1234-5", None),
        ("http://loinc.org/vsx", None),
        ("http://snomed.info/sct?fhir_vs", {"system": "http://snomed.info/sct"}),
        ("http://snomed.info/sct/51000202101?fhir_vs", {
            "system": "http://snomed.info/sct", "version": "http://snomed.info/sct/51000202101"}),
        ("http://snomed.info/sct?fhir_vs=isa/73211009", {
            "system": "http://snomed.info/sct",
            "filter": [{"property": "concept", "op": "is-a", "value": "73211009"}]}),
        ("http://snomed.info/sct?fhir_vs=refset/1", {
            "system": "http://snomed.info/sct", "filter": [{"property": "concept", "op": "in", "value": "1"}]}),
        ("http://snomed.info/sct?fhir_vs=ecl/<<1", {
            "system": "http://snomed.info/sct",
            "filter": [{"property": "constraint", "op": "=", "value": "<<1"}]}),
        ("http://snomed.info/sct?fhir_vs=shoe/1", None),
        ("?fhir_vs", None),
        ("urn:x:y", None),
    ],
)  # fmt: skip
def test_addresses_stand_for_value_sets(url: str, include: dict[str, Any] | None) -> None:
    found = implicit_value_set(url)
    assert (None if found is None else found["compose"]["include"]) == (None if include is None else [include])
