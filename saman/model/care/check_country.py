"""Checks of a country profile: numbers to call, holidays that fall on a day, deadlines with a source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from saman.kernel.outcome import Issue
from saman.model.care.basis import Status
from saman.model.care.country import REQUIRED_NUMBERS, REQUIRED_TERMS, Country, Holiday
from saman.model.care.load import Loaded
from saman.model.care.yamltree import finding

DATED = ("plans", "national", "deadlines")
"""Rows of a country profile with a status and days from and to which they hold."""

SURER = (Status.UNCHECKED, Status.BACKGROUND, Status.SOURCED)


def issues(loaded: Loaded) -> Iterator[Issue]:
    """What is wrong in the country profile of a region."""
    country, file = loaded.model.country, loaded.country_file
    yield from _zone(loaded, file, country)
    for name in REQUIRED_NUMBERS:
        if name not in loaded.model.numbers:
            wrong = f"The number `{name}` is missing."
            yield finding(loaded.at(file, "numbers"), "required", wrong, "Add what people call when it cannot wait.")
    said = {term.id for term in country.terms}
    for name in REQUIRED_TERMS:
        if name not in said:
            wrong = f"There is no word for `{name}`."
            yield finding(loaded.at(file, "terms"), "required", wrong, "Write what it is called where people work.")
    for index, holiday in enumerate(country.holidays):
        if not _has_rule(holiday):
            mend = "Write `month` and `day`, with `weekday` if it moves, or `easter` alone."
            yield finding(loaded.at(file, "holidays", index), "value", "This holiday falls on no day.", mend)
    yield from _rules(loaded, file, country)
    yield from _dates(loaded, file, country)
    yield from _status(loaded, file, country)


def zone_exists(country: Country) -> bool:
    """Whether the time zone is one that this machine knows."""
    try:
        ZoneInfo(country.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _zone(loaded: Loaded, file: str, country: Country) -> Iterator[Issue]:
    if not zone_exists(country):
        mend = "Use a name of the IANA time zone database, such as `Europe/Oslo`."
        wrong = f"`{country.time_zone}` is no time zone."
        yield finding(loaded.at(file, "time_zone"), "value", wrong, mend)


def _has_rule(holiday: Holiday) -> bool:
    if holiday.easter is not None:
        return holiday.month is None and holiday.day is None and holiday.weekday is None
    if holiday.month is None or holiday.day is None:
        return False
    try:
        date(2000, holiday.month, holiday.day)
    except ValueError:
        return False
    return True


def _rules(loaded: Loaded, file: str, country: Country) -> Iterator[Issue]:
    known = {source.id for source in country.sources}
    named = [("deadlines", index, row.source) for index, row in enumerate(country.deadlines)]
    named += [("papers", index, paper.source) for index, paper in enumerate(country.papers)]
    for rows, index, source in named:
        if source not in known:
            place = loaded.at(file, rows, index, "source")
            mend = "Add it to `sources`, or correct the id."
            yield finding(place, "reference", f"There is no source `{source}`.", mend)
    for index, row in enumerate(country.deadlines):
        if row.amount is not None and row.unit is None:
            place = loaded.at(file, "deadlines", index, "amount")
            mend = "Write `unit:` hours, days, weeks or months."
            yield finding(place, "required", "`unit` is missing beside `amount`.", mend)


def _dates(loaded: Loaded, file: str, country: Country) -> Iterator[Issue]:
    """Rows of law that end before they begin."""
    for name in DATED:
        for index, row in enumerate(getattr(country, name)):
            if row.valid_from is not None and row.valid_to is not None and row.valid_to < row.valid_from:
                wrong, mend = f"`{row.id}` ends before it begins.", "Correct `valid_from` or `valid_to`."
                yield finding(loaded.at(file, name, index, "valid_to"), "value", wrong, mend)


def _status(loaded: Loaded, file: str, country: Country) -> Iterator[Issue]:
    """Rows that claim to be checked further than what they rest on, and sources that were read on no day."""
    reach = {source.id: SURER.index(source.status) for source in country.sources}
    for name in DATED:
        for index, row in enumerate(getattr(country, name)):
            rests_on = (row.source,) if isinstance(row.source, str) else row.source
            surest = max((reach.get(one, 0) for one in rests_on), default=0)
            if SURER.index(row.status) > surest:
                wrong = f"`{row.id}` has the status {row.status.value}, and no source of it was checked as far."
                mend = f"Write `status: {SURER[surest].value}`, or name the source that was read."
                yield finding(loaded.at(file, name, index, "status"), "value", wrong, mend)
    for index, source in enumerate(country.sources):
        if (source.status is Status.UNCHECKED) is not (source.checked_on is None):
            wrong = f"`{source.id}` is {source.status.value}, which does not go together with when it was read."
            mend = "Write `checked_on` with the day it was read, or `status: U` without one."
            yield finding(loaded.at(file, "sources", index), "value", wrong, mend)
