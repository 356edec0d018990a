"""One beat after the other: match what has happened, then tell each subscriber for whom there is something.

A subscriber who is slow or away holds up nobody else. What was sent and not yet noted when the process ends is sent
again by whoever works next.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from saman.flows.subscription.outgoing import Answered, Result
from saman.kernel.clock import Clock
from saman.kernel.outcome import Refusal
from saman.model.subscription.notification import Kind, notification
from saman.record import Context, Record, Store, system
from saman.record.outage import OUTAGES
from saman.record.subscriptions.attempts import Claimed, Outcome, claim, release, sweep
from saman.record.subscriptions.kept import Kept
from saman.record.subscriptions.matching import MOST_TAKEN, match
from saman.record.subscriptions.owner import Stand
from saman.record.subscriptions.sealing import HeaderSeal
from saman.record.subscriptions.telling import Batch, next_batch

AT_ONCE = 8
"""Subscribers who are told at the same time."""

ENDED = "What this subscription rested on has ended."
NOTHING = Batch()
_FINE = 1_000_000
UNTOLD = "The notification could not be made."
log = structlog.get_logger("saman.subscriptions")

Post = Callable[[str, Mapping[str, str], bytes, float], Awaitable[Answered]]


class Chance(msgspec.Struct, frozen=True):
    """Where what is random comes from: numbers from 0 to 1, and 16 bytes."""

    draw: Callable[[], float]
    new_bytes: Callable[[int], bytes]

    def urn(self) -> str:
        """A new `urn:uuid:…`."""
        return f"urn:uuid:{UUID(bytes=self.new_bytes(16), version=4)}"


def chance() -> Chance:
    """Real randomness."""
    return Chance(lambda: secrets.randbelow(_FINE) / _FINE, secrets.token_bytes)


def made_of(kept: Kept, kind: Kind, batch: Batch, base: str, now: datetime, chance: Chance) -> bytes:
    """The notification of a batch, or one without events."""
    standing = kept.standing
    if batch.events:
        standing = msgspec.structs.replace(standing, count=batch.numbered)
    return notification(standing, kind, base, now, chance.urn(), batch.events)


class Sending:
    """Tells the receivers of rest-hooks; `base` is the address of the interface."""

    def __init__(self, store: Store, stand: Stand, post: Post, clock: Clock, base: str, chance: Chance) -> None:
        self._store = store
        self._stand = stand
        self._post = post
        self._clock = clock
        self._base = base
        self._chance = chance

    async def beat(self) -> bool:
        """Match and tell once; whether there is more to do at once."""
        matched = await match(self._store, self._own())
        claimed = await claim(self._store, self._own(), AT_ONCE)
        await asyncio.gather(*(self._tell(one) for one in claimed))
        return matched.taken >= MOST_TAKEN or bool(claimed)

    async def sweep(self) -> None:
        """Forget what happened long ago."""
        await sweep(self._store, self._own())

    def _own(self) -> Context:
        return system(self._clock(), "subscriptions")

    async def _tell(self, claimed: Claimed) -> None:
        try:
            outcome = await self._outcome(claimed)
        except OUTAGES:
            raise
        except Exception as error:  # whatever breaks for one subscriber, the others are told
            log.error("a notification was not made", subscription=claimed.kept.id, error=type(error).__name__)
            outcome = Outcome(error=UNTOLD)
        await release(self._store, self._own(), claimed, outcome, self._chance.draw())

    async def _outcome(self, claimed: Claimed) -> Outcome:
        kept, now = claimed.kept, self._clock()
        if claimed.ends is not None and claimed.ends <= now:
            return Outcome(over=True)
        context = await self._stand(kept.owner, f"subscription-{kept.id}")
        if isinstance(context, Refusal):
            return Outcome(error=ENDED, over=True)
        if kept.status == "requested" or (kept.status == "error" and kept.sent is None):
            return await self._send(claimed, self._body(claimed, "handshake"), 0)
        batch = await next_batch(Record(self._store, context, self._base), claimed)
        if batch.events:
            body = self._body(claimed, "event-notification", batch)
            return await self._send(claimed, body, batch.events[-1].number)
        heartbeat = kept.wanted.heartbeat
        is_due = heartbeat and (now - (kept.sent or kept.updated)).total_seconds() >= heartbeat
        if is_due and kept.status == "active":
            return await self._send(claimed, self._body(claimed, "heartbeat"), 0)
        return Outcome(sent=False)

    def _body(self, claimed: Claimed, kind: Kind, batch: Batch = NOTHING) -> bytes:
        return made_of(claimed.kept, kind, batch, self._base, self._clock(), self._chance)

    async def _send(self, claimed: Claimed, body: bytes, until: int) -> Outcome:
        kept = claimed.kept
        wanted = kept.wanted
        headers = dict(HeaderSeal(self._store.secret).open(kept.headers, kept.id))
        answered = await self._post(wanted.endpoint, headers, body, wanted.timeout)
        return Outcome(until, answered.error, over=answered.result is Result.GONE)
