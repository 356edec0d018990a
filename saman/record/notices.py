"""Tells every process that something has changed, by topics that mean nothing to anybody else.

A notice is sent after the commit it tells of, outside its transaction, because NOTIFY holds a lock that is one for the
whole database until its own commit is done (https://www.postgresql.org/docs/current/sql-notify.html). A notice may be
lost; whoever waits for one looks for itself from time to time.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

import asyncpg
import structlog

from saman.record.database import Pool

CHANNEL = "saman"
GAP = 0.25
"""Seconds between two sendings of one process; what comes meanwhile goes together."""

MOST = 200
"""Topics in one payload: PostgreSQL takes 7,999 bytes."""

PATIENCE = (0.5, 1.0, 2.0, 5.0, 15.0)
"""Seconds before the next attempts to listen again."""

SILENCE = 30.0
"""Seconds after which a silent connection is asked, and which it has to answer."""

FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)

_SEND = """SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)"""

Listening: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Connect = Callable[[], Awaitable[Listening]]

log = structlog.get_logger("saman.notices")


class Following:
    """Hears of some topics; `ended` once nothing more will be heard."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self._heard: set[str] = set()
        self.ended = False

    def tell(self, topics: Iterable[str]) -> None:
        """Let it know."""
        self._heard.update(topics)
        self._told.set()

    def end(self) -> None:
        """Let it know that this was all."""
        self.ended = True
        self._told.set()

    async def next(self, patience: float) -> frozenset[str]:
        """The topics heard of since last asked; none when `patience` seconds have passed, or at the end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), patience)
        heard, self._heard = frozenset(self._heard), set()
        if not self.ended:
            self._told.clear()
        return heard


class Notices:
    """One per process: sends what this process has changed, and listens on one connection for what any has."""

    def __init__(self, pool: Pool, connect: Connect, secret: bytes) -> None:
        self._pool = pool
        self._connect = connect
        self._secret = secret
        self._waiting: set[str] = set()
        self._sending: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._following: dict[str, set[Following]] = {}
        self.is_closed = False
        self.lost = 0

    def topic(self, *words: str) -> str:
        """The name under which changes of something are told; nobody can tell what it stands for."""
        text = "\0".join(words).encode()
        return hashlib.blake2b(text, key=self._secret[:64], person=b"saman notice", digest_size=15).hexdigest()

    def tell(self, topics: Iterable[str]) -> None:
        """Tell of changes that are committed; returns at once."""
        self._waiting.update(topics)
        if self._waiting and not self.is_closed and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        while self._waiting:
            topics = sorted(self._waiting)[:MOST]
            self._waiting.difference_update(topics)
            try:
                await self._pool.execute(_SEND, CHANNEL, " ".join(topics))
            except FAILURES as error:
                self.lost += len(topics)
                log.warning("notices were lost", topics=len(topics), error=type(error).__name__)
            await asyncio.sleep(GAP)

    @contextmanager
    def follow(self, *topics: str) -> Iterator[Following]:
        """Hear of these topics while inside."""
        following = Following()
        for topic in topics:
            self._following.setdefault(topic, set()).add(following)
        if self.is_closed:
            following.end()
        try:
            yield following
        finally:
            for topic in topics:
                self._following[topic].discard(following)
                if not self._following[topic]:
                    del self._following[topic]

    async def listening(self, patience: float) -> bool:
        """Whether this process listens; the first who asks makes it begin, and it never ends before `close`."""
        if self.is_closed:
            return False
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), patience)
        return self._ready.is_set() and not self.is_closed

    async def _listen(self) -> None:
        attempts = 0
        while True:
            try:
                await self._hear_on(await self._connect())
                attempts = 0
            except FAILURES as error:
                log.warning("no notices are heard", error=type(error).__name__)
            await asyncio.sleep(PATIENCE[min(attempts, len(PATIENCE) - 1)])
            attempts += 1

    async def _hear_on(self, connection: Listening) -> None:
        """Listen on a connection until it is gone; one that is silent is asked now and then whether it lives."""
        gone = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(CHANNEL, self._hear)
            self._ready.set()
            self._tell_all()
            while not gone.is_set():
                try:
                    await asyncio.wait_for(gone.wait(), SILENCE)
                except TimeoutError:
                    await connection.fetchval("SELECT 1", timeout=SILENCE)
        finally:
            self._ready.clear()
            connection.terminate()

    def _tell_all(self) -> None:
        """Something may have been missed while nobody listened."""
        for topic, followings in self._following.items():
            for following in followings:
                following.tell((topic,))

    def _hear(self, connection: object, pid: int, channel: str, payload: object) -> None:
        for topic in str(payload).split():
            for following in self._following.get(topic, ()):
                following.tell((topic,))

    def end(self) -> None:
        """Let everybody go who follows; nobody can begin to."""
        self.is_closed = True
        for followings in self._following.values():
            for following in followings:
                following.end()

    async def close(self) -> None:
        """End, and stop to listen; what has not been sent is lost."""
        self.end()
        tasks = [task for task in (self._sending, self._listening) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
