"""Working days by the country's calendar."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from saman.model.care.calendar import holidays_on
from saman.model.care.country import Country

SATURDAY = 5


def working_days_after(country: Country, start: datetime, days: int) -> datetime:
    """The end of the last of `days` working days after the day of `start`, in UTC; half days count as working days."""
    zone = ZoneInfo(country.time_zone)
    day = start.astimezone(zone).date()
    while days > 0:
        day += timedelta(days=1)
        closed = any(one.closes_at is None for one in holidays_on(country, day))
        days -= day.weekday() < SATURDAY and not closed
    return datetime.combine(day, time(23, 59), zone).astimezone(UTC)
