"""A server process: uvicorn over connections that its parent hands it, ending when its parent ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from saman.kernel.outcome import Refusal
from saman.ops import wiring
from saman.ops.collecting import set_aside
from saman.ops.handing import taken
from saman.ops.lifeline import end_with_parent
from saman.ops.settings import load


def create_app() -> wiring.Application:
    """The application for the settings of this process; exits with one line on stderr when they are refused."""
    settings = load()
    if isinstance(settings, Refusal):
        sys.exit(" ".join(issue.text for issue in settings.issues))
    return wiring.Application(settings)


class Server(uvicorn.Server):
    """uvicorn that stops on a signal and then returns, and tells its parent when it serves.

    `channel` is where it is handed connections.
    """

    def __init__(self, config: uvicorn.Config, app: wiring.Application, channel: socket.socket, tells: int) -> None:
        super().__init__(config)
        self._app = app
        self._channel = channel
        self._tells = tells
        self._taking: set[asyncio.Task[object]] = set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT without raising them again afterwards."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, then say so."""
        await super().startup(sockets)
        if self.started:
            set_aside()
            asyncio.get_running_loop().add_reader(self._channel, self._take)
            os.write(self._tells, b"!")
        os.close(self._tells)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, without waiting for pages that wait for news."""
        asyncio.get_running_loop().remove_reader(self._channel)
        self._app.end_streams()
        await super().shutdown(sockets)

    def _take(self) -> None:
        """Serve the connections that have been handed over."""
        loop = asyncio.get_running_loop()
        for connection in taken(self._channel):
            connection.setblocking(False)
            task: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
            self._taking.add(task)
            task.add_done_callback(self._taken)

    def _taken(self, task: asyncio.Task[object]) -> None:
        """A connection is served, or was gone already."""
        self._taking.discard(task)
        if not task.cancelled():
            task.exception()

    def _protocol(self) -> asyncio.Protocol:
        protocol: Any = self.config.http_protocol_class
        made: asyncio.Protocol = protocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


def run(channel: int, lifeline: int, tells: int) -> int:
    """Serve what comes over `channel` until told to stop; end at once when the other end of `lifeline` closes."""
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
    with socket.socket(fileno=channel) as opened:
        server = Server(config, app, opened, tells)
        server.run([])
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(run(*(int(word) for word in sys.argv[1:4])))
