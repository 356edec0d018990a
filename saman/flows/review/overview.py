"""Numbers for the data-protection officer: what the log and its review come to, by unit. No persons, no staff."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import msgspec

from saman.flows.reading import all_of
from saman.flows.review.acting import acting, not_yours, oversees, own_units
from saman.flows.review.cases import LOG_QUESTION, Case, case_of
from saman.flows.review.openings import Opening, openings_within
from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.record import Record
from saman.record.review import Note, Numbers, log_numbers, notes_since

DAYS = 28


class UnitNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """One unit: its looks, and what is open and late of the questions and openings that it owns."""

    unit: str
    numbers: Numbers
    cases_open: int = 0
    cases_late: int = 0
    with_officer: int = 0
    openings_open: int = 0
    openings_late: int = 0


class Sampled(msgspec.Struct, frozen=True, kw_only=True):
    """Visits that were looked at in samples since the overview begins, and how many of these were serious."""

    checked: int
    asked: int
    serious: int
    weeks: tuple[str, ...]


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The last four weeks of an organisation and its units."""

    since: datetime
    units: tuple[UnitNumbers, ...]
    sampled: Sampled


async def overview(record: Record) -> Overview | Refusal:
    """The numbers of the organisation that the officer or reviewer acts for."""
    if not oversees(record):
        return not_yours()
    now = record.context.now
    since = now - timedelta(days=DAYS)
    units = await own_units(record)
    looked = {one.unit: one for one in await log_numbers(record, since, now + timedelta(seconds=1))}
    tasks = await _tasks(record, units)
    if isinstance(tasks, Refusal):
        return tasks
    questions, openings = tasks
    lines = (_line(unit, looked, questions, openings) for unit in units)
    shown = tuple(one for one in lines if one is not None)
    notes = await notes_since(record, since)
    return Overview(since=since, units=shown, sampled=_sampled(notes))


async def _tasks(record: Record, units: Collection[str]) -> tuple[list[Case], list[Opening]] | Refusal:
    owners = ("owner", ",".join(f"Organization/{one}" for one in units))
    asked = await all_of(acting(record), "Task", [("code", f"{codes.TASK}|{LOG_QUESTION}"), owners])
    opened = await openings_within(record, units)
    if isinstance(asked, Refusal):
        return asked
    if isinstance(opened, Refusal):
        return opened
    return [case_of(one, record.context.now) for one in asked], opened


def _line(unit: str, looked: dict[str, Numbers], questions: list[Case], openings: list[Opening]) -> UnitNumbers | None:
    own = [one for one in questions if one.owner == unit]
    opened = [one for one in openings if one.unit == unit]
    if unit not in looked and not own and not opened:
        return None
    return UnitNumbers(
        unit=unit,
        numbers=looked.get(unit, Numbers(unit, 0, 0, 0, 0, 0)),
        cases_open=sum(one.open for one in own),
        cases_late=sum(one.late for one in own),
        with_officer=sum(one.open and one.with_officer for one in own),
        openings_open=sum(one.waits for one in opened),
        openings_late=sum(one.late for one in opened),
    )


def _sampled(notes: Iterable[Note]) -> Sampled:
    newest = {(one.week, one.visit): one for one in notes}
    found = [one.found for one in newest.values()]
    weeks = sorted({one.week for one in newest.values()}, reverse=True)
    return Sampled(
        checked=found.count("checked"), asked=found.count("asked"), serious=found.count("serious"), weeks=tuple(weeks)
    )
