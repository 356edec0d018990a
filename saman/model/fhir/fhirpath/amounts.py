"""Quantities (http://hl7.org/fhirpath/N1/#quantity) and what time they add (…#datetime-arithmetic)."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import NamedTuple

from saman.model.fhir.fhirpath.times import Part, PartialTime
from saman.model.fhir.fhirpath.units import Measure, Measured


class Amount(NamedTuple):
    """A number with a unit: a UCUM code, or a word of the calendar when `is_calendar`."""

    value: Decimal
    unit: str
    is_calendar: bool = False


_SECONDS = {
    "week": Fraction(604800),
    "day": Fraction(86400),
    "hour": Fraction(3600),
    "minute": Fraction(60),
    "second": Fraction(1),
    "millisecond": Fraction(1, 1000),
}
_MONTHS = {"year": Fraction(12), "month": Fraction(1)}
CALENDAR = {word + plural: word for word in (*_MONTHS, *_SECONDS) for plural in ("", "s")}
"""Words for durations of the calendar, with the form that means the same."""
_CODES = {"wk": "week", "d": "day", "h": "hour", "min": "minute", "s": "second", "ms": "millisecond"}
_CALENDAR_CODES = {"a": "year", "mo": "month"} | _CODES


def text(amount: Amount) -> str:
    """The quantity as it would be written in an expression."""
    return f"{amount.value:f} {amount.unit}" if amount.is_calendar else f"{amount.value:f} '{amount.unit}'"


def measured(amount: Amount, unit: Measure) -> Measured | None:
    """What one of the amount's unit is; years and months of the calendar are not a number of seconds."""
    word = CALENDAR.get(amount.unit)
    if word is None:
        return unit(amount.unit)
    if word in _MONTHS:
        return Measured(_MONTHS[word], (("calendar month", 1),))
    return Measured(_SECONDS[word], (("s", 1),))


def in_common(one: Amount, other: Amount, unit: Measure) -> tuple[Fraction, Fraction] | None:
    """Both amounts in the same unit; None when their units cannot be compared."""
    if one.unit == other.unit:
        return Fraction(one.value), Fraction(other.value)
    first, second = measured(one, unit), measured(other, unit)
    if first is None or second is None or first.base != second.base:
        return None
    return Fraction(one.value) * first.factor, Fraction(other.value) * second.factor


def order(one: Amount, other: Amount, unit: Measure) -> int | None:
    """Negative, 0 or positive; None when the units cannot be compared."""
    pair = in_common(one, other, unit)
    return None if pair is None else (pair[0] > pair[1]) - (pair[0] < pair[1])


def equivalent(one: Amount, other: Amount, unit: Measure) -> bool:
    """Whether the amounts are the same in the coarser of their units, to as many digits as both have."""
    if _calendar_word(one) == _calendar_word(other):
        return rounded_alike(Fraction(one.value), Fraction(other.value), decimals(one.value), decimals(other.value))
    first, second = measured(one, unit), measured(other, unit)
    if first is None or second is None or first.base != second.base:
        return False
    if first.factor < second.factor:
        one, other, first, second = other, one, second, first
    moved = Fraction(other.value) * second.factor / first.factor
    return rounded_alike(Fraction(one.value), moved, decimals(one.value), _places(moved))


def _calendar_word(amount: Amount) -> str:
    return CALENDAR.get(amount.unit) or _CALENDAR_CODES.get(amount.unit) or amount.unit


def decimals(value: int | Decimal) -> int:
    """How many digits stand behind the point; zeros at the end do not count."""
    exponent = value.normalize().as_tuple().exponent if isinstance(value, Decimal) else 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _places(value: Fraction) -> int:
    """Digits behind the point, at most 28."""
    for places in range(28):
        if (value * 10**places).denominator == 1:
            return places
    return 28


def rounded_alike(one: Fraction, other: Fraction, places: int, other_places: int) -> bool:
    """Whether two numbers are the same when rounded to the digits that both have."""
    fewest = min(places, other_places)
    return round(one, fewest) == round(other, fewest)


def later(value: PartialTime, by: Amount) -> PartialTime | None:
    """`value` moved by a duration; None when that is no date that exists. ValueError for a unit that is no duration.

    Decimals are ignored, except those of calendar seconds and milliseconds. A value that is less precise than the
    unit is moved by as many whole units of its own as the duration holds.
    """
    word = CALENDAR.get(by.unit) or _CODES.get(by.unit)
    if word is None:
        raise ValueError("no duration")
    exact = by.unit in CALENDAR and word in ("second", "millisecond")
    number = by.value if exact else by.value.to_integral_value(ROUND_DOWN)
    if abs(number) > 10**15:
        return None
    if value.kind == "Time":
        return _clock_later(value, number, word)
    return _later(value, number, word)


def _clock_later(value: PartialTime, number: Decimal, word: str) -> PartialTime:
    """A Time goes round the clock."""
    if word not in ("hour", "minute", "second", "millisecond"):
        return value
    hour, minute, seconds = (Fraction(part) for part in (*value.parts, 0, 0)[:3])
    place = (1, 60, 3600)[3 - len(value.parts)]
    total = hour * 3600 + minute * 60 + seconds + _whole(Fraction(number) * _SECONDS[word], place)
    hours, rest = divmod(total % 86400, 3600)
    return value._replace(parts=(int(hours), int(rest // 60), _seconds(value.parts, rest % 60))[: len(value.parts)])


def _whole(seconds: Fraction, place: int) -> Fraction:
    """As much of a duration as a time counts that is known to units of `place` seconds."""
    return seconds if place == 1 else Fraction(int(seconds / place) * place)


def _seconds(parts: tuple[Part, ...], value: Fraction) -> Decimal:
    """Seconds with as many decimals as there were."""
    before = parts[-1]
    places = before.as_tuple().exponent if isinstance(before, Decimal) else 0
    micros = Decimal(int(value * 10**12)).scaleb(-12)
    return micros.quantize(Decimal(1).scaleb(places if isinstance(places, int) else 0), ROUND_DOWN)


def _later(value: PartialTime, number: Decimal, word: str) -> PartialTime | None:
    """A Date or DateTime, moved in months or in seconds, whichever its precision and the unit ask for."""
    known = len(value.parts)
    if word in _MONTHS:
        months = int(number * int(_MONTHS[word]))
    elif known < 3:
        months = int(Fraction(number) * _SECONDS[word] / 86400 / (30 if known == 2 else 365)) * (
            1 if known == 2 else 12
        )
    else:
        return _seconds_later(value, Fraction(number) * _SECONDS[word])
    return _months_later(value, months if known > 1 else int(Fraction(months, 12)) * 12)


def _months_later(value: PartialTime, months: int) -> PartialTime | None:
    year, month, *rest = (*value.parts, 1)[:2] if len(value.parts) < 2 else value.parts
    years, month = divmod(int(year) * 12 + int(month) - 1 + months, 12)
    if not 1 <= years <= 9999:
        return None
    if rest:
        rest[0] = min(int(rest[0]), monthrange(years, month + 1)[1])
    return value._replace(parts=(years, month + 1, *rest)[: len(value.parts)])


def _seconds_later(value: PartialTime, by: Fraction) -> PartialTime | None:
    known = len(value.parts)
    place = (86400, 3600, 60, 1)[known - 3]
    year, month, day, hour, minute = (int(part) for part in (*value.parts, 0, 0)[:5])
    seconds = Fraction(value.parts[5]) if known == 6 else Fraction(0)
    total = seconds + _whole(by, place)
    whole, rest = divmod(total, 60)
    try:
        moved = datetime(year, month, day, hour, minute) + timedelta(minutes=int(whole))  # noqa: DTZ001
    except OverflowError:
        return None
    parts = moved.year, moved.month, moved.day, moved.hour, moved.minute
    return value._replace(parts=(*parts, _seconds(value.parts, rest))[:known])
