"""`/team/live`: says to an open page that work of its unit has changed; the page then asks with its own rights.

Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). What is said names nobody: it is
the same opaque word each time. A page that hears nothing asks from time to time all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from saman.kernel.clock import Clock
from saman.record import Store
from saman.record.outage import OUTAGES
from saman.record.sessions import Sessions, SignedIn

ADDRESS: Final = "/team/live"
HEARTBEAT: Final = 20.0
"""Seconds of silence after which a stream says that it lives, so that no proxy cuts it."""

MOST: Final = 4
"""Streams of one session in one process. A page that is not looked at closes its own."""

PATIENCE: Final = 5.0
RETRY: Final = b"retry: 5000\n\n"
ALIVE: Final = b": alive\n\n"
HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}

StillHolds = Callable[[SignedIn], Awaitable[bool]]
"""Whether somebody still has the role that their session is for."""


class Live:
    """The streams of one process."""

    def __init__(self, store: Store, sessions: Sessions, clock: Clock, still_holds: StillHolds) -> None:
        self._store = store
        self._sessions = sessions
        self._clock = clock
        self._still_holds = still_holds
        self._open: Counter[str] = Counter()

    @property
    def streams(self) -> int:
        """How many are open."""
        return self._open.total()

    def route(self) -> Route:
        """The address."""
        return Route(ADDRESS, self.stream, methods=["GET"])

    async def stream(self, request: Request) -> Response:
        """A stream until the session ends or the server stops; 503 or 429 send the page back to asking."""
        if request.method != "GET":
            return Response(media_type="text/event-stream")
        if self._open[request.state.token] >= MOST:
            return PlainTextResponse("Too many pages are open.\n", 429)
        if not await self._store.notices.listening(PATIENCE):
            return PlainTextResponse("Nothing can be heard just now.\n", 503, {"retry-after": "30"})
        return StreamingResponse(self._events(request), media_type="text/event-stream", headers=HEADERS)

    async def _events(self, request: Request) -> AsyncIterator[bytes]:
        session: SignedIn = request.state.session
        token: str = request.state.token
        work = self._store.work_topic(f"Organization/{session.party}")
        self._open[token] += 1
        heard: frozenset[str] = frozenset()
        try:
            with self._store.notices.follow(work, self._sessions.topic(token)) as following:
                yield RETRY
                while not following.ended and await self._goes_on(session, token):
                    yield b"event: work\ndata: %s\n\n" % work.encode() if work in heard else ALIVE
                    heard = await following.next(HEARTBEAT)
        finally:
            self._open[token] -= 1
            if not self._open[token]:
                del self._open[token]

    async def _goes_on(self, session: SignedIn, token: str) -> bool:
        try:
            return await self._sessions.is_open(token, self._clock()) and await self._still_holds(session)
        except OUTAGES:
            return False
