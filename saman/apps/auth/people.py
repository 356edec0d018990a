"""Changing for whom one is here, without signing in again: oneself, or any of those one is close to."""

from __future__ import annotations

from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman.apps.auth.changing import changing
from saman.apps.auth.entering import Doorway
from saman.apps.auth.identity import Identity
from saman.apps.auth.person import current, users_of
from saman.apps.auth.users import User, for_sign_in
from saman.apps.ui.pages import render, render_refusal, see
from saman.flows.directory import name_of
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Assignment, Holder
from saman.record import Context, Record, Store
from saman.record.sessions import CLOSE, SignedIn


class Somebody(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the choice. `name` is that of the person it is about, empty where one may not see it."""

    key: str
    name: str
    own: bool
    current: bool


class Somebodies(msgspec.Struct, frozen=True, kw_only=True):
    """For whom somebody signed in can be here, themselves first."""

    people: tuple[Somebody, ...]


class ForWhom:
    """Lets citizens and those close to them change for whom they are here."""

    def __init__(self, store: Store, doorway: Doorway, clock: Clock) -> None:
        self._store = store
        self._doorway = doorway
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """The address under /auth."""
        return [
            Route("/auth/people", self.choose, methods=["GET"]),
            Route("/auth/people", self.change, methods=["POST"]),
        ]

    async def choose(self, request: Request) -> Response:
        """Everybody for whom the one who is signed in can be here."""
        session: SignedIn | None = request.state.session
        if session is None or not _acts_for_people(session):
            return see("/")
        now = self._clock()
        users = await self._users(session, now)
        lines = [await self._line(request, one, session, now) for one in users]
        lines.sort(key=lambda one: (not one.own, not one.name, one.name))
        return render(request, "auth/people.html", Somebodies(people=tuple(lines)))

    async def change(self, request: Request) -> Response:
        """Be here for the chosen one (field `user`) from now on, in a fresh session."""
        entered = await changing(request, _acts_for_people)
        if isinstance(entered, Response):
            return entered
        session, fields = entered
        users = await self._users(session, self._clock())
        user = next((one for one in users if one.actor == fields.get("user", "")), None)
        if user is None:
            other = refused(Kind.NOT_FOUND, "not-found", "There is nobody for whom you could be here.", "user")
            return render_refusal(request, other)
        return await self._doorway.change(request, user, session)

    async def _users(self, session: SignedIn, now: datetime) -> tuple[User, ...]:
        """Whom the sign-in proved them to be, as far as that holds now; never staff, who sign in for work."""
        record = for_sign_in(self._store, now)
        close = tuple(one for one in session.people if one.startswith(CLOSE))
        return await users_of(record, await current(record, close))

    async def _line(self, request: Request, user: User, session: SignedIn, now: datetime) -> Somebody:
        own = user.kind is Holder.CITIZEN
        asked = request.state.request_id
        name = user.name if own else await name_shown(self._store, self._doorway.identity, user, now, asked)
        return Somebody(key=user.actor, name=name, own=own, current=user.actor == session.actor)


async def name_shown(store: Store, identity: Identity, user: User, now: datetime, request: str) -> str:
    """The name of whom a relative takes part for, where they may see it; they looked, and the log says so."""
    assignment = Assignment(
        number=0, kind=user.kind, purpose=user.purpose, role=user.role, party=user.party, actor=user.actor
    )
    number = await identity.number(assignment)
    context = Context(number, user.actor, user.role, user.party, user.purpose, now, request, user.kind.value)
    found = await Record(store, context).read("Patient", user.about)
    return "" if isinstance(found, Refusal) else name_of(found.resource())


def _acts_for_people(session: SignedIn) -> bool:
    """Whether somebody is here for a person, themselves or one they are close to, and not at work."""
    return session.kind != Holder.STAFF.value
