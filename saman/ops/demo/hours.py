"""When the telemedicine centre is open, and by when it has answered what came in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from saman.model.care.calendar import holidays_on
from saman.model.care.country import Country

OSLO = ZoneInfo("Europe/Oslo")

OPENS = time(8, 0)
CLOSES = time(15, 30)
ANSWER_WITHIN = timedelta(hours=4)
"""Opening time within which a report has been read and answered: the sample region's own choice."""

Closed = Callable[[date], bool]
"""Says of a day whether the centre is closed all day."""


def weekend(day: date) -> bool:
    """True on Saturday and Sunday."""
    return day.weekday() >= 5


def closed_in(country: Country) -> Closed:
    """Closed at weekends and on the whole holidays of a country."""

    def closed(day: date) -> bool:
        return weekend(day) or any(holiday.closes_at is None for holiday in holidays_on(country, day))

    return closed


class Hours(msgspec.Struct, frozen=True):
    """The centre's hours, with the days on which it does not open."""

    closed: Closed = weekend

    def opening(self, moment: datetime) -> datetime:
        """`moment` when the centre is open then, else the next time it opens."""
        local = moment.astimezone(OSLO)
        if self.closed(local.date()) or local.time() >= CLOSES:
            return self.opening(at(local.date() + timedelta(days=1), OPENS))
        return max(local, at(local.date(), OPENS))

    def due(self, received: datetime, within: timedelta = ANSWER_WITHIN) -> datetime:
        """When `within` of opening time has passed since `received`."""
        start = self.opening(received)
        left = at(start.date(), CLOSES) - start
        if within <= left:
            return start + within
        return self.due(at(start.date() + timedelta(days=1), time()), within - left)

    def last_workday(self, before: date) -> date:
        """The last day before `before` on which the centre opened."""
        day = before - timedelta(days=1)
        return self.last_workday(day) if self.closed(day) else day

    def workday(self, day: date) -> date:
        """`day`, or the last day before it on which the centre opened."""
        return self.last_workday(day + timedelta(days=1))

    def is_open(self, moment: datetime) -> bool:
        """Whether the centre is open at `moment`."""
        return self.opening(moment) == moment

    def next_workday(self, after: date) -> date:
        """The first day after `after` on which the centre opens."""
        day = after + timedelta(days=1)
        return self.next_workday(day) if self.closed(day) else day


def at(day: date, clock: time) -> datetime:
    """`clock` on `day` in Norway."""
    return datetime.combine(day, clock, tzinfo=OSLO)


def iso(moment: datetime) -> str:
    """A FHIR dateTime in Norwegian time with its offset: `2026-11-20T16:14:00+01:00`."""
    return moment.astimezone(OSLO).isoformat(timespec="seconds")
