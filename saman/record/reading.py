"""Statements that read one resource or its versions. Each sets the context and asks in one round trip."""

from __future__ import annotations

from typing import Any

import asyncpg

from saman.record.context import Context
from saman.record.database import Connection, Pool
from saman.record.fence import GATED, Fence, gate, opening

_COLUMNS = "r.type, r.id, r.version, r.updated, r.person, r.meta, r.body, r.deleted"
_AT_SHARD = "r.shard = $5"
_AT_LOCATOR = "r.shard = (SELECT shard FROM locator WHERE key = $3::smallint || '/' || $4)"


def read_sql(fence: Fence, table: str = "resource", *, located: bool, versioned: bool = False) -> str:
    """The statement for one resource: $3 type, $4 id, and when the id carries its shard, $5 shard; last the version."""
    place = _AT_SHARD if located else _AT_LOCATOR
    version = f"AND r.version = ${6 if located else 5}" if versioned else ""
    return gate(f"""SELECT {_COLUMNS}, seen.ground, seen.rows
        FROM {table} r {fence.join("r")}
        WHERE {GATED} AND {place} AND r.type = $3 AND r.id = $4 {version} AND {fence.holds("r")}""")


def versions_sql(fence: Fence, *, one: bool) -> str:
    """History, newest first, after $3 updated, $4 id, $5 version; at most $6; of type $7, and of id $8 at shard $9."""
    condition = "r.type = $7 AND r.id = $8 AND r.shard = $9" if one else "r.type = $7"
    parts = [
        f"""(SELECT {_COLUMNS} FROM {table} r {fence.join("r")}
            WHERE {GATED} AND {condition} AND {fence.holds("r")}
              AND ($3::timestamptz IS NULL OR (r.updated, r.id, r.version) < ($3::timestamptz, $4::text, $5::bigint))
            ORDER BY r.updated DESC, r.id DESC, r.version DESC LIMIT $6::integer)"""
        for table in ("resource", "history")
    ]
    return gate(
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS r ORDER BY updated DESC, id DESC, version DESC LIMIT $6::integer"
    )


async def fetch_one(
    pool: Pool | Connection, sql: str, context: Context, *values: Any
) -> asyncpg.Record | None:
    """The one row of a gated statement."""
    row: asyncpg.Record | None = await pool.fetchrow(sql, *opening(context), *values)
    return row
