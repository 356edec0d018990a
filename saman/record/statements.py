"""Single statements over connections that stay lent: for most of them, taking a connection from a pool and giving it
back costs more than asking does (figures in docs/subsystems/record.md).
"""

from __future__ import annotations

from typing import Any

import asyncpg

from saman.record.database import Connection, Pool, Rows


class Statements:
    """Lends up to `kept` connections of a pool to one statement after the other; beyond that the pool lends.

    A connection over which anything went wrong goes back to the pool, which knows what to do with it.
    """

    def __init__(self, pool: Pool, kept: int) -> None:
        self._pool = pool
        self._may_keep = kept
        self._idle: list[Connection] = []
        self._closing = False

    @property
    def idle(self) -> int:
        """How many of the connections that the pool counts as lent do nothing."""
        return len(self._idle)

    async def fetch(self, sql: str, /, *values: Any) -> Rows:
        """The rows of a statement outside of any transaction."""
        connection = await self._lent()
        if connection is None:
            return await self._pool.fetch(sql, *values)
        try:
            rows = await connection.fetch(sql, *values)
        except BaseException:
            self._may_keep += 1
            await self._pool.release(connection)
            raise
        if self._closing:
            await self._pool.release(connection)
        else:
            self._idle.append(connection)
        return rows

    async def give_back(self) -> None:
        """Give what does nothing back to the pool."""
        while self._idle:
            self._may_keep += 1
            await self._pool.release(self._idle.pop())

    async def close(self) -> None:
        """Keep nothing any more, before the pool closes."""
        self._closing = True
        await self.give_back()

    async def _lent(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                return connection
            self._may_keep += 1
            await self._pool.release(connection)
        if self._closing or self._may_keep <= 0:
            return None
        self._may_keep -= 1
        try:
            return await self._pool.acquire()
        except BaseException:
            self._may_keep += 1
            raise


def _is_open(connection: Connection) -> bool:
    """Whether it can be used; one that was cut while it was idle is the pool's again already."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False
