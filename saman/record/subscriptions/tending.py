"""What whoever runs the installation sees of subscriptions: how they stand, and what was laid aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from saman.model.fhir import resource_name
from saman.record.context import Context
from saman.record.store import Store

MOST_LISTED = 1000

_LISTED = """SELECT s.id, s.actor, s.client, s.topic, s.channel, s.status, s.error, s.numbered AS told,
    count(e.entry) FILTER (WHERE e.state IN ('w', 'n')) AS waiting, count(e.entry) FILTER (WHERE e.state = 'd') AS aside
FROM subscription s LEFT JOIN subscription_event e ON e.subscription = s.id AND e.state IN ('w', 'n', 'd')
WHERE $1::text IS NULL OR s.id = $1 GROUP BY s.id ORDER BY s.id LIMIT $2"""
_ASIDE = """SELECT number, at, type, change::text AS change FROM subscription_event
WHERE subscription = $1 AND state = 'd' ORDER BY number LIMIT $2"""
_AGAIN = "UPDATE subscription_event SET state = 'n' WHERE subscription = $1 AND state = 'd'"
_DUE = "UPDATE subscription SET due = $2, failures = 0 WHERE id = $1 AND status <> 'off' RETURNING id"


class Listed(msgspec.Struct, frozen=True):
    """A subscription with how many events have a number, how many wait, and how many were laid aside."""

    id: str
    actor: str
    client: str
    topic: str
    channel: str
    status: str
    error: str
    told: int
    waiting: int
    aside: int


class LaidAside(msgspec.Struct, frozen=True):
    """An event that its receiver did not take: about a resource of which type, which is not named here."""

    number: int
    at: datetime
    type: str
    change: str


async def listed(store: Store, context: Context, id: str | None = None) -> Sequence[Listed]:
    """All subscriptions, or that of an id; `context` is the system's own."""
    async with store.transaction(context) as connection:
        return [Listed(*row) for row in await connection.fetch(_LISTED, id, MOST_LISTED)]


async def laid_aside(store: Store, context: Context, id: str) -> Sequence[LaidAside]:
    """What was laid aside of one subscription, by number."""
    async with store.transaction(context) as connection:
        rows = await connection.fetch(_ASIDE, id, MOST_LISTED)
    return [LaidAside(row["number"], row["at"], resource_name(row["type"]), row["change"]) for row in rows]


async def tell_again(store: Store, context: Context, id: str) -> int | None:
    """Let what was laid aside be told again, under its old numbers; None when the subscription is not on."""
    async with store.transaction(context) as connection:
        if await connection.fetchval(_DUE, id, context.now) is None:
            return None
        done: str = await connection.execute(_AGAIN, id)
    return int(done.rpartition(" ")[2])
