"""Signing in and out, and choosing among one's assignments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman.apps.auth.changing import changing
from saman.apps.auth.entering import Doorway
from saman.apps.auth.passkeys.routes import WAY as PASSKEYS
from saman.apps.auth.person import sharing_identifier
from saman.apps.auth.users import User, find_users, for_sign_in
from saman.apps.ui.pages import installation, language_of, render, render_refusal, see
from saman.apps.ui.security import posted
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Store
from saman.record.sessions import SignedIn

Leaving = Callable[[str], Awaitable[tuple[str, str] | None]]
"""The name of the provider that somebody signed in with, and where a browser ends its session there."""


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """Signed out here; the provider may still know the browser."""

    name: str
    address: str


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment that can be chosen: what the form sends, and how it is shown."""

    key: str
    role: str
    party: str
    current: bool
    until: datetime | None = None


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """The assignments somebody holds; `keys` when they signed in with a passkey and have some to look after."""

    choices: tuple[Choice, ...]
    keys: bool = False


class SignIn:
    """Opens and ends sessions. `demo` lets anybody be chosen; `leaving` knows the way out of a provider."""

    def __init__(self, store: Store, doorway: Doorway, clock: Clock, leaving: Leaving, *, demo: bool) -> None:
        self._store = store
        self._doorway = doorway
        self._clock = clock
        self._leaving = leaving
        self._demo = demo

    def routes(self) -> list[BaseRoute]:
        """The addresses under /auth."""
        return [
            Route("/auth/demo", self.demo, methods=["POST"]),
            Route("/auth/assignment", self.choose, methods=["GET"]),
            Route("/auth/assignment", self.change, methods=["POST"]),
            Route("/auth/sign-out", self.leave, methods=["POST"]),
        ]

    async def demo(self, request: Request) -> Response:
        """Be the chosen person (field `user`), in the first assignment or the one named in `role`."""
        fields = await posted(request)
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        if not self._demo:
            return render_refusal(request, refused(Kind.NOT_FOUND, "not-found", "There is no demo sign-in here."))
        users = await self._users(fields.get("user", ""))
        if isinstance(users, Refusal):
            return render_refusal(request, users)
        chosen = _chosen(users, fields.get("assignment", ""))
        people = await sharing_identifier(for_sign_in(self._store, self._clock()), chosen)
        return await self._doorway.enter(request, chosen, people=people)

    async def choose(self, request: Request) -> Response:
        """The assignments of whoever is signed in."""
        session: SignedIn | None = request.state.session
        if session is None:
            return see("/")
        users = await self._users(session.actor)
        if isinstance(users, Refusal):
            return render_refusal(request, users)
        return render(request, "auth/choose.html", _choices(request, users, session))

    async def change(self, request: Request) -> Response:
        """Act in another assignment from now on, in a fresh session that is over when this one would have been."""
        entered = await changing(request)
        if isinstance(entered, Response):
            return entered
        session, fields = entered
        users = await self._users(session.actor)
        if isinstance(users, Refusal):
            return render_refusal(request, users)
        user = _chosen(users, fields.get("assignment", ""))
        return await self._doorway.change(request, user, session)

    async def leave(self, request: Request) -> Response:
        """End the session here, and lead on to where it ends at the provider."""
        session: SignedIn | None = request.state.session
        fields = await posted(request)
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        further = await self._leaving(session.way) if session is not None and session.way else None
        request.state.session = None
        if further is None:
            return await self._doorway.leave(request, see("/"), session)
        name, address = further
        page = render(request, "auth/left.html", Left(name=name, address=address))
        return await self._doorway.leave(request, page, session)

    async def _users(self, who: str) -> tuple[User, ...] | Refusal:
        return await find_users(for_sign_in(self._store, self._clock()), who)


def _choices(request: Request, users: tuple[User, ...], session: SignedIn) -> Choices:
    name, language = installation(request).role_name, language_of(request)
    return Choices(
        choices=tuple(
            Choice(
                key=_key(user),
                role=name(user.role, language),
                party=user.party_name,
                current=(user.party, user.role) == (session.party, session.role),
                until=user.until,
            )
            for user in users
        ),
        keys=session.way == PASSKEYS,
    )


def _key(user: User) -> str:
    return f"{user.party}|{user.role}"


def _chosen(users: tuple[User, ...], assignment: str) -> User:
    """The user whose `party|role` was asked for, else the first."""
    return next((user for user in users if _key(user) == assignment), users[0])
