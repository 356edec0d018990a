"""Statements that read one resource or its versions. Each sets the context and asks in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import asyncpg
import msgspec

from saman.model.fhir import resource_number
from saman.model.fhir.moments import Range
from saman.record.cursor import Place
from saman.record.door import Door
from saman.record.fence import GATED, Fence, gate

COLUMNS = "r.type, r.id, r.version, r.updated, r.person, r.meta, r.body, r.deleted, r.shard, r.away"
_TABLES = ("resource", "history")
_AT_SHARD = "r.shard = $5"
_AT_LOCATOR = "r.shard = (SELECT shard FROM locator WHERE key = $3::smallint || '/' || $4)"


@cache
def read_sql(fence: Fence, table: str, *, located: bool, versioned: bool) -> str:
    """The statement for one resource: $3 type, $4 id, and when the id carries its shard, $5 shard; last the version."""
    place = _AT_SHARD if located else _AT_LOCATOR
    version = f"AND r.version = ${6 if located else 5}" if versioned else ""
    return gate(f"""SELECT {COLUMNS}, seen.ground, seen.fenced
        FROM {table} r {fence.join("r")}
        WHERE {GATED} AND {place} AND r.type = $3 AND r.id = $4 {version} AND {fence.holds("r")}""")


class Span(msgspec.Struct, frozen=True):
    """Which versions of a history are wanted: those made since a moment, those current at some time of a range."""

    since: datetime | None = None
    at: Range | None = None

    @property
    def values(self) -> list[datetime]:
        """What the statements take at their end."""
        return [*([self.since] if self.since else []), *(self.at or ())]


ALWAYS = Span()


def _spanned(first: int, *, since: bool, at: bool) -> str:
    """The condition of a Span whose values start at `first`."""
    made = f" AND r.updated >= ${first}::timestamptz" if since else ""
    if at:
        start, end = f"${first + since}::timestamptz", f"${first + since + 1}::timestamptz"
        later = "x.shard = r.shard AND x.type = r.type AND x.id = r.id AND x.version = r.version + 1"
        made += f" AND r.updated < {end}"
        for table in _TABLES:
            made += f" AND NOT EXISTS (SELECT FROM {table} x WHERE {later} AND x.updated <= {start})"
    return made


@cache
def versions_sql(fence: Fence, *, one: bool, since: bool = False, at: bool = False) -> str:
    """History, newest first, after $3 updated, $4 id, $5 version; at most $6; of type $7, and of id $8 at shard $9.

    Versions of one resource go by number: of two writers, the one that came first may be the one that waited longer.
    """
    condition, order, after = "r.type = $7", ("updated", "id", "version"), "$3::timestamptz, $4::text, $5::bigint"
    if one:
        condition = "r.type = $7 AND r.id = $8 AND r.shard = $9"
        order, after = ("version", "updated", "id"), "$5::bigint, $3::timestamptz, $4::text"
    condition += _spanned(10 if one else 8, since=since, at=at)
    way = ", ".join(f"{column} DESC" for column in order)
    parts = [
        f"""(SELECT {COLUMNS}, seen.ground, seen.fenced FROM {table} r {fence.join("r")}
            WHERE {GATED} AND {condition} AND {fence.holds("r")}
              AND ($3::timestamptz IS NULL OR ({", ".join(f"r.{column}" for column in order)}) < ({after}))
            ORDER BY {way} LIMIT $6::integer)"""
        for table in _TABLES
    ]
    return gate(f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS r ORDER BY {way} LIMIT $6::integer")


@cache
def all_versions_sql(fence: Fence, *, since: bool = False, at: bool = False) -> str:
    """The same of the types $7 together; $8 is the type of the version that they come after.

    Each type is looked for along its own index, so that a page reads what it shows, and not all there is.
    """
    order, after = ("updated", "id", "version", "type"), "$3::timestamptz, $4::text, $5::bigint, $8::smallint"
    way = ", ".join(f"{column} DESC" for column in order)
    parts = [
        f"""(SELECT {COLUMNS}, seen.ground, seen.fenced FROM {table} r {fence.join("r")}
            WHERE r.type = k.t{_spanned(9, since=since, at=at)} AND {fence.holds("r")}
              AND ($3::timestamptz IS NULL OR r.updated <= $3::timestamptz)
              AND ($3::timestamptz IS NULL OR ({", ".join(f"r.{column}" for column in order)}) < ({after}))
            ORDER BY {way} LIMIT $6::integer)"""
        for table in _TABLES
    ]
    return gate(f"""SELECT r.* FROM unnest($7::smallint[]) AS k(t)
        CROSS JOIN LATERAL ({" UNION ALL ".join(parts)}) AS r WHERE {GATED} ORDER BY {way} LIMIT $6::integer""")


async def read_row(
    door: Door, type_name: str, id: str, version: int | None = None, table: str = "resource"
) -> asyncpg.Record | None:
    """The row of one resource, or of one version of it, as far as the context may see it; not logged here."""
    shard = door.store.mint.shard(id)
    sql = read_sql(door.store.fence, table, located=shard is not None, versioned=version is not None)
    values = [resource_number(type_name), id, *(value for value in (shard, version) if value is not None)]
    rows = await door.fetch(sql, *values)
    return rows[0] if rows else None


async def version_rows(
    door: Door, type_name: str, id: str, most: int, place: Place | None, span: Span = ALWAYS
) -> Sequence[asyncpg.Record]:
    """Up to `most` versions, newest first, that come after `place`; of one resource when `id` is given."""
    values = [*_after(place), most, resource_number(type_name)]
    if id:
        shard = door.store.mint.shard(id)
        values += [id, shard if shard is not None else await _located(door, type_name, id)]
    sql = versions_sql(door.store.fence, one=bool(id), since=span.since is not None, at=span.at is not None)
    return await door.fetch(sql, *values, *span.values)


async def all_version_rows(
    door: Door, types: Sequence[str], most: int, place: Place | None, span: Span
) -> Sequence[asyncpg.Record]:
    """The same for several types together; the place says its type behind the version."""
    kind = int((place.text or "0 0").split()[1]) if place else None
    values = [*_after(place), most, [resource_number(name) for name in types], kind, *span.values]
    sql = all_versions_sql(door.store.fence, since=span.since is not None, at=span.at is not None)
    return await door.fetch(sql, *values)


def _after(place: Place | None) -> list[Any]:
    return [None, None, None] if place is None else [place.moment, place.id, int((place.text or "0").split()[0])]


async def _located(door: Door, type_name: str, id: str) -> int | None:
    sql = gate(f"SELECT shard FROM locator WHERE {GATED} AND key = $3")
    rows = await door.fetch(sql, f"{resource_number(type_name)}/{id}")
    return rows[0]["shard"] if rows else None
