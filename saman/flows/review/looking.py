"""What a log reviewer looks through: visits of a time, the sample of a week, patterns. The database fences the rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from saman.flows.review.acting import REVIEWER, is_reviewer, not_yours, own_units
from saman.flows.review.patterns import Pattern, World, patterns
from saman.flows.review.people import People, people_of, staff_known
from saman.flows.review.sampling import FOUND, Drawn, drawn, seed_of, week_span
from saman.flows.review.visits import Visit, visits
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.calendar import opening
from saman.model.care.caremodel import CareModel
from saman.record import Record
from saman.record.membership import members_of
from saman.record.review import Note, keep_note, notes_since, reviewed_looks

PATTERN_DAYS, USUAL_DAYS = 14, 56
LONGEST_NOTE = 1000


class WeekSample(msgspec.Struct, frozen=True, kw_only=True):
    """The sample of a week, the seed it was drawn with, and who the people in it are."""

    week: str
    over: bool
    seed: str
    units: tuple[Drawn, ...]
    people: People


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules found from `since` on, among how many visits, and who the people in it are."""

    since: datetime
    visits: int
    patterns: tuple[Pattern, ...]
    people: People


async def visits_between(
    record: Record, since: datetime, until: datetime, actor: str = "", person: str = ""
) -> tuple[Visit, ...]:
    """The visits by the reviewer's own organisation, of one actor or at one person where these are given.

    What log reviewers looked at is no visit.
    """
    entries = await reviewed_looks(record, since, until, actor=actor, person=person)
    return visits(one for one in entries if one.role != REVIEWER)


async def week_sample(record: Record, model: CareModel, week: str) -> WeekSample | Refusal:
    """The sample of an ISO week (`2026-W47`); whoever is shown in it is logged."""
    if not is_reviewer(record):
        return not_yours()
    span = week_span(week, _zone(model))
    if span is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such week.", key="record.not-found")
    found = await visits_between(record, *span)
    notes = [one for one in await notes_since(record, span[0]) if one.week == week]
    seed = seed_of(record.store.secret, record.context.party, week)
    units = drawn(found, seed, notes)
    people = await people_of(record, _persons(one for unit in units for one in unit.visits))
    await people.shown(record, people.people, f"sample of {week}")
    return WeekSample(week=week, over=span[1] <= record.context.now, seed=seed, units=units, people=people)


async def note_visit(record: Record, model: CareModel, week: str, visit: int, found: str, note: str) -> Refusal | None:
    """Keep what the reviewer says of a visit of a week; only of those that were drawn."""
    if not is_reviewer(record):
        return not_yours()
    span = week_span(week, _zone(model))
    if span is None or found not in FOUND:
        return refused(Kind.UNPROCESSABLE, "value", "Choose what you found.", "found", key="review.choose")
    if len(note) > LONGEST_NOTE or (found != "checked" and not note.strip()):
        return refused(Kind.UNPROCESSABLE, "required", "Write what it is about.", "note", key="review.note")
    seed = seed_of(record.store.secret, record.context.party, week)
    units = drawn(await visits_between(record, *span), seed, ())
    unit = next((one.unit for one in units if any(each.number == visit for each in one.visits)), None)
    if unit is None:
        return refused(Kind.NOT_FOUND, "not-found", "It is not in the sample.", key="record.not-found")
    context = record.context
    await keep_note(record, Note(week, unit, visit, found, note.strip(), context.actor, context.now))
    return None


async def worth_asking(record: Record, model: CareModel) -> Found | Refusal:
    """What the rules find in the last two weeks; whoever is named in it is logged."""
    if not is_reviewer(record):
        return not_yours()
    now = record.context.now
    since = now - timedelta(days=PATTERN_DAYS)
    every = await visits_between(record, since - timedelta(days=USUAL_DAYS), now + timedelta(seconds=1))
    recent = tuple(one for one in every if one.start >= since)
    people = await people_of(record, _persons(recent))
    staff = await staff_known(record, {one.first.actor for one in recent} | await _members(record))
    if isinstance(staff, Refusal):
        return staff
    world = World(
        visits=recent,
        earlier=tuple(one for one in every if one.start < since),
        people=people.known,
        staff=staff,
        zone=_zone(model),
        closed=lambda visit: _closed(model, visit),
    )
    found = patterns(world)
    await people.shown(record, {one.person for one in found if one.person}, "patterns")
    return Found(since=since, visits=len(recent), patterns=found, people=people)


async def _members(record: Record) -> set[str]:
    """Everybody who works in the reviewer's own organisation."""
    held = await members_of(record.store.pool, await own_units(record), record.context.now)
    return {one.practitioner for one in held}


def _closed(model: CareModel, visit: Visit) -> bool | None:
    party = model.party(visit.first.party)
    if party is None or party.hours is None:
        return None
    return not opening(party, model.country, visit.start).open


def _persons(found: Iterable[Visit]) -> set[str]:
    """Those who were seen. Who was asked for in vain stays unnamed, or guessing would tell who exists."""
    return {one.first.person for one in found if one.first.person and not one.refused}


def _zone(model: CareModel) -> ZoneInfo:
    return ZoneInfo(model.country.time_zone)
