"""Open work by owner or by who asked for it: the index that worklists are read from.

Its rows are written in the transaction of the Tasks they stand for, and fenced like them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from saman.model.care.work import work_of
from saman.model.fhir import resource_number
from saman.record.audit import Entry
from saman.record.context import Context
from saman.record.database import Connection
from saman.record.fence import GATED, gate, opening
from saman.record.rows import Resource, Row
from saman.record.store import Store

_FORGET = "DELETE FROM work USING unnest($1::smallint[], $2::text[]) AS k(s, d) WHERE shard = s AND id = d"
_KEEP = """INSERT INTO work
    (shard, id, person, domain, kind, status, owner, requester, sent_for, claimed_by, focus, received, due)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[])"""

_GROUP = """CASE
    WHEN w.kind = 'read-report' AND w.claimed_by = '' THEN 0
    WHEN w.due IS NOT NULL AND w.due < $4::timestamptz THEN 1
    WHEN w.kind = 'contact-wish' THEN 2
    ELSE 3 END"""
"""The order of a worklist: unread, overdue, asked for by the citizen, then by time received. No reading decides it."""

_COLUMNS = (
    "w.id, w.person, w.kind, w.status, w.owner, w.requester, w.sent_for, w.claimed_by, w.focus, w.received, w.due"
)

_OWNED = "w.owner = $3::text"
_SENT = "w.sent_for = $3::text AND w.owner <> $3::text"


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

    `kinds` empty means every kind, `persons` None everybody, `own` only what the reader has claimed; `count` lines from
    line `start` on.
    """

    party: str
    sent: bool = False
    kinds: tuple[str, ...] = ()
    persons: tuple[str, ...] | None = None
    own: bool = False
    start: int = 0
    count: int = 40


async def open_work(store: Store, context: Context, wanted: Stretch) -> tuple[Item, ...]:
    """A stretch of open work, in order; whoever is named on it is logged as shown on a list first."""
    sql = gate(f"""SELECT {_COLUMNS}, {_GROUP} AS "group" FROM work w
        WHERE {GATED} AND {_SENT if wanted.sent else _OWNED} AND {store.fence.among("w")}
          AND (cardinality($5::text[]) = 0 OR w.kind = ANY($5))
          AND ($6::text[] IS NULL OR w.person = ANY($6))
          AND ($9::text = '' OR w.claimed_by = $9)
        ORDER BY "group", w.received, w.id OFFSET $7::bigint LIMIT $8::bigint""")
    asked = (wanted.party, context.now, wanted.kinds, wanted.persons, wanted.start, wanted.count)
    rows = await store.pool.fetch(sql, *opening(context), *asked, context.actor if wanted.own else "")
    items = tuple(Item(*row) for row in rows)
    await store.audit.write(*_shown(context, items, wanted.party))
    return items


async def count_work(store: Store, context: Context, party: str) -> dict[tuple[int, bool], int]:
    """How much open work `party` owns, by group and whether the reader has claimed it."""
    sql = gate(f"""SELECT {_GROUP} AS "group", w.claimed_by = $5::text AS own, count(*) AS many FROM work w
        WHERE {GATED} AND {_OWNED} AND {store.fence.among("w")} GROUP BY 1, 2""")
    rows = await store.pool.fetch(sql, *opening(context), party, context.now, context.actor)
    return {(row["group"], row["own"]): row["many"] for row in rows}


def _shown(context: Context, items: Sequence[Item], party: str) -> list[Entry]:
    number = resource_number("Task")
    persons = {item.person for item in items if item.person is not None}
    return [Entry(context, "S", number, person=person, query=f"worklist of {party}") for person in sorted(persons)]
