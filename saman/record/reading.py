"""Statements that read one resource or its versions. Each sets the context and asks in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import asyncpg

from saman.model.fhir import resource_number
from saman.record.cursor import Place
from saman.record.door import Door
from saman.record.fence import GATED, Fence, gate

_COLUMNS = "r.type, r.id, r.version, r.updated, r.person, r.meta, r.body, r.deleted, r.shard, r.away"
_AT_SHARD = "r.shard = $5"
_AT_LOCATOR = "r.shard = (SELECT shard FROM locator WHERE key = $3::smallint || '/' || $4)"


@cache
def read_sql(fence: Fence, table: str, *, located: bool, versioned: bool) -> str:
    """The statement for one resource: $3 type, $4 id, and when the id carries its shard, $5 shard; last the version."""
    place = _AT_SHARD if located else _AT_LOCATOR
    version = f"AND r.version = ${6 if located else 5}" if versioned else ""
    return gate(f"""SELECT {_COLUMNS}, seen.ground, seen.fenced
        FROM {table} r {fence.join("r")}
        WHERE {GATED} AND {place} AND r.type = $3 AND r.id = $4 {version} AND {fence.holds("r")}""")


@cache
def versions_sql(fence: Fence, *, one: bool) -> str:
    """History, newest first, after $3 updated, $4 id, $5 version; at most $6; of type $7, and of id $8 at shard $9.

    Versions of one resource go by number: of two writers, the one that came first may be the one that waited longer.
    """
    condition, order, after = "r.type = $7", ("updated", "id", "version"), "$3::timestamptz, $4::text, $5::bigint"
    if one:
        condition = "r.type = $7 AND r.id = $8 AND r.shard = $9"
        order, after = ("version", "updated", "id"), "$5::bigint, $3::timestamptz, $4::text"
    way = ", ".join(f"{column} DESC" for column in order)
    parts = [
        f"""(SELECT {_COLUMNS}, seen.ground, seen.fenced FROM {table} r {fence.join("r")}
            WHERE {GATED} AND {condition} AND {fence.holds("r")}
              AND ($3::timestamptz IS NULL OR ({", ".join(f"r.{column}" for column in order)}) < ({after}))
            ORDER BY {way} LIMIT $6::integer)"""
        for table in ("resource", "history")
    ]
    return gate(f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS r ORDER BY {way} LIMIT $6::integer")


async def read_row(
    door: Door, type_name: str, id: str, version: int | None = None, table: str = "resource"
) -> asyncpg.Record | None:
    """The row of one resource, or of one version of it, as far as the context may see it; not logged here."""
    shard = door.store.mint.shard(id)
    sql = read_sql(door.store.fence, table, located=shard is not None, versioned=version is not None)
    values = [resource_number(type_name), id, *(value for value in (shard, version) if value is not None)]
    rows = await door.fetch(sql, *values)
    return rows[0] if rows else None


async def version_rows(door: Door, type_name: str, id: str, most: int, place: Place | None) -> Sequence[asyncpg.Record]:
    """Up to `most` versions, newest first, that come after `place`; of one resource when `id` is given."""
    values: list[Any] = [None, None, None] if place is None else [place.moment, place.id, int(place.text or 0)]
    values += [most, resource_number(type_name)]
    if id:
        shard = door.store.mint.shard(id)
        values += [id, shard if shard is not None else await _located(door, type_name, id)]
    return await door.fetch(versions_sql(door.store.fence, one=bool(id)), *values)


async def _located(door: Door, type_name: str, id: str) -> int | None:
    sql = gate(f"SELECT shard FROM locator WHERE {GATED} AND key = $3")
    rows = await door.fetch(sql, f"{resource_number(type_name)}/{id}")
    return rows[0]["shard"] if rows else None
