"""What apps were let do, by whom and for how long, and the codes and tokens they hold for it.

Everything an app holds hangs on one approval: when that has ended, no token made for it is worth anything, at the next
request already. Codes, refresh tokens and launches are random; only their hashes are kept.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec

from saman.record.apps.clients import hashed
from saman.record.database import Pool
from saman.record.sessions import IDLE, LONGEST

CODE_LASTS = timedelta(seconds=60)
LAUNCH_LASTS = timedelta(minutes=5)
FORGOTTEN = timedelta(days=1)
"""For how long after its end an approval is kept, so that what is replayed then is still known for what it is."""

_COLUMNS = "id, client, actor, kind, role, party, purpose, patient, scope, session, begun, until"
_OF_APPROVAL = ", ".join(f"a.{name}" for name in _COLUMNS.split(", "))
_BEGIN = f"INSERT INTO approval ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
_IN_FORCE = """JOIN client c ON c.id = a.client AND c.removed IS NULL
WHERE a.ended IS NULL AND a.until > $2 AND (a.session IS NULL OR EXISTS (
    SELECT FROM session s WHERE s.key = a.session AND s.seen > $3 AND s.begun > $4))"""
_FIND = f"SELECT {_OF_APPROVAL} FROM approval a {_IN_FORCE} AND a.id = $1"
_OF_ACTOR = f"SELECT {_OF_APPROVAL}, c.name FROM approval a {_IN_FORCE} AND a.actor = $1 ORDER BY a.begun DESC"
_END = "UPDATE approval SET ended = $2 WHERE id = $1 AND ended IS NULL AND ($3 = '' OR actor = $3) RETURNING id"

_CODE = "INSERT INTO approval_code (key, approval, redirect, challenge, nonce, until) VALUES ($1, $2, $3, $4, $5, $6)"
_USE_CODE = """UPDATE approval_code SET used = true WHERE key = $1 AND NOT used
RETURNING approval, redirect, challenge, nonce, until"""
_REFRESH = "INSERT INTO refresh_token (key, approval) VALUES ($1, $2)"
_USE_REFRESH = "UPDATE refresh_token SET used = true WHERE key = $1 AND NOT used RETURNING approval"
_OF_REFRESH = "SELECT approval FROM refresh_token WHERE key = $1"
_CLIENT_OF_REFRESH = "SELECT a.client FROM refresh_token r JOIN approval a ON a.id = r.approval WHERE r.key = $1"
_OF_CODE = "SELECT approval FROM approval_code WHERE key = $1"
_ONCE = "INSERT INTO client_assertion (key, until) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING key"

_LAUNCH = """INSERT INTO app_launch (key, client, actor, party, role, patient, until)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""
_USE_LAUNCH = """DELETE FROM app_launch WHERE key = $1 RETURNING client, actor, party, role, patient, until"""
_SWEEP = (
    "DELETE FROM approval WHERE until < $1",
    "DELETE FROM client_assertion WHERE until < $1",
    "DELETE FROM app_launch WHERE until < $1",
)


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody let an app act for them: as whom, about whom, within which scopes, until when.

    A back-end client has approvals of its own, as `system`. With `session` (the key of a sign-in) it ends with that.
    """

    id: str
    client: str
    actor: str
    kind: str
    role: str
    party: str
    purpose: str
    patient: str
    scope: str
    begun: datetime
    until: datetime
    session: bytes | None = None


class Given(msgspec.Struct, frozen=True):
    """An approval in force and the name of its app."""

    approval: Approval
    name: str


class Bound(msgspec.Struct, frozen=True):
    """What a code was given for, besides the approval: where the answer went, the PKCE challenge, the nonce."""

    redirect: str
    challenge: str
    nonce: str


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """An app that was opened from a person's page: by whom, as what, and about whom."""

    client: str
    actor: str
    party: str
    role: str
    patient: str


class Approvals:
    """Begins, finds and ends approvals, and everything that is held for them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, approval: Approval) -> None:
        """Keep an approval."""
        await self._pool.execute(_BEGIN, *(getattr(approval, name) for name in _COLUMNS.split(", ")))

    async def find(self, id: str, now: datetime) -> Approval | None:
        """The approval as long as it, its app and the sign-in it depends on are in force."""
        row = await self._pool.fetchrow(_FIND, id, now, now - IDLE, now - LONGEST)
        return None if row is None else Approval(**dict[str, Any](row))

    async def of_actor(self, actor: str, now: datetime) -> tuple[Given, ...]:
        """What somebody has let apps do, in force now, newest first."""
        rows = await self._pool.fetch(_OF_ACTOR, actor, now, now - IDLE, now - LONGEST)
        return tuple(Given(Approval(**{name: row[name] for name in _COLUMNS.split(", ")}), row["name"]) for row in rows)

    async def end(self, id: str, now: datetime, actor: str = "") -> bool:
        """End an approval, of `actor` only when one is named; False when there was none to end."""
        return await self._pool.fetchval(_END, id, now, actor) is not None

    async def code(self, approval: Approval, bound: Bound, now: datetime) -> str:
        """A code for an approval, good once within a minute."""
        made = secrets.token_urlsafe(32)
        until = now + CODE_LASTS
        values = (hashed(made), approval.id, bound.redirect, bound.challenge, bound.nonce, until)
        await self._pool.execute(_CODE, *values)
        return made

    async def redeem(self, code: str, now: datetime) -> tuple[Approval, Bound] | None:
        """What a code was given for; a code that comes a second time ends its approval."""
        row = await self._pool.fetchrow(_USE_CODE, hashed(code))
        if row is None:
            await self._end_of(_OF_CODE, code, now)
            return None
        approval = await self.find(row["approval"], now) if now < row["until"] else None
        return None if approval is None else (approval, Bound(row["redirect"], row["challenge"], row["nonce"]))

    async def refresh_token(self, approval: Approval) -> str:
        """A refresh token for an approval."""
        made = secrets.token_urlsafe(32)
        await self._pool.execute(_REFRESH, hashed(made), approval.id)
        return made

    async def rotate(self, token: str, now: datetime) -> Approval | None:
        """The approval of a refresh token that is used up by this; one that comes a second time ends its approval."""
        id = await self._pool.fetchval(_USE_REFRESH, hashed(token))
        if id is None:
            await self._end_of(_OF_REFRESH, token, now)
            return None
        return await self.find(id, now)

    async def of_refresh(self, token: str, now: datetime) -> Approval | None:
        """The approval that a refresh token belongs to, without using it up."""
        id = await self._pool.fetchval(f"{_OF_REFRESH} AND NOT used", hashed(token))
        return None if id is None else await self.find(id, now)

    async def client_of_refresh(self, token: str) -> str:
        """The client that a refresh token was given to, whether or not it is still good; empty when nobody's."""
        return await self._pool.fetchval(_CLIENT_OF_REFRESH, hashed(token)) or ""

    async def _end_of(self, which: str, token: str, now: datetime) -> None:
        id = await self._pool.fetchval(which, hashed(token))
        if id is not None:
            await self.end(id, now)

    async def once(self, client: str, jti: str, until: datetime) -> bool:
        """Whether a client's assertion comes for the first time."""
        return await self._pool.fetchval(_ONCE, hashed(f"{client}\n{jti}"), until) is not None

    async def launch(self, launch: Launch, now: datetime) -> str:
        """An opaque word for an app that is opened from a person's page, good once within five minutes."""
        made = secrets.token_urlsafe(32)
        values = (launch.client, launch.actor, launch.party, launch.role, launch.patient)
        await self._pool.execute(_LAUNCH, hashed(made), *values, now + LAUNCH_LASTS)
        return made

    async def launched(self, word: str, now: datetime) -> Launch | None:
        """What a launch stands for; it is used up by this."""
        row = await self._pool.fetchrow(_USE_LAUNCH, hashed(word))
        if row is None or row["until"] <= now:
            return None
        return Launch(**{name: row[name] for name in Launch.__struct_fields__})

    async def sweep(self, now: datetime) -> None:
        """Forget what has been over for a day."""
        for statement in _SWEEP:
            await self._pool.execute(statement, now - FORGOTTEN)
