"""What a browser has begun on the way to a session, and how often somebody has tried.

Kept here and not in the browser, so that each step can be taken once only. Only a hash of the browser's token is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from saman.record.database import Pool

LASTING = timedelta(minutes=10)
"""How long a step may take: long enough to find a code device, short enough to be forgotten."""

_PUT = """INSERT INTO sign_in_begun (key, kind, body, begun) VALUES ($1, $2, $3, $4)
ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, body = excluded.body, begun = excluded.begun"""
_TAKE = "DELETE FROM sign_in_begun WHERE key = $1 AND kind = $2 RETURNING body, begun"
_LOOK = "SELECT body, begun FROM sign_in_begun WHERE key = $1 AND kind = $2"
_TRY = """INSERT INTO sign_in_try (key, since, tries) VALUES ($1, $2, 1)
ON CONFLICT (key) DO UPDATE SET
    tries = CASE WHEN sign_in_try.since <= $3 THEN 1 ELSE sign_in_try.tries + 1 END,
    since = CASE WHEN sign_in_try.since <= $3 THEN $2 ELSE sign_in_try.since END
RETURNING tries"""

T = TypeVar("T", bound=msgspec.Struct)


class Begun:
    """Steps of signing in. Each kind of step is a struct, told apart by its name; none holds a national identifier."""

    def __init__(self, pool: Pool, secret: bytes) -> None:
        self._pool = pool
        self._secret = secret

    async def begin(self, step: msgspec.Struct, now: datetime) -> str:
        """Keep a step and give the token for the browser's cookie, 43 characters."""
        token = secrets.token_urlsafe(32)
        body = msgspec.json.encode(step).decode()
        await self._pool.execute(_PUT, _key(token), type(step).__name__, body, now)
        return token

    async def take(self, token: str, kind: type[T], now: datetime) -> T | None:
        """The step of a browser, which cannot be taken again; None when there is none of the kind, or it is over."""
        return _read(await self._pool.fetchrow(_TAKE, _key(token), kind.__name__), kind, now)

    async def look(self, token: str, kind: type[T], now: datetime) -> T | None:
        """The step of a browser, left where it is."""
        return _read(await self._pool.fetchrow(_LOOK, _key(token), kind.__name__), kind, now)

    async def tried(self, what: str, now: datetime, within: timedelta) -> int:
        """How often `what` has been tried within a span, this time included; what is kept cannot be read back."""
        key = hashlib.blake2s(what.encode(), key=self._secret[:32]).digest()
        tries: int = await self._pool.fetchval(_TRY, key, now, now - within)
        return tries

    async def sweep(self, now: datetime) -> None:
        """Forget what is over."""
        await self._pool.execute("DELETE FROM sign_in_begun WHERE begun <= $1", now - LASTING)
        await self._pool.execute("DELETE FROM sign_in_try WHERE since <= $1", now - timedelta(days=1))
        await self._pool.execute("DELETE FROM invitation WHERE until <= $1", now)


def _read(row: Any, kind: type[T], now: datetime) -> T | None:
    if row is None or not now - LASTING < row["begun"] <= now:
        return None
    return msgspec.json.decode(row["body"], type=kind)


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
