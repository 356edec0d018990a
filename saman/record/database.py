"""What a connection to the database is called in types; asyncpg's own classes take parameters only in its stubs."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = PoolConnectionProxy[asyncpg.Record]
else:
    Pool = asyncpg.Pool
    Connection = PoolConnectionProxy

Rows = list[asyncpg.Record]


class Asked(Protocol):
    """Whatever a single statement can be asked of: a connection, a pool, `saman.record.statements`."""

    def fetch(self, query: str, /, *args: Any) -> Awaitable[Rows]:
        """The rows of a statement."""
        ...
