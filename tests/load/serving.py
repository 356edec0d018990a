"""Serves the filled database as in production, and starts everything anew where a step is to begin cold."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from saman.kernel.outcome import Refusal
from saman.ops import postgres
from tests.load.processes import Clock, peak

SAMAN = (sys.executable, "-m", "saman.ops.cli")
READY = 60.0
"""Seconds within which a process is ready."""

Say = Callable[[str], None]


class Process:
    """`saman serve` or `saman worker`, once it has said that it is ready."""

    def __init__(self, word: str, environment: dict[str, str]) -> None:
        self._ready = threading.Event()
        self._said = b""
        self.process = subprocess.Popen(
            [*SAMAN, word], env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        threading.Thread(target=self._hear, daemon=True).start()
        if not self._ready.wait(READY) or self.process.poll() is not None:
            self.stop()
            sys.exit(f"saman {word} does not start: {self._said.decode(errors='replace')}")

    def _hear(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as said:
            for line in said:
                self._said = (self._said + line)[-2000:]
                if b"ready" in line:
                    self._ready.set()
        self._ready.set()

    def stop(self) -> None:
        """Ask it to end, and wait for that."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Serving:
    """The server and, where it is asked for, a worker on the database `name`; files go below `folder`.

    `cold`: the database is nobody else's, and it and all else are started again before each step.
    """

    def __init__(self, cluster: postgres.Cluster, name: str, folder: Path, *, cold: bool) -> None:
        self.cluster = cluster
        self.port = _free_port()
        self.name = name
        self.folder = folder
        self._cold = cold
        self._server: Process | None = None
        self._worker: Process | None = None
        self._peak = 0

    def step(self, say: Say, *, worker: bool = False) -> None:
        """Be ready for a step: as it is, or cold, with a worker beside the server or none."""
        if self._cold or self._server is None:
            self.stop()
            if self._cold:
                self._database_anew(say)
            self._server = Process("serve", self._environment)
        if worker and self._worker is None:
            self._worker = Process("worker", self._environment)
        elif self._worker is not None and not worker:
            self._worker.stop()
            self._worker = None

    def stop(self) -> None:
        """End server and worker."""
        self.peak()
        for one in (self._worker, self._server):
            if one is not None:
                one.stop()
        self._worker = self._server = None

    @property
    def server(self) -> Clock:
        """The CPU time of the server processes."""
        assert self._server is not None
        return Clock(self._server.process.pid)

    @property
    def worker(self) -> Clock:
        """The CPU time of the worker."""
        assert self._worker is not None
        return Clock(self._worker.process.pid)

    @property
    def database(self) -> Clock:
        """The CPU time of the database."""
        pid = self.cluster.status().pid
        assert pid is not None
        return Clock(pid)

    def peak(self) -> int:
        """The most bytes of memory that a server process has held so far."""
        if self._server is not None:
            self._peak = max(self._peak, peak(self._server.process.pid, "saman.ops.server"))
        return self._peak

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "SAMAN_DATABASE_URL": self.cluster.app_url(self.name),
            "SAMAN_DATA_DIR": str(self.folder / "serving"),
            "SAMAN_REGION": str(REGION),
            "SAMAN_DEMO": "none",
            "SAMAN_PORT": str(self.port),
            "SAMAN_WORKERS": "0",
            "SAMAN_FHIR_CALLS": "0",
        }

    def _database_anew(self, say: Say) -> None:
        folder = self.cluster.data_dir
        assert self.cluster.stop(say), "the database is used by others"
        _forgotten(self.cluster.place.data)
        started = postgres.start(folder, say)
        assert not isinstance(started, Refusal), started
        self.cluster = started


REGION = Path(__file__).parents[2] / "regions" / "no-agder"


def _forgotten(folder: Path) -> None:
    """Take files out of the system's cache, as far as it lets us."""
    os.sync()
    if sys.platform == "linux":
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
