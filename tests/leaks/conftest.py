"""The whole installation with its people, hidden people among them, and ears for every line that is logged."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog
from starlette.applications import Starlette

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import User, citizens, relatives, staff
from saman.ops.application import Parts, application
from saman.ops.token import SYSTEM_USER
from saman.record import Record, Store, open_store, system
from tests.conftest import Database
from tests.e2e.journeys.beginning import FRIDAY_EVENING, fill, region

from . import canaries
from .canaries import CANARY, Resource

BASE = "http://saman.test"
CITIZENS = ("ingrid-aasen", "olav-tveit")
OUR_OWN = ("httpx", "httpcore")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder looks for leaks."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("leaks")


class Ears(logging.Handler):
    """Hears what is logged by anybody; keeps the lines in which a canary sings."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard = 0
        self.leaked: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(OUR_OWN):
            self.hear(f"{record.name}: {self.format(record)} {record.args!r} {record.exc_info!r}")

    def event(self, _: Any, __: str, said: Any) -> Any:
        """A processor of structlog that hears and says nothing."""
        self.hear(repr(said))
        raise structlog.DropEvent

    def hear(self, line: str) -> None:
        self.heard += 1
        if CANARY[1:] in line.lower():
            self.leaked.append(line)


@pytest.fixture(scope="session")
def ears() -> Iterator[Ears]:
    """Listens from the first request to the last."""
    listening = Ears()
    before = structlog.get_config()
    structlog.configure(processors=[structlog.processors.format_exc_info, listening.event])
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(listening)
    root.setLevel(logging.DEBUG)
    yield listening
    root.setLevel(level)
    root.removeHandler(listening)
    structlog.configure(**before)


class World:
    """The installation: `pages` is the application as in production, without the demo's list of everybody."""

    def __init__(self, store: Store, users: list[User]) -> None:
        self.store = store
        self.users = users
        self.asked = 0
        self._region = region()
        self.pages = self._made(demo=False)
        self._demo = self._made(demo=True)

    def _made(self, *, demo: bool) -> Starlette:
        return application(
            Parts(
                store=self.store, region=self._region, clock=self.clock, secret=self.store.secret, demo=demo,
                secure=False, base_url=BASE, triage_manufacturer="Demo only",
            )
        )  # fmt: skip

    @staticmethod
    def clock() -> datetime:
        """It is always Friday evening."""
        return FRIDAY_EVENING

    def client(self, app: Starlette) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app)
        return httpx.AsyncClient(transport=transport, base_url=BASE, timeout=60, event_hooks={"response": [self._note]})

    async def _note(self, _: httpx.Response) -> None:
        self.asked += 1

    def fhir(self, user: User) -> httpx.AsyncClient:
        """Calls the FHIR interface in somebody's name."""
        client = self.client(self.pages)
        token = Tokens(self.store.secret).make(user, user.purpose, self.clock(), timedelta(hours=1))
        client.headers["authorization"] = f"Bearer {token}"
        client.headers["x-request-id"] = "the-same-request"
        client.base_url = httpx.URL(f"{BASE}/fhir/")
        return client

    async def browser(self, user: User | None) -> httpx.AsyncClient:
        """A browser in which somebody is signed in."""
        client = self.client(self.pages)
        client.headers["accept"] = "text/html,*/*"
        if user is not None:
            async with self.client(self._demo) as door:
                answer = await door.post("/auth/demo", data={"user": user.actor})
                assert answer.status_code == 303, answer.text
                client.cookies.update(door.cookies)
        return client


@pytest_asyncio.fixture(scope="session")
async def world(new_database: Callable[[], Database], ears: Ears) -> AsyncIterator[World]:
    """One of every role, two citizens, their relatives, and the hidden person."""
    database = new_database()
    fill(database.app_url)
    store = await open_store(database.app_url, region().policy)
    assert isinstance(store, Store), store
    record = Record(store, system(FRIDAY_EVENING))
    of_role = {user.role: user for user in reversed(await staff(record))}
    own = [user for user in await citizens(record) if user.about in CITIZENS]
    near = [user for user in await relatives(record) if user.about in CITIZENS]
    made = World(store, [*of_role.values(), *own, *near])
    await _hide(made)
    yield made
    print(f"{made.asked} requests were sent, {ears.heard} lines were logged.")
    await store.close()


async def _hide(world: World) -> None:
    """Stores the hidden people, each with an earlier version, and one who was removed."""
    hidden = [
        canaries.organization(), canaries.patient(canaries.PERSON), *canaries.about(canaries.PERSON),
    ]  # fmt: skip
    async with world.fhir(SYSTEM_USER) as client:
        for resource in [*hidden, *hidden, canaries.patient(canaries.GONE)]:
            answer = await client.put(_address(resource), json=resource)
            assert answer.status_code in (200, 201), answer.text
        assert (await client.delete(f"Patient/{canaries.GONE}")).status_code in (200, 204)


def _address(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
