"""Single statements over connections of their own: for most of them, taking a connection from a pool and giving it back
costs more than asking does, and who asks within an open transaction must not wait for others to end theirs.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from saman.record.database import Connection, Pool, Rows

RECYCLED = 10_000
"""After so many statements the pool is given its connections, to look whether they have served their time."""


class TooLong(Exception):
    """A statement took longer than it was given; it has ended, and its connection serves others."""


class Statements:
    """Lends the connections of a pool to one statement after the other; they stay lent in between.

    A connection over which anything went wrong goes back to the pool, which knows what to do with it.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._turns = asyncio.Semaphore(pool.get_max_size())
        self._lent: list[Connection] = []
        self._asked = 0
        self._closing = False

    @property
    def idle(self) -> int:
        """How many connections do nothing; the pool counts most of them as in use."""
        return self.pool.get_idle_size() + sum(map(_is_open, self._lent))

    async def fetch(self, sql: str, /, *values: Any, seconds: float | None = None) -> Rows:
        """The rows of a statement, which belongs to no transaction that is open elsewhere.

        Raises TooLong when the database takes longer than `seconds`; waiting for a turn does not count.
        """
        async with self._turns:
            connection = await self._taken()
            try:
                rows = await fetched(connection, sql, *values, seconds=seconds)
            except BaseException:
                await self.pool.release(connection)
                raise
            self._lent.append(connection)
            self._asked += 1
            if self._closing or self._asked % RECYCLED == 0:
                await self.give_back()
        return rows

    async def fetchval(self, sql: str, /, *values: Any) -> Any:
        """The first value of the first row, None when there is none."""
        rows = await self.fetch(sql, *values)
        return rows[0][0] if rows else None

    async def give_back(self) -> None:
        """Give the pool what does nothing."""
        while self._lent:
            await self.pool.release(self._lent.pop())

    async def close(self) -> None:
        """Close the pool once everything that is under way has ended."""
        self._closing = True
        await self.give_back()
        await self.pool.close()

    async def _taken(self) -> Connection:
        while self._lent:
            connection = self._lent.pop()
            if _is_open(connection):
                return connection
            await self.pool.release(connection)
        return await self.pool.acquire()


async def fetched(connection: Connection, sql: str, /, *values: Any, seconds: float | None = None) -> Rows:
    """The rows of a statement over a connection; raises TooLong after `seconds`, when the database has given it up."""
    try:
        return await connection.fetch(sql, *values, timeout=seconds)
    except TimeoutError as error:
        raise TooLong from error


def _is_open(connection: Connection) -> bool:
    """Whether it can be used; one that was cut while it was idle is the pool's again already."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False
