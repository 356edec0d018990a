"""National numbers of the official test series of each country; where there is none, numbers of our own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from saman.model.care.country import Country
from saman.ops.demo.identity import NATIONAL_NUMBER, synthetic_number
from saman.ops.demo.marks import Resource
from saman.ops.demo.names import names_of

OWN = "urn:saman:demo:person"
"""System of numbers that only mean something in the demo."""

FINNISH = "urn:oid:1.2.246.21"
SWEDISH = "http://electronichealth.se/identifier/personnummer"

_FIRST_TEST, _LAST_TEST = 900, 999
_SIGNS = "0123456789ABCDEFHJKLMNPRSTUVWXY"

Numbered = tuple[str, str, date]
"""System, number, and the birth date that it says."""


def finnish_number(born: date, sex: str, turn: int) -> str:
    """The `turn`-th (from 0) Finnish test number: individual numbers 900 to 999 are given to nobody.

    Day, month, year, sign of the century, individual number (even: female), sign of the remainder by 31.
    Source: https://dvv.fi/en/personal-identity-code
    """
    first = _FIRST_TEST + (sex != "female")
    individual = range(first, _LAST_TEST + 1, 2)[turn]
    stem = f"{born:%d%m%y}"
    return f"{stem}{'-' if born.year < 2000 else 'A'}{individual}{_SIGNS[int(f'{stem}{individual}') % 31]}"


def swedish_numbers(sex: str) -> list[str]:
    """The Swedish tax agency's test numbers that we know, of women or of men: the eleventh digit is even or odd."""
    known = names_of("SE").numbers.split()
    return [number for number in known if (int(number[10]) % 2 == 0) == (sex == "female")]


class Numbers:
    """Gives each person of a region's demo a number of their own."""

    def __init__(self, country: Country) -> None:
        self._uris = {one.uri for one in country.identifiers}
        self._given: set[str] = set()

    def give(self, born: date, sex: str, key: str) -> Numbered:
        """A number for somebody born about `born`; `key` is a word for them where the country has no test numbers."""
        if SWEDISH in self._uris and (free := self._nearest(born, sex)):
            self._given.add(free)
            return SWEDISH, free, _born(free)
        for system, make in _MADE.items():
            if system in self._uris:
                return system, self._first_free(make, born, sex), born
        return OWN, key, born

    def _first_free(self, make: Callable[[date, str, int], str], born: date, sex: str) -> str:
        number = next(one for turn in range(20) if (one := make(born, sex, turn)) not in self._given)
        self._given.add(number)
        return number

    def _nearest(self, born: date, sex: str) -> str | None:
        """The free Swedish test number that is nearest in age, if it is of the same time of life."""
        free = [one for one in swedish_numbers(sex) if one not in self._given]
        nearest = min(free, key=lambda one: abs(_born(one) - born), default=None)
        return nearest if nearest is not None and abs(_born(nearest).year - born.year) <= _NEAR else None


_NEAR = 8
"""Years that a person of the demo may be older or younger to have a published test number."""


def _born(number: str) -> date:
    return date(int(number[:4]), int(number[4:6]), int(number[6:8]))


_MADE: dict[str, Callable[[date, str, int], str]] = {NATIONAL_NUMBER: synthetic_number, FINNISH: finnish_number}


def identified(numbered: Numbered) -> Resource:
    """The number as an Identifier."""
    system, number, _ = numbered
    return {"use": "official" if system != OWN else "secondary", "system": system, "value": number}
