"""The search values of what is stored worked out anew, in small steps that can be stopped and gone on with.

Each step is a transaction of its own that holds its resources while it renews their codes and numbers; what is written
meanwhile has its values already. References and texts stay as they are: nothing about them has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from saman.model.fhir import SearchValues, extract
from saman.record.context import system
from saman.record.database import Connection
from saman.record.fence import GATED, gate, opening
from saman.record.rows import searched
from saman.record.store import Store
from saman.record.stored import stored
from saman.record.valued import TYPES, columns, columns_of

STEP = 200
"""Resources in a step."""

QUANTITIES = "quantities"
"""What is worked out anew for those who stored resources before there were quantities in the index."""

_PLACE = "SELECT shard, type, id, renewed, finished FROM indexing WHERE name = $1 FOR UPDATE"
_GONE_ON = "UPDATE indexing SET shard = $2, type = $3, id = $4, renewed = $5, finished = $6 WHERE name = $1"
_NEXT = gate(f"""SELECT r.shard, r.type, r.id, r.version, r.updated, r.person, r.domain, r.at, r.meta, r.body, r.deleted
    FROM resource r
    WHERE {GATED} AND (r.shard, r.type, r.id) > ($3::smallint, $4::smallint, $5::text)
    ORDER BY r.shard, r.type, r.id LIMIT $6 FOR UPDATE OF r""")
_REMOVE = """DELETE FROM {table} x USING unnest($1::smallint[], $2::smallint[], $3::text[]) AS k(s, t, d)
    WHERE x.shard = s AND x.type = t AND x.id = d"""
_ADD = "SELECT add_values({})".format(", ".join(f"${number}::{kind}" for number, kind in enumerate(TYPES, 1)))


class Renewed(msgspec.Struct, frozen=True):
    """How many resources have been gone through in all, and whether that is all of them."""

    count: int
    finished: bool


async def renew_some(store: Store, name: str, now: datetime) -> Renewed:
    """Take the next step of what has this name, from where it stopped; nothing when it is finished."""
    context = system(now, "indexing")
    async with store.transaction(context) as connection:
        await connection.execute("INSERT INTO indexing (name) VALUES ($1) ON CONFLICT DO NOTHING", name)
        place = await connection.fetchrow(_PLACE, name)
        assert place is not None
        if place["finished"]:
            return Renewed(place["renewed"], finished=True)
        rows = await connection.fetch(_NEXT, *opening(context), place["shard"], place["type"], place["id"], STEP)
        if rows:
            await _renew(connection, rows)
        last, count, finished = rows[-1] if rows else place, place["renewed"] + len(rows), len(rows) < STEP
        await connection.execute(_GONE_ON, name, last["shard"], last["type"], last["id"], count, finished)
    return Renewed(count, finished)


async def _renew(connection: Connection, rows: list[Any]) -> None:
    keys = columns(3, [(row["shard"], row["type"], row["id"]) for row in rows])
    for table in ("token", "quantity"):
        await connection.execute(_REMOVE.format(table=table), *keys)
    await add(connection, rows, list(map(_values_of, rows)))


async def add(connection: Connection, rows: Sequence[Any], values: Sequence[SearchValues]) -> None:
    """Add the search values of resources, whose rows say what they are and whom they are about."""
    names = ("shard", "type", "id", "person", "domain", "at")
    whose = columns(6, [tuple(row[name] for name in names) for row in rows])
    await connection.execute(_ADD, *whose, *columns_of(values))


def _values_of(row: Any) -> SearchValues:
    return SearchValues() if row["deleted"] else _codes_and_numbers(searched(extract(stored(row).resource())))


def _codes_and_numbers(values: SearchValues) -> SearchValues:
    """The values without those that stay as they are."""
    parts = [_codes_and_numbers(part) for part in values.parts]
    return msgspec.structs.replace(values, strings=[], dates=[], references=[], parts=parts)
