"""toInteger(), convertsToInteger() and the like (http://hl7.org/fhirpath/N1/#conversion)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from saman.model.fhir.fhirpath import times
from saman.model.fhir.fhirpath.amounts import CALENDAR, Amount, in_common
from saman.model.fhir.fhirpath.calculation import ROUNDED, bounded, rounded
from saman.model.fhir.fhirpath.invocation import Build, Invocation
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item
from saman.model.fhir.fhirpath.lexer import MAX_NUMBER
from saman.model.fhir.fhirpath.times import PartialTime
from saman.model.fhir.fhirpath.values import FALSE, TRUE, expect, items_of, single, text_of

Convert = Callable[[Any], Any]

_TRUE = ("true", "t", "yes", "y", "1", "1.0")
_FALSE = ("false", "f", "no", "n", "0", "0.0")
_whole = re.compile(r"[+-]?[0-9]+").fullmatch
_decimal = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?").fullmatch
_quantity = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)\s*(?:'([^']+)'|([a-zA-Z]+))?").fullmatch


def to_boolean(value: Any) -> bool | None:
    """True, 1, 1.0, 'true', 'yes' and their opposites."""
    if isinstance(value, str):
        word = value.lower()
        return True if word in _TRUE else False if word in _FALSE else None
    if isinstance(value, bool | int | Decimal):
        return True if value == 1 else False if value == 0 else None
    return None


def to_integer(value: Any) -> int | None:
    """Whole numbers, true and false, and texts of digits."""
    if isinstance(value, str):
        found = int(value) if len(value) <= MAX_NUMBER and _whole(value) else None
        return None if found is None else _int(bounded(found))
    return int(value) if isinstance(value, int) else None


def _int(value: int | Decimal | None) -> int | None:
    return value if isinstance(value, int) else None


def to_decimal(value: Any) -> Decimal | None:
    """Numbers, true and false, and texts of digits with or without a point."""
    if isinstance(value, str):
        return Decimal(value) if len(value) <= MAX_NUMBER and _decimal(value) else None
    return Decimal(value) if isinstance(value, int | Decimal) else None


def to_quantity(value: Any) -> Amount | None:
    """Numbers, true and false, and texts such as `4 days`, `4 'mg'` or `4`."""
    if isinstance(value, Amount):
        return value
    if isinstance(value, str):
        found = _quantity(value) if len(value) <= 2 * MAX_NUMBER else None
        if found is None or (found[3] and found[3] not in CALENDAR) or len(found[1]) > MAX_NUMBER:
            return None
        return Amount(Decimal(found[1]), found[2] or found[3] or "1", is_calendar=bool(found[3]))
    return Amount(Decimal(value), "1") if isinstance(value, int | Decimal) else None


def to_text(value: Any) -> str | None:
    """Anything that has no elements of its own."""
    return None if isinstance(value, dict) else text_of(value)


def to_date(value: Any) -> PartialTime | None:
    """Dates, the day of a DateTime, and texts."""
    if isinstance(value, str):
        return times.date(value)
    if isinstance(value, PartialTime) and value.kind != "Time":
        return PartialTime("Date", value.parts[:3])
    return None


def to_date_time(value: Any) -> PartialTime | None:
    """Dates, DateTimes, and texts."""
    if isinstance(value, str):
        return times.date_time(value) if not value.endswith("T") else None
    if isinstance(value, PartialTime) and value.kind != "Time":
        return value._replace(kind="DateTime")
    return None


def to_time(value: Any) -> PartialTime | None:
    """Times and texts."""
    if isinstance(value, str):
        return times.time(value)
    return value if isinstance(value, PartialTime) and value.kind == "Time" else None


def converted(convert: Convert) -> Build:
    """A function that gives the value as another type, or nothing."""

    def build(call: Invocation) -> Evaluate:
        source, position = call.source, call.position

        def evaluate(this: list[Item], context: Context) -> list[Item]:
            value = single(source(this, context), position)
            return [] if value is None else items_of(convert(value))

        return evaluate

    return build


def converts(convert: Convert) -> Build:
    """A function that tells whether the value can be given as another type."""

    def build(call: Invocation) -> Evaluate:
        source, position = call.source, call.position

        def evaluate(this: list[Item], context: Context) -> list[Item]:
            items = source(this, context)
            value = single(items, position)
            if not items:
                return []
            return FALSE if value is None or convert(value) is None else TRUE

        return evaluate

    return build


def quantity(call: Invocation) -> Evaluate:
    """toQuantity(), with a unit if one is asked for."""
    give, position = converted(to_quantity)(call), call.position
    if not call.arguments:
        return give
    unit = call.arguments[0]

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        found = give(this, context)
        wanted = expect(single(unit(this, context), position), (str,), position)
        if not found or wanted is None:
            return []
        return _in_unit(found[0][1], wanted, context)

    return evaluate


def _in_unit(amount: Amount, unit: str, context: Context) -> list[Item]:
    wanted = Amount(Decimal(1), unit, is_calendar=unit in CALENDAR)
    if amount.unit == unit:
        return items_of(amount)
    pair = in_common(amount, wanted, context.outside.unit)
    if pair is None:
        return []
    number = pair[0] / pair[1]
    value = rounded(ROUNDED.divide(Decimal(number.numerator), Decimal(number.denominator)))
    return [] if value is None else items_of(wanted._replace(value=value))
