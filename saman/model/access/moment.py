"""FHIR dates and times as instants: when something that holds "from Monday to Friday" begins and is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

START = datetime(1900, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)
"""Stand for "always" and "no end", so that the database needs only order."""


def begins(text: str | None, zone: tzinfo) -> datetime | None:
    """The first instant of a FHIR dateTime, in UTC; a bare date begins at midnight in `zone`."""
    if text is None:
        return None
    return _exact(text) if "T" in text else midnight(_first_day(text), zone)


def is_over(text: str | None, zone: tzinfo) -> datetime | None:
    """The first instant after a FHIR Period that ends with `text`, in UTC; a bare date, month or year counts whole.

    Source: https://hl7.org/fhir/R4/datatypes.html#Period
    """
    if text is None:
        return None
    return _exact(text) if "T" in text else midnight(_day_after(text), zone)


def midnight(day: date, zone: tzinfo) -> datetime:
    """The instant at which `day` begins in `zone`, in UTC, kept between START and END."""
    if not START.year < day.year < END.year:
        return START if day.year <= START.year else END
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _exact(text: str) -> datetime:
    leap = text[17:19] == "60"
    moment = datetime.fromisoformat(text[:17] + "59" + text[19:] if leap else text)
    if not START.year < moment.year < END.year:
        return START if moment.year <= START.year else END
    return moment.astimezone(UTC) + timedelta(seconds=1 if leap else 0)


def _first_day(text: str) -> date:
    return date.fromisoformat(text + "-01-01"[len(text) - 4 :])


def _day_after(text: str) -> date:
    first = _first_day(text)
    if len(text) == len("2026-11-21"):
        return first + timedelta(days=1) if first.year < END.year else first
    if len(text) == len("2026-11") and first.month < 12:
        return first.replace(month=first.month + 1)
    return date(min(first.year + 1, END.year), 1, 1)
