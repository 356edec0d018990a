"""Functions of numbers (http://hl7.org/fhirpath/N1/#math); what cannot be worked out, or is too large, is empty."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from saman.model.fhir.fhirpath.amounts import Amount
from saman.model.fhir.fhirpath.calculation import EXACT, MAX_EXPONENT, NO_ANSWER, ROUNDED, Number, bounded, rounded

MAX_DECIMALS = 28


def absolute(value: Number | Amount) -> Number | Amount | None:
    """The value without its sign."""
    if isinstance(value, Amount):
        return value._replace(value=abs(value.value))
    return bounded(-value if value < 0 else value)


def to_whole(how: str) -> Callable[[Number], Number | None]:
    """ceiling(), floor(), truncate(): a whole number near the value."""

    def whole(value: Number) -> Number | None:
        return bounded(int(Decimal(value).to_integral_value(how)))

    return whole


ceiling, floor, truncate = to_whole(ROUND_CEILING), to_whole(ROUND_FLOOR), to_whole(ROUND_DOWN)


def round_to(value: Number, places: int = 0) -> Decimal | None:
    """The value with so many digits behind the point, a half away from zero."""
    if not 0 <= places <= MAX_DECIMALS or bounded(value) is None:
        return None
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, context=EXACT)


def _tried(work: Callable[..., Decimal], *values: Number) -> Decimal | None:
    try:
        found = work(*map(Decimal, values))
    except NO_ANSWER:
        return None
    return rounded(found) if found.is_finite() else None


def square_root(value: Number) -> Decimal | None:
    """The square root; nothing of a negative number."""
    return _tried(ROUNDED.sqrt, value)


def exponential(value: Number) -> Decimal | None:
    """The power of e."""
    return _tried(ROUNDED.exp, value)


def natural_logarithm(value: Number) -> Decimal | None:
    """The logarithm to the base e; nothing of what is not above 0."""
    return _tried(ROUNDED.ln, value)


def logarithm(value: Number, base: Number) -> Decimal | None:
    """The logarithm to a base."""
    if base == 1 or value <= 0 or base <= 0:
        return None
    return _tried(lambda one, other: ROUNDED.divide(ROUNDED.ln(one), ROUNDED.ln(other)), value, base)


def power(value: Number, exponent: Number) -> Number | None:
    """The value to a power; a whole number when both are and the power is not negative."""
    found = _tried(ROUNDED.power, value, exponent)
    if found is None or type(value) is Decimal or type(exponent) is Decimal or exponent < 0:
        return found
    return bounded(int(found)) if found.adjusted() < MAX_EXPONENT else None
