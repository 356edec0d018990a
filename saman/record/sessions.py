"""Sign-in sessions. Only a hash of the cookie's token is kept, so that a copy of the table opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from saman.record.context import Context
from saman.record.database import Pool
from saman.record.notices import Notices

IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
TOUCH = timedelta(minutes=1)

CLOSE = ("Patient/", "RelatedPerson/")
"""How references begin of those who are here for themselves or for somebody close."""

_COLUMNS = (
    "actor, about, name, kind, role, party, party_name, purpose, context, csrf, language, begun, seen, way, level, "
    "device, people"
)
_VALUES = ", ".join(f"${place}" for place in range(1, 19))
_INSERT = f"INSERT INTO session (key, {_COLUMNS}) VALUES ({_VALUES})"
_SELECT = f"SELECT {_COLUMNS} FROM session WHERE key = $1 AND seen > $2 AND begun > $3"
_OPEN = "SELECT EXISTS (SELECT FROM session WHERE key = $1 AND seen > $2 AND begun > $3)"
_OWN = f"SELECT key, {_COLUMNS} FROM session WHERE actor = $1 AND seen > $2 AND begun > $3 ORDER BY seen DESC"
_SWEEP = "DELETE FROM session WHERE seen <= $1 OR begun <= $2"


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody signed in with one assignment.

    `about` is the Patient id of a citizen, or of whom a relative takes part for, and empty for staff. `csrf` guards
    the forms, `context` is the number grants are kept for. `way` is how somebody signed in (a provider's id,
    `passkeys`, or empty in the demo), `level` how sure that was;
    `device` is browser and system in two words, so that people know it again. `people` are all whom the sign-in proved
    them to be (references into the record), among whom they can choose without signing in again.
    """

    actor: str
    about: str
    name: str
    kind: str
    role: str
    party: str
    party_name: str
    purpose: str
    context: int
    csrf: str
    language: str
    begun: datetime
    seen: datetime
    way: str = ""
    level: str = ""
    device: str = ""
    people: Sequence[str] = ()

    @property
    def user_name(self) -> str:
        """The name shown at the top of a page."""
        return self.name

    @property
    def organization_name(self) -> str:
        """The organisation shown beside the name."""
        return self.party_name

    @property
    def several(self) -> bool:
        """Whether they are, or take part for, more than one person."""
        return sum(one.startswith(CLOSE) for one in self.people) > 1

    def standing(self, now: datetime, request: str, rights: frozenset[str] = frozenset()) -> Context:
        """The context of one request of this session; `rights` are those of its role."""
        return Context(self.context, self.actor, self.role, self.party, self.purpose, now, request, self.kind, rights)


class OpenSession(NamedTuple):
    """A session that goes on; `handle` names it to its owner and opens nothing."""

    handle: str
    session: SignedIn


class Sessions:
    """Opens, finds and ends sessions. Idle for an hour or twelve hours old, a session is over."""

    def __init__(self, pool: Pool, notices: Notices) -> None:
        self._pool = pool
        self._notices = notices

    async def begin(self, signed_in: SignedIn) -> str:
        """Keep a session and give the token for its cookie, 43 characters."""
        token = secrets.token_urlsafe(32)
        await self._pool.execute(_INSERT, _key(token), *msgspec.structs.astuple(signed_in))
        return token

    async def find(self, token: str, now: datetime, *, used: bool = True) -> SignedIn | None:
        """The session of a token, None when there is none or it is over; moves its time of use on when it is `used`."""
        row = await self._pool.fetchrow(_SELECT, _key(token), now - IDLE, now - LONGEST)
        if row is None:
            return None
        found = SignedIn(**dict[str, Any](row))
        if used and now - found.seen > TOUCH:
            await self._pool.execute("UPDATE session SET seen = $2 WHERE key = $1", _key(token), now)
        return found

    async def speak(self, token: str, language: str) -> None:
        """Remember the language chosen in a session."""
        await self._pool.execute("UPDATE session SET language = $2 WHERE key = $1", _key(token), language)

    async def is_open(self, token: str, now: datetime) -> bool:
        """Whether a session goes on, without counting as its use."""
        return bool(await self._pool.fetchval(_OPEN, _key(token), now - IDLE, now - LONGEST))

    def topic(self, token: str) -> str:
        """The topic under which the end of a session is told."""
        return self._topic(_key(token))

    def _topic(self, key: bytes) -> str:
        return self._notices.topic("session", key.hex())

    async def end(self, token: str) -> None:
        """End one session, and tell those who show something to it."""
        await self._end([_key(token)])

    async def of(self, actor: str, now: datetime) -> tuple[OpenSession, ...]:
        """The sessions of somebody that go on, the one used last first."""
        rows = await self._pool.fetch(_OWN, actor, now - IDLE, now - LONGEST)
        return tuple(OpenSession(*_with_handle(row)) for row in rows)

    async def end_one(self, actor: str, handle: str, now: datetime) -> int:
        """End the session of somebody that has this handle; 1 when there was one, else 0."""
        return await self._end([one for one in await self._keys(actor, now) if _handle(one) == handle])

    async def end_others(self, actor: str, token: str, now: datetime) -> int:
        """End every session of somebody but that of `token`; how many there were."""
        return await self._end([one for one in await self._keys(actor, now) if one != _key(token)])

    async def _keys(self, actor: str, now: datetime) -> list[bytes]:
        return [row["key"] for row in await self._pool.fetch(_OWN, actor, now - IDLE, now - LONGEST)]

    async def _end(self, keys: list[bytes]) -> int:
        ended = await self._pool.fetch("DELETE FROM session WHERE key = ANY($1) RETURNING key", keys)
        self._notices.tell(tuple(self._topic(row["key"]) for row in ended))
        return len(ended)

    async def end_all(self, actor: str) -> int:
        """End every session of somebody; how many there were."""
        rows = await self._pool.fetch("SELECT key FROM session WHERE actor = $1", actor)
        return await self._end([row["key"] for row in rows])

    async def sweep(self, now: datetime) -> None:
        """Forget the sessions that are over."""
        await self._pool.execute(_SWEEP, now - IDLE, now - LONGEST)


def new_csrf() -> str:
    """A fresh token for a session's forms."""
    return secrets.token_urlsafe(32)


def handle_of(token: str) -> str:
    """The handle of the session of a token."""
    return _handle(_key(token))


def _handle(key: bytes) -> str:
    return hashlib.sha256(b"handle" + key).hexdigest()[:32]


def _with_handle(row: Any) -> tuple[str, SignedIn]:
    found = dict[str, Any](row)
    return _handle(found.pop("key")), SignedIn(**found)


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
