"""Registered apps and back-end clients: who may ask for tokens, how they prove who they are, and for what at most."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

from saman.record.database import Pool

_COLUMNS = "id, name, kind, redirects, launch, scope, secret, keys, party, introspects, registered"
_ADD = f"""INSERT INTO client ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (id) DO NOTHING RETURNING id"""
_FIND = f"SELECT {_COLUMNS} FROM client WHERE id = $1 AND removed IS NULL"
_KNOWN = f"SELECT {_COLUMNS} FROM client WHERE id = ANY($1)"
_LIST = f"SELECT {_COLUMNS} FROM client WHERE removed IS NULL ORDER BY id"
_REMOVE = "UPDATE client SET removed = $2 WHERE id = $1 AND removed IS NULL RETURNING id"
_END = "UPDATE approval SET ended = $2 WHERE client = $1 AND ended IS NULL"

ClientKind = Literal["public", "secret", "keys"]
"""How a client proves who it is: not at all (an app in a browser or on a phone), by a secret, or by keys of its own."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """One registered client.

    `redirects` are the only addresses an answer goes to, `launch` is where the app is opened from a person's page,
    `scope` the most it can be given, `keys` a JSON Web Key Set, `party` the Organization id behind a back-end client.
    Of a secret only the hash is kept. A client that `introspects` may ask about tokens of others.
    """

    id: str
    name: str
    kind: ClientKind
    registered: datetime
    redirects: tuple[str, ...] = ()
    launch: str = ""
    scope: str = ""
    secret: bytes | None = None
    keys: str | None = None
    party: str = ""
    introspects: bool = False


class Clients:
    """The registered clients of an installation."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, id: str) -> Client | None:
        """The client of an id, None when there is none or it was removed."""
        row = await self._pool.fetchrow(_FIND, id)
        return None if row is None else _client(row)

    async def known(self, ids: Iterable[str]) -> dict[str, Client]:
        """The clients of ids, also those that were taken out since: the log names them for good."""
        rows = await self._pool.fetch(_KNOWN, sorted(set(ids)))
        return {row["id"]: _client(row) for row in rows}

    async def listed(self) -> tuple[Client, ...]:
        """Every client that is registered now, by id."""
        return tuple(_client(row) for row in await self._pool.fetch(_LIST))

    async def add(self, client: Client) -> bool:
        """Register a client; False when its id has ever been given out, since ids stand in the log for good."""
        values = [getattr(client, name) for name in _COLUMNS.split(", ")]
        return await self._pool.fetchval(_ADD, *values) is not None

    async def remove(self, id: str, now: datetime) -> bool:
        """Take a client out, and end at once everything it was let do; False when there is none."""
        async with self._pool.acquire() as connection, connection.transaction():
            removed = await connection.fetchval(_REMOVE, id, now)
            await connection.execute(_END, id, now)
        return removed is not None


def hashed(secret: str) -> bytes:
    """What is kept of a secret, a code or a token; they are random and long, so that no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()


def _client(row: Any) -> Client:
    columns: dict[str, Any] = dict(row) | {"redirects": tuple(row["redirects"])}
    return Client(**columns)
