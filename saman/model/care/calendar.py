"""Opening hours, holidays and deadlines on the local clock of a country; nothing here asks what time it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from saman.model.care.country import Country, Holiday
from saman.model.care.measurement import Schedule
from saman.model.care.monitoring import Monitoring
from saman.model.care.party import Hours, Party
from saman.model.care.timing import Counted, Span

HORIZON = 400
"""Days looked ahead for the next opening; a unit closed for longer has none."""

OpenSpan = tuple[datetime, datetime]


class Opening(msgspec.Struct, frozen=True):
    """Whether a party is open, and when it next opens and closes (UTC); None where that never happens."""

    open: bool
    next_opening: datetime | None
    next_closing: datetime | None


class Answer(msgspec.Struct, frozen=True):
    """When a report is read at the earliest and by when an answer comes (UTC); None where the hours are not known."""

    open_now: bool
    read_from: datetime | None
    answer_by: datetime | None


class Due(msgspec.Struct, frozen=True):
    """One time something is asked for: from, until, and when it counts as missed (UTC)."""

    opens: datetime
    closes: datetime
    missed_at: datetime


@lru_cache(maxsize=512)
def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar.

    Source: Meeus, Astronomical Algorithms, chapter 8 (the Anonymous Gregorian algorithm).
    """
    century, rest = divmod(year, 100)
    golden = year % 19
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    month, day = divmod(epact + weekday - 7 * ((golden + 11 * epact + 22 * weekday) // 451) + 114, 31)
    return date(year, month, day + 1)


def falls_on(holiday: Holiday, year: int) -> date | None:
    """The date of a holiday in a year, or None when it is not held that year."""
    if not holiday.from_year <= year <= holiday.to_year:
        return None
    if holiday.easter is not None:
        return easter(year) + timedelta(days=holiday.easter)
    if holiday.month is None or holiday.day is None:
        return None
    start = date(year, holiday.month, holiday.day)
    if holiday.weekday is None:
        return start
    return start + timedelta(days=(holiday.weekday.number - start.weekday()) % 7)


def holidays_on(country: Country, day: date) -> tuple[Holiday, ...]:
    """The holidays and half days of a date."""
    return tuple(holiday for holiday in country.holidays if falls_on(holiday, day.year) == day)


def local(country: Country, moment: datetime) -> datetime:
    """A moment on the country's own clock."""
    return moment.astimezone(ZoneInfo(country.time_zone))


def opening(party: Party, country: Country, at: datetime) -> Opening:
    """Whether `party` is open at an aware moment, with its next opening after that and its next closing."""
    return _opening(party.hours, country, at)


def answer_by(monitoring: Monitoring, party: Party, country: Country, received: datetime) -> Answer:
    """When a report received by `party` is read, and by when the service promises an answer."""
    state = opening(party, country, received)
    read_from = received.astimezone(UTC) if state.open else state.next_opening
    return Answer(state.open, read_from, deadline(monitoring.report_answered, party, country, received))


def deadline(span: Span, party: Party, country: Country, start: datetime) -> datetime | None:
    """`span` after `start` (UTC), counted on the clock or while `party` is open; None when its hours are not known."""
    left = timedelta(seconds=int(span.hours * Decimal(3600)))
    if span.counted is Counted.CLOCK:
        return start.astimezone(UTC) + left
    if party.hours is None:
        return None
    for begins, ends in _spans(party.hours, country, start):
        begins = max(begins, start.astimezone(UTC))
        if ends - begins >= left:
            return begins + left
        left -= ends - begins
    return None


def due_times(schedule: Schedule, country: Country, start: datetime, end: datetime) -> tuple[Due, ...]:
    """Every time asked for whose window opens in `start <= opens < end`, in order."""
    zone = ZoneInfo(country.time_zone)
    wanted = {day.number for day in schedule.days}
    found: list[Due] = []
    day = start.astimezone(zone).date()
    while day <= end.astimezone(zone).date():
        if day.weekday() in wanted:
            opens, closes = _at(day, schedule.opens, zone), _at(day, schedule.closes, zone)
            if start <= opens < end:
                found.append(Due(opens, closes, closes + timedelta(hours=schedule.missed_after_hours)))
        day += timedelta(days=1)
    return tuple(found)


def _opening(hours: Hours | None, country: Country, at: datetime) -> Opening:
    if hours is None:
        return Opening(False, None, None)
    if hours.always and not hours.exceptions:
        return Opening(True, None, None)
    spans = _spans(hours, country, at)
    first = next(spans, None)
    if first is None:
        return Opening(False, None, None)
    is_open = first[0] <= at
    following = next(spans, None) if is_open else first
    return Opening(is_open, following[0] if following else None, first[1])


def _spans(hours: Hours, country: Country, at: datetime) -> Iterator[OpenSpan]:
    """Open spans that end after `at`, in order, joined where one ends as the next begins."""
    held: OpenSpan | None = None
    for begins, ends in _day_spans(hours, country, at):
        if held is not None and begins <= held[1]:
            held = (held[0], max(held[1], ends))
            continue
        if held is not None and held[1] > at:
            yield held
        held = (begins, ends)
    if held is not None and held[1] > at:
        yield held


def _day_spans(hours: Hours, country: Country, at: datetime) -> Iterator[OpenSpan]:
    zone = ZoneInfo(country.time_zone)
    first = at.astimezone(zone).date() - timedelta(days=1)
    for offset in range(HORIZON):
        day = first + timedelta(days=offset)
        for interval in _intervals(hours, country, day):
            begins, ends = interval.split("-")
            span = (_at(day, begins, zone), _at(day, ends, zone))
            if span[0] < span[1]:
                yield span


def _intervals(hours: Hours, country: Country, day: date) -> tuple[str, ...]:
    for exception in hours.exceptions:
        if exception.date == day:
            return tuple(sorted(exception.hours))
    intervals = tuple(sorted(hours.of_weekday(day.weekday())))
    if hours.always or hours.open_on_holidays:
        return intervals
    for holiday in holidays_on(country, day):
        intervals = _until(intervals, holiday.closes_at or "00:00")
    return intervals


def _until(intervals: tuple[str, ...], closes_at: str) -> tuple[str, ...]:
    parts = [interval.split("-") for interval in intervals]
    return tuple(f"{begins}-{min(ends, closes_at)}" for begins, ends in parts if begins < closes_at)


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == "24:00":
        day, clock = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)
