"""Passkeys of local accounts, and the invitations that open such accounts.

Of an invitation only a hash is kept; of a passkey the public key (https://www.w3.org/TR/webauthn-3/#credential-record).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from saman.record.database import Pool

INVITED = timedelta(hours=72)
"""How long an invitation lasts unless another span is given."""
LONGEST_INVITED = timedelta(days=14)

_COLUMNS = "id, actor, handle, public_key, sign_count, name, made, used, synced, stopped"
_OF_ACTOR = f"SELECT {_COLUMNS} FROM passkey WHERE actor = $1 ORDER BY made, id"
_ONE = f"SELECT {_COLUMNS} FROM passkey WHERE id = $1"
_ADD = f"""INSERT INTO passkey ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO NOTHING RETURNING id"""
_USE = """UPDATE passkey SET sign_count = $3, used = $4
WHERE id = $1 AND NOT stopped AND (sign_count = $2 AND ($3 > $2 OR $3 = 0 AND $2 = 0)) RETURNING id"""
_REMOVE = """WITH others AS MATERIALIZED (SELECT id FROM passkey WHERE actor = $2 ORDER BY id FOR UPDATE)
DELETE FROM passkey WHERE id = $1 AND actor = $2 AND (SELECT count(*) FROM others) > 1 RETURNING id"""


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """One key of an account. `handle` is the account's random name in authenticators, the same for all its keys.

    `synced` says that the key lives in more than one device, `stopped` that a copy of it seems to exist.
    """

    id: bytes
    actor: str
    handle: bytes
    public_key: bytes
    sign_count: int
    name: str
    made: datetime
    used: datetime
    synced: bool
    stopped: bool = False


class Credentials:
    """Keeps passkeys and invitations."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def invite(self, actor: str, now: datetime, lasting: timedelta = INVITED) -> str:
        """A secret, 43 characters, that lets whoever holds it enrol a first key for `actor`; earlier ones end."""
        secret = secrets.token_urlsafe(32)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM invitation WHERE actor = $1", actor)
            await connection.execute(
                "INSERT INTO invitation (key, actor, until) VALUES ($1, $2, $3)",
                digest_of(secret),
                actor,
                now + min(lasting, LONGEST_INVITED),
            )
        return secret

    async def invited(self, secret: str, now: datetime) -> str | None:
        """Whom an invitation is for; None when it is unknown, used, or over."""
        found: str | None = await self._pool.fetchval(
            "SELECT actor FROM invitation WHERE key = $1 AND until > $2", digest_of(secret), now
        )
        return found

    async def enrol(self, passkey: Passkey, invitation: bytes | None, now: datetime) -> bool:
        """Keep a new key; with an `invitation` (its digest) only if that is still good, and it is used up by this."""
        async with self._pool.acquire() as connection, connection.transaction():
            if invitation is not None:
                actor = await connection.fetchval(
                    "DELETE FROM invitation WHERE key = $1 AND until > $2 RETURNING actor", invitation, now
                )
                if actor != passkey.actor:
                    return False
            added = await connection.fetchval(_ADD, *msgspec.structs.astuple(passkey))
            return added is not None

    async def of(self, actor: str) -> Sequence[Passkey]:
        """The keys of an account, oldest first."""
        return [_passkey(row) for row in await self._pool.fetch(_OF_ACTOR, actor)]

    async def find(self, id: bytes) -> Passkey | None:
        """One key."""
        row = await self._pool.fetchrow(_ONE, id)
        return _passkey(row) if row is not None else None

    async def use(self, passkey: Passkey, sign_count: int, now: datetime) -> bool:
        """Note a use; False when its counter did not move on from what was read, or somebody was faster."""
        return await self._pool.fetchval(_USE, passkey.id, passkey.sign_count, sign_count, now) is not None

    async def stop(self, id: bytes) -> None:
        """Let a key that seems to have been copied open nothing any more."""
        await self._pool.execute("UPDATE passkey SET stopped = true WHERE id = $1", id)

    async def rename(self, id: bytes, actor: str, name: str) -> bool:
        """Give one of the actor's own keys another name."""
        changed = "UPDATE passkey SET name = $3 WHERE id = $1 AND actor = $2 RETURNING id"
        return await self._pool.fetchval(changed, id, actor, name) is not None

    async def remove(self, id: bytes, actor: str) -> bool:
        """Forget one of the actor's own keys; never the last, also when two are removed at the same time."""
        return await self._pool.fetchval(_REMOVE, id, actor) is not None


def _passkey(row: Any) -> Passkey:
    return Passkey(**dict[str, Any](row))


def digest_of(secret: str) -> bytes:
    """What is kept of an invitation's secret."""
    return hashlib.sha256(secret.encode()).digest()
