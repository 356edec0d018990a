"""What a connection to the database is called in types; asyncpg's own classes take parameters only in its stubs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = PoolConnectionProxy[asyncpg.Record]
else:
    Pool = asyncpg.Pool
    Connection = PoolConnectionProxy

Rows = list[asyncpg.Record]
