"""New resources that several requests bring at the same time are written together: one statement and one commit.

Only requests of one context are joined, since a statement is fenced for one. Nobody waits for others to come: what
comes while a statement is under way goes with the next. When not all may be written, each is tried alone.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import asyncpg
import msgspec

from saman.record.context import Context
from saman.record.database import Rows
from saman.record.rows import Row

MOST = 32
"""Resources in one statement."""

_OF_ONE = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.DataError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
)
"""What one resource can bring about for all that are written with it."""

Send = Callable[[Context, Sequence[Row]], Awaitable[Rows]]
"""Writes rows under a context and answers with a result for each in their order, or with none when it may not."""


class Waiting(NamedTuple):
    """One resource, whoever asks, and who is to be told."""

    context: Context
    row: Row
    told: asyncio.Future[Rows]


class Joined:
    """The creates of one process that wait, by context."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[Waiting]] = defaultdict(list)
        self._writing: dict[int, asyncio.Task[None]] = {}

    async def put(self, context: Context, row: Row, send: Send) -> Rows:
        """The result of writing `row`, empty when it may not be written; raises what the database raised."""
        one = Waiting(context, row, asyncio.get_running_loop().create_future())
        self._waiting[context.number].append(one)
        if context.number not in self._writing:
            task = asyncio.create_task(self._drain(context.number, send))
            self._writing[context.number] = task
        return await one.told

    async def _drain(self, number: int, send: Send) -> None:
        try:
            while waiting := self._waiting.pop(number, []):
                now, later = waiting[:MOST], waiting[MOST:]
                if later:
                    self._waiting[number] = later
                if not await _together(now, send):
                    await asyncio.gather(*(_alone(one, send) for one in now))
        finally:
            del self._writing[number]


async def _together(waiting: Sequence[Waiting], send: Send) -> bool:
    """Write all at once; False when that was not possible and nothing was written."""
    if len(waiting) == 1:
        return False
    latest = max(one.context.now for one in waiting)
    context = msgspec.structs.replace(waiting[0].context, now=latest)
    try:
        results = await send(context, [one.row for one in waiting])
    except _OF_ONE:
        return False
    except Exception as error:
        for one in waiting:
            _tell(one, error)
        return True
    for one, result in zip(waiting, results, strict=False):
        _tell(one, [result])
    return bool(results)


async def _alone(one: Waiting, send: Send) -> None:
    try:
        results = await send(one.context, [one.row])
    except Exception as error:
        _tell(one, error)
    else:
        _tell(one, results)


def _tell(one: Waiting, what: Any) -> None:
    if one.told.done():
        return
    if isinstance(what, Exception):
        one.told.set_exception(what)
    else:
        one.told.set_result(what)
