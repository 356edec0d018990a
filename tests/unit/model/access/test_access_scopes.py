"""Scopes: what is read, what two of them allow together, and that less is never more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.model.access.scopes import LETTERS, Asked, Level, Limit, Narrowing, Scope, least, read_scope, read_scopes

TYPES = ("*", "Observation", "Patient")
CATEGORY = (("category", ("a",)),)


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    kind = draw(st.sampled_from(TYPES))
    letters = draw(st.sets(st.sampled_from(LETTERS), min_size=1))
    names = st.sampled_from(("category", "code", "status"))
    values = st.sets(st.sampled_from("abc"), min_size=1).map(lambda found: tuple(sorted(found)))
    pairs = draw(st.dictionaries(names, values, max_size=2)) if kind != "*" else {}
    ordered = "".join(letter for letter in LETTERS if letter in letters)
    return Scope(draw(st.sampled_from(Level)), kind, ordered, tuple(sorted(pairs.items())))


WORLDS = [
    (kind, letter, {"category": category, "code": code, "status": status})
    for kind in TYPES[1:]
    for letter in LETTERS
    for category in "abc"
    for code in "ab"
    for status in "ab"
]
"""Every act on resources that differ in what the generated scopes can tell apart."""


def permits(scope: Scope, kind: str, letter: str, found: dict[str, str]) -> bool:
    """What the specification says, written again without the product's code."""
    return (
        scope.type in ("*", kind)
        and letter in scope.letters
        and all(found[name] in values for name, values in scope.constraint)
    )


@pytest.mark.parametrize(
    ("text", "level", "kind", "letters"),
    [
        ("patient/Observation.rs", Level.PATIENT, "Observation", "rs"),
        ("user/*.cruds", Level.USER, "*", "cruds"),
        ("system/Patient.s", Level.SYSTEM, "Patient", "s"),
        ("patient/*.read", Level.PATIENT, "*", "rs"),
        ("patient/Condition.write", Level.PATIENT, "Condition", "cud"),
        ("user/Task.*", Level.USER, "Task", "cruds"),
    ],
)
def test_reads_both_versions(text: str, level: Level, kind: str, letters: str) -> None:
    assert read_scope(text) == Scope(level, kind, letters)


@pytest.mark.parametrize(
    "text",
    [
        "", "patient", "patient/", "patient/Observation", "patient/Observation.", "patient/Observation.sr",
        "patient/Observation.rr", "patient/Observation.x", "Patient/Observation.rs", "patient/observation.rs",
        "patient/Observation.rs?", "patient/Observation.rs?category", "patient/Observation.rs?=x",
        "patient/Observation.rs?category=", "patient/*.rs?category=x", "patient/Observation.read?category=x",
        "patient/Observation.rs?category=a%5C,b", "patient/Observation.rs?category=%FF", "launch/encounter",
        "patient/Observation.rs\n", "patient/Obsеrvation.rs", "patient/../Patient.rs",
    ],
)  # fmt: skip
def test_what_is_no_scope_means_nothing(text: str) -> None:
    assert read_scope(text) is None


def test_takes_a_parameter_apart() -> None:
    asked = read_scopes(
        "launch openid  patient/Observation.rs?category=b,a patient/*.x patient/Observation.rs?category=a"
    )
    assert asked.words == {"launch", "openid"}
    assert asked.unknown == ("patient/*.x",)
    assert asked.text == "openid launch patient/Observation.rs?category=a,b"


def test_a_constraint_keeps_its_characters() -> None:
    text = "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
    assert read_scopes(text).text == text


def test_without_a_person_a_scope_about_one_allows_nothing() -> None:
    wanted = read_scopes("patient/*.rs").scopes
    assert Narrowing(wanted).limits("Observation", "r") == ()
    assert Narrowing(wanted, "1").limits("Observation", "r") == (Limit("1", ()),)
    assert not Narrowing(wanted, "1").allows("Observation", "cud")


def test_an_open_scope_goes_before_narrow_ones() -> None:
    wanted = read_scopes("patient/Observation.rs user/Observation.r system/Observation.r?category=a").scopes
    assert Narrowing(wanted, "1").limits("Observation", "r") == (Limit(None, ()),)
    assert Narrowing(wanted, "1").limits("Observation", "s") == (Limit("1", ()),)


@given(scopes())
def test_a_scope_is_written_as_it_is_read(scope: Scope) -> None:
    assert read_scope(scope.text) == scope


@given(scopes(), scopes())
def test_what_covers_allows_at_least_as_much(one: Scope, other: Scope) -> None:
    if one.covers(other):
        assert one.level is other.level
        assert all(permits(one, *each) for each in WORLDS if permits(other, *each))


@given(scopes(), scopes())
def test_what_two_allow_is_what_each_allows(one: Scope, other: Scope) -> None:
    met = one.meet(other)
    both = [each for each in WORLDS if permits(one, *each) and permits(other, *each)]
    if met is not None:
        assert one.covers(met)
        assert other.covers(met)
        assert [each for each in WORLDS if permits(met, *each)] == both
    else:
        assert one.level is not other.level or not both


@given(st.lists(scopes(), max_size=6))
def test_dropping_what_is_covered_changes_nothing(several: list[Scope]) -> None:
    kept = least(several)
    for level in Level:
        before = [any(permits(one, *each) for one in several if one.level is level) for each in WORLDS]
        assert [any(permits(one, *each) for one in kept if one.level is level) for each in WORLDS] == before


@given(st.lists(scopes(), max_size=4), st.lists(scopes(), max_size=4))
def test_within_never_adds(asked: list[Scope], allowed: list[Scope]) -> None:
    one, other = Asked(least(asked), frozenset({"openid"})), Asked(least(allowed))
    left = one.within(other)
    assert one.covers(left)
    assert other.covers(left)
    assert left.words == frozenset()
