"""What a citizen has begun and not sent: one draft of each kind, fenced to the context that writes it."""

from __future__ import annotations

import msgspec

from saman.record.context import Context
from saman.record.fence import GATED, gate, opening
from saman.record.store import Store

_FIND = gate(f"SELECT key, body FROM draft WHERE {GATED} AND context = $1::text::bigint AND kind = $3::text")
_KEEP = """INSERT INTO draft (context, kind, key, body, updated) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (context, kind) DO UPDATE SET key = excluded.key, body = excluded.body, updated = excluded.updated"""
_DROP = "DELETE FROM draft WHERE context = $1 AND kind = $2"


class Kept(msgspec.Struct, frozen=True):
    """A draft: `key` makes what it becomes be made once, `body` is JSON text."""

    key: str
    body: str


async def find_draft(store: Store, context: Context, kind: str) -> Kept | None:
    """The draft of a kind, or None."""
    row = await store.pool.fetchrow(_FIND, *opening(context), kind)
    return Kept(row["key"], row["body"]) if row else None


async def keep_draft(store: Store, context: Context, kind: str, kept: Kept) -> None:
    """Put a draft in the place of the one before."""
    async with store.transaction(context) as connection:
        await connection.execute(_KEEP, context.number, kind, kept.key, kept.body, context.now)


async def drop_draft(store: Store, context: Context, kind: str) -> None:
    """Forget a draft that was sent or given up."""
    async with store.transaction(context) as connection:
        await connection.execute(_DROP, context.number, kind)
