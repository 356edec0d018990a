"""Dates and times of any precision (http://hl7.org/fhirpath/N1/#datetime-precision-and-timezones)."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

Part = int | Decimal


class PartialTime(NamedTuple):
    """A Date, DateTime or Time (`kind`) as far as it is known.

    `parts` are year, month, day, hour, minute, seconds with fraction, or for a Time the last three; those that are not
    known are left out. `zone` is in minutes east of UTC, None when not given.
    """

    kind: str
    parts: tuple[Part, ...]
    zone: int | None = None

    @property
    def is_to_the_second(self) -> bool:
        """Whether the seconds are known, with or without fraction: they are one precision."""
        return len(self.parts) == (3 if self.kind == "Time" else 6)


_CLOCK = r"([01][0-9]|2[0-3])(?::([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]{1,12})?|60))?)?"
_DAY = r"(?!0000)([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?)?"
_ZONE = r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_date = re.compile(_DAY).fullmatch
_date_time = re.compile(rf"{_DAY}(?:T(?:{_CLOCK}{_ZONE})?)?").fullmatch
_time = re.compile(_CLOCK).fullmatch
_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)
_FIRST = (1, 1, 1, 0, 0, Decimal(0))


@lru_cache(maxsize=4096)
def date(text: str) -> PartialTime | None:
    """A Date from `2026`, `2026-05` or `2026-05-31`; None for any other text."""
    found = _date(text)
    parts = _whole(*found.groups()) if found else ()
    return PartialTime("Date", parts) if _exists(parts) else None


@lru_cache(maxsize=4096)
def date_time(text: str) -> PartialTime | None:
    """A DateTime from a date or `2026-05-31T14`, `2026-05-31T14:30:00.5+02:00`; None for any other text."""
    found = _date_time(text)
    if found is None:
        return None
    year, month, day, hour, minute, seconds, zone = found.groups()
    if hour and not day:
        return None
    parts = (*_whole(year, month, day), *_clock(hour, minute, seconds))
    return PartialTime("DateTime", parts, _minutes(zone)) if _exists(parts) else None


@lru_cache(maxsize=1024)
def time(text: str) -> PartialTime | None:
    """A Time from `14`, `14:30` or `14:30:00.5`; None for any other text."""
    found = _time(text)
    return PartialTime("Time", _clock(*found.groups())) if found else None


def moment(now: datetime) -> PartialTime:
    """A moment with its zone as a DateTime to the millisecond."""
    offset = now.utcoffset()
    seconds = Decimal(now.second * 1000 + now.microsecond // 1000).scaleb(-3)
    zone = None if offset is None else int(offset.total_seconds()) // 60
    return PartialTime("DateTime", (now.year, now.month, now.day, now.hour, now.minute, seconds), zone)


def _whole(*texts: str | None) -> tuple[Part, ...]:
    return tuple(int(text) for text in texts if text)


def _clock(hour: str | None, minute: str | None, seconds: str | None) -> tuple[Part, ...]:
    return (*_whole(hour, minute), Decimal(seconds)) if seconds else _whole(hour, minute)


def _minutes(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone == "Z":
        return 0
    east = int(zone[1:3]) * 60 + int(zone[4:])
    return east if zone[0] == "+" else -east


def _exists(parts: tuple[Part, ...]) -> bool:
    return bool(parts) and (len(parts) < 3 or parts[2] <= monthrange(int(parts[0]), int(parts[1]))[1])


def text(value: PartialTime) -> str:
    """The time as it is written in FHIR, with as many digits as are known."""
    if value.kind == "Time":
        return _clock_text(value.parts)
    year, *rest = value.parts[:3]
    day = "-".join((f"{year:04}", *(f"{part:02}" for part in rest)))
    if len(value.parts) <= 3:
        return day
    return f"{day}T{_clock_text(value.parts[3:])}{_zone_text(value.zone)}"


def _clock_text(parts: tuple[Part, ...]) -> str:
    return ":".join(f"{part:02}" if isinstance(part, int) else _seconds_text(part) for part in parts)


def _seconds_text(seconds: Decimal) -> str:
    whole, point, fraction = f"{seconds:f}".partition(".")
    return f"{whole:0>2}{point}{fraction}"


def _zone_text(zone: int | None) -> str:
    if not zone:
        return "" if zone is None else "Z"
    hours, minutes = divmod(abs(zone), 60)
    return f"{'+' if zone > 0 else '-'}{hours:02}:{minutes:02}"


def order(one: PartialTime, other: PartialTime) -> int | None:
    """Negative, 0 or positive as `one` is before, at or after `other`; None when too little is known to say."""
    if (one.zone is None) is (other.zone is None):
        return _order(in_utc(one), in_utc(other))
    return _apart(one, other) if other.zone is None else _reverse(_apart(other, one))


def _order(one: tuple[Part, ...], other: tuple[Part, ...]) -> int | None:
    for left, right in zip(one, other, strict=False):
        if left != right:
            return -1 if left < right else 1
    return 0 if len(one) == len(other) else None


def _reverse(found: int | None) -> int | None:
    return None if found is None else -found


def in_utc(value: PartialTime) -> tuple[Part, ...]:
    """The parts of a time moved to UTC if its zone is known."""
    if not value.zone:
        return value.parts
    year, month, day, hour, minute = (int(part) for part in (*value.parts[:5], 0)[:5])
    try:
        moved = datetime(year, month, day, hour, minute) - timedelta(minutes=value.zone)  # noqa: DTZ001
    except OverflowError:
        return value.parts
    parts = (moved.year, moved.month, moved.day, moved.hour, moved.minute, *value.parts[5:])
    return parts[: len(value.parts)]


def _apart(zoned: PartialTime, local: PartialTime) -> int | None:
    """How a time with zone relates to one that may be in any zone."""
    if local.kind == "Time":
        return None
    first, last = _span(local.parts)
    low, high = _span(in_utc(zoned))
    if high < _moved(first, -_EAST):
        return -1
    return 1 if low > _moved(last, _WEST) else None


def _span(parts: tuple[Part, ...]) -> tuple[datetime, datetime]:
    last = last_day(parts), 23, 59, Decimal("59.999999")
    ends = (*parts, *(12, *last)[len(parts) - 1 :]) if len(parts) < 6 else parts
    return _naive((*parts, *_FIRST[len(parts) :])), _naive(ends)


def last_day(parts: tuple[Part, ...]) -> int:
    """The last day of the month, or of December when the month is not known."""
    return monthrange(int(parts[0]), int(parts[1]))[1] if len(parts) > 1 else 31


def _naive(parts: tuple[Part, ...]) -> datetime:
    *whole, seconds = parts
    year, month, day, hour, minute = (int(part) for part in whole)
    micros = min(int(Decimal(seconds).scaleb(6)), 59_999_999)
    return datetime(year, month, day, hour, minute) + timedelta(microseconds=micros)  # noqa: DTZ001


def _moved(value: datetime, by: timedelta) -> datetime:
    try:
        return value + by
    except OverflowError:
        return datetime.max if by > timedelta(0) else datetime.min  # noqa: DTZ901
