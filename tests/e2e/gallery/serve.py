"""Serves the gallery on a free port of this machine, and can lose and regain the line."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

import uvicorn
from starlette.applications import Starlette

from .app import make_app


class Gallery:
    """A running gallery; `app.state.people` holds what its people did."""

    def __init__(self) -> None:
        self.app: Starlette = make_app()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where the gallery is."""
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Begins to listen; returns when it does."""
        config = uvicorn.Config(self.app, host="127.0.0.1", port=self.port, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        started = threading.Event()
        startup = self._server.startup

        async def announce(sockets: list[socket.socket] | None = None) -> None:
            await startup(sockets)
            started.set()

        self._server.startup = announce  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        started.wait(20)

    def stop(self) -> None:
        """Stops listening, as a lost line does."""
        assert self._server is not None
        assert self._thread is not None
        self._server.force_exit = True
        self._server.should_exit = True
        self._thread.join(20)

    def __enter__(self) -> Gallery:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
