"""Which lines of a unit's open work a page shows: the filters, their counts, and one page of items."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from saman.flows.reading import all_of
from saman.kernel.clock import instant
from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.model.care.work import work_of
from saman.record import Record, Stored
from saman.record.work import Item, Stretch, count_work, open_work

PAGE = 40
UNREAD, OVERDUE, REQUESTED, REST = range(4)
"""The groups of `record.work`, in their order."""

Counted = Mapping[tuple[int, bool], int]


class Filter(Enum):
    """What part of the list is shown."""

    ALL = "all"
    UNREAD = "unread"
    OVERDUE = "overdue"
    REQUESTED = "requested"
    MINE = "mine"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One page as asked for; `place` is the name of a municipality, which goes before the filter."""

    chosen: Filter = Filter.ALL
    place: str = ""
    start: int = 0


class ListPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of items, whether more follow, and how many each filter holds."""

    items: tuple[Item, ...]
    more: bool
    counts: Mapping[Filter, int]


async def list_page(record: Record, wanted: Wanted) -> ListPage | Refusal:
    """The page of the reader's own unit."""
    party = f"Organization/{record.context.party}"
    counts = counts_of(await count_work(record.store, record.context, party))
    persons = await _living_in(record, wanted.place) if wanted.place else None
    if isinstance(persons, Refusal):
        return persons
    own = wanted.chosen is Filter.MINE
    start, end = (0, None) if wanted.place or own else window(counts, wanted.chosen)
    left = PAGE + 1 if end is None else min(PAGE + 1, max(0, end - start - wanted.start))
    stretch = Stretch(party=party, persons=persons, own=own, start=start + wanted.start, count=left)
    items = await open_work(record.store, record.context, stretch) if left else ()
    return ListPage(items=items[:PAGE], more=len(items) > PAGE, counts=counts)


def counts_of(counted: Counted) -> dict[Filter, int]:
    """How many lines each filter holds."""
    groups = [sum(many for (group, _), many in counted.items() if group == one) for one in range(REST + 1)]
    return {
        Filter.ALL: sum(groups),
        Filter.UNREAD: groups[UNREAD],
        Filter.OVERDUE: groups[OVERDUE],
        Filter.REQUESTED: groups[REQUESTED],
        Filter.MINE: sum(many for (_, own), many in counted.items() if own),
    }


def window(counts: Mapping[Filter, int], chosen: Filter) -> tuple[int, int | None]:
    """Where a filter's lines begin and end in the whole list, which is ordered by group."""
    order = (Filter.UNREAD, Filter.OVERDUE, Filter.REQUESTED)
    if chosen not in order:
        return 0, None
    start = sum(counts[one] for one in order[: order.index(chosen)])
    return start, start + counts[chosen]


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


async def newer(record: Record, since: str) -> int | Refusal:
    """How many open items came to the reader's unit after `since` (an instant)."""
    pairs = [
        ("owner", f"Organization/{record.context.party}"),
        ("status", "requested"),
        ("authored-on", f"gt{since}"),
        ("_total", "accurate"),
        ("_count", "1"),
    ]
    page = await record.search("Task", pairs)
    return page if isinstance(page, Refusal) else page.total or 0


def moment_shown(record: Record) -> str:
    """The moment a list was made, for asking later what is newer."""
    return instant(record.context.now)
