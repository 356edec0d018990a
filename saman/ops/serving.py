"""Serving: one parent holds the socket, the database and the pid file; its children answer requests, handed to them
in turn.

A child that dies is replaced. When the parent dies, however it dies, the children end at once, so that the port is
free and no server is left that nobody knows of.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops import database, wiring
from saman.ops.children import children
from saman.ops.handing import handing_out
from saman.ops.metrics.shared import shared_folder
from saman.ops.settings import Settings

Say = Callable[[str], None]

BEAT = 0.25
"""Seconds between two looks at children and database."""


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


def _tend(
    settings: Settings,
    source: database.Source,
    environment: dict[str, str],
    listening: socket.socket,
    asked: list[int],
    say: Say,
) -> Refusal | None:
    with (
        children(environment, settings.processes, beside=source.cluster is not None) as family,
        handing_out(listening, family.takers),
    ):
        while not asked:
            if family.all_ready():
                say(f"Saman is ready at {_address(settings, listening)}")
            if (hopeless := family.replace(time.monotonic(), say)) is not None:
                return hopeless
            if source.cluster is not None and (dead := source.cluster.revive(say)):
                return dead
            time.sleep(BEAT)
        say("Stopping")
    return None


def _address(settings: Settings, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    return msgspec.structs.replace(settings, port=port).address
