"""Numbers and quantities as a search compares them: exact as they were written, and in base units where UCUM has some.

Source: https://hl7.org/fhir/R4/search.html#number and #quantity
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from saman.kernel.json import NumberTooLarge, exact_decimal
from saman.kernel.outcome import Kind, Refusal, refused
from saman.kernel.remembering import remembered
from saman.model.fhir.fhirpath.units import measured

UCUM = "http://unitsofmeasure.org"
REMEMBERED = 1024
"""Units that a process has worked out."""

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?")
_HALF = Decimal("0.5")
_DEGREES = {
    "Cel": (Fraction(1), Fraction("273.15")),
    "[degF]": (Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
    "K": (Fraction(1), Fraction(0)),
}
"""Temperatures are no multiples of each other: factor and what is added, to come to kelvin."""


class Span(NamedTuple):
    """From `low` up to `high`: the same for one number, None where a range is open."""

    low: Decimal | None
    high: Decimal | None


class Asked(NamedTuple):
    """A number that is searched for, and the ends of what its digits stand for, `last` itself not in it."""

    value: Decimal
    first: Decimal
    last: Decimal


class Scale(NamedTuple):
    """How a unit is turned into base units: times `factor`, plus `offset`; `base` names them."""

    base: str
    factor: Fraction
    offset: Fraction

    def of(self, value: Decimal) -> float:
        """`value` in base units, as near as a double comes: two equal amounts in different units give the same."""
        above, below = value.as_integer_ratio()
        times, plus = self.factor, self.offset
        shared = below * times.denominator
        return _divided(above * times.numerator * plus.denominator + plus.numerator * shared, shared * plus.denominator)


def asked_number(text: str) -> Asked | Refusal:
    """The number in `text` with the range that its digits stand for: `5.4` is from 5.35 up to 5.45.

    An exponent counts as one more digit where the number has none behind the point, as R4 has it: `1e2` is from 95.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return refused(Kind.INVALID, "value", "A number is written with digits, perhaps a point and an exponent.")
    try:
        value = exact_decimal(text)
    except NumberTooLarge:
        return refused(Kind.INVALID, "value", "A number has at most 18 digits and an exponent of at most 30.")
    behind = len(found[1] or "") or (1 if found[2] else 0)
    slack = _HALF.scaleb(int(found[2] or 0) - behind)
    return Asked(value, value - slack, value + slack)


def scale(system: str, code: str) -> Scale | None:
    """What turns a UCUM unit into base units; None for other units, which are compared as they are written."""
    return _scale(code) if system == UCUM else None


@remembered(REMEMBERED)
def _scale(code: str) -> Scale | None:
    if code in _DEGREES:
        return Scale("K", *_DEGREES[code])
    unit = measured(code)
    if unit is None:
        return None
    return Scale(".".join(f"{name}{power}" for name, power in unit.base), unit.factor, Fraction(0))


def nearest(value: Decimal | Fraction | int) -> float:
    """The nearest double, infinite where there is none; never the wrong way round for two different values."""
    return _divided(*value.as_integer_ratio())


def _divided(above: int, below: int) -> float:
    """The nearest double to a ratio of whole numbers, of which `below` is positive."""
    try:
        return above / below
    except OverflowError:
        return math.inf if above > 0 else -math.inf
