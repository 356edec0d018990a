"""Several batches on their way at once: while the database stores some, the next is got ready.

They are drawn one after the other. No two are under way that hold the same resource, so that it makes no difference
which of them is stored first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from saman.kernel.outcome import Kind, Refusal
from saman.ops.collecting import seldom
from saman.ops.importing_batches import Batch

AT_ONCE = 3
"""Batches on their way: one that is got ready, and those that the database has."""

Draw = Callable[[], Awaitable[Batch | None]]
"""Gives the next batch, None when no more is to be taken."""
Take = Callable[[Batch], Awaitable[Refusal | None]]
"""Stores a batch, or says why its lines are to be stored one by one."""
HALTING = (Kind.UNAVAILABLE, Kind.STORAGE_FULL)
"""What ends an import: no other line would be stored either."""


class Lanes:
    """Draws batches and takes them, until there are no more or one of them raises."""

    def __init__(self, draw: Draw, take: Take) -> None:
        self._draw = draw
        self._take = take
        self._drawing = asyncio.Lock()
        self._under_way: list[Batch] = []
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self) -> None:
        """Return once all have been taken; when one raises, no other goes on."""
        lanes = [asyncio.create_task(self._lane()) for _ in range(AT_ONCE)]
        with seldom():
            try:
                await asyncio.gather(*lanes)
            finally:
                for one in lanes:
                    one.cancel()
                await asyncio.gather(*lanes, return_exceptions=True)

    async def _lane(self) -> None:
        while True:
            async with self._drawing:
                batch = await self._draw()
                if batch is None:
                    return
                if self._must_wait(batch):
                    await self._idle.wait()
                self._begun(batch)
                if batch.is_alone:
                    await self._taken(batch)
                    continue
            await self._taken(batch)

    def _must_wait(self, batch: Batch) -> bool:
        if batch.is_apart or batch.is_alone:
            return True
        return any(one.is_apart or not one.keys.isdisjoint(batch.keys) for one in self._under_way)

    def _begun(self, batch: Batch) -> None:
        self._under_way.append(batch)
        self._idle.clear()

    async def _taken(self, batch: Batch) -> None:
        try:
            refusal = await self._take(batch)
            if refusal is not None:
                await self._one_by_one(batch)
        finally:
            self._under_way.remove(batch)
            if not self._under_way:
                self._idle.set()

    async def _one_by_one(self, batch: Batch) -> None:
        """Each line alone, and as one that was refused where it can't be stored."""
        for one in batch.each():
            refusal = await self._take(one)
            if refusal is not None:
                await self._take(one.refused(refusal))
