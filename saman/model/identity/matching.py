"""How alike two descriptions of a person are: for finding somebody, and never a proof of who somebody is.

Each thing that both say counts for or against, as in Fellegi and Sunter's theory of record linkage (1969,
https://doi.org/10.1080/01621459.1969.10501049), with whole points in place of estimated weights. What only one of them
says counts for nothing. Only an identifier with its system that agrees can make a match certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from itertools import product
from typing import Any, NamedTuple

from saman.model.fhir.folding import fold

Patient = Mapping[str, Any]
Words = tuple[str, ...]

MOST_PARTS = 20
"""Names, identifiers, telecoms and addresses that are looked at on one side, each; and words in a name."""
_LONGEST = 40
_LEAST_DIGITS = 6
_SAME_END = 8
"""A phone number with and without the code of its country ends in the same digits."""
_ALIKE, _NEAR = Decimal("0.75"), Decimal("0.4")


class Grade(Enum):
    """How sure a match is, worst last (http://terminology.hl7.org/CodeSystem/match-grade)."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    NOT = "certainly-not"


class Points(NamedTuple):
    """What agreement, likeness and disagreement on one thing count."""

    same: int
    near: int
    other: int


IDENTIFIER, BIRTH = Points(60, 60, -40), Points(25, 10, -30)
FAMILY, GIVEN = Points(12, 4, -8), Points(13, 4, -15)
PHONE, EMAIL, ADDRESS, GENDER = Points(15, 15, 0), Points(15, 15, 0), Points(10, 4, 0), Points(2, 2, -10)
CERTAIN, PROBABLE, POSSIBLE = 85, 50, 30


class Match(NamedTuple):
    """How alike two are, from 0 to 1, and what that is worth."""

    score: Decimal
    grade: Grade


def match(one: Patient, other: Patient) -> Match:
    """How alike two Patients are; the same whichever comes first."""
    identifier = _identifiers(one, other)
    points = identifier + _names(one, other) + _births(one, other) + sum(
        _shared(read(one), read(other), weight) for read, weight in _SHARED
    )  # fmt: skip
    total = max(0, min(100, points))
    return Match(Decimal(total) / 100, _grade(total, is_identified=identifier == IDENTIFIER.same))


def too_many(patient: Patient) -> str:
    """The element of which there is more than a match looks at; empty when there is none."""
    listed = ("identifier", "name", "telecom", "address")
    return next((name for name in listed if len(patient.get(name, ())) > MOST_PARTS), "")


def _grade(total: int, *, is_identified: bool) -> Grade:
    if total >= CERTAIN and is_identified:
        return Grade.CERTAIN
    if total >= PROBABLE:
        return Grade.PROBABLE
    return Grade.POSSIBLE if total >= POSSIBLE else Grade.NOT


def _identifiers(one: Patient, other: Patient) -> int:
    """For an identifier that both have; against, where both have others of the same system."""
    mine, theirs = set(identifiers(one)), set(identifiers(other))
    if mine & theirs:
        return IDENTIFIER.same
    return IDENTIFIER.other if {system for system, _ in mine} & {system for system, _ in theirs} else 0


def identifiers(patient: Patient) -> Iterator[tuple[str, str]]:
    """System and value of the identifiers that have both and are in use."""
    for one in patient.get("identifier", ())[:MOST_PARTS]:
        if one.get("system") and one.get("value") and one.get("use") != "old":
            yield one["system"], one["value"].strip()


def _births(one: Patient, other: Patient) -> int:
    mine, theirs = one.get("birthDate", ""), other.get("birthDate", "")
    if not mine or not theirs:
        return 0
    if mine == theirs and len(mine) == len("1948-03-14"):
        return BIRTH.same
    is_open = mine.startswith(theirs) or theirs.startswith(mine)
    is_near = is_open or swapped(mine) == theirs or _distance(mine, theirs, 1) == 1
    return BIRTH.near if is_near else BIRTH.other


def swapped(date: str) -> str:
    """The date with day and month changed round; empty where that is no date."""
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    return f"{year}-{day}-{month}" if day and "01" <= day <= "12" else ""


class Name(NamedTuple):
    """A name as folded words."""

    family: Words
    given: Words


def names(patient: Patient) -> list[Name]:
    """The names of a Patient; one that stands only as text ends in the family name."""
    found = []
    for one in patient.get("name", ())[:MOST_PARTS]:
        family, given = _words(one.get("family", "")), _words(" ".join(filter(None, one.get("given", ()))))
        if not family and not given:
            words = _words(one.get("text", ""))
            family, given = words[-1:], words[:-1]
        if family or given:
            found.append(Name(family, given))
    return found


def _words(text: str) -> Words:
    apart = "".join(each if each.isalnum() else " " for each in fold(text))
    return tuple(apart.split()[:MOST_PARTS])


def _names(one: Patient, other: Patient) -> int:
    """Of all names on both sides the two that are most alike."""
    pairs = product(names(one), names(other))
    return max((_worth(a.family, b.family, FAMILY) + _worth(a.given, b.given, GIVEN) for a, b in pairs), default=0)


def _worth(mine: Words, theirs: Words, points: Points) -> int:
    if not mine or not theirs:
        return 0
    likeness = min(_likeness(*pair) for pair in ((mine, theirs), (theirs, mine)) if len(pair[0]) <= len(pair[1]))
    return points.same if likeness >= _ALIKE else points.near if likeness >= _NEAR else points.other


def _likeness(few: Words, many: Words) -> Decimal:
    """How well the words of the shorter name are found in the longer one, from 0 to 1."""
    return sum((max(_alike(a, b) for b in many) for a in few), Decimal(0)) / len(few)


def _alike(one: str, other: str) -> Decimal:
    """1 for the same word, less for an initial, or for a slip of the hand in a word that is long enough."""
    if one == other:
        return Decimal(1)
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return Decimal("0.75") if long.startswith(short) else Decimal(0)
    slips = 0 if len(short) < 4 else 1 if len(short) < 8 else 2
    is_slip = slips > 0 and len(long) <= _LONGEST and _distance(one, other, slips) <= slips
    return Decimal("0.8") if is_slip else Decimal(0)


def _distance(one: str, other: str, most: int) -> int:
    """How many letters are changed, added, left out or changed round with their neighbour; `most` + 1 for more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return min(last[-1], most + 1)


def _shared(mine: Iterable[str], theirs: Iterable[str], points: Points) -> int:
    """For one value that both have; against, where both have some and none is the same."""
    first, second = set(mine), set(theirs)
    if not first or not second:
        return 0
    return points.same if first & second else points.other


def phones(patient: Patient) -> list[str]:
    """The ends of phone numbers, as digits."""
    digits = ("".join(filter(str.isdecimal, value)) for value in telecoms(patient, ("phone", "sms")))
    return [one[-_SAME_END:] for one in digits if len(one) >= _LEAST_DIGITS]


def emails(patient: Patient) -> list[str]:
    """Addresses of mail, folded."""
    return [fold(one) for one in telecoms(patient, ("email",))]


def telecoms(patient: Patient, systems: Sequence[str]) -> list[str]:
    """The values of telecoms of these systems that are in use."""
    listed = patient.get("telecom", ())[:MOST_PARTS]
    return [
        one["value"] for one in listed if one.get("system") in systems and one.get("value") and one.get("use") != "old"
    ]


def _addresses(patient: Patient) -> list[str]:
    """Postal code and street, or what of it stands as text, folded."""
    listed = patient.get("address", ())[:MOST_PARTS]
    whole = (
        " ".join([one.get("postalCode") or one.get("city", ""), *filter(None, one.get("line", ()))])
        for one in listed
        if one.get("line") and one.get("use") != "old"
    )
    return [" ".join(_words(one)) for one in whole]


def _genders(patient: Patient) -> list[str]:
    return [patient["gender"]] if patient.get("gender") in ("male", "female", "other") else []


_SHARED: tuple[tuple[Callable[[Patient], list[str]], Points], ...] = (
    (phones, PHONE), (emails, EMAIL), (_addresses, ADDRESS), (_genders, GENDER),
)  # fmt: skip
