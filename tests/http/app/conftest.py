"""The whole application over a fresh database: Agder, two people who are followed at home, and their staff."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from saman.flows.governance.resources import applied
from saman.ops import postgres
from saman.ops.application import Parts, application
from saman.ops.demo import demo_bundles
from saman.ops.region import Region, open_region
from saman.record import Record, Store, open_store, process, system
from tests.conftest import Database, NewDatabase, aside, made_once

AGDER = Path(__file__).parents[3] / "regions" / "no-agder"
BASE = "http://test"
FRIDAY_NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
"""22:00 in Agder; the telemedicine centre opens again on Monday at 08:00."""

PEOPLE = ("ingrid-aasen", "olav-tveit")


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = FRIDAY_NIGHT

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class Agder:
    """An installation under test."""

    def __init__(self, store: Store, region: Region, clock: Clock) -> None:
        self.store, self.region, self.clock = store, region, clock
        self.app = self.made()

    def made(self, **changes: object) -> object:
        parts = {
            "store": self.store, "region": self.region, "clock": self.clock, "secret": self.store.secret,
            "demo": True, "secure": False, "base_url": BASE,
        }  # fmt: skip
        return application(Parts(**(parts | changes)))

    @property
    def system(self) -> Record:
        return Record(self.store, system(self.clock()))

    def browser(self, app: object = None) -> httpx.AsyncClient:
        headers = {"accept": "text/html,*/*"}
        return httpx.AsyncClient(transport=httpx.ASGITransport(app or self.app), base_url=BASE, headers=headers)

    @asynccontextmanager
    async def signed_in(self, user: str) -> AsyncIterator[httpx.AsyncClient]:
        async with self.browser() as client:
            answer = await client.post("/auth/demo", data={"user": user})
            assert answer.status_code == 303, answer.text
            yield client


async def opened(url: str) -> tuple[Store, Region]:
    """The region and its store at a URL."""
    region = open_region(AGDER)
    assert isinstance(region, Region), region
    store = await open_store(url, region.policy)
    assert isinstance(store, Store), store
    return store, region


async def fill(url: str, now: datetime, chosen: Callable[[str, dict[str, Any]], dict[str, Any] | None]) -> None:
    """Store the region and those bundles of the demo that `chosen` gives, as it gives them."""
    store, region = await opened(url)
    await applied(store, region.model, now)
    for name, bundle in demo_bundles(now):
        wanted = chosen(name, bundle)
        if wanted is not None:
            answer = await process(Record(store, system(now)), wanted)
            assert isinstance(answer, str), (name, answer)
    await store.close()


def followed(name: str, bundle: dict[str, Any]) -> dict[str, Any] | None:
    """Staff, and everything about the two people."""
    wanted = name == "staff" or name.split("-", 1)[-1] in PEOPLE or name.removeprefix("follow-up-") in PEOPLE
    return bundle if wanted else None


@pytest.fixture(scope="session")
def agder_filled(cluster: postgres.Cluster, run_folder: Path, template: str) -> str:
    """The name of a database with the region and the two people, filled once a run."""

    def finish(name: str) -> None:
        aside(fill(cluster.app_url(name), FRIDAY_NIGHT, followed))

    return made_once(cluster, run_folder, "saman_agder", template, finish)


@pytest.fixture(scope="module")
def database(new_database: NewDatabase, agder_filled: str) -> Database:
    """A copy of it for this test module."""
    return new_database(agder_filled)


@pytest_asyncio.fixture(scope="module")
async def agder(database: Database) -> AsyncIterator[Agder]:
    store, region = await opened(database.app_url)
    yield Agder(store, region, Clock())
    await store.close()


@pytest.fixture(autouse=True)
def at_the_same_time(agder: Agder) -> None:
    """Every test begins on the Friday night."""
    agder.clock.now = FRIDAY_NIGHT
