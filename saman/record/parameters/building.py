"""Gives what was stored before the values of a new search parameter, and takes away those of one that is used no more.

It goes shard by shard in small transactions that hold their resources, and notes in each how far it has come: stopped
anywhere, it goes on there. It begins when all that was begun before the parameter was known has ended.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from saman.kernel.ids import SHARDS
from saman.model.fhir import SearchValues, resource_number
from saman.model.fhir.own_parameters import Own, Parameters
from saman.record.context import Context, system
from saman.record.database import Connection, Rows
from saman.record.fence import GATED, gate, opening
from saman.record.indexing import add
from saman.record.parameters.known import FIRST, LAST, definition_of, now_known
from saman.record.pointing import pointed
from saman.record.store import Store
from saman.record.stored import stored
from saman.record.valued import columns

STEP, SHARDS_A_STEP = 200, 128
"""Resources, and shards that hold none, that are gone through in a step."""

_FREE = "barrier <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS is_free"
_ANY = """SELECT EXISTS (SELECT FROM unindexed)
    OR EXISTS (SELECT FROM parameter WHERE state IN ('building', 'removing'))"""
_TAKE = f"""SELECT number, definition, state, barrier, shard, type, id, renewed, {_FREE} FROM parameter
WHERE state IN ('building', 'removing') ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED"""
_BEGIN = "UPDATE parameter SET barrier = pg_snapshot_xmax(pg_current_snapshot())::text::bigint WHERE number = $1"
_GO_ON = "UPDATE parameter SET shard = $2, type = $3, id = $4, renewed = $5 WHERE number = $1"
_FINISH = """UPDATE parameter SET state = CASE state WHEN 'building' THEN 'ready' ELSE 'gone' END
WHERE number = $1 AND NOT EXISTS (SELECT FROM unindexed) RETURNING number"""
_CHANGED = "UPDATE parameter_state SET changed = changed + 1"
_ROWS = "SELECT r.shard, r.type, r.id, r.version, r.updated, r.person, r.domain, r.at, r.meta, r.body, r.deleted"
_NEXT = gate(f"""{_ROWS} FROM resource r
    WHERE {GATED} AND r.shard = $3::smallint AND r.type = ANY($4::smallint[]) AND (r.type, r.id) > ($5::smallint, $6)
    ORDER BY r.type, r.id LIMIT $7 FOR UPDATE OF r""")
_UNINDEXED = f"""DELETE FROM unindexed WHERE (shard, type, id) IN (
    SELECT shard, type, id FROM unindexed ORDER BY shard, type, id LIMIT {STEP} FOR UPDATE SKIP LOCKED
) RETURNING shard, type, id"""
_THESE = gate(f"""{_ROWS} FROM resource r
    JOIN unnest($3::smallint[], $4::smallint[], $5::text[]) AS k(s, t, d) ON r.shard = s AND r.type = t AND r.id = d
    WHERE {GATED} ORDER BY r.shard, r.type, r.id FOR UPDATE OF r""")
_REMOVE = """DELETE FROM {table} x USING unnest($1::smallint[], $2::smallint[], $3::text[]) AS k(s, t, d)
    WHERE x.shard = s AND x.type = t AND x.id = d AND x.param BETWEEN $4::smallint AND $5::smallint"""
_MARK = """SELECT mark_away($1::smallint[], $2::smallint[], $3::text[], $4::text[], $5::smallint[], $6::text[],
    $7::smallint[])"""
_TABLES = ("token", "string", "date", "reference", "quantity")
_STANDING = """SELECT number, source, definition, state, shard, renewed FROM parameter
WHERE state <> 'gone' ORDER BY number"""


class Standing(msgspec.Struct, frozen=True):
    """How a parameter stands: `state` is building, ready or removing, `done` in percent, `count` how many resources."""

    source: str
    code: str
    bases: tuple[str, ...]
    state: str
    done: int
    count: int


class _Place(NamedTuple):
    shard: int
    type: int
    id: str


async def standing(store: Store) -> list[Standing]:
    """How each parameter of one's own stands, the oldest first."""
    return [_standing(row) for row in await store.statements.fetch(_STANDING)]


def _standing(row: Any) -> Standing:
    what, state = definition_of(row), row["state"]
    done = 100 if state == "ready" else row["shard"] * 100 // SHARDS
    return Standing(row["source"], what.code, what.bases, state, done, row["renewed"])


async def beat(store: Store, now: datetime, base: str = "") -> bool:
    """Take the next step, if there is one; whether there may be more to do at once."""
    if not await store.statements.fetchval(_ANY):
        return False
    context = system(now, "parameters")
    async with store.transaction(context) as connection:
        mended = await _mend(store, connection, context, base)
    async with store.transaction(context) as connection:
        return await _step(store, connection, context, base) or mended


async def _step(store: Store, connection: Connection, context: Context, base: str) -> bool:
    row = await connection.fetchrow(_TAKE)
    if row is None:
        return False
    if row["barrier"] is None:
        await connection.execute(_BEGIN, row["number"])
        return True
    if not row["is_free"]:
        return False
    if row["shard"] == SHARDS:
        return await _finish(store, connection, row["number"])
    rows, place = await _next(connection, context, row)
    is_new = row["state"] == "building"
    known = Parameters([Own(row["number"], definition_of(row))]) if is_new else None
    await _replace(store, connection, rows, known, (row["number"], row["number"]), base)
    await connection.execute(_GO_ON, row["number"], *place, row["renewed"] + len(rows))
    return True


async def _finish(store: Store, connection: Connection, number: int) -> bool:
    """Let it be used, or be forgotten, unless there is something to be mended before."""
    if await connection.fetchval(_FINISH, number) is not None:
        await connection.execute(_CHANGED)
        store.tell_topic_after(connection, store.parameters.topic)
        return True
    return False


async def _next(connection: Connection, context: Context, row: Any) -> tuple[Rows, _Place]:
    """The resources of a step, and where the next one begins."""
    types = [resource_number(one) for one in definition_of(row).bases]
    place, found = _Place(row["shard"], row["type"], row["id"]), Rows()
    for _ in range(SHARDS_A_STEP):
        most = STEP - len(found)
        some = await connection.fetch(_NEXT, *opening(context), place.shard, types, place.type, place.id, most)
        found += some
        if len(some) == most:
            return found, _Place(place.shard, some[-1]["type"], some[-1]["id"])
        place = _Place(place.shard + 1, 0, "")
        if place.shard == SHARDS:
            break
    return found, place


async def _mend(store: Store, connection: Connection, context: Context, base: str) -> bool:
    """Give what was written by who had not heard of all parameters the values that it should have."""
    keys = [tuple(row) for row in await connection.fetch(_UNINDEXED)]
    if keys:
        rows = await connection.fetch(_THESE, *opening(context), *columns(3, keys))
        await _replace(store, connection, rows, await now_known(connection), (FIRST, LAST), base)
    return len(keys) == STEP


async def _replace(
    store: Store, connection: Connection, rows: Rows, known: Parameters | None, among: tuple[int, int], base: str
) -> None:
    """Put the values that `known` finds in the place of those with the numbers `among`; none without it."""
    keys = columns(3, [(row["shard"], row["type"], row["id"]) for row in rows])
    for table in _TABLES if rows else ():
        await connection.execute(_REMOVE.format(table=table), *keys, *among)
    if known is None or not rows:
        return
    there = [(row, stored(row).resource()) for row in rows if not row["deleted"]]
    valued = [(row, resource, known.own_values(resource)) for row, resource in there]
    valued = [one for one in valued if one[2] != SearchValues()]
    await add(connection, [row for row, _, _ in valued], [values for _, _, values in valued])
    leading = [row for row, _, values in valued if values.references]
    marks = [
        (row["shard"], row["type"], row["id"], row["person"], *one)
        for row in leading
        for one in pointed(row["meta"] + row["body"], row["person"], base, store.mint)
    ]
    if marks:
        await connection.fetch(_MARK, *columns(7, marks))
