"""Where somebody is signed in: each session of theirs, to be ended one by one or all but this one."""

from __future__ import annotations

from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from saman.apps.auth.changing import changing
from saman.apps.auth.entering import HOMES, STAFF_HOMES, Doorway
from saman.apps.ui.pages import installation, language_of, render, see
from saman.kernel.clock import Clock
from saman.model.access import Holder
from saman.record.sessions import OpenSession, Sessions, SignedIn, handle_of

PAGE = "/auth/sessions"


class SessionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One session as its owner sees it."""

    handle: str
    device: str
    role: str
    party: str
    begun: datetime
    seen: datetime
    current: bool


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, the one in use first; `home` leads back."""

    lines: tuple[SessionLine, ...]
    home: str


class OwnSessions:
    """The addresses under /auth/sessions."""

    def __init__(self, sessions: Sessions, doorway: Doorway, clock: Clock) -> None:
        self._sessions = sessions
        self._doorway = doorway
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """The page, and its two forms."""
        return [
            Route(PAGE, self.show, methods=["GET"]),
            Route(f"{PAGE}/end", self.end, methods=["POST"]),
            Route(f"{PAGE}/end-others", self.end_others, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Where whoever is signed in is signed in."""
        session: SignedIn | None = request.state.session
        if session is None:
            return see("/")
        found = await self._sessions.of(session.actor, self._clock())
        here = handle_of(request.state.token)
        lines = sorted((_line(request, one, here) for one in found), key=lambda line: not line.current)
        home = STAFF_HOMES.get(session.role, HOMES[Holder(session.kind)])
        return render(request, "auth/sessions.html", SessionList(lines=tuple(lines), home=home))

    async def end(self, request: Request) -> Response:
        """End the one that is named (field `session`); the one in use is ended by signing out."""
        entered = await changing(request)
        if isinstance(entered, Response):
            return entered
        session, fields = entered
        handle = fields.get("session", "")
        if handle != handle_of(request.state.token):
            await self._told(request, session, await self._sessions.end_one(session.actor, handle, self._clock()))
        return see(PAGE)

    async def end_others(self, request: Request) -> Response:
        """End all but the one in use."""
        entered = await changing(request)
        if isinstance(entered, Response):
            return entered
        session = entered.session
        ended = await self._sessions.end_others(session.actor, request.state.token, self._clock())
        await self._told(request, session, ended)
        return see(PAGE)

    async def _told(self, request: Request, session: SignedIn, ended: int) -> None:
        if ended:
            await self._doorway.ended(request, session, ended)


def _line(request: Request, one: OpenSession, here: str) -> SessionLine:
    session = one.session
    return SessionLine(
        handle=one.handle,
        device=session.device,
        role=installation(request).role_name(session.role, language_of(request)),
        party=session.party_name,
        begun=session.begun,
        seen=session.seen,
        current=one.handle == here,
    )
