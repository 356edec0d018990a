"""One browser a worker, and installations that stand before the first step of a journey."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright
from psycopg import sql

from saman.ops import postgres
from tests.conftest import made_once
from tests.e2e.journeys.beginning import FRIDAY_EVENING, fill
from tests.e2e.journeys.installation import Installation

HERE = Path(__file__).parent
CHROMIUM = Path(os.environ.get("SAMAN_TEST_CHROMIUM") or "/usr/bin/chromium")
IN_CI = bool(os.environ.get("SAMAN_TEST_CI") or os.environ.get("CI"))
BEGINNING = "saman_journeys"

Install = Callable[..., Installation]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; skipped with a clear line where there is none, but never in CI."""
    if not CHROMIUM.exists() and not IN_CI:
        pytest.skip(f"no Chromium at {CHROMIUM}: pages are not looked at")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def beginning(cluster: postgres.Cluster, template: str, run_folder: Path) -> str:
    """The name of a database with region and a few people on the Friday the journeys begin, filled once a run."""
    return made_once(cluster, run_folder, BEGINNING, template, lambda name: fill(cluster.app_url(name)))


@pytest.fixture(scope="module")
def own_database(cluster: postgres.Cluster, beginning: str, run_folder: Path, worker: str) -> Iterator[str]:
    """The name of a copy of `beginning` for one module on one worker, for a module's tests may run on several."""
    name = f"{BEGINNING}_{worker}_own"
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        with (run_folder / "beginning.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            postgres.make_database(connection, name, beginning)
        yield name
        _drop(connection, name)


@pytest.fixture(scope="session")
def install(cluster: postgres.Cluster, beginning: str, run_folder: Path, worker: str) -> Iterator[Install]:
    """Starts an installation of its own on a copy of `beginning`; stopped and dropped at the end of the run."""
    made: list[tuple[str, Installation]] = []

    def start(*, triage: bool = True) -> Installation:
        name = f"{BEGINNING}_{worker}_{len(made)}"
        copied = run_folder / "beginning.lock"
        with copied.open("ab") as lock, psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
            fcntl.flock(lock, fcntl.LOCK_EX)
            postgres.make_database(connection, name, beginning)
        installation = Installation(cluster.app_url(name), FRIDAY_EVENING, triage=triage)
        made.append((name, installation))
        installation.start()
        return installation

    yield start
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        for name, installation in made:
            installation.stop()
            _drop(connection, name)


def dropped(cluster: postgres.Cluster, name: str) -> None:
    """Drop a database that a test has made."""
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        _drop(connection, name)


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
