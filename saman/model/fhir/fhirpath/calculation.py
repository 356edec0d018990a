"""Arithmetic on plain values (http://hl7.org/fhirpath/N1/#math): exact, in bounds, empty where there is no answer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, DivisionByZero, InvalidOperation, Overflow
from decimal import Context as Arithmetic
from typing import Any

from saman.model.fhir.fhirpath import amounts
from saman.model.fhir.fhirpath.amounts import Amount
from saman.model.fhir.fhirpath.items import Context
from saman.model.fhir.fhirpath.syntax import EvaluationFault
from saman.model.fhir.fhirpath.times import PartialTime
from saman.model.fhir.fhirpath.units import MAX_UNIT, Measure
from saman.model.fhir.fhirpath.values import NUMBERS, joined

LARGEST = 2**31 - 1
MAX_EXPONENT = 30
EXACT = Arithmetic(prec=60, rounding=ROUND_HALF_UP, Emax=9999, Emin=-9999, traps=[Overflow, InvalidOperation])
"""For sums and products, whose digits are all kept."""
ROUNDED = Arithmetic(prec=34, rounding=ROUND_HALF_UP, Emax=99, Emin=-99, traps=[Overflow, InvalidOperation])
"""For quotients, roots and powers; what comes out has at most 28 digits."""
_SHOWN = Arithmetic(prec=28, rounding=ROUND_HALF_UP)
NO_ANSWER = (Overflow, InvalidOperation, DivisionByZero)

Number = int | Decimal
Combine = Callable[[Any, Any, Context, int], Any]


def bounded(value: Number) -> Number | None:
    """A number, or None when it is beyond what a whole number (32 bits) or a decimal (exponent 30) can be."""
    if type(value) is int:
        return value if -LARGEST - 1 <= value <= LARGEST else None
    return value if not value or abs(value.adjusted()) <= MAX_EXPONENT else None  # type: ignore[union-attr]


def rounded(value: Decimal) -> Decimal | None:
    """The outcome of an operation that is not exact, with at most 28 digits."""
    shown = _SHOWN.plus(value)
    if shown == shown.to_integral_value() and shown.adjusted() <= MAX_EXPONENT:
        shown = shown.quantize(Decimal(1), context=EXACT)
    elif shown:
        shown = shown.normalize(_SHOWN)
    found = bounded(shown)
    return found if isinstance(found, Decimal) else None


def add(left: Any, right: Any, context: Context, position: int) -> Any:
    """The operator `+`."""
    if type(left) is str and type(right) is str:
        return joined([left, right])
    if isinstance(left, PartialTime) and isinstance(right, Amount):
        return _later(left, right, position)
    return _sum(left, right, context.outside.unit, position)


def subtract(left: Any, right: Any, context: Context, position: int) -> Any:
    """The operator `-`."""
    opposite = negative(right, position) if type(right) is not str else right
    if type(left) is str or isinstance(right, PartialTime):
        raise EvaluationFault("These values cannot be subtracted", position)
    return add(left, opposite, context, position)


def negative(value: Any, position: int) -> Any:
    """The value with a minus before it."""
    if isinstance(value, Amount):
        return value._replace(value=-value.value)
    if type(value) in NUMBERS:
        return -value
    raise EvaluationFault("A sign stands before a number or a quantity", position)


def _later(left: PartialTime, right: Amount, position: int) -> PartialTime | None:
    try:
        return amounts.later(left, right)
    except ValueError:
        raise EvaluationFault("This is no duration that a date can be moved by", position) from None


def _sum(left: Any, right: Any, unit: Measure, position: int) -> Any:
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return bounded(_exact(left, right, EXACT.add))
    one, other = as_amount(left), as_amount(right)
    if one is None or other is None:
        raise EvaluationFault("These values cannot be added", position)
    if one.unit == other.unit:
        return _amount(EXACT.add(one.value, other.value), one.unit, one.is_calendar or other.is_calendar)
    first, second = amounts.measured(one, unit), amounts.measured(other, unit)
    if first is None or second is None or first.base != second.base:
        return None
    moved = other.value * second.factor.numerator * first.factor.denominator
    converted = ROUNDED.divide(moved, Decimal(second.factor.denominator * first.factor.numerator))
    return _amount(EXACT.add(one.value, converted), one.unit, one.is_calendar)


def _exact(left: Number, right: Number, of: Callable[[Decimal, Decimal], Decimal]) -> Number:
    """Whole numbers give a whole number, anything else a decimal."""
    found = of(Decimal(left), Decimal(right))
    return int(found) if type(left) is int and type(right) is int else found


def as_amount(value: Any) -> Amount | None:
    """A number or quantity as a quantity; None for anything else."""
    if type(value) in NUMBERS:
        return Amount(Decimal(value), "1")
    return value if isinstance(value, Amount) else None


def _amount(value: Decimal, unit: str, is_calendar: bool = False) -> Amount | None:
    return None if bounded(value) is None else Amount(value, unit, is_calendar)


def multiply(left: Any, right: Any, _: Context, position: int) -> Any:
    """The operator `*`."""
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return bounded(_exact(left, right, EXACT.multiply))
    one, other = _both(left, right, position)
    unit = one.unit if other.unit == "1" else other.unit if one.unit == "1" else f"{_group(one)}.{_group(other)}"
    return _measured(EXACT.multiply(one.value, other.value), unit, one, other)


def divide(left: Any, right: Any, _: Context, position: int) -> Any:
    """The operator `/`; nothing when divided by nothing."""
    one, other = _both(left, right, position)
    if not other.value:
        return None
    value = rounded(ROUNDED.divide(one.value, other.value))
    if value is None or (type(left) in NUMBERS and type(right) in NUMBERS):
        return value
    unit = one.unit if other.unit == "1" else f"{_group(one)}/{_group(other)}"
    return _measured(value, unit, one, other)


def _both(left: Any, right: Any, position: int) -> tuple[Amount, Amount]:
    one, other = as_amount(left), as_amount(right)
    if one is None or other is None:
        raise EvaluationFault("Expected two numbers or quantities", position)
    return one, other


def _group(amount: Amount) -> str:
    unit = _UCUM_WORDS.get(amounts.CALENDAR.get(amount.unit, ""), amount.unit)
    return f"({unit})" if "/" in unit else unit


_UCUM_WORDS = {"week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s", "millisecond": "ms"}


def _measured(value: Decimal, unit: str, one: Amount, other: Amount) -> Amount | None:
    is_calendar = unit in amounts.CALENDAR and (one.is_calendar or other.is_calendar)
    return _amount(value, unit, is_calendar) if len(unit) <= MAX_UNIT else None


def whole_quotient(left: Any, right: Any, _: Context, position: int) -> Any:
    """The operator `div`."""
    found = _whole(EXACT.divide_int, *_numbers(left, right, position))
    return None if found is None else bounded(int(found))


def remainder(left: Any, right: Any, _: Context, position: int) -> Any:
    """The operator `mod`; the sign is that of the left."""
    one, other = _numbers(left, right, position)
    found = _whole(EXACT.remainder, one, other)
    return int(found) if found is not None and type(one) is int and type(other) is int else found


def _whole(of: Callable[[Decimal, Decimal], Decimal], left: Number, right: Number) -> Decimal | None:
    """What comes out unless the right is 0 or the quotient has too many digits."""
    try:
        return of(Decimal(left), Decimal(right)) if right else None
    except InvalidOperation:
        return None


def _numbers(left: Any, right: Any, position: int) -> tuple[Number, Number]:
    if type(left) not in NUMBERS or type(right) not in NUMBERS:
        raise EvaluationFault("Expected two numbers", position)
    return left, right


ARITHMETIC: dict[str, Combine] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "div": whole_quotient,
    "mod": remainder,
}
