"""The last step of every way of signing in: a fresh session for one assignment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.auth.device import device_of
from saman.apps.auth.identity import Identity
from saman.apps.auth.middleware import cookie_name
from saman.apps.auth.smart.waiting import resumed
from saman.apps.auth.users import User
from saman.apps.ui.pages import language_of, see
from saman.kernel.clock import Clock
from saman.model.access import Assignment, Holder
from saman.record import Context, Store
from saman.record.credentials.begun import LASTING
from saman.record.entrance import NOBODY, Entrance, entrance_entry
from saman.record.sessions import LONGEST, Sessions, SignedIn, new_csrf
from saman.record.traffic import keep

HOMES = {Holder.CITIZEN: "/citizen", Holder.RELATIVE: "/citizen", Holder.STAFF: "/team"}
STAFF_HOMES = {
    "region-administrator": "/region/work",
    "data-protection-officer": "/review",
    "log-reviewer": "/review",
    "local-administrator": "/team/members",
}
BEGUN = "begun"
DEMO = "demo"
"""The way of a sign-in by choice alone."""
NEVER_BEGUN = frozenset({"no-step", "busy"})
"""Refusals of what was no try to sign in: they leave no entry, so that nobody fills the log from outside."""

Counted = Callable[[str], None]
"""Hears of each sign-in, sign-out and refusal, by one word."""


def _to_nobody(what: str) -> None:
    """Nobody counts."""


class Doorway:
    """Begins and ends sessions, tells the log, and sets cookies; `secure` says that pages come over HTTPS."""

    def __init__(
        self,
        store: Store,
        identity: Identity,
        sessions: Sessions,
        clock: Clock,
        counted: Counted = _to_nobody,
        *,
        secure: bool,
    ) -> None:
        self._store = store
        self._counted = counted
        self.identity = identity
        self._sessions = sessions
        self._clock = clock
        self._secure = secure

    async def enter(
        self, request: Request, user: User, way: str = "", level: str = "", people: Sequence[str] = ()
    ) -> Response:
        """Begin a session under a new token, whatever the browser had before, and go to the user's room.

        `people` are all whom the sign-in proved them to be.
        """
        before: SignedIn | None = request.state.session
        changes = before is not None and before.actor == user.actor
        what = Entrance.ASSIGNMENT if changes else Entrance.SIGN_IN
        session = await self._session(request, user, way, level)
        return await self._begin(request, what, msgspec.structs.replace(session, people=tuple(people)))

    async def change(self, request: Request, user: User, before: SignedIn) -> Response:
        """Go on as another of those whom the sign-in proved, under a new token; the twelve hours are not begun anew."""
        session = await self._session(request, user, before.way, before.level)
        session = msgspec.structs.replace(session, people=tuple(before.people), begun=before.begun)
        return await self._begin(request, Entrance.ASSIGNMENT, session)

    async def _begin(self, request: Request, what: Entrance, session: SignedIn) -> Response:
        before: SignedIn | None = request.state.session
        if request.state.token:
            await self._sessions.end(request.state.token)
        token = await self._sessions.begin(session)
        await self._note(request, what, session, f"{session.way or DEMO} {session.level}".strip())
        response = see(resumed(request) or STAFF_HOMES.get(session.role, HOMES[Holder(session.kind)]))
        if before is not None and before.actor != session.actor:
            response.headers["clear-site-data"] = '"cache"'
        self._set(response, cookie_name(secure=self._secure), token, LONGEST)
        self.forget_step(response)
        return response

    async def leave(self, request: Request, response: Response, session: SignedIn | None) -> Response:
        """End the session, if there was one, and forget the cookie."""
        await self._sessions.end(request.state.token)
        if session is not None:
            await self._note(request, Entrance.SIGN_OUT, session, session.way or DEMO)
        response.headers["clear-site-data"] = '"cache"'
        self._drop(response, cookie_name(secure=self._secure))
        return response

    async def refused(self, request: Request, way: str, reason: str, actor: str = "") -> None:
        """Tell the log that a try failed: by which way, for which reason, and whose it was as far as it was proven."""
        if reason in NEVER_BEGUN:
            return
        self._counted("refused")
        standing = Context(0, actor or NOBODY, "", "", "", self._clock(), request.state.request_id, "")
        entry = entrance_entry(Entrance.SIGN_IN, standing, f"{way} {reason}", good=False)
        await keep(self._store.audit, entry)

    async def _note(self, request: Request, what: Entrance, session: SignedIn, how: str) -> None:
        self._counted(what.value)
        standing = session.standing(self._clock(), request.state.request_id)
        await keep(self._store.audit, entrance_entry(what, standing, how))

    async def ended(self, request: Request, session: SignedIn, many: int) -> None:
        """Tell the log that somebody ended so many of their other sessions."""
        self._counted("ended")
        standing = session.standing(self._clock(), request.state.request_id)
        await keep(self._store.audit, entrance_entry(Entrance.ADMINISTRATION, standing, f"sessions-ended {many}"))

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
            context=await self.identity.number(assignment),
            csrf=new_csrf(),
            language=language_of(request),
            begun=now,
            seen=now,
            way=way,
            level=level,
            device=device_of(request.headers.get("user-agent", "")),
        )
