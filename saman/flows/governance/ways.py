"""Going a way together: begun, changed, finished; papers and estimates of time. Only people with a mandate change one.

A change is made on the newest version and made again when another came between, so that nobody's words are lost. Where
two wrote the same text, the second gets both to choose from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from saman.flows.governance.mandate import Matter, barred
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.way_going import MOST_PARTS, Going, full
from saman.model.care.way_going import barred as closed
from saman.model.care.way_papers import Paper
from saman.record import Record
from saman.record.workspace import CHANGED, Draft, Item, Workspace

Change = Callable[[Going], Going | Refusal]

NEW = "A way was begun."
TRIES = 8
"""How often a change is made anew when others write at the same time."""
MOST_WAYS = 500
MOST_HOURS = 5000


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's hours on a way in half a year by kind of work; of them only the party is kept."""

    way: str
    half: str
    party: str
    hours: dict[str, Annotated[int, Meta(ge=0, le=MOST_HOURS)]]


WAYS = Workspace("way", Going)
PAPERS = Workspace("paper", Paper)
ESTIMATES = Workspace("way-time", Estimate)


async def begin(record: Record, id: str, going: Going) -> Item[Going] | Refusal:
    """Begin a way."""
    if refusal := barred(record.context, Matter.WAYS):
        return refusal
    if len(await WAYS.all(record.store)) >= MOST_WAYS:
        return full()
    return await WAYS.write(record.store, record.context, Draft(id=id, seen=0, body=going, reason=NEW))


async def change(record: Record, id: str, reason: str, make: Change) -> Item[Going] | Refusal:
    """Make a change of a way on its newest version, and make it anew when somebody else wrote meanwhile."""
    if refusal := barred(record.context, Matter.WAYS):
        return refusal
    for _ in range(TRIES):
        item = await WAYS.one(record.store, id)
        if item is None:
            return absent()
        made = make(item.body)
        if isinstance(made, Refusal):
            return made
        ended = made.finished is not None
        draft = Draft(id=id, seen=item.version, body=made, reason=reason, is_ended=ended)
        written = await WAYS.write(record.store, record.context, draft)
        if not is_overtaken(written):
            return written
    return written


def is_overtaken(answer: object) -> bool:
    """Whether something was not written because another version came between."""
    return isinstance(answer, Refusal) and answer.issues[0].key == CHANGED


def absent() -> Refusal:
    """The refusal of a way, step or paper that there is not."""
    return refused(Kind.NOT_FOUND, "not-found", "There is nothing here.")


def paper_id(way: str, template: str) -> str:
    """The id of a way's paper; a way has one of each template."""
    return f"{way}-{template}"


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A paper as somebody sends it: the version they saw (0 for none), and why."""

    paper: Paper
    seen: int
    reason: str


async def write_paper(record: Record, sheet: Sheet) -> Item[Paper] | Refusal:
    """Keep a paper; refused with `CHANGED` when somebody else wrote it meanwhile."""
    if refusal := barred(record.context, Matter.WAYS):
        return refusal
    way = await WAYS.one(record.store, sheet.paper.way)
    if way is None:
        return absent()
    if refusal := closed(way.body):
        return refusal
    id = paper_id(sheet.paper.way, sheet.paper.template)
    draft = Draft(id=id, seen=sheet.seen, body=sheet.paper, reason=sheet.reason)
    return await PAPERS.write(record.store, record.context, draft)


async def papers(record: Record, way: str) -> Mapping[str, Item[Paper]]:
    """The papers of a way by template."""
    return {one.body.template: one for one in await PAPERS.all(record.store) if one.body.way == way}


async def paper_seen(record: Record, id: str, version: int) -> Paper | None:
    """A paper as it was in a version."""
    past = await PAPERS.past(record.store, id)
    return next((one.body for one in past if one.version == version), None)


async def estimate(record: Record, id: str, one: Estimate) -> Item[Estimate] | Refusal:
    """Keep what somebody at work estimates; nothing is kept of who it was but the party."""
    if record.context.kind != "staff" or not record.context.party:
        text = "Only those who work in the region can estimate their time."
        return refused(Kind.FORBIDDEN, "forbidden", text, key="way.only-staff")
    way = await WAYS.one(record.store, one.way)
    if way is None:
        return absent()
    if len(await estimates(record, one.way)) >= MOST_PARTS:
        return full()
    nameless = msgspec.structs.replace(record.context, actor=f"Organization/{record.context.party}")
    draft = Draft(id=id, seen=0, body=one, reason="An estimate of time.")
    return await ESTIMATES.write(record.store, nameless, draft)


async def estimates(record: Record, way: str) -> tuple[Estimate, ...]:
    """The estimates of a way, in no order that tells anything."""
    found = (item.body for item in await ESTIMATES.all(record.store) if item.body.way == way)
    return tuple(sorted(found, key=lambda one: (one.half, one.party, sorted(one.hours.items()))))


def half_of(day: date) -> str:
    """The half-year of a day, such as `2026-2`."""
    return f"{day.year}-{1 if day.month <= 6 else 2}"
