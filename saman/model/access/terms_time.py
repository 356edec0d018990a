"""Reckoning with the durations of the terms: five years back, seven days on."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta, tzinfo

from saman.model.access.moment import END, START


def later(at: datetime, duration: str, zone: tzinfo) -> datetime:
    """The instant one `duration` after `at`; years and months by the calendar of `zone`, a day being 24 hours.

    The day is kept, or the last of a shorter month is taken. The answer stays between START and END.
    """
    return _moved(at, duration, zone, 1)


def earlier(at: datetime, duration: str, zone: tzinfo) -> datetime:
    """The instant one `duration` before `at`, reckoned like `later`."""
    return _moved(at, duration, zone, -1)


def longest_days(duration: str) -> int:
    """How many whole days a duration is at most, for comparing two: a month counts 31 days, a year 366."""
    number, unit = _parts(duration)
    days = {"Y": 366, "M": 31, "D": 1}.get(unit)
    return number * days if days else -(-number // (24 if unit == "TH" else 24 * 60))


def _parts(duration: str) -> tuple[int, str]:
    text = duration.removeprefix("P")
    clock = "T" if text.startswith("T") else ""
    return int(text.removeprefix("T")[:-1]), clock + text[-1]


def _moved(at: datetime, duration: str, zone: tzinfo, sign: int) -> datetime:
    number, unit = _parts(duration)
    if unit in ("Y", "M"):
        return _by_months(at, sign * number * (12 if unit == "Y" else 1), zone)
    step = {"D": timedelta(days=1), "TH": timedelta(hours=1), "TM": timedelta(minutes=1)}[unit]
    whole = number * step
    if sign > 0:
        return at + whole if at < END - whole else END
    return at - whole if at > START + whole else START


def _by_months(at: datetime, months: int, zone: tzinfo) -> datetime:
    local = at.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    if not START.year < year < END.year:
        return START if year <= START.year else END
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(at.tzinfo)
