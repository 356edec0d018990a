"""Finds the session of each request and gives it its context."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from saman.apps.auth.identity import Identity, request_id
from saman.kernel.clock import Clock
from saman.model.access import Holder
from saman.record.sessions import Sessions, SignedIn

COOKIE = "saman"
BY_ITSELF = frozenset({"/team/new", "/team/live"})
"""What an open page asks for without anybody at it, which keeps nobody signed in."""
SECURE_COOKIE = "__Host-saman"


def cookie_name(*, secure: bool) -> str:
    """The cookie's name; behind HTTPS one that no other host or path can set."""
    return SECURE_COOKIE if secure else COOKIE


class SessionMiddleware:
    """Puts `session`, `token` and `request_id` on the request's state; the session is None when nobody is signed in.

    Staff who have left their role are signed out at their next request, at the latest a minute after they left.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, identity: Identity, clock: Clock, *, secure: bool) -> None:
        self._app = app
        self._sessions = sessions
        self._identity = identity
        self._clock = clock
        self._cookie = cookie_name(secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look the session up and pass the call on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = HTTPConnection(scope).cookies.get(self._cookie, "")
        state = scope.setdefault("state", {})
        state["token"] = token
        state["request_id"] = request_id(scope["headers"])
        state["session"] = await self._find(token, scope["path"]) if token else None
        await self._app(scope, receive, send)

    async def _find(self, token: str, path: str) -> SignedIn | None:
        found = await self._sessions.find(token, self._clock(), used=path not in BY_ITSELF)
        if found is None or found.kind != Holder.STAFF.value:
            return found
        if await self._identity.holds(found.actor, found.party, found.role):
            return found
        await self._sessions.end(token)
        return None
