"""The processes a serving parent has: servers that it hands connections to, and a worker beside them where the
database is ours.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.handing import channel
from saman.ops.metrics.shared import forget

Say = Callable[[str], None]
Environment = dict[str, str]

GRACE = 20.0
"""Seconds that children get to finish their requests."""
WITHIN = 600.0
MOST_DEATHS = 5
"""So many deaths for each child within ten minutes are replaced; more are no accident."""


class Child(msgspec.Struct):
    """A server process, the end of the pipe by which it tells that it is ready, where it is handed connections, and
    whether it is ready.
    """

    process: subprocess.Popen[bytes]
    told: int
    hands: socket.socket
    ready: bool = False

    def look(self) -> bool:
        """Whether it serves."""
        if not self.ready:
            try:
                self.ready = os.read(self.told, 1) == b"!"
            except BlockingIOError:
                return False
        return self.ready

    def close(self) -> None:
        """Let go of what led to it."""
        os.close(self.told)
        self.hands.close()


class Deaths:
    """How often children have died lately."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._at: deque[float] = deque()

    def too_many(self, now: float) -> bool:
        """Note a death at `now` (seconds of a clock that only goes forward) and tell whether it is one too many."""
        self._at.append(now)
        while self._at[0] < now - WITHIN:
            self._at.popleft()
        return len(self._at) > self._most


class Children:
    """The servers and the worker of one parent."""

    def __init__(self, environment: Environment, lifeline: int, many: int, *, beside: bool) -> None:
        self._environment = environment
        self._lifeline = lifeline
        self._servers = [_server(lifeline, environment) for _ in range(many)]
        self._worker = _worker(lifeline, environment) if beside else None
        self._deaths, self._worker_deaths = Deaths(MOST_DEATHS * many), Deaths(MOST_DEATHS)
        self._served = False

    def all_ready(self) -> bool:
        """Whether all servers have become ready, told once."""
        if self._served or not all(child.look() for child in self._servers):
            return False
        self._served = True
        return True

    def takers(self) -> list[socket.socket]:
        """Where the servers that are ready are handed connections, from when all have been."""
        return [child.hands for child in self._servers if child.ready] if self._served else []

    def replace(self, now: float, say: Say) -> Refusal | None:
        """Start anew what has ended; refused when that would go on for ever."""
        for place, child in enumerate(self._servers):
            if child.process.poll() is None:
                child.look()
                continue
            if not self._served:
                return _ended("The server ended while starting; see the lines above.")
            if self._deaths.too_many(now):
                return _ended("The server processes end again and again; see the lines above.")
            say("A server process ended and is replaced")
            forget(self._environment, child.process.pid)
            child.close()
            self._servers[place] = _server(self._lifeline, self._environment)
        if self._worker is not None and self._worker.poll() is not None:
            if self._worker_deaths.too_many(now):
                return _ended("The worker ends again and again; see the lines above.")
            say("The worker ended and is replaced")
            self._worker = _worker(self._lifeline, self._environment)
        return None

    def end(self) -> None:
        """End all, and wait until requests that are under way have been answered."""
        if self._worker is not None:
            self._worker.terminate()
        for child in self._servers:
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + GRACE
        for child in self._servers:
            _wait(child.process, deadline)
            child.close()
        if self._worker is not None:
            _wait(self._worker, deadline)


@contextmanager
def children(environment: Environment, many: int, *, beside: bool) -> Iterator[Children]:
    """`many` servers, with `beside` a worker too, until the block ends."""
    lifeline, held = os.pipe()
    family = Children(environment, lifeline, many, beside=beside)
    try:
        yield family
    finally:
        family.end()
        os.close(lifeline)
        os.close(held)


def _server(lifeline: int, environment: Environment) -> Child:
    told, tells = os.pipe()
    os.set_blocking(told, False)
    ours, theirs = channel()
    words = [sys.executable, "-m", "saman.ops.server", str(theirs.fileno()), str(lifeline), str(tells)]
    process = subprocess.Popen(  # noqa: S603
        words, pass_fds=(theirs.fileno(), lifeline, tells), env=environment, start_new_session=True
    )
    os.close(tells)
    theirs.close()
    return Child(process, told, ours)


def _worker(lifeline: int, environment: Environment) -> subprocess.Popen[bytes]:
    """The worker beside the servers; with a database of its own it is run apart, as `saman worker`."""
    words = [sys.executable, "-m", "saman.ops.beside", str(lifeline)]
    return subprocess.Popen(words, pass_fds=(lifeline,), env=environment, start_new_session=True)  # noqa: S603


def _wait(process: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ended(text: str) -> Refusal:
    return refused(Kind.UNAVAILABLE, "exception", text)
