"""The whole application over the demo of each region in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from saman.ops import postgres
from saman.ops.application import Parts, application
from saman.ops.demo.anywhere.cast import Cast
from saman.record import Record, Store, open_store, system
from tests import regions
from tests.conftest import Database, NewDatabase

BASE = "http://test"


class Place:
    """A region that is served, and whom its demo has."""

    def __init__(self, name: str, store: Store) -> None:
        self.name, self.store = name, store
        self.region = regions.region_of(name)
        self.app = application(
            Parts(
                store=store, region=self.region, clock=lambda: regions.MORNING, secret=store.secret, demo=True,
                secure=False, base_url=BASE,
            )
        )  # fmt: skip

    @property
    def cast(self) -> Cast:
        return regions.people_of(self.name)

    @property
    def system(self) -> Record:
        return Record(self.store, system(regions.MORNING))

    def browser(self) -> httpx.AsyncClient:
        headers = {"accept": "text/html,*/*"}
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=BASE, headers=headers)

    @asynccontextmanager
    async def signed_in(self, user: str) -> AsyncIterator[httpx.AsyncClient]:
        async with self.browser() as client:
            answer = await client.post("/auth/demo", data={"user": user})
            assert answer.status_code == 303, (user, answer.text)
            yield client


@pytest.fixture(scope="module", params=regions.MADE)
def name(request: pytest.FixtureRequest) -> str:
    """The name of the region's folder."""
    return str(request.param)


@pytest.fixture(scope="module")
def database(
    cluster: postgres.Cluster, run_folder: Path, template: str, new_database: NewDatabase, name: str
) -> Database:
    """A copy of the region's database for this module."""
    return new_database(regions.filled(cluster, run_folder, template, name))


@pytest_asyncio.fixture(scope="module")
async def place(database: Database, name: str) -> AsyncIterator[Place]:
    store = await open_store(database.app_url, regions.region_of(name).policy)
    assert isinstance(store, Store), store
    yield Place(name, store)
    await store.close()
