"""A server process: uvicorn over a socket that its parent has opened, ending when its parent ends."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from saman.kernel.outcome import Refusal
from saman.ops import wiring
from saman.ops.lifeline import end_with_parent
from saman.ops.settings import load

OBJECTS = 20_000
"""New objects after which the collector looks for those that hold each other; a Bundle alone makes thousands."""


def create_app() -> wiring.Application:
    """The application for the settings of this process; exits with one line on stderr when they are refused."""
    settings = load()
    if isinstance(settings, Refusal):
        sys.exit(" ".join(issue.text for issue in settings.issues))
    return wiring.Application(settings)


class Server(uvicorn.Server):
    """uvicorn that stops on a signal and then returns, and tells its parent when it serves."""

    def __init__(self, config: uvicorn.Config, app: wiring.Application, tells: int) -> None:
        super().__init__(config)
        self._app = app
        self._tells = tells

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT without raising them again afterwards."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, then say so."""
        await super().startup(sockets)
        spare_collector()
        if self.started:
            os.write(self._tells, b"!")
        os.close(self._tells)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, without waiting for pages that wait for news."""
        self._app.end_streams()
        await super().shutdown(sockets)


def spare_collector() -> None:
    """Leave out of every later collection what is there for good: definitions, routes, compiled rules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])


def run(listening: int, lifeline: int, tells: int) -> int:
    """Serve on the socket `listening` until told to stop; end at once when the other end of `lifeline` closes."""
    end_with_parent(lifeline)
    app = create_app()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=4096,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=15,
    )
    server = Server(config, app, tells)
    with socket.socket(fileno=listening) as opened:
        server.run([opened])
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(run(*(int(word) for word in sys.argv[1:4])))
