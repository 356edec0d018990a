"""How alike two descriptions of a person are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.model.identity.matching import Grade, match

_WORD = st.text(st.sampled_from("aåäéeøoþlnrsst-' "), max_size=9)
_NAME = st.fixed_dictionaries({}, optional={"family": _WORD, "given": st.lists(_WORD, max_size=2), "text": _WORD})
_TELECOM = st.fixed_dictionaries(
    {
        "system": st.sampled_from(["phone", "email"]),
        "value": st.text(st.sampled_from("+4712 @"), min_size=1, max_size=14),
    }
)
_IDENTIFIER = st.fixed_dictionaries({"system": st.sampled_from(["urn:a", "urn:b"]), "value": st.sampled_from("12")})
_ADDRESS = st.fixed_dictionaries({"line": st.lists(_WORD, max_size=2)}, optional={"postalCode": st.sampled_from("12")})
_DATE = st.dates(date(1948, 1, 1), date(1949, 12, 31)).map(date.isoformat)
PEOPLE = st.fixed_dictionaries(
    {},
    optional={
        "name": st.lists(_NAME, max_size=2),
        "birthDate": _DATE | _DATE.map(lambda one: one[:7]),
        "gender": st.sampled_from(["male", "female", "unknown"]),
        "telecom": st.lists(_TELECOM, max_size=2),
        "identifier": st.lists(_IDENTIFIER, max_size=2),
        "address": st.lists(_ADDRESS, max_size=2),
    },
)
Patient = dict[str, Any]


@given(PEOPLE, PEOPLE)
def test_it_is_the_same_whichever_comes_first(one: Patient, other: Patient) -> None:
    found = match(one, other)
    assert found == match(other, one)
    assert 0 <= found.score <= 1


@given(PEOPLE, PEOPLE)
def test_nobody_is_more_like_somebody_than_they_are_themselves(one: Patient, other: Patient) -> None:
    assert match(one, one).score >= match(one, other).score


@given(PEOPLE, PEOPLE)
def test_without_a_common_identifier_nothing_is_certain(one: Patient, other: Patient) -> None:
    mine, theirs = ({(each["system"], each["value"]) for each in who.get("identifier", ())} for who in (one, other))
    if not mine & theirs:
        assert match(one, other).grade is not Grade.CERTAIN


@given(PEOPLE, PEOPLE)
def test_another_identifier_of_the_same_system_never_helps(one: Patient, other: Patient) -> None:
    plain = [{**who, "identifier": []} for who in (one, other)]
    apart = [
        who | {"identifier": [{"system": "urn:c", "value": value}]} for who, value in zip(plain, "12", strict=True)
    ]
    assert match(*apart).score <= match(*plain).score


@given(PEOPLE, PEOPLE)
def test_case_and_accents_do_not_matter(one: Patient, other: Patient) -> None:
    plain = str.maketrans("åäéøþ", "aaeoX")
    folded = [
        {
            **each,
            **{key: each[key].translate(plain).replace("X", "th").upper() for key in ("family", "text") if key in each},
        }
        for each in one.get("name", ())
    ]
    assert match({**one, "name": folded}, other) == match(one, other)


def person(given: str, family: str = "Berg", birth: str = "1948-03-14", **more: Any) -> Patient:
    return {"name": [{"family": family, "given": given.split()}], "birthDate": birth} | more


NUMBER = {"identifier": [{"system": "urn:number", "value": "1"}]}
OTHER = {"identifier": [{"system": "urn:number", "value": "2"}]}
PHONE = {"telecom": [{"system": "phone", "value": "+47 12 34 56 78"}]}
LOCAL = {"telecom": [{"system": "phone", "value": "12345678"}]}
HOME = {"address": [{"line": ["Storgata 1"], "postalCode": "4801"}]}


@pytest.mark.parametrize(
    ("one", "other", "grade"),
    [
        (person("Anna") | NUMBER, person("Anna") | NUMBER, Grade.CERTAIN),
        (NUMBER, NUMBER, Grade.PROBABLE),
        (person("Anna") | NUMBER, person("Anna", birth="1999-01-01") | NUMBER, Grade.PROBABLE),
        (person("Anna") | NUMBER, person("Anna") | OTHER, Grade.NOT),
        (person("Anna"), person("ANNA", "Bérg"), Grade.PROBABLE),
        (person("Anna Maria"), person("Maria"), Grade.PROBABLE),
        (person("Anna", "Berg-Hansen"), person("Anna", "Hansen"), Grade.PROBABLE),
        (person("Anna", "Christensen"), person("A.", "Kristensen"), Grade.PROBABLE),
        (person("Anna"), person("Anna", birth="1948-03"), Grade.POSSIBLE),
        (person("Anna", birth="1948-03-04"), person("Anna", birth="1948-04-03"), Grade.POSSIBLE),
        (person("Anna"), person("Anna", birth="1961-07-22"), Grade.NOT),
        (person("Anna") | PHONE | HOME, person("Eva") | LOCAL | HOME, Grade.POSSIBLE),
        (person("Anna") | PHONE, person("Eva", "Lund") | LOCAL, Grade.NOT),
        (person("Anna", birth=""), person("Anna", birth=""), Grade.NOT),
        ({"name": [{"text": "Anna Berg"}], "birthDate": "1948-03-14"}, person("Anna"), Grade.PROBABLE),
        ({}, {}, Grade.NOT),
    ],
)  # fmt: skip
def test_what_a_likeness_is_worth(one: Patient, other: Patient, grade: Grade) -> None:
    assert match(one, other).grade is grade, match(one, other)


def test_a_score_has_two_digits() -> None:
    assert match(person("Anna"), person("Anna")).score == Decimal("0.50")
