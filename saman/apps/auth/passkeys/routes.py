"""The addresses of passkeys: from an invitation to a first key, signing in, and looking after one's keys.

The secret of an invitation stands behind the `#` of its address, which no server and no log sees, and is posted.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman.apps.auth.changing import Changing, changing
from saman.apps.auth.entering import Doorway
from saman.apps.auth.levels import Levels
from saman.apps.auth.passkeys.ceremony import (
    Enrolling,
    enrolled,
    enrolment,
    is_copy,
    new_handle,
    place_of,
    presented,
    proven,
    signing_in,
)
from saman.apps.auth.users import User, find_users, for_sign_in
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import render, render_refusal, see
from saman.apps.ui.security import posted
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.identity import People
from saman.record import Store
from saman.record.credentials.begun import Begun
from saman.record.credentials.passkeys import Credentials, Passkey, digest_of
from saman.record.sessions import SignedIn

WAY = "passkeys"
FRESH = timedelta(minutes=10)
"""How long after signing in somebody may add or remove keys."""
MOST_TRIES, TRIES_WITHIN = 100, timedelta(minutes=1)
MOST_WRONG, WRONG_WITHIN = 5, timedelta(minutes=15)
LONGEST_NAME = 40
MOST_KEYS = 10

OVER = mark("This took too long, or was done already. Begin again.")
USED_UP = mark("This invitation is not good any more. Ask for a new one.")
NOT_BELIEVED = mark("The passkey could not be used, so nobody was signed in. Try again, or use another of your keys.")
NO_ROLE = mark("Your key is good, but you have no role here now. Ask the leader of your unit.")
COPIED = mark("This key may have been copied, so it is closed. Use another of your keys, or ask for a new invitation.")
BUSY = mark("Too many tries. Wait a little and try again.")
NOT_FRESH = mark("Sign in again first: keys are changed within ten minutes of signing in.")
LAST = mark("This is your only key. Make another before you remove it.")
UNNAMED = mark("Give the key a name, for example where you keep it.")
MANY = mark("You have ten keys. Remove one before you make another.")

_log = structlog.get_logger("saman.sign_in")


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A key being made, kept under the browser's token: with an invitation for a first key, else for one more."""

    challenge: bytes
    actor: str
    handle: bytes
    invitation: bytes = b""


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A challenge that a key has to sign."""

    challenge: bytes


class KeyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A key as its owner sees it."""

    id: str
    name: str
    made: datetime
    used: datetime
    synced: bool
    stopped: bool


class Ceremony(msgspec.Struct, frozen=True, kw_only=True):
    """A page on which a key is used: its options as JSON, and for whom it is made."""

    options: str
    name: str = ""
    first: bool = False


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's keys; they can be changed while the sign-in is `fresh`."""

    keys: tuple[KeyLine, ...]
    fresh: bool


class Passkeys:
    """Signs staff in with keys of their own. Nothing answers unless passkeys are on."""

    def __init__(self, store: Store, doorway: Doorway, levels: Levels, clock: Clock, base_url: str) -> None:
        self._store = store
        self._doorway = doorway
        self._levels = levels
        self._clock = clock
        self._place = place_of(base_url)
        self._credentials = Credentials(store.pool)
        self._begun = Begun(store.pool, store.secret)

    def routes(self) -> list[BaseRoute]:
        """The addresses under /auth/invitation and /auth/passkeys."""
        return [
            Route("/auth/invitation", self.invitation, methods=["GET"]),
            Route("/auth/invitation", self.accept, methods=["POST"]),
            Route("/auth/passkeys/new", self.new, methods=["GET"]),
            Route("/auth/passkeys/new", self.make, methods=["POST"]),
            Route("/auth/passkeys/sign-in", self.ask, methods=["GET"]),
            Route("/auth/passkeys/sign-in", self.answer, methods=["POST"]),
            Route("/auth/passkeys", self.keys, methods=["GET"]),
            Route("/auth/passkeys/add", self.add, methods=["POST"]),
            Route("/auth/passkeys/name", self.rename, methods=["POST"]),
            Route("/auth/passkeys/remove", self.remove, methods=["POST"]),
        ]

    async def invitation(self, request: Request) -> Response:
        """What an invitation is for; the page itself posts the secret that its address keeps behind the `#`."""
        return render(request, "auth/invitation.html", None)

    async def accept(self, request: Request) -> Response:
        """Begin to make a first key with the secret of an invitation."""
        fields, now = await posted(request), self._clock()
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        if await self._busy(request, now):
            return await self._refuse(request, "busy", BUSY, Kind.UNAVAILABLE)
        secret = fields.get("secret", "")
        actor = await self._credentials.invited(secret, now)
        if actor is None:
            return await self._refuse(request, "invitation", USED_UP)
        keys = await self._credentials.of(actor)
        handle = keys[0].handle if keys else new_handle()
        step = Enrolment(challenge=_challenge(), actor=actor, handle=handle, invitation=digest_of(secret))
        return self._doorway.keep_step(see("/auth/passkeys/new"), await self._begun.begin(step, now))

    async def new(self, request: Request) -> Response:
        """The page on which a key is made."""
        now = self._clock()
        step = await self._begun.look(self._doorway.step_of(request), Enrolment, now)
        user = await self._user(step.actor, now) if step else None
        if step is None or user is None:
            return await self._refuse(request, "no-step", OVER, Kind.INVALID)
        options = enrolment(self._place, step.challenge, step.handle, user.name, await self._credentials.of(step.actor))
        return render(
            request, "auth/new_key.html", Ceremony(options=options, name=user.name, first=bool(step.invitation))
        )

    async def make(self, request: Request) -> Response:
        """Keep the key that was made; after an invitation its owner is signed in."""
        fields, now = await posted(request), self._clock()
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        step = await self._begun.take(self._doorway.step_of(request), Enrolment, now)
        if step is None:
            return await self._refuse(request, "no-step", OVER, Kind.INVALID)
        session: SignedIn | None = request.state.session
        if not step.invitation and (session is None or session.actor != step.actor):
            return await self._refuse(request, "other-person", OVER)
        whose = Enrolling(actor=step.actor, handle=step.handle, name=_name(fields) or now.date().isoformat())
        key = enrolled(self._place, step.challenge, fields.get("credential", ""), whose, now)
        if isinstance(key, Refusal):
            return await self._refuse(request, key.issues[0].path, NOT_BELIEVED)
        if not await self._credentials.enrol(key, step.invitation or None, now):
            return await self._refuse(request, "invitation", USED_UP)
        _log.info("passkey enrolled", invited=bool(step.invitation))
        if not step.invitation:
            return self._doorway.forget_step(see("/auth/passkeys"))
        return await self._entered(request, step.actor, now)

    async def ask(self, request: Request) -> Response:
        """The page on which somebody signs in with a key."""
        now = self._clock()
        if await self._busy(request, now):
            return await self._refuse(request, "busy", BUSY, Kind.UNAVAILABLE)
        step = Challenge(challenge=_challenge())
        page = render(request, "auth/key.html", Ceremony(options=signing_in(self._place, step.challenge)))
        return self._doorway.keep_step(page, await self._begun.begin(step, now))

    async def answer(self, request: Request) -> Response:
        """Sign in whoever holds the key that signed the challenge."""
        fields, now = await posted(request), self._clock()
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        step = await self._begun.take(self._doorway.step_of(request), Challenge, now)
        if step is None:
            return await self._refuse(request, "no-step", OVER, Kind.INVALID)
        shown = presented(fields.get("credential", ""))
        key = None if isinstance(shown, Refusal) else await self._credentials.find(shown.id)
        if isinstance(shown, Refusal) or key is None:
            return await self._refuse(request, "unknown-key", NOT_BELIEVED)
        if key.stopped:
            return await self._refuse(request, "stopped", COPIED)
        count = proven(self._place, step.challenge, shown, key)
        if isinstance(count, Refusal):
            wrong = await self._begun.tried(f"key {key.id.hex()}", now, WRONG_WITHIN)
            return await self._refuse(request, count.issues[0].path, BUSY if wrong > MOST_WRONG else NOT_BELIEVED)
        if is_copy(key, count):
            await self._credentials.stop(key.id)
            return await self._refuse(request, "copied", COPIED, actor=key.actor)
        if not await self._credentials.use(key, count, now):
            return await self._refuse(request, "counter", NOT_BELIEVED, actor=key.actor)
        return await self._entered(request, key.actor, now)

    async def _entered(self, request: Request, actor: str, now: datetime) -> Response:
        level = self._levels.passkeys
        user = await self._user(actor, now)
        if user is None or not level.reaches(self._levels.of(People.STAFF, now)):
            return await self._refuse(request, "no-role", NO_ROLE, actor=actor)
        _log.info("signed in", way=WAY, level=level.value, kind=user.kind.value)
        return await self._doorway.enter(request, user, WAY, level.value)

    async def keys(self, request: Request) -> Response:
        """One's own keys."""
        session = _holder(request)
        if session is None:
            return see("/")
        lines = tuple(_line(key) for key in await self._credentials.of(session.actor))
        return render(request, "auth/passkeys.html", Keys(keys=lines, fresh=self._is_fresh(session)))

    async def add(self, request: Request) -> Response:
        """Begin to make one more key."""
        changing = await self._changing(request)
        if isinstance(changing, Response):
            return changing
        actor, now = changing.session.actor, self._clock()
        keys = await self._credentials.of(actor)
        if len(keys) >= MOST_KEYS:
            return _not_changed(request, MANY, Kind.CONFLICT)
        step = Enrolment(challenge=_challenge(), actor=actor, handle=keys[0].handle if keys else new_handle())
        return self._doorway.keep_step(see("/auth/passkeys/new"), await self._begun.begin(step, now))

    async def rename(self, request: Request) -> Response:
        """Give a key another name."""
        changing = await self._changing(request)
        if isinstance(changing, Response):
            return changing
        name = _name(changing.fields)
        if not name:
            return _not_changed(request, UNNAMED, Kind.INVALID)
        await self._credentials.rename(_id(changing.fields), changing.session.actor, name)
        return see("/auth/passkeys")

    async def remove(self, request: Request) -> Response:
        """Forget a key; never the last."""
        changing = await self._changing(request)
        if isinstance(changing, Response):
            return changing
        removed = await self._credentials.remove(_id(changing.fields), changing.session.actor)
        return see("/auth/passkeys") if removed else _not_changed(request, LAST, Kind.CONFLICT)

    async def _changing(self, request: Request) -> Changing | Response:
        entered = await changing(request, _holds_key)
        if isinstance(entered, Response) or self._is_fresh(entered.session):
            return entered
        return _not_changed(request, NOT_FRESH, Kind.FORBIDDEN)

    def _is_fresh(self, session: SignedIn) -> bool:
        return self._clock() - session.begun < FRESH

    async def _busy(self, request: Request, now: datetime) -> bool:
        host = request.client.host if request.client else ""
        return await self._begun.tried(f"passkey {host}", now, TRIES_WITHIN) > MOST_TRIES

    async def _user(self, actor: str, now: datetime) -> User | None:
        """The first of the roles that somebody holds now."""
        users = await find_users(for_sign_in(self._store, now), actor)
        return None if isinstance(users, Refusal) else users[0]

    async def _refuse(
        self, request: Request, reason: str, key: str, kind: Kind = Kind.FORBIDDEN, *, actor: str = ""
    ) -> Response:
        """A page with a way on; `actor` is whose key it was, once it has proven so."""
        _log.warning("sign-in refused", way=WAY, reason=reason, request=request.state.request_id)
        await self._doorway.refused(request, WAY, reason, actor)
        refusal = refused(kind, "security", "The passkey was not accepted.", reason, key=key)
        return self._doorway.forget_step(render(request, "auth/stopped.html", refusal, refusal.status))


def _not_changed(request: Request, key: str, kind: Kind) -> Response:
    """A page that says why keys are as they were."""
    refusal = refused(kind, "business-rule", "The keys were not changed.", key=key)
    return render(request, "auth/keys_kept.html", refusal, refusal.status)


def _holder(request: Request) -> SignedIn | None:
    """Whoever is signed in with a key; others have none to look after."""
    session: SignedIn | None = request.state.session
    return session if session is not None and _holds_key(session) else None


def _holds_key(session: SignedIn) -> bool:
    return session.way == WAY


def _challenge() -> bytes:
    return secrets.token_bytes(32)


def _name(fields: Mapping[str, str]) -> str:
    return " ".join(fields.get("name", "").split())[:LONGEST_NAME]


def _id(fields: Mapping[str, str]) -> bytes:
    try:
        return bytes.fromhex(fields.get("key", ""))
    except ValueError:
        return b""


def _line(key: Passkey) -> KeyLine:
    return KeyLine(id=key.id.hex(), name=key.name, made=key.made, used=key.used, synced=key.synced, stopped=key.stopped)
