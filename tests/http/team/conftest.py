"""The whole application with six people, their centre, home care and practice; marks can be on or off."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from saman.ops.apply import applied
from saman.ops.demo import demo_bundles
from saman.ops.region import Region, open_region
from saman.record import Store, open_store, process
from tests.http.app.conftest import AGDER, Agder, Clock

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


@pytest_asyncio.fixture(scope="module")
async def team(database) -> AsyncIterator[Team]:
    region = open_region(AGDER)
    assert isinstance(region, Region), region
    store = await open_store(database.app_url, region.policy)
    assert isinstance(store, Store), store
    made = Team(store, region, Clock())
    made.clock.now = SATURDAY
    await applied(store, region.model, made.clock())
    for name, bundle in demo_bundles(made.clock()):
        if name in ("staff", "going-on") or name.endswith(PEOPLE):
            answer = await process(made.system, only_about_them(bundle))
            assert isinstance(answer, str), (name, answer)
    yield made
    await store.close()


@pytest.fixture(autouse=True)
def at_noon(team: Team) -> None:
    """Every test begins on the Saturday at noon."""
    team.clock.now = SATURDAY


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
