"""Queues within one process, in front of what only one transaction at a time may do.

The database has locks for that, which hold for all processes. But whoever waits for one of those keeps a connection
that others need; so whoever is of the same process waits here first.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """One queue for each name; names that nobody waits for are forgotten."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._there: Counter[str] = Counter()

    @asynccontextmanager
    async def take(self, name: str) -> AsyncIterator[None]:
        """Alone under this name, in the order of asking. Not to be taken by who holds a connection."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._there[name] += 1
        try:
            async with lock:
                yield
        finally:
            self._there[name] -= 1
            if not self._there[name]:
                del self._there[name], self._locks[name]
