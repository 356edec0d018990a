"""A whole installation in this process: real database, real server, and a clock that stands where a test puts it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from saman.kernel.outcome import Refusal
from saman.ops.application import Parts, application
from saman.ops.region import Region
from saman.record import Record, Store, open_store, system

from .beginning import region

T = TypeVar("T")

PATIENCE = 30
MARKS = "demo only"
TICK = timedelta(milliseconds=1)


class Hands:
    """A clock that stands where it was put, and moves on by a tick whenever somebody looks."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time."""
        self.now += TICK
        return self.now


class Announcing(uvicorn.Server):
    """A server that tells when it serves."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._told = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, then say so."""
        await super().startup(sockets)
        self._told.set()


class Installation:
    """Serves the database at `url` on a free port of this machine; `asked` counts requests by method and path."""

    def __init__(self, url: str, now: datetime, *, triage: bool) -> None:
        self.clock = Hands(now)
        self._url = url
        self._manufacturer = MARKS if triage else ""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._store: Store | None = None
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.asked: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        """Where the front page is."""
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Serve; returns when requests are answered."""
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        """End, and give the connections to the database back."""
        if self._server is not None:
            self._server.should_exit = True
            self._server.force_exit = True
        self._thread.join(PATIENCE)
        self._socket.close()

    def ask(self, question: Callable[[Record], Awaitable[T | Refusal]]) -> T:
        """What the record answers to the system itself."""
        assert self._loop is not None
        assert self._store is not None
        record = Record(self._store, system(self.clock()))
        answer: Any = asyncio.run_coroutine_threadsafe(_awaited(question(record)), self._loop).result(PATIENCE)
        assert not isinstance(answer, Refusal), answer
        return answer  # type: ignore[no-any-return]

    def count(self, type_name: str, *pairs: tuple[str, str]) -> int:
        """How many resources of a type fulfil a search."""
        page = self.ask(lambda record: record.search(type_name, [*pairs, ("_count", "0"), ("_total", "accurate")]))
        assert page.total is not None
        return page.total

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failed = error
        finally:
            self._ready.set()

    def region(self) -> Region:
        """The region that is served."""
        return region()

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where the clocks of the region go by."""
        return ZoneInfo(self.region().model.country.time_zone)

    def parts(self, store: Store, opened: Region) -> Parts:
        """What the application is made of."""
        return Parts(
            store=store,
            region=opened,
            clock=self.clock,
            secret=store.secret,
            demo=True,
            secure=False,
            base_url=self.address,
            triage_manufacturer=self._manufacturer,
        )

    async def _serve(self) -> None:
        opened = self.region()
        store = await open_store(self._url, opened.policy, connections=4)
        assert not isinstance(store, Refusal), store
        self._loop, self._store = asyncio.get_running_loop(), store
        config = uvicorn.Config(
            self._noting(application(self.parts(store, opened))),
            lifespan="off",
            ws="none",
            http="httptools",
            log_level="warning",
        )
        self._server = Announcing(config, self._ready)
        await self._server.serve([self._socket])
        await store.close()

    def _noting(self, app: ASGIApp) -> ASGIApp:
        async def note(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                self.asked.append((scope["method"], scope["path"]))
            await app(scope, receive, send)

        return note


async def _awaited(answer: Awaitable[T]) -> T:
    return await answer
