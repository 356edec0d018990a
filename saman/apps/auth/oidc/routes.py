"""The addresses of electronic identities: begin, come back, choose as whom, and leave the provider too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import httpx
import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from saman.apps.auth.entering import Doorway
from saman.apps.auth.levels import Levels
from saman.apps.auth.oidc.client import UNTRUSTED, Asked, Client
from saman.apps.auth.oidc.way import Signed, Way
from saman.apps.auth.people import name_shown
from saman.apps.auth.person import IDLE, people_of, users_of
from saman.apps.auth.users import User, for_sign_in
from saman.apps.ui.locales import mark
from saman.apps.ui.pages import installation, language_of, render, render_refusal, see
from saman.apps.ui.security import posted
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Holder
from saman.model.identity import Level, People
from saman.record import Record, Store
from saman.record.credentials.begun import Begun

MOST_BEGUN = 300
"""Sign-ins that one address may begin in a minute; many people can stand behind one."""
MINUTE = timedelta(minutes=1)

OVER = mark("This took too long, or was done already, or began in another window. Begin again.")
BUSY = mark("Many are signing in from where you are. Wait a minute and try again.")
WEAK_FOR_WORK = mark("Work needs a surer sign-in than this one. Choose the way for work on the start page.")

_log = structlog.get_logger("saman.sign_in")


class Choosing(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody proven who has not chosen yet as whom to act: references into the record, never an identifier."""

    people: tuple[str, ...]
    way: str
    level: Level


class As(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the choice: what the form sends, and how it is shown. `kind` is staff, citizen or relative."""

    key: str
    kind: str
    role: str
    name: str
    party: str


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """As whom somebody can act; `stronger` says that work is not among it because it needs a surer sign-in."""

    choices: tuple[As, ...]
    stronger: bool


class ElectronicIdentity:
    """Signs in with the providers that are on."""

    def __init__(
        self,
        store: Store,
        doorway: Doorway,
        levels: Levels,
        clock: Clock,
        ways: Sequence[Way],
        base_url: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._store = store
        self._doorway = doorway
        self._levels = levels
        self._clock = clock
        self._begun = Begun(store.pool, store.secret)
        self._clients: Mapping[str, Client] = {way.id: Client(way, base_url, transport) for way in ways}

    def routes(self) -> list[BaseRoute]:
        """The addresses under /auth/eid, and /auth/as."""
        return [
            Route("/auth/eid/{way}", self.begin, methods=["GET"]),
            Route("/auth/eid/{way}/work", self.begin_work, methods=["GET"]),
            Route("/auth/eid/{way}/back", self.back, methods=["GET"]),
            Route("/auth/as", self.choose, methods=["GET"]),
            Route("/auth/as", self.chosen, methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Off to the provider, for one's own sake."""
        return await self._off(request, People.CITIZEN)

    async def begin_work(self, request: Request) -> Response:
        """Off to the provider, for work."""
        return await self._off(request, People.STAFF)

    async def _off(self, request: Request, people: People) -> Response:
        client = self._clients.get(request.path_params["way"])
        if client is None or not client.way.serves(people):
            return render_refusal(request, refused(Kind.NOT_FOUND, "not-found", "There is no such way to sign in."))
        now = self._clock()
        host = request.client.host if request.client else ""
        if await self._begun.tried(f"begin {host}", now, MINUTE) > MOST_BEGUN:
            busy = refused(Kind.UNAVAILABLE, "throttled", "Too many sign-ins from one address.", "busy", key=BUSY)
            return await self._refuse(request, client.way.id, busy)
        begun = await client.begin(self._levels.of(people, now), language_of(request), now)
        if isinstance(begun, Refusal):
            return await self._refuse(request, client.way.id, begun)
        asked, address = begun
        response = RedirectResponse(address, status_code=303)
        return self._doorway.keep_step(response, await self._begun.begin(asked, now))

    async def back(self, request: Request) -> Response:
        """Back from the provider with an answer, which counts once, in the browser that asked, for what it asked."""
        now, id = self._clock(), request.path_params["way"]
        asked = await self._begun.take(self._doorway.step_of(request), Asked, now)
        client = self._clients.get(id)
        if asked is None or client is None:
            over = refused(Kind.INVALID, "expired", "No sign-in waits for this answer.", "no-step", key=OVER)
            return await self._refuse(request, id if client else "unknown", over)
        if asked.way != id or len(request.query_params.multi_items()) != len(request.query_params):
            mixed = refused(Kind.FORBIDDEN, "security", "The answer is for another.", "mix-up", key=UNTRUSTED)
            return await self._refuse(request, id, mixed)
        signed = await client.finish(asked, request.query_params, now)
        if isinstance(signed, Refusal):
            return await self._refuse(request, id, signed)
        return await self._proven(request, client.way, signed, now)

    async def _proven(self, request: Request, way: Way, signed: Signed, now: datetime) -> Response:
        record = for_sign_in(self._store, now)
        people = await people_of(record, signed)
        if isinstance(people, Refusal):
            return await self._refuse(request, way.id, people)
        choosing = Choosing(people=people, way=way.id, level=signed.level)
        users, stronger = await self._users(record, choosing, now)
        if len(users) == 1 and not stronger:
            return await self._enter(request, users[0], choosing)
        if not users:
            key = WEAK_FOR_WORK if stronger else IDLE
            none = refused(Kind.FORBIDDEN, "forbidden", "No role is held now.", "no-role", key=key)
            return await self._refuse(request, way.id, none)
        return self._doorway.keep_step(see("/auth/as"), await self._begun.begin(choosing, now))

    async def _users(self, record: Record, choosing: Choosing, now: datetime) -> tuple[tuple[User, ...], bool]:
        """As whom somebody can act with this way and level, and whether a surer sign-in would let them do more."""
        way = self._clients[choosing.way].way
        every = await users_of(record, choosing.people)
        served = [user for user in every if way.serves(_people(user))]
        sure = tuple(user for user in served if choosing.level.reaches(self._levels.of(_people(user), now)))
        return sure, len(sure) < len(served)

    async def choose(self, request: Request) -> Response:
        """As whom to act, for somebody who is proven and is more than one here."""
        now = self._clock()
        choosing = await self._begun.look(self._doorway.step_of(request), Choosing, now)
        if choosing is None or choosing.way not in self._clients:
            return see("/")
        record = for_sign_in(self._store, now)
        users, stronger = await self._users(record, choosing, now)
        close, asked = [one for one in users if one.kind is Holder.RELATIVE], request.state.request_id
        names = {one.about: await name_shown(self._store, self._doorway.identity, one, now, asked) for one in close}
        return render(request, "auth/as.html", _choices(request, users, names, stronger=stronger))

    async def chosen(self, request: Request) -> Response:
        """Act as the chosen one (field `user`)."""
        fields = await posted(request)
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        now = self._clock()
        choosing = await self._begun.take(self._doorway.step_of(request), Choosing, now)
        if choosing is None or choosing.way not in self._clients:
            over = refused(Kind.INVALID, "expired", "No choice waits.", "no-step", key=OVER)
            return await self._refuse(request, "unknown", over)
        users, _ = await self._users(for_sign_in(self._store, now), choosing, now)
        wanted = fields.get("user", "")
        user = next((one for one in users if _key(one) == wanted), None)
        if user is None:
            other = refused(Kind.FORBIDDEN, "forbidden", "This role is not held.", "not-held", key=OVER)
            return await self._refuse(request, choosing.way, other)
        return await self._enter(request, user, choosing)

    async def _enter(self, request: Request, user: User, choosing: Choosing) -> Response:
        _log.info("signed in", way=choosing.way, level=choosing.level.value, kind=user.kind.value)
        return await self._doorway.enter(request, user, choosing.way, choosing.level.value, choosing.people)

    async def leaving(self, way: str) -> tuple[str, str] | None:
        """The name of a provider and where to end the session there; None when it has no such place."""
        client = self._clients.get(way)
        address = await client.leaving(self._clock()) if client else None
        return (client.way.name, address) if client and address else None

    async def _refuse(self, request: Request, way: str, refusal: Refusal) -> Response:
        """A page with a way on; the server's own log hears the reason and never about whom."""
        reason = refusal.issues[0].path
        _log.warning("sign-in refused", way=way, reason=reason, request=request.state.request_id)
        await self._doorway.refused(request, way, reason)
        return self._doorway.forget_step(render(request, "auth/stopped.html", refusal, refusal.status))


def _people(user: User) -> People:
    return People.STAFF if user.kind is Holder.STAFF else People.CITIZEN


def _key(user: User) -> str:
    return f"{user.actor}|{user.party}|{user.role}"


def _choices(request: Request, users: Sequence[User], names: Mapping[str, str], *, stronger: bool) -> Choices:
    """`names` are those of the citizens that relatives take part for and may see, by Patient id."""
    name, language = installation(request).role_name, language_of(request)
    return Choices(
        choices=tuple(
            As(
                key=_key(user),
                kind=user.kind.value,
                role=name(user.role, language),
                name=names.get(user.about, "") if user.kind is Holder.RELATIVE else user.name,
                party=user.party_name,
            )
            for user in users
        ),
        stronger=stronger,
    )
