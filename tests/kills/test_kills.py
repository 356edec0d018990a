"""kill -9 of a writing process and of PostgreSQL under it: nothing acknowledged is lost, nothing is half.

`SAMAN_KILLS` sets how many kills of each kind; make soak has its own, larger number. The seed is printed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from saman.kernel.outcome import Refusal
from saman.ops import postgres
from saman.record.migrate import migrate
from saman.record.rows import key
from tests.conftest import Database
from tests.kills.writer import SYSTEM

pytestmark = pytest.mark.kills

ROUNDS = int(os.environ.get("SAMAN_KILLS", "4"))
SOAK_ROUNDS = 250
SEED = int(os.environ.get("SAMAN_KILLS_SEED", str(int.from_bytes(os.urandom(4)))))
LINES = 400
"""A round ends at the latest after that many acknowledgements, whatever the moment that was drawn."""


class Told:
    """What a writer said before it died, read line by line."""

    def __init__(self, url: str, seed: int) -> None:
        command = [sys.executable, "-m", "tests.kills.writer", url, str(seed)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        assert json.loads(self.process.stdout.readline()) == {"ready": True}
        self.lines: list[dict[str, Any]] = []

    def listen(self, lines: int) -> None:
        """Hear that many lines."""
        assert self.process.stdout is not None
        for _ in range(lines):
            text = self.process.stdout.readline()
            if not text:
                return
            self.lines.append(json.loads(text))

    def end(self) -> None:
        """Kill the writer and hear what it had said."""
        self.process.kill()
        assert self.process.stdout is not None
        self.lines += [json.loads(text) for text in self.process.stdout if text.endswith(b"\n")]
        self.process.stdout.close()
        self.process.wait()


def rows(connection: psycopg.Connection, question: str, *values: Any) -> list[Any]:
    return connection.execute(question, values).fetchall()


def check(url: str, lines: list[dict[str, Any]], *, takes_events: bool = False) -> int:
    """Hold what was said against what is there; how many acknowledgements were checked.

    `takes_events`: a worker runs, and has taken some of the events already.
    """
    acknowledged = [line for line in lines if "acknowledged" in line]
    sizes = {line["begun"]: line["size"] for line in lines if "begun" in line}
    with psycopg.connect(url) as connection:
        # One moment for all: what the killed process had sent last may come to its end meanwhile.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        versions = dict(rows(connection, "SELECT id, version FROM resource"))
        old = Counter(id for (id,) in rows(connection, "SELECT id FROM history"))
        marks = Counter(
            code for (code,) in rows(connection, "SELECT code FROM token WHERE system_key = %s", key(SYSTEM))
        )
        logged = set(rows(connection, "SELECT id, version FROM audit WHERE outcome = 0 AND action IN ('C', 'U')"))
        told = set(rows(connection, "SELECT id, version FROM outbox"))
        bodies = Counter(
            json.loads("{" + body[1:])["identifier"][0]["value"]
            for (body,) in rows(connection, "SELECT body FROM resource WHERE body LIKE %s", f"%{SYSTEM}%")
        )
        work = rows(connection, "SELECT count(*) FROM work")[0][0]
        tasks = rows(connection, "SELECT count(*) FROM relation WHERE ground LIKE 'Task/%%'")[0][0]
        ties = "SELECT count(*) FROM relation WHERE split_part(ground, '/', 2) NOT IN (SELECT id FROM resource)"
        assert rows(connection, ties) == [(0,)]
    for line in acknowledged:
        if line["acknowledged"] == "bundle":
            assert bodies[line["mark"]] == line["size"], line
        else:
            assert versions.get(line["id"], 0) >= line["version"], line
            assert (line["id"], line["version"]) in logged, line
            assert line["acknowledged"] != "create" or bodies[line["mark"]] == 1, line
    for mark, size in sizes.items():
        assert bodies[mark] in (0, size), (mark, size, bodies[mark])
    assert marks == bodies, "a resource and its search values differ"
    assert told <= logged if takes_events else told == logged, "log and events differ"
    for id, version in versions.items():
        assert old[id] == version - 1, (id, version)
        assert all((id, one) in logged for one in range(1, version + 1)), id
    assert (work > 0) <= (tasks > 0)
    return len(acknowledged)


def kill_writers(url: str, superuser_url: str, rounds: int) -> None:
    pick = Random(SEED)
    lines: list[dict[str, Any]] = []
    for number in range(rounds):
        told = Told(url, SEED + number)
        told.listen(pick.randint(1, LINES))
        told.end()
        lines += told.lines
    assert check(superuser_url, lines) > rounds


def test_kill_9_of_the_writing_process(new_database: Callable[[], Database]) -> None:
    print(f"seed {SEED}")
    database = new_database()
    kill_writers(database.app_url, database.superuser_url, ROUNDS)


@pytest.mark.soak
def test_kill_9_of_the_writing_process_many_times(new_database: Callable[[], Database]) -> None:
    print(f"seed {SEED}")
    for _ in range(SOAK_ROUNDS // 50):
        database = new_database()
        kill_writers(database.app_url, database.superuser_url, 50)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder for a server of this test's own, which may be killed."""
    made = Path(tempfile.mkdtemp(prefix="saman-kills-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def started(folder: Path, binaries: Path | None) -> postgres.Cluster:
    cluster = postgres.start(folder, lambda line: print(line, file=sys.stderr), binaries, 512 * 1024**2)
    assert not isinstance(cluster, Refusal), cluster
    return cluster


def backends(superuser_url: str) -> list[int]:
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        return [pid for (pid,) in rows(connection, "SELECT pid FROM pg_stat_activity WHERE usename = 'saman_app'")]


def kill_database(folder: Path, binaries: Path | None, rounds: int) -> None:
    """Kill the whole server, or one of its sessions, under a writer; each time it recovers by itself."""
    pick = Random(SEED)
    cluster = started(folder, binaries)
    try:
        make_killed(cluster)
        lines: list[dict[str, Any]] = []
        for number in range(rounds):
            told = Told(cluster.app_url("killed"), SEED + number)
            told.listen(pick.randint(1, LINES))
            whole = number % 2 == 0
            victim = cluster.status().pid if whole else pick.choice(backends(cluster.superuser_url("killed")))
            assert victim is not None
            os.kill(victim, signal.SIGKILL)
            told.end()
            lines += told.lines
            if whole:
                assert cluster.revive(lambda line: print(line, file=sys.stderr)) is None
            wait_for_recovery(cluster.superuser_url("killed"))
            check(cluster.superuser_url("killed"), lines)
        amcheck(cluster.superuser_url("killed"))
    finally:
        postgres.remove(cluster)


def make_killed(cluster: postgres.Cluster) -> None:
    """The database `killed`, with every migration."""
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        postgres.make_database(connection, "killed")
    migrate(cluster.admin_url("killed"), "saman_app")


def wait_for_recovery(url: str) -> None:
    """Return when the server takes sessions again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the database does not come back"
        else:
            return


def amcheck(url: str) -> None:
    """Have PostgreSQL look through every index of ours."""
    with psycopg.connect(url, autocommit=True) as connection:
        there = rows(connection, "SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'")
        if there:
            connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
            connection.execute("""SELECT bt_index_check(c.oid, true) FROM pg_class c JOIN pg_am a ON a.oid = c.relam
                WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relnamespace = 'public'::regnamespace""")


def test_kill_9_of_the_database(folder: Path, binaries: Path | None) -> None:
    print(f"seed {SEED}")
    kill_database(folder, binaries, ROUNDS)


@pytest.mark.soak
def test_kill_9_of_the_database_many_times(folder: Path, binaries: Path | None) -> None:
    print(f"seed {SEED}")
    kill_database(folder, binaries, SOAK_ROUNDS)


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    """A data folder on a disk of 160 MB."""
    mounted = os.geteuid() == 0 and shutil.which("mount") is not None
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", "size=160m,mode=755", "tmpfs", str(folder)]
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("a small disk can be mounted by root only, and not in every container")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_nothing_and_gets_well(small_disk: Path, binaries: Path | None) -> None:
    print(f"seed {SEED}")
    cluster = started(small_disk, binaries)
    try:
        make_killed(cluster)
        spare = small_disk / "spare"
        spare.write_bytes(bytes(24 * 1024**2))
        told = Told(cluster.app_url("killed"), SEED)
        told.listen(100_000)
        told.end()
        assert {line["refused"] for line in told.lines if "refused" in line} <= {"STORAGE_FULL", "UNAVAILABLE"}
        assert any("refused" in line for line in told.lines)
        spare.unlink()
        assert cluster.revive(lambda line: print(line, file=sys.stderr)) is None
        wait_for_recovery(cluster.superuser_url("killed"))
        assert check(cluster.superuser_url("killed"), told.lines) > 0
        after = Told(cluster.app_url("killed"), SEED + 1)
        after.listen(20)
        after.end()
        assert check(cluster.superuser_url("killed"), told.lines + after.lines) > 20
    finally:
        postgres.remove(cluster)
