"""Which lines of a unit's open work a page shows: the filters, their counts, and one page of items."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from saman.flows.reading import all_of
from saman.kernel.clock import instant
from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.model.care.work import work_of
from saman.record import Record, Stored
from saman.record.work import (
    MOST_COUNTED,
    OVERDUE,
    REQUESTED,
    REST,
    UNREAD,
    Counted,
    Item,
    Stretch,
    count_newer,
    work_page,
)

PAGE = 40
ALL = (UNREAD, OVERDUE, REQUESTED, REST)


class Filter(Enum):
    """What part of the list is shown."""

    ALL = "all"
    UNREAD = "unread"
    OVERDUE = "overdue"
    REQUESTED = "requested"
    MINE = "mine"


GROUPS = {
    Filter.UNREAD: (UNREAD,),
    Filter.OVERDUE: (OVERDUE,),
    Filter.REQUESTED: (REQUESTED,),
}
"""The groups of `record.work` that a filter shows, all of them where it is not named."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One page as asked for; `place` is the name of a municipality, which goes before the filter."""

    chosen: Filter = Filter.ALL
    place: str = ""
    start: int = 0


class ListPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of items, whether more follow, how many each filter holds, and which of these hold more than that.

    `late` is what the unit asked of others and was not answered in time, as far as it was asked for.
    """

    items: tuple[Item, ...]
    late: tuple[Item, ...]
    more: bool
    counts: Mapping[Filter, int]
    beyond: frozenset[Filter] = frozenset()


async def list_page(record: Record, wanted: Wanted, late: int = 0) -> ListPage | Refusal:
    """The page of the reader's own unit, and at most `late` requests of it that others did not answer in time."""
    persons = await _living_in(record, wanted.place) if wanted.place else None
    if isinstance(persons, Refusal):
        return persons
    stretch = Stretch(
        party=f"Organization/{record.context.party}",
        groups=ALL if wanted.place else GROUPS.get(wanted.chosen, ALL),
        persons=persons,
        own=wanted.chosen is Filter.MINE and not wanted.place,
        start=wanted.start,
        count=PAGE + 1,
    )
    found = await work_page(record.store, record.context, stretch, late)
    counts, beyond = counts_of(found.counted)
    more = len(found.items) > PAGE
    return ListPage(items=found.items[:PAGE], late=found.late, more=more, counts=counts, beyond=beyond)


def counts_of(counted: Counted) -> tuple[dict[Filter, int], frozenset[Filter]]:
    """How many lines each filter holds, and of which it is only known that there are more than that."""
    shown = {Filter.ALL: counted.groups, Filter.MINE: (counted.own,)}
    shown |= {one: tuple(counted.groups[group] for group in groups) for one, groups in GROUPS.items()}
    counts = {one: sum(min(many, MOST_COUNTED) for many in shown[one]) for one in Filter}
    return counts, frozenset(one for one, parts in shown.items() if any(many > MOST_COUNTED for many in parts))


def item_of(record: Record, stored: Stored, *, closed: bool = False) -> Item | None:
    """The line of a task as it stands; with `closed` also of one that nothing more is to be done with."""
    resource = stored.resource()
    work = work_of(resource | {"status": "in-progress"} if closed else resource)
    if work is None:
        return None
    late = work.due is not None and work.due < record.context.now
    unread = work.kind == codes.READ_REPORT and resource["status"] == "requested"
    group = UNREAD if unread else OVERDUE if late else REQUESTED if work.kind == codes.CONTACT_WISH else REST
    line: dict[str, Any] = msgspec.structs.asdict(work) | {"status": resource["status"]}
    return Item(**line, id=stored.id, person=stored.person, group=group)


async def _living_in(record: Record, place: str) -> tuple[str, ...] | Refusal:
    found = await all_of(record, "Patient", [("address-city:exact", place)])
    return found if isinstance(found, Refusal) else tuple(one.id for one in found)


async def newer(record: Record, since: datetime) -> int:
    """How many open items came to the reader's unit after `since`."""
    return await count_newer(record.store, record.context, f"Organization/{record.context.party}", since)


def moment_shown(record: Record) -> str:
    """The moment a list was made, for asking later what is newer."""
    return instant(record.context.now)
