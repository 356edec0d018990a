"""Who works on which subscription, and what became of it: all in rows, so that a kill loses nothing.

Whoever works on a subscription has claimed it for a while. When that is over, another takes it, and what may have been
told already is told once more, under the same numbers.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from saman.model.subscription.patience import MOST_FAILURES, wait_after
from saman.model.subscription.wanted import MOST_TIMEOUT
from saman.record.context import Context
from saman.record.store import Store
from saman.record.subscriptions.kept import COLUMNS, Kept, kept_of

LEASE = timedelta(seconds=2 * MOST_TIMEOUT)
KEPT = timedelta(days=30)
"""For how long events are kept, whether or not anybody took them.

That some wait says nothing to the owner, who may not be allowed to know of them; so nothing is said when they go.
"""

_CLAIM = f"""UPDATE subscription SET claim = $1, claimed = $2::timestamptz + $3::interval WHERE id = ANY(ARRAY(
    SELECT s.id FROM subscription s
    WHERE s.status <> 'off' AND s.due <= $2 AND (s.claimed IS NULL OR s.claimed <= $2)
      AND ($4::text IS NULL AND s.channel = 'rest-hook' OR s.id = $4)
      AND (s.status = 'requested' OR s.ends <= $2
        OR (s.status = 'active' AND s.heartbeat > 0
            AND coalesce(s.sent, s.updated) + s.heartbeat * interval '1 second' <= $2)
        OR EXISTS (SELECT FROM subscription_event e WHERE e.subscription = s.id AND e.state IN ('w', 'n')))
    ORDER BY s.due, s.id LIMIT $5 FOR UPDATE SKIP LOCKED))
RETURNING {COLUMNS}, ends"""
_HELD = "SELECT numbered FROM subscription WHERE id = $1 AND claim = $2 FOR UPDATE"
_TOLD = "UPDATE subscription_event SET state = 't' WHERE subscription = $1 AND state = 'n' AND number <= $2"
_ASIDE = "UPDATE subscription_event SET state = 'd' WHERE subscription = $1 AND state = 'n' AND number <= $2"
_FORGET = "DELETE FROM subscription_event WHERE subscription = $1 AND state = 'w'"
_RELEASE = """UPDATE subscription SET claim = '', claimed = NULL, failures = $3, due = $4, error = $6,
    sent = coalesce($7, sent), status = $5,
    version = version + CASE WHEN (status, error) = ($5, $6) THEN 0 ELSE 1 END,
    updated = CASE WHEN (status, error) = ($5, $6) THEN updated
        ELSE greatest($8::timestamptz, updated + interval '1 millisecond') END
WHERE id = $1 AND claim = $2"""
_SWEEP = (
    "DELETE FROM subscription_event WHERE at < $1::timestamptz - $2::interval",
    "DELETE FROM subscription_token WHERE until < $1::timestamptz - $2::interval",
)


class Claimed(msgspec.Struct, frozen=True):
    """A subscription that is worked on, and the word by which that is known."""

    kept: Kept
    word: str
    ends: datetime | None


class Outcome(msgspec.Struct, frozen=True):
    """What became of an attempt.

    `until` is the last event it was about; `error` why it failed, `over` that nothing will ever be told again.
    """

    until: int = 0
    error: str = ""
    over: bool = False
    sent: bool = True


async def claim(store: Store, context: Context, most: int, id: str | None = None) -> Sequence[Claimed]:
    """Claim what is due among rest-hooks, or the one of an id; `context` is the system's own."""
    word = secrets.token_hex(8)
    async with store.transaction(context) as connection:
        rows = await connection.fetch(_CLAIM, word, context.now, LEASE, id, most)
    return [Claimed(kept_of({name: row[name] for name in COLUMNS.split(", ")}), word, row["ends"]) for row in rows]


async def release(store: Store, context: Context, claimed: Claimed, outcome: Outcome, drawn: float) -> None:
    """Note what became of an attempt, unless somebody else has taken over; `drawn` is random, from 0 to 1."""
    kept, now = claimed.kept, context.now
    after = _after(kept, outcome)
    due = now + wait_after(after.failures, drawn) if outcome.error else now
    sent = now if outcome.sent and not outcome.error else None
    async with store.transaction(context) as connection:
        if await connection.fetchval(_HELD, kept.id, claimed.word) is None:
            return
        if outcome.until and (after.is_laid_aside or not outcome.error):
            await connection.execute(_ASIDE if outcome.error else _TOLD, kept.id, outcome.until)
        if outcome.over:
            await connection.execute(_FORGET, kept.id)
        values = (kept.id, claimed.word, after.failures, due, after.status, after.error, sent, now)
        await connection.execute(_RELEASE, *values)


class _After(msgspec.Struct, frozen=True):
    """How a subscription stands after an attempt."""

    status: str
    error: str
    failures: int
    is_laid_aside: bool = False


def _after(kept: Kept, outcome: Outcome) -> _After:
    """What an attempt changes; one that failed often is an error, and is still tried from time to time."""
    if outcome.over:
        return _After("off", outcome.error, 0, is_laid_aside=True)
    if not outcome.sent:
        return _After(kept.status, kept.error, kept.failures)
    if not outcome.error:
        return _After("active", "", 0)
    failures = kept.failures + 1
    is_error = failures >= MOST_FAILURES
    status, error = ("error", outcome.error) if is_error else (kept.status, kept.error)
    return _After(status, error, failures, is_laid_aside=failures % MOST_FAILURES == 0)


async def sweep(store: Store, context: Context) -> None:
    """Forget what happened long ago."""
    async with store.transaction(context) as connection:
        for statement in _SWEEP:
            await connection.execute(statement, context.now, KEPT)
