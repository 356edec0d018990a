"""Open work by owner or by who asked for it: the index that worklists are read from.

Its rows are written in the transaction of the Tasks they stand for, and fenced like them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

import msgspec

from saman.model.care.work import work_of
from saman.model.fhir import resource_number
from saman.record.audit import Entry
from saman.record.context import Context
from saman.record.database import Connection
from saman.record.fence import GATED, Fence, gate, opening
from saman.record.rows import Resource, Row
from saman.record.store import Store
from saman.record.traffic import keep, shown

_FORGET = "DELETE FROM work USING unnest($1::smallint[], $2::text[]) AS k(s, d) WHERE shard = s AND id = d"
_KEEP = """INSERT INTO work
    (shard, id, person, domain, kind, status, owner, requester, sent_for, claimed_by, focus, received, due)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[])"""

UNREAD, OVERDUE, REQUESTED, REST = range(4)
"""The groups of a worklist in their order: unread, overdue, asked for by the citizen, then the rest. No reading
decides a line's group. What does not depend on the hour is the column `waits`; only `due` is held against it."""

_LATE = "w.due < $4::timestamptz"
_GROUPS = (
    "w.waits = 0",
    f"w.waits > 0 AND {_LATE}",
    f"w.waits = 2 AND (w.due IS NULL OR NOT {_LATE})",
    f"w.waits = 3 AND (w.due IS NULL OR NOT {_LATE})",
)
_GROUP = f"CASE WHEN w.waits = 0 THEN 0 WHEN {_LATE} THEN 1 ELSE w.waits END"

_COLUMNS = (
    "w.id, w.person, w.kind, w.status, w.owner, w.requester, w.sent_for, w.claimed_by, w.focus, w.received, w.due"
)

_OWNED = "w.owner = $3::text"
_SENT = "w.sent_for = $3::text AND w.owner <> $3::text"

MOST_COUNTED = 100
"""Lines of a group are counted so far; a list beyond it has "more than" so many."""


class Item(msgspec.Struct, frozen=True):
    """A line of a worklist; `group` 0 unread, 1 overdue, 2 asked for by the citizen, 3 the rest."""

    id: str
    person: str | None
    kind: str
    status: str
    owner: str
    requester: str
    sent_for: str
    claimed_by: str
    focus: str
    received: datetime
    due: datetime | None
    group: int


async def index_work(connection: Connection, rows: Sequence[Row], tasks: Sequence[Resource | None]) -> frozenset[str]:
    """Put the lines of these Tasks in the place of their earlier ones, and give the owners of the new ones.

    None stands for a Task that was deleted.
    """
    await connection.execute(_FORGET, [row.shard for row in rows], [row.id for row in rows])
    lines = [(row, work_of(task)) for row, task in zip(rows, tasks, strict=True) if task is not None]
    values = [
        (
            row.shard, row.id, row.person, row.domain, work.kind, work.status, work.owner, work.requester,
            work.sent_for, work.claimed_by, work.focus, work.received, work.due,
        )
        for row, work in lines
        if work is not None
    ]  # fmt: skip
    if values:
        await connection.execute(_KEEP, *zip(*values, strict=True))
    return frozenset(work.owner for _, work in lines if work is not None)


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """What to show of a worklist: work that `party` (`Organization/…`) owns, or `sent` to others.

    `groups` are those wanted; `persons` None means everybody, `own` only what the reader has claimed; `count` lines
    from line `start` on.
    """

    party: str
    sent: bool = False
    groups: tuple[int, ...] = (UNREAD, OVERDUE, REQUESTED, REST)
    persons: tuple[str, ...] | None = None
    own: bool = False
    start: int = 0
    count: int = 40


async def open_work(store: Store, context: Context, wanted: Stretch) -> tuple[Item, ...]:
    """A stretch of open work, in order; whoever is named on it is logged as shown on a list first."""
    asked: list[object] = [wanted.party, context.now, wanted.start, wanted.count]
    if wanted.own or wanted.persons is not None:
        sql = _few_sql(store.fence, wanted.groups)
        asked += [wanted.persons, context.actor if wanted.own else ""]
    else:
        sql = _many_sql(store.fence, wanted.groups, sent=wanted.sent)
    rows = await store.statements.fetch(sql, *opening(context), *asked)
    items = tuple(Item(*row) for row in shown(rows))
    await keep(store.audit, *_listed(context, items, wanted.party))
    return items


@cache
def _many_sql(fence: Fence, groups: tuple[int, ...], *, sent: bool) -> str:
    """Each group is a range of the index that is read as far as the page goes."""
    parts = " UNION ALL ".join(
        f"""(SELECT {_COLUMNS}, {group} AS "group" FROM work w
        WHERE {GATED} AND {_SENT if sent else _OWNED} AND {_GROUPS[group]} AND {fence.exists("w", "work")}
        ORDER BY w.received, w.id LIMIT $5::bigint + $6::bigint)"""
        for group in groups
    )
    hour = "$4::timestamptz IS NOT NULL"  # what is unread does not depend on it, and has no other use for it
    return gate(f'SELECT * FROM ({parts}) AS w WHERE {hour} ORDER BY "group", received, id OFFSET $5 LIMIT $6')


@cache
def _few_sql(fence: Fence, groups: tuple[int, ...]) -> str:
    """What somebody has claimed, and the work about some people, is little enough to be sorted."""
    among = " OR ".join(f"({_GROUPS[group]})" for group in groups)
    return gate(f"""SELECT {_COLUMNS}, {_GROUP} AS "group" FROM work w
        WHERE {GATED} AND {_OWNED} AND ({among}) AND {fence.exists("w", "work")}
          AND ($7::text[] IS NULL OR w.person = ANY($7)) AND ($8::text = '' OR w.claimed_by = $8)
        ORDER BY "group", w.received, w.id OFFSET $5::bigint LIMIT $6::bigint""")


class Counted(msgspec.Struct, frozen=True):
    """How many lines each group has, at most one beyond `MOST_COUNTED`, and how many are one's own."""

    groups: tuple[int, ...]
    own: int


async def count_work(store: Store, context: Context, party: str) -> Counted:
    """How much open work `party` owns, as far as the reader may see it."""
    asked = (*opening(context), party, context.now, context.actor)
    [row] = await store.statements.fetch(_count_sql(store.fence), *asked)
    *groups, own = row
    return Counted(tuple(groups), own)


@cache
def _count_sql(fence: Fence) -> str:
    def many(condition: str) -> str:
        fenced = f"{GATED} AND {_OWNED} AND {condition} AND {fence.exists('w', 'work')}"
        return f"(SELECT count(*) FROM (SELECT FROM work w WHERE {fenced} LIMIT {MOST_COUNTED + 1}) AS c)"

    mine = "w.claimed_by = $5::text AND w.claimed_by <> ''"
    return gate("SELECT " + ", ".join(many(one) for one in (*_GROUPS, mine)))


async def count_newer(store: Store, context: Context, party: str, since: datetime) -> int:
    """How many open lines came to `party` after `since`, none counted beyond `MOST_COUNTED`."""
    sql = gate(f"""SELECT count(*) FROM (
        SELECT FROM work w WHERE {GATED} AND {_OWNED} AND w.waits IN (0, 2, 3) AND w.received > $4::timestamptz
          AND {store.fence.exists("w", "work")} LIMIT {MOST_COUNTED}) AS c""")
    many: int = await store.statements.fetchval(sql, *opening(context), party, since)
    return many


def _listed(context: Context, items: Sequence[Item], party: str) -> list[Entry]:
    number = resource_number("Task")
    persons: dict[str, list[str]] = {}
    for item in items:
        if item.person is not None:
            persons.setdefault(item.person, []).append(f"Task/{item.id}/")
    query = f"worklist of {party}"
    return [Entry(context, "S", number, person=one, query=query, read=tuple(read)) for one, read in persons.items()]
