"""Serving: one parent holds the socket, the database and the pid file; its children answer requests.

A child that dies is replaced. When the parent dies, however it dies, the children end at once, so that the port is
free and no server is left that nobody knows of.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops import database, wiring
from saman.ops.metrics.shared import forget, shared_folder
from saman.ops.settings import Settings

Say = Callable[[str], None]

BEAT = 0.25
"""Seconds between two looks at children and database."""

GRACE = 20.0
"""Seconds that children get to finish their requests."""


def serve(settings: Settings, say: Say) -> Refusal | None:
    """Bring the database up to date and serve until SIGTERM or SIGINT; refused with the mend when it cannot start."""
    run = settings.data_dir / "run"
    run.mkdir(parents=True, exist_ok=True)
    listening = _listen(settings.host, settings.port)
    if isinstance(listening, Refusal):
        return listening
    with listening, _stop_asked() as asked:
        source = database.find(settings, say)
        if isinstance(source, Refusal):
            return source
        try:
            unready = wiring.prepare(settings, source, say)
            if unready is not None or asked:
                return unready
            with _pid_file(run / "server.pid"), shared_folder(run) as shared:
                environment = os.environ | shared | {"SAMAN_DATABASE_URL": source.app_url}
                return _tend(settings, source, environment, listening, asked, say)
        finally:
            source.close(say)


def _listen(host: str, port: int) -> socket.socket | Refusal:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    deadline = time.monotonic() + 5
    while True:
        try:
            made.bind((host, port))
            made.listen(2048)
            return made
        except OSError as error:
            if time.monotonic() < deadline and error.errno in (48, 98):
                time.sleep(BEAT)
                continue
            made.close()
            text = f"Cannot listen on {host}:{port}: {error.strerror}. Choose another SAMAN_HOST or SAMAN_PORT."
            return refused(Kind.UNAVAILABLE, "exception", text)


@contextmanager
def _stop_asked() -> Iterator[list[int]]:
    """A list that holds the number of the signal once we have been asked to stop."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _pid_file(path: Path) -> Iterator[None]:
    path.write_text(f"{os.getpid()}\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


class Child(msgspec.Struct):
    """A server process, the end of the pipe by which it tells that it is ready, and whether it has."""

    process: subprocess.Popen[bytes]
    told: int
    ready: bool = False

    def look(self) -> bool:
        """Whether it serves."""
        if not self.ready:
            try:
                self.ready = os.read(self.told, 1) == b"!"
            except BlockingIOError:
                return False
        return self.ready


def _tend(
    settings: Settings,
    source: database.Source,
    environment: dict[str, str],
    listening: socket.socket,
    asked: list[int],
    say: Say,
) -> Refusal | None:
    lifeline, held = os.pipe()
    children = [_child(listening, lifeline, environment) for _ in range(settings.processes)]
    worker = _worker(lifeline, environment) if source.cluster is not None else None
    served, deaths = False, 0
    try:
        while not asked:
            if not served and all(child.look() for child in children):
                served = True
                say(f"Saman is ready at {_address(settings, listening)}")
            for place, child in enumerate(children):
                if child.process.poll() is None:
                    continue
                deaths += 1
                if not served or deaths > 5 * len(children):
                    return refused(
                        Kind.UNAVAILABLE, "exception", "The server ended while starting; see the lines above."
                    )
                say("A server process ended and is replaced")
                forget(environment, child.process.pid)
                children[place] = _child(listening, lifeline, environment)
            if worker is not None and worker.poll() is not None:
                say("The worker ended and is replaced")
                worker = _worker(lifeline, environment)
            if source.cluster is not None and (dead := source.cluster.revive(say)):
                return dead
            time.sleep(BEAT)
        say("Stopping")
        return None
    finally:
        if worker is not None:
            worker.terminate()
        _end(children)
        if worker is not None:
            worker.wait()
        os.close(lifeline)
        os.close(held)


def _child(listening: socket.socket, lifeline: int, environment: dict[str, str]) -> Child:
    told, tells = os.pipe()
    os.set_blocking(told, False)
    words = [sys.executable, "-m", "saman.ops.server", str(listening.fileno()), str(lifeline), str(tells)]
    process = subprocess.Popen(  # noqa: S603
        words, pass_fds=(listening.fileno(), lifeline, tells), env=environment, start_new_session=True
    )
    os.close(tells)
    return Child(process, told)


def _worker(lifeline: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """The worker beside the servers; with a database of its own it is run apart, as `saman worker`."""
    words = [sys.executable, "-m", "saman.ops.beside", str(lifeline)]
    return subprocess.Popen(words, pass_fds=(lifeline,), env=environment, start_new_session=True)  # noqa: S603


def _end(children: list[Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + GRACE
    for child in children:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        os.close(child.told)


def _address(settings: Settings, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    return msgspec.structs.replace(settings, port=port).address
