"""What every test may ask for: one PostgreSQL for the whole run, and a fresh migrated database.

The server is shared by all pytest-xdist workers, stands in a temporary folder, and is stopped by the worker that
leaves last. `SAMAN_TEST_POSTGRES=15` runs the tests on Debian's PostgreSQL 15 instead of the wheel's.
"""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import psycopg
import pytest
from psycopg import sql

from saman.kernel.outcome import Refusal
from saman.ops import postgres
from tests import answers, sampling

MEMORY = 1024**3
DEBIAN = "/usr/lib/postgresql/{}/bin"
RUN = "SAMAN_TEST_RUN"


hypothesis.settings.register_profile("saman", deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "fuzz",
    parent=hypothesis.settings.get_profile("saman"),
    max_examples=int(os.environ.get("SAMAN_TEST_FUZZ") or 100),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("fuzz" if os.environ.get("SAMAN_TEST_FUZZ") else "saman")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what can be told by looking: tests of properties, and tests that use the database; then draw a sample."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("property")
        if {"cluster", "database"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("postgres")
    files = sampling.sampled(_file(item) for item in items if item.get_closest_marker("postgres"))
    if left := [item for item in items if item.get_closest_marker("postgres") and _file(item) not in files]:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which share of the tests ran, and how many answers were looked at."""
    for line in (*sampling.told(), *answers.told(Path(os.environ[RUN]))):
        terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder before any worker starts."""
    if not hasattr(config, "workerinput"):
        sampling.seeded()
        folder = Path(tempfile.mkdtemp(prefix="saman-test-"))
        folder.chmod(0o755)
        os.environ[RUN] = str(folder)


def pytest_sessionfinish() -> None:
    """Keep what this worker has counted."""
    answers.keep(Path(os.environ[RUN]))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server even when a worker could not, and remove the run's folder."""
    if hasattr(config, "workerinput"):
        return
    folder = Path(os.environ.pop(RUN))
    if (folder / "postgres.json").exists():
        left = postgres.start(folder, lambda _: None, tested_binaries(), MEMORY)
        if isinstance(left, postgres.Cluster):
            postgres.remove(left)
    shutil.rmtree(folder, ignore_errors=True)


def tested_binaries() -> Path | None:
    """The folder that `SAMAN_TEST_POSTGRES` names; None for the wheel's binaries."""
    version = os.environ.get("SAMAN_TEST_POSTGRES", "")
    return Path(DEBIAN.format(version)) if version else None


class Database(NamedTuple):
    """A database of its own: URLs for the application's role, the owner and the superuser."""

    name: str
    app_url: str
    admin_url: str
    superuser_url: str


NewDatabase = Callable[..., Database]
"""Makes a database of its own; told the name of another one, a copy of that."""


@pytest.fixture(scope="session")
def binaries() -> Path | None:
    """The server's binaries under test; None for the wheel's."""
    folder = tested_binaries()
    assert folder is None or folder.exists(), f"PostgreSQL is not installed: {folder} is missing"
    return folder


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """A temporary folder that all workers of one run share."""
    return Path(os.environ[RUN])


@pytest.fixture(scope="session")
def cluster(run_folder: Path, binaries: Path | None) -> Iterator[postgres.Cluster]:
    """The run's PostgreSQL."""
    started = postgres.start(run_folder, lambda line: print(line, file=sys.stderr), binaries, MEMORY)
    assert not isinstance(started, Refusal), started
    yield started
    postgres.remove(started)


def made_once(
    cluster: postgres.Cluster, run_folder: Path, name: str, template: str, finish: Callable[[str], None]
) -> str:
    """The name of a database that is made of `template` and finished once a run, to be copied by all workers."""
    unfinished = f"{name}_unfinished"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(unfinished))
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
    with (run_folder / f"{name}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if there is None:
                connection.execute(drop)
                postgres.make_database(connection, unfinished, template)
                finish(unfinished)
                connection.execute(rename)
    return name


def aside(filling: Coroutine[Any, Any, None]) -> None:
    """Run to its end what fills a database, whatever loop goes on in this thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, filling).result()


@pytest.fixture(scope="session")
def template(cluster: postgres.Cluster, run_folder: Path) -> str:
    """The name of a database with every migration applied, made once a run."""
    from saman.record.migrate import migrate

    def finish(name: str) -> None:
        migrate(cluster.admin_url(name), "saman_app")

    return made_once(cluster, run_folder, "saman_template", "template0", finish)


@pytest.fixture(scope="session")
def worker() -> str:
    """The name of this process of the run."""
    return os.environ.get("PYTEST_XDIST_WORKER", "alone")


@pytest.fixture(scope="session")
def new_database(cluster: postgres.Cluster, template: str, worker: str) -> NewDatabase:
    """Makes a fresh database at each call, a copy of `template` or of another; all end with the run."""
    numbers = itertools.count(1)

    def make(source: str = template) -> Database:
        name = f"test_{worker}_{next(numbers)}"
        with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
            postgres.make_database(connection, name, source)
        return Database(name, cluster.app_url(name), cluster.admin_url(name), cluster.superuser_url(name))

    return make


@pytest.fixture(scope="module")
def database(new_database: NewDatabase) -> Database:
    """A fresh migrated database for this test module."""
    return new_database()
