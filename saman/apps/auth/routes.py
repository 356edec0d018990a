"""Signing in and out, and choosing among one's assignments."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman.apps.auth.identity import Identity
from saman.apps.auth.middleware import cookie_name
from saman.apps.auth.users import User, find_users, for_sign_in
from saman.apps.ui.pages import installation, language_of, render, render_refusal, see
from saman.apps.ui.security import posted
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Assignment, Holder
from saman.record import Store
from saman.record.sessions import LONGEST, Sessions, SignedIn, new_csrf

HOMES = {Holder.CITIZEN: "/citizen", Holder.RELATIVE: "/citizen", Holder.STAFF: "/team"}
STAFF_HOMES = {"region-administrator": "/region", "data-protection-officer": "/region"}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment that can be chosen: what the form sends, and how it is shown."""

    key: str
    role: str
    party: str
    current: bool


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """The assignments somebody holds."""

    choices: tuple[Choice, ...]


class SignIn:
    """Opens and ends sessions. `demo` lets anybody be chosen, `secure` says that pages come over HTTPS."""

    def __init__(
        self, store: Store, identity: Identity, sessions: Sessions, clock: Clock, *, demo: bool, secure: bool
    ) -> None:
        self._store = store
        self._identity = identity
        self._sessions = sessions
        self._clock = clock
        self._demo = demo
        self._secure = secure

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
        return await self._enter(request, _chosen(users, fields.get("assignment", "")))

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
        """Act in another assignment from now on, in a fresh session."""
        session: SignedIn | None = request.state.session
        fields = await posted(request)
        if session is None:
            return see("/")
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        users = await self._users(session.actor)
        if isinstance(users, Refusal):
            return render_refusal(request, users)
        await self._sessions.end(request.state.token)
        return await self._enter(request, _chosen(users, fields.get("assignment", "")))

    async def leave(self, request: Request) -> Response:
        """End the session and forget the cookie."""
        fields = await posted(request)
        if isinstance(fields, Refusal):
            return render_refusal(request, fields)
        await self._sessions.end(request.state.token)
        response = see("/")
        response.headers["clear-site-data"] = '"cache"'
        response.delete_cookie(cookie_name(secure=self._secure), path="/", secure=self._secure, httponly=True)
        return response

    async def _users(self, who: str) -> tuple[User, ...] | Refusal:
        return await find_users(for_sign_in(self._store, self._clock()), who)

    async def _enter(self, request: Request, user: User) -> Response:
        if request.state.token:
            await self._sessions.end(request.state.token)
        token = await self._sessions.begin(await self._session(request, user))
        response = see(STAFF_HOMES.get(user.role, HOMES[user.kind]))
        response.set_cookie(
            cookie_name(secure=self._secure),
            token,
            max_age=int(LONGEST / timedelta(seconds=1)),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )
        return response

    async def _session(self, request: Request, user: User) -> SignedIn:
        assignment = Assignment(
            number=0, kind=user.kind, purpose=user.purpose, role=user.role, party=user.party, actor=user.actor
        )
        now = self._clock()
        return SignedIn(
            actor=user.actor,
            about=user.about,
            name=user.name,
            kind=user.kind.value,
            role=user.role,
            party=user.party,
            party_name=user.party_name,
            purpose=user.purpose,
            context=await self._identity.number(assignment),
            csrf=new_csrf(),
            language=language_of(request),
            begun=now,
            seen=now,
        )


def _choices(request: Request, users: tuple[User, ...], session: SignedIn) -> Choices:
    name, language = installation(request).role_name, language_of(request)
    return Choices(
        choices=tuple(
            Choice(
                key=_key(user),
                role=name(user.role, language),
                party=user.party_name,
                current=(user.party, user.role) == (session.party, session.role),
            )
            for user in users
        )
    )


def _key(user: User) -> str:
    return f"{user.party}|{user.role}"


def _chosen(users: tuple[User, ...], assignment: str) -> User:
    """The user whose `party|role` was asked for, else the first."""
    return next((user for user in users if _key(user) == assignment), users[0])
