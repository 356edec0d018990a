"""How fast one user of one client may call the FHIR interface, so that nobody takes it from everybody else.

Each server process counts for itself: a bucket for each user and client holds the calls of a minute and fills again
evenly. The back-end client and Saman's own commands have ten times as many.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from math import ceil

import msgspec

from saman.apps.auth.smart.noting import app_of
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Context

Who = Callable[[Iterable[tuple[bytes, bytes]]], Awaitable[Context | Refusal]]
SYSTEM_TIMES = 10
REMEMBERED = 10_000


class _Bucket(msgspec.Struct):
    left: float
    at: float


class Pace:
    """Tells who calls, as `who` does, and refuses with Kind.TOO_MANY who calls more than `calls` times a minute."""

    def __init__(
        self,
        who: Who,
        calls: int,
        told: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._who = who
        self._calls = calls
        self._told = told
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    async def of_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> Context | Refusal:
        """The context of a call, refused when too many came before it."""
        context = await self._who(headers)
        if isinstance(context, Refusal):
            return context
        wait = self._wait(context)
        if wait == 0:
            return context
        self._told()
        text = "Too many calls in a short time. Wait as long as Retry-After says."
        return refused(Kind.TOO_MANY, "throttled", text, key="auth.pace", seconds=str(wait))

    def _wait(self, context: Context) -> int:
        """Seconds until the next call may come; 0 takes this one."""
        most = float(self._calls * (SYSTEM_TIMES if context.is_system else 1))
        now, key = self._clock(), (context.actor, app_of(context.request))
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(most, now)
            if len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        bucket.left = min(most, bucket.left + (now - bucket.at) * most / 60)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return 0
        return ceil((1 - bucket.left) * 60 / most)
