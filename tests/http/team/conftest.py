"""The whole application with six people, their centre, home care and practice; marks can be on or off."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from saman.ops import postgres
from tests.conftest import Database, NewDatabase, aside, made_once
from tests.http.app.conftest import Agder, Clock, fill, opened

PEOPLE = ("ingrid-aasen", "olav-tveit", "einar-kleivset", "berit-sorensen", "solveig-knutsen", "lise-holt")
SATURDAY = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
"""Noon in Agder; the centre is closed until Monday, and what came since Friday noon is unread."""
CENTRE, HOME_CARE, PRACTICE = "silje-haugen", "eli-strand", "per-nilsen"
PATIENT = re.compile(r"Patient/([a-z-]+)")
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Page:
    """An answer as a reader sees it."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.text = answer.text

    @property
    def token(self) -> str:
        found = TOKEN.search(self.text)
        assert found, "the page has no form"
        return found[1]

    def row(self, name: str) -> str:
        """The first worklist row about a person."""
        rows = re.findall(r'<tr role="row" id="row-.*?</tr>', self.text, re.DOTALL)
        found = [row for row in rows if name in row]
        assert found, f"no row about {name}"
        return found[0]

    def task(self, name: str) -> tuple[str, int]:
        """Task and version of the first row about a person."""
        row = self.row(name)
        task = re.search(r'id="row-([a-z0-9]+)"', row)
        version = re.search(r'name="version" value="(\d+)"', row)
        assert task
        assert version
        return task[1], int(version[1])


class Professional:
    """Somebody signed in, reading in English."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> Page:
        return Page(await self.client.get(path))

    async def send(self, path: str, page: Page, *, part: bool = False, **fields: object) -> Page:
        headers = {"hx-request": "true"} if part else {}
        answer = await self.client.post(path, data={"csrf": page.token, **fields}, headers=headers)
        return Page(answer)


class Team(Agder):
    """The installation, with marks on unless asked for otherwise."""

    @asynccontextmanager
    async def as_(self, user: str, *, marks: bool = True) -> AsyncIterator[Professional]:
        app = self.made(triage_manufacturer="Demo only" if marks else "")
        async with self.browser(app) as client:
            client.headers["accept-language"] = "en"
            answer = await client.post("/auth/demo", data={"user": user})
            assert answer.status_code == 303, answer.text
            client.cookies.set("lang", "en")
            yield Professional(client)


@pytest.fixture(scope="session")
def team_filled(cluster: postgres.Cluster, run_folder: Path, template: str) -> str:
    """The name of a database with the region and the six people, filled once a run."""

    def finish(name: str) -> None:
        aside(fill(cluster.app_url(name), SATURDAY, around_them))

    return made_once(cluster, run_folder, "saman_team", template, finish)


@pytest.fixture(scope="module")
def database(new_database: NewDatabase, team_filled: str) -> Database:
    """A copy of it for this test module."""
    return new_database(team_filled)


@pytest_asyncio.fixture(scope="module")
async def team(database: Database) -> AsyncIterator[Team]:
    store, region = await opened(database.app_url)
    made = Team(store, region, Clock())
    made.clock.now = SATURDAY
    yield made
    await store.close()


@pytest.fixture(autouse=True)
def at_noon(team: Team) -> None:
    """Every test begins on the Saturday at noon."""
    team.clock.now = SATURDAY


def around_them(name: str, bundle: dict[str, Any]) -> dict[str, Any] | None:
    """Staff, the six people and what goes on around them."""
    return only_about_them(bundle) if name in ("staff", "going-on") or name.endswith(PEOPLE) else None


def only_about_them(bundle: dict[str, Any]) -> dict[str, Any]:
    """The bundle without entries about people who are not loaded."""
    kept = [one for one in bundle["entry"] if set(PATIENT.findall(repr(one))) <= set(PEOPLE)]
    return bundle | {"entry": kept}


class Counted:
    """Statements sent to the database through the store's pool."""

    def __init__(self) -> None:
        self.statements: list[str] = []


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch):
    """Counts what goes over any connection while it is open: reads, not the log's writer."""

    @contextmanager
    def count() -> Iterator[Counted]:
        counted = Counted()
        original = asyncpg.Connection._execute

        async def spy(self, query, *args, **kwargs):
            if not query.lstrip().startswith(("INSERT INTO audit", "SELECT set_config('synchronous_commit'")):
                counted.statements.append(query)
            return await original(self, query, *args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(asyncpg.Connection, "_execute", spy)
            yield counted

    return count
