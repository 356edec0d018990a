"""lowBoundary(), highBoundary(), precision(), comparable(): how exact a value is.

Source: https://build.fhir.org/ig/HL7/FHIRPath/#precision; the official R4 suite has them too.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from saman.model.fhir.fhirpath import amounts
from saman.model.fhir.fhirpath.amounts import Amount
from saman.model.fhir.fhirpath.calculation import EXACT, bounded
from saman.model.fhir.fhirpath.invocation import Build, Invocation
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item
from saman.model.fhir.fhirpath.syntax import EvaluationFault
from saman.model.fhir.fhirpath.times import Part, PartialTime, last_day
from saman.model.fhir.fhirpath.values import as_items, expect, items_of, single

MAX_DECIMALS = 28
_DIGITS = {"Date": (4, 6, 8), "DateTime": (4, 6, 8, 10, 12, 14, 17), "Time": (2, 4, 6, 9)}
"""How many digits the parts of a time have up to each of them; the last has milliseconds."""
_EAST, _WEST = 14 * 60, -12 * 60


def precision(value: Any) -> int | None:
    """How many digits a value has: behind the point of a number, all those of a time."""
    if isinstance(value, PartialTime):
        digits = _DIGITS[value.kind]
        has_fraction = value.is_to_the_second and _places(value.parts[-1]) > 0
        return digits[len(value.parts) - 1 + has_fraction]
    if isinstance(value, Amount):
        return _places(value.value)
    return _places(value) if type(value) in (int, Decimal) else None


def _places(value: Any) -> int:
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


def boundary(is_low: bool) -> Build:
    """The least (or greatest) value that the one value can stand for, to so many digits."""

    def build(call: Invocation) -> Evaluate:
        source, position = call.source, call.position
        argument = call.arguments[0] if call.arguments else None

        def evaluate(this: list[Item], context: Context) -> list[Item]:
            value = single(source(this, context), position)
            digits = expect(single(argument(this, context), position), (int,), position) if argument else None
            if value is None or (argument and digits is None):
                return []
            return items_of(_bound(value, digits, is_low, position))

        return evaluate

    return build


def _bound(value: Any, digits: int | None, is_low: bool, position: int) -> Any:
    if isinstance(value, PartialTime):
        return _time_bound(value, _DIGITS[value.kind][-1] if digits is None else digits, is_low)
    if isinstance(value, Amount):
        number = _number_bound(value.value, digits, is_low)
        return None if number is None else value._replace(value=number)
    if type(value) in (int, Decimal):
        return _number_bound(Decimal(value), digits, is_low)
    raise EvaluationFault("Only numbers, quantities and times have boundaries", position)


def _number_bound(value: Decimal, digits: int | None, is_low: bool) -> Decimal | None:
    """Half of the last digit down or up, then to `digits` (8 if not given) behind the point, away from the value."""
    places = 8 if digits is None else digits
    if not 0 <= places <= MAX_DECIMALS or bounded(value) is None:
        return None
    half = Decimal(5).scaleb(-_places(value) - 1)
    edge = EXACT.subtract(value, half) if is_low else EXACT.add(value, half)
    return edge.quantize(Decimal(1).scaleb(-places), ROUND_FLOOR if is_low else ROUND_CEILING, context=EXACT)


def _time_bound(value: PartialTime, digits: int, is_low: bool) -> PartialTime | None:
    allowed = _DIGITS[value.kind]
    if digits not in allowed:
        return None
    known = min(allowed.index(digits) + 1, 3 if value.kind != "DateTime" else 6)
    parts = _filled(value, is_low)[:known]
    if digits == allowed[-1] and value.kind != "Date":
        parts = (*parts[:-1], _milliseconds(value, parts[-1], is_low))
    has_clock = value.kind == "DateTime" and known > 3
    zone = value.zone if value.zone is not None else (_EAST if is_low else _WEST)
    return PartialTime(value.kind, parts, zone if has_clock else None)


def _filled(value: PartialTime, is_low: bool) -> tuple[Part, ...]:
    """All parts, those that are not known being as low or as high as they can."""
    given = value.parts
    if value.kind == "Time":
        rest: tuple[Part, ...] = (0, 0, Decimal(0)) if is_low else (23, 59, Decimal(59))
        return (*given, *rest[len(given) :])
    if len(given) == 1:
        given = (*given, 1 if is_low else 12)
    if len(given) == 2:
        given = (*given, 1 if is_low else last_day(given))
    rest = (0, 0, Decimal(0)) if is_low else (23, 59, Decimal(59))
    return (*given, *rest[len(given) - 3 :])


def _milliseconds(value: PartialTime, seconds: Part, is_low: bool) -> Decimal:
    places = _places(value.parts[-1]) if value.is_to_the_second else 0
    missing = Decimal(0) if is_low else Decimal(1).scaleb(-places) - Decimal("0.001")
    return (Decimal(seconds) + max(missing, Decimal(0))).quantize(Decimal("0.001"), ROUND_FLOOR)


def comparable(call: Invocation) -> Evaluate:
    """Whether two quantities have units that can be compared."""
    source, argument, position = call.source, call.arguments[0], call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        one = expect(single(source(this, context), position), (Amount,), position)
        other = expect(single(argument(this, context), position), (Amount,), position)
        if one is None or other is None:
            return []
        return as_items(amounts.in_common(one, other, context.outside.unit) is not None)

    return evaluate
