"""The whole application over a fresh database: Agder, two people who are followed at home, and their staff."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from saman.ops.application import Parts, application
from saman.ops.apply import applied
from saman.ops.demo import demo_bundles
from saman.ops.region import Region, open_region
from saman.record import Record, Store, open_store, process, system

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


@pytest_asyncio.fixture(scope="module")
async def agder(database) -> AsyncIterator[Agder]:
    region = open_region(AGDER)
    assert isinstance(region, Region), region
    store = await open_store(database.app_url, region.policy)
    assert isinstance(store, Store), store
    made = Agder(store, region, Clock())
    await applied(store, region.model, made.clock())
    for name, bundle in demo_bundles(made.clock()):
        if name == "staff" or name.split("-", 1)[-1] in PEOPLE or name.removeprefix("follow-up-") in PEOPLE:
            answer = await process(made.system, bundle)
            assert isinstance(answer, str), (name, answer)
    yield made
    await store.close()


@pytest.fixture(autouse=True)
def at_the_same_time(agder: Agder) -> None:
    """Every test begins on the Friday night."""
    agder.clock.now = FRIDAY_NIGHT
