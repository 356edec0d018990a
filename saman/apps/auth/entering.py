"""The last step of every way of signing in: a fresh session for one assignment."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.auth.identity import Identity
from saman.apps.auth.middleware import cookie_name
from saman.apps.auth.smart.waiting import resumed
from saman.apps.auth.users import User
from saman.apps.ui.pages import language_of, see
from saman.kernel.clock import Clock
from saman.model.access import Assignment, Holder
from saman.record.credentials.begun import LASTING
from saman.record.sessions import LONGEST, Sessions, SignedIn, new_csrf

HOMES = {Holder.CITIZEN: "/citizen", Holder.RELATIVE: "/citizen", Holder.STAFF: "/team"}
STAFF_HOMES = {
    "region-administrator": "/region",
    "data-protection-officer": "/review",
    "log-reviewer": "/review",
    "local-administrator": "/team/members",
}
BEGUN = "begun"


class Doorway:
    """Begins sessions and sets cookies; `secure` says that pages come over HTTPS."""

    def __init__(self, identity: Identity, sessions: Sessions, clock: Clock, *, secure: bool) -> None:
        self._identity = identity
        self._sessions = sessions
        self._clock = clock
        self._secure = secure

    async def enter(self, request: Request, user: User, way: str = "", level: str = "") -> Response:
        """Begin a session under a new token, whatever the browser had before, and go to the user's room."""
        before: SignedIn | None = request.state.session
        if request.state.token:
            await self._sessions.end(request.state.token)
        token = await self._sessions.begin(await self._session(request, user, way, level))
        response = see(resumed(request) or STAFF_HOMES.get(user.role, HOMES[user.kind]))
        if before is not None and before.actor != user.actor:
            response.headers["clear-site-data"] = '"cache"'
        self._set(response, cookie_name(secure=self._secure), token, LONGEST)
        self.forget_step(response)
        return response

    async def leave(self, request: Request, response: Response) -> Response:
        """End the session and forget the cookie."""
        await self._sessions.end(request.state.token)
        response.headers["clear-site-data"] = '"cache"'
        self._drop(response, cookie_name(secure=self._secure))
        return response

    def step_of(self, request: Request) -> str:
        """The token under which the browser's step on the way is kept; empty when it has none."""
        return request.cookies.get(self._step_name, "")

    def keep_step(self, response: Response, token: str) -> Response:
        """Let the browser hold the token of its step."""
        self._set(response, self._step_name, token, LASTING)
        return response

    def forget_step(self, response: Response) -> Response:
        """Take the token of a step away."""
        self._drop(response, self._step_name)
        return response

    @property
    def _step_name(self) -> str:
        return f"{cookie_name(secure=self._secure)}-{BEGUN}"

    def _set(self, response: Response, name: str, token: str, lasting: timedelta) -> None:
        seconds = int(lasting / timedelta(seconds=1))
        response.set_cookie(name, token, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax")

    def _drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self._secure, httponly=True, samesite="lax")

    async def _session(self, request: Request, user: User, way: str, level: str) -> SignedIn:
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
            way=way,
            level=level,
        )
