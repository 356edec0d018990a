"""Dates and times of any precision as half-open ranges (https://hl7.org/fhir/R4/search.html#date)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from saman.kernel.outcome import Kind, Refusal, refused
from saman.kernel.remembering import remembered

EARLIEST = datetime.min.replace(tzinfo=UTC)
"""Start of a range that is open at its beginning."""
LATEST = datetime.max.replace(tzinfo=UTC)
"""End of a range that is open at its end."""

Range = tuple[datetime, datetime]
REMEMBERED = 1024
"""Texts that a process has read last: a resource is asked for its times more than once."""

_MOMENT = re.compile(
    r"(?!0000)([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01])"
    r"(?:T((?:[01][0-9]|2[0-3]):[0-5][0-9])(?::([0-5][0-9]|60)(?:\.([0-9]+))?)?"
    r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?)?)?)?"
)


@remembered(REMEMBERED)
def date_range(text: str) -> Range | Refusal:
    """First moment of a date or time, and first moment after it, in UTC; without a zone it is taken as UTC.

    2026-05 is the whole of May, 2026-05-31T14:30Z one minute, 2026-05-31T14:30:00.1Z a tenth of a second.
    """
    found = _MOMENT.fullmatch(text)
    moments = _range(found) if found else None
    if moments is None:
        return refused(Kind.INVALID, "value", "Expected a date or time such as 2026, 2026-05-31 or 2026-05-31T14:30Z.")
    return moments


def _range(found: re.Match[str]) -> Range | None:
    year, month, day, clock, seconds, fraction, zone = found.groups()
    if clock is not None and seconds != "60":
        return _timed(found.string, seconds, fraction)
    if month is None:
        return datetime(int(year), 1, 1, tzinfo=UTC), _first(int(year) + 1, 1)
    if day is None:
        next_month = int(month) % 12 + 1
        return datetime(int(year), int(month), 1, tzinfo=UTC), _first(int(year) + (next_month == 1), next_month)
    try:
        midnight = datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return None
    if clock is None:
        return midnight, _later(midnight, timedelta(days=1))
    low = _later(midnight, _since_midnight(clock, seconds, fraction) - _offset(zone))
    return low, _later(low, _length(seconds, fraction))


def _timed(text: str, seconds: str | None, fraction: str | None) -> Range | None:
    """The range of a date with a time, but for leap seconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        low = moment.replace(tzinfo=UTC)
    else:
        low = _later(moment.replace(tzinfo=UTC), -(moment.utcoffset() or timedelta(0)))
    return low, _later(low, _length(seconds, fraction))


def _first(year: int, month: int) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC) if year <= LATEST.year else LATEST


def _later(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return LATEST if by > timedelta(0) else EARLIEST


def _since_midnight(clock: str, seconds: str | None, fraction: str | None) -> timedelta:
    micros = int((fraction or "")[:6].ljust(6, "0"))
    return timedelta(hours=int(clock[:2]), minutes=int(clock[3:]), seconds=int(seconds or 0), microseconds=micros)


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone == "Z":
        return timedelta(0)
    east = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
    return east if zone[0] == "+" else -east


def _length(seconds: str | None, fraction: str | None) -> timedelta:
    if seconds is None:
        return timedelta(minutes=1)
    return timedelta(microseconds=10 ** max(0, 6 - len(fraction or "")))


def period_range(period: dict[str, Any]) -> Range | None:
    """A Period with open ends at EARLIEST and LATEST; None without any readable end."""
    low, high = _bounds(period.get("start")), _bounds(period.get("end"))
    if low is None and high is None:
        return None
    return low[0] if low else EARLIEST, high[1] if high else LATEST


def timing_range(timing: dict[str, Any]) -> Range | None:
    """From the first to the last moment that a Timing names, by its events and the period it repeats in."""
    ranges = [found for event in timing.get("event", ()) if (found := _bounds(event))]
    bounds = timing.get("repeat", {}).get("boundsPeriod")
    if bounds and (within := period_range(bounds)):
        ranges.append(within)
    return outer(ranges)


def outer(ranges: Iterable[Range]) -> Range | None:
    """The smallest range that holds all of `ranges`; None for none."""
    found = list(ranges)
    return (min(low for low, _ in found), max(high for _, high in found)) if found else None


def _bounds(text: Any) -> Range | None:
    found = date_range(text) if isinstance(text, str) else None
    return found if isinstance(found, tuple) else None


def value_range(type_name: str, value: Any) -> Range | None:
    """The range of a date, dateTime, instant, Period or Timing; None when it has none."""
    if type_name == "Period":
        return period_range(value)
    return timing_range(value) if type_name == "Timing" else _bounds(value)
