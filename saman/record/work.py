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
_GROUPED = range(len(_GROUPS))
_GROUP = f"CASE WHEN w.waits = 0 THEN 0 WHEN {_LATE} THEN 1 ELSE w.waits END"

_COLUMNS = (
    "w.id, w.person, w.kind, w.status, w.owner, w.requester, w.sent_for, w.claimed_by, w.focus, w.received, w.due"
)

_OWNED = "w.owner = $3::text"
_SENT = "w.sent_for = $3::text AND w.owner <> $3::text"
_LAST = "$5::bigint + $6::bigint"
_HOUR = "$4::timestamptz IS NOT NULL"
"""What is unread does not depend on the hour, and has no other use for it."""
_MINE = "w.claimed_by = $7::text AND w.claimed_by <> ''"

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

    @property
    def few(self) -> bool:
        """Whether it is little enough to be sorted."""
        return self.own or self.persons is not None


async def open_work(store: Store, context: Context, wanted: Stretch) -> tuple[Item, ...]:
    """A stretch of open work, in order; whoever is named on it is logged as shown on a list first."""
    if wanted.few:
        sql = gate(_few_sql(store.fence, wanted.groups, own=wanted.own))
    else:
        sql = _many_sql(store.fence, wanted.groups, sent=wanted.sent)
    rows = await store.statements.fetch(sql, *opening(context), *_asked(context, wanted))
    items = tuple(Item(*row) for row in shown(rows))
    await keep(store.audit, *_listed(context, items, wanted.party))
    return items


def _asked(context: Context, wanted: Stretch) -> list[object]:
    """The values from $3 on."""
    asked: list[object] = [wanted.party, context.now, wanted.start, wanted.count]
    return [*asked, context.actor, wanted.persons] if wanted.few else asked


class Counted(msgspec.Struct, frozen=True):
    """How many lines each group has, at most one beyond `MOST_COUNTED`, and how many are one's own."""

    groups: tuple[int, ...]
    own: int


class WorkPage(msgspec.Struct, frozen=True):
    """How much open work there is, a stretch of it, and what was sent to others and is late."""

    counted: Counted
    items: tuple[Item, ...]
    late: tuple[Item, ...]


async def work_page(store: Store, context: Context, wanted: Stretch, late: int = 0) -> WorkPage:
    """How much open work a party owns as far as the reader may see it, a stretch of it, and at most `late` lines that
    it sent to others and that are overdue: one statement. Whoever is named is logged as shown on a list first.
    """
    deep = wanted.start + wanted.count > _KNOWN
    sql = _page_sql(store.fence, wanted.groups, few=wanted.few, own=wanted.own, deep=deep, late=late)
    asked = _asked(context, wanted) if wanted.few else [*_asked(context, wanted), context.actor]
    rows = await store.statements.fetch(sql, *opening(context), *asked)
    lines = [(row["sent"], Item(*row[_COUNTS + 1 :])) for row in shown(rows) if row["id"] is not None]
    items, sent = (tuple(item for away, item in lines if away is side) for side in (False, True))
    await keep(store.audit, *_listed(context, items, wanted.party), *_listed(context, sent, wanted.party))
    *groups, own = rows[0][:_COUNTS]
    return WorkPage(Counted(tuple(groups), own), items, sent)


_KNOWN = MOST_COUNTED + 1
"""So many lines of a group are looked at in any case, because they are counted."""
_COUNTS = len(_GROUPS) + 1


@cache
def _page_sql(fence: Fence, groups: tuple[int, ...], *, few: bool, own: bool, deep: bool, late: int) -> str:
    """What is counted is what is shown, as far as a page goes; a page that goes `deep` reads on.

    What is overdue has no index in the order of a list: it is counted apart, and read where the page comes to it.
    """
    most = f"greatest({_KNOWN}, {_LAST})" if deep else str(_KNOWN)
    held = [
        f"g{group} AS MATERIALIZED ({_group_sql(fence, group)} LIMIT {most})" for group in _GROUPED if group != OVERDUE
    ]
    counts = [_count_sql(fence, _GROUPS[one]) if one == OVERDUE else _counted_sql(one) for one in _GROUPED]
    named = ", ".join(f"{sql} AS n{place}" for place, sql in enumerate([*counts, _count_sql(fence, _MINE)]))
    listed = _few_sql(fence, groups, own=own) if few else _shown_sql(fence, groups)
    parts = f"(SELECT false AS sent, l.* FROM ({listed}) AS l)"
    if late:
        parts += f" UNION ALL (SELECT true, s.* FROM ({_group_sql(fence, OVERDUE, sent=True)} LIMIT {late}) AS s)"
    return gate(f""", {", ".join(held)}, counted AS MATERIALIZED (SELECT {named})
        SELECT c.*, w.* FROM counted AS c LEFT JOIN ({parts}) AS w ON true
        ORDER BY w.sent, w."group", w.received, w.id""")


def _shown_sql(fence: Fence, groups: tuple[int, ...]) -> str:
    """A stretch of what is held of each group."""
    before = " + ".join(f"n{group}" for group in groups if group < OVERDUE) or "0"
    overdue = _group_sql(fence, OVERDUE, also=f" AND (SELECT {before} FROM counted) < {_LAST}")
    parts = " UNION ALL ".join(
        f"({overdue} LIMIT {_LAST})" if group == OVERDUE else f"(SELECT * FROM g{group})" for group in groups
    )
    return f'SELECT * FROM ({parts}) AS w ORDER BY "group", received, id OFFSET $5::bigint LIMIT $6::bigint'


def _counted_sql(group: int) -> str:
    return f"(SELECT least(count(*), {_KNOWN}) FROM g{group})"


def _count_sql(fence: Fence, condition: str) -> str:
    fenced = f"{GATED} AND {_OWNED} AND {condition} AND {fence.exists('w', 'work')}"
    return f"(SELECT count(*) FROM (SELECT FROM work w WHERE {fenced} LIMIT {_KNOWN}) AS c)"


@cache
def _many_sql(fence: Fence, groups: tuple[int, ...], *, sent: bool) -> str:
    """Each group is a range of the index that is read as far as the page goes."""
    parts = " UNION ALL ".join(f"({_group_sql(fence, group, sent=sent)} LIMIT {_LAST})" for group in groups)
    return gate(f'SELECT * FROM ({parts}) AS w WHERE {_HOUR} ORDER BY "group", received, id OFFSET $5 LIMIT $6')


def _group_sql(fence: Fence, group: int, *, sent: bool = False, also: str = "") -> str:
    return f"""SELECT {_COLUMNS}, {group} AS "group" FROM work w
        WHERE {GATED}{also} AND {_SENT if sent else _OWNED} AND {_GROUPS[group]} AND {fence.exists("w", "work")}
        ORDER BY w.received, w.id"""


def _few_sql(fence: Fence, groups: tuple[int, ...], *, own: bool) -> str:
    """What somebody has claimed, and the work about some people, is little enough to be sorted."""
    among = " OR ".join(f"({_GROUPS[group]})" for group in groups)
    return f"""SELECT {_COLUMNS}, {_GROUP} AS "group" FROM work w
        WHERE {GATED} AND {_OWNED} AND ({among}) AND {fence.exists("w", "work")}
          AND ($8::text[] IS NULL OR w.person = ANY($8)) AND ({not own} OR w.claimed_by = $7::text)
        ORDER BY "group", w.received, w.id OFFSET $5::bigint LIMIT $6::bigint"""


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
