"""`saman serve` as users run it, with its own PostgreSQL, and clients that write to it until they are cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psutil

from saman.kernel.outcome import Refusal
from saman.ops import postgres
from saman.ops.postgres.process import postmaster
from tests.kills.writer import SYSTEM, post, reading

REGION = Path(__file__).parents[2] / "regions" / "no-agder"
SAMAN = (sys.executable, "-m", "saman.ops.cli")
PATIENCE = 120.0
"""Seconds after which a test gives up; none of them waits for the time to pass."""

Line = dict[str, Any]


class Served:
    """One run of `saman serve` with two server processes; `say` is what it has written so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            [*SAMAN, "serve"], cwd=folder, env=environment(folder), stderr=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._hear, daemon=True).start()
        assert self._ready.wait(PATIENCE), "".join(self.lines)
        assert self.process.poll() is None, "".join(self.lines)
        self.address = next(line for line in self.lines if "ready at" in line).split()[-1]

    def _hear(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as said:
            for line in said:
                self.lines.append(line)
                if "ready at" in line:
                    self._ready.set()
        self._ready.set()

    def children(self) -> list[psutil.Process]:
        """The server processes."""
        return [one for one in psutil.Process(self.process.pid).children() if "saman.ops.server" in one.cmdline()]

    def kill(self) -> None:
        """Kill the parent, and return when its children are gone too."""
        family = psutil.Process(self.process.pid).children()
        self.process.kill()
        self.process.wait()
        _, left = psutil.wait_procs([one for one in family if "saman.ops" in " ".join(words(one))], PATIENCE)
        assert not left

    def stop(self) -> None:
        """Ask it to stop."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE)

    def token(self) -> str:
        """What the back-end client sends."""
        command = [*SAMAN, "token", "--as", "system"]
        done = subprocess.run(
            command, cwd=self.folder, env=environment(self.folder), capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SAMAN_")}
    own = {"PORT": "0", "DATA_DIR": folder / "data", "WORKERS": "2", "REGION": REGION, "DEMO": "none"}
    return kept | {f"SAMAN_{name}": str(value) for name, value in own.items()}


@contextmanager
def attached(folder: Path) -> Iterator[postgres.Cluster]:
    """The server's PostgreSQL, used beside it."""
    cluster = postgres.start(folder / "data", lambda line: print(line, file=sys.stderr))
    assert not isinstance(cluster, Refusal), cluster
    try:
        yield cluster
    finally:
        cluster.stop()


def kill_postgres(folder: Path) -> None:
    """kill -9 of the postmaster."""
    with attached(folder) as cluster:
        found = postmaster(cluster.place.data)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)


class Book:
    """What clients were told, and what they had begun; tells when it holds enough lines."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.failures: list[httpx.Response] = []
        self.cut = 0
        self.open: dict[str, str] = {}
        self.is_over = threading.Event()
        self._changed = threading.Condition()

    def note(self, **line: Any) -> None:
        """Write a line."""
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def fail(self, answer: httpx.Response | None) -> None:
        """Note an answer that was no success, or that there was none."""
        with self._changed:
            self.failures += [answer] if answer is not None else []
            self.cut += answer is None
            self._changed.notify_all()

    def wait_for(self, acknowledged: int) -> None:
        """Return when that many writes are acknowledged."""
        with self._changed:
            there = self._changed.wait_for(lambda: self.acknowledged >= acknowledged or self._failed, PATIENCE)
        assert there, "the clients are not answered"

    def wait_for_failure(self) -> None:
        """Return when somebody was not answered, or not well."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._failed, PATIENCE), "nobody has noticed"

    @property
    def acknowledged(self) -> int:
        return sum("acknowledged" in line for line in self.lines)

    @property
    def _failed(self) -> bool:
        return bool(self.cut or self.failures)


class Client(threading.Thread):
    """Writes Observations and transactions about a person of its own until it is cut off or the book is over."""

    def __init__(self, address: str, token: str, book: Book, name: str) -> None:
        super().__init__(daemon=True)
        self._address = address
        self._token = token
        self._book = book
        self._pick = Random(name)
        self._called = name

    def run(self) -> None:
        """Write until the end."""
        try:
            with calling(self._address, self._token) as http:
                self._write(http)
        except httpx.TransportError:
            self._book.fail(None)

    def _write(self, http: httpx.Client) -> None:
        answer = http.post("Patient", json={"resourceType": "Patient"})
        person = answer.json().get("id", "")
        count = 0
        while answer.status_code in (200, 201) and not self._book.is_over.is_set():
            count += 1
            mark = f"{self._called}-{count}"
            answer = self._pick.choice([self._alone, self._together])(http, mark, person)
        if answer.status_code not in (200, 201):
            self._book.fail(answer)

    def _alone(self, http: httpx.Client, mark: str, person: str) -> httpx.Response:
        self._book.open[mark] = person
        answer = http.post("Observation", json=reading(mark, person))
        if answer.status_code == 201:
            self._book.note(acknowledged="create", mark=mark, id=answer.json()["id"], version=1)
            del self._book.open[mark]
        return answer

    def _together(self, http: httpx.Client, mark: str, person: str) -> httpx.Response:
        size = self._pick.randint(2, 25)
        self._book.note(begun=mark, size=size)
        entries = [post(reading(mark, person)) for _ in range(size)]
        answer = http.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": entries})
        if answer.status_code == 200:
            assert [one["response"]["status"][:3] for one in answer.json()["entry"]] == ["201"] * size
            self._book.note(acknowledged="bundle", mark=mark, size=size)
        return answer


def calling(address: str, token: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/fhir+json"}
    return httpx.Client(base_url=f"{address}/fhir", headers=headers, timeout=PATIENCE)


def send_again(address: str, token: str, book: Book) -> None:
    """Send what was not answered once more, on condition that it is not there."""
    with calling(address, token) as http:
        for mark, person in book.open.items():
            condition = {"if-none-exist": f"identifier={SYSTEM}|{mark}"}
            answer = http.post("Observation", json=reading(mark, person), headers=condition)
            assert answer.status_code in (200, 201), answer.text
            book.note(acknowledged="create", mark=mark, id=answer.json()["id"], version=1)
    book.open.clear()
