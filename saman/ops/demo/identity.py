"""Identity of invented people: national numbers of the test series, telephone numbers, addresses."""

from __future__ import annotations

from datetime import date

from saman.ops.demo.marks import Resource, coding
from saman.ops.demo.names import STREETS
from saman.ops.demo.places import Municipality

NATIONAL_NUMBER = "urn:oid:2.16.578.1.12.4.1.4.1"
"""System of the Norwegian national identity number (fødselsnummer)."""

_TEST_SERIES = 80
"""Added to the month in numbers of the tax administration's synthetic population (Tenor, Test-Norge), which no
living person can have. Source: https://github.com/navikt/fnrvalidator (type `tnr`)."""

_FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)

_MUNICIPALITY = "http://hl7.no/fhir/StructureDefinition/no-basis-municipalitycode"
_MUNICIPALITY_CODES = "urn:oid:2.16.578.1.12.4.1.1.3402"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def synthetic_number(born: date, sex: str, turn: int) -> str:
    """The `turn`-th (from 0) national test number for this birth date and sex (`female`, `male`).

    Eleven digits: day, month + 80, year, three digits for century and sex, two check digits modulo 11.
    Source: https://lovdata.no/dokument/SF/forskrift/2017-07-14-1201 (§ 2-2-1), https://github.com/navikt/fnrvalidator
    """
    stem = f"{born.day:02}{born.month + _TEST_SERIES:02}{born.year % 100:02}"
    first, last = _individual_numbers(born.year)
    even = sex == "female"
    found = [
        number
        for individual in range(first, last - 1, -1)
        if (individual % 2 == 0) == even and (number := with_check_digits(f"{stem}{individual:03}"))
    ]
    return found[turn]


def with_check_digits(stem: str) -> str:
    """The nine digits of `stem` with both check digits; empty where a check digit would be ten and none is given."""
    first = _check_digit(stem, _FIRST_WEIGHTS)
    second = _check_digit(f"{stem}{first}", _SECOND_WEIGHTS)
    return "" if "10" in (first, second) else f"{stem}{first}{second}"


def _check_digit(digits: str, weights: tuple[int, ...]) -> str:
    return str(-sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False)) % 11)


def _individual_numbers(year: int) -> tuple[int, int]:
    return (499, 0) if year < 2000 else (999, 500)


def identifier(number: str) -> Resource:
    """The national number as an Identifier."""
    return {"use": "official", "system": NATIONAL_NUMBER, "value": number}


def phone(turn: int, use: str = "mobile") -> Resource:
    """A telephone number that belongs to nobody: no Norwegian number begins with 00."""
    return {"system": "phone", "value": f"+47 00 00 {turn // 100 % 100:02} {turn % 100:02}", "use": use}


def address(place: Municipality, turn: int) -> Resource:
    """An address in `place` on a street that does not exist; Norwegian post towns, no post code."""
    street = STREETS[turn % len(STREETS)]
    return {
        "use": "home",
        "line": [f"{street} {turn % 47 + 1}"],
        "city": place.town,
        "district": place.name,
        "_district": {
            "extension": [
                {"url": _MUNICIPALITY, "valueCoding": coding(_MUNICIPALITY_CODES, place.code, place.name)},
            ]
        },
        "country": "NO",
    }


def withheld_address() -> Resource:
    """An address that exists and is not shown. Source: https://hl7.org/fhir/R4/extension-data-absent-reason.html"""
    return {"extension": [{"url": _ABSENT, "valueCode": "masked"}], "use": "home", "country": "NO"}
