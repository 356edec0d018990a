"""A started server with the demo's people, and clients that others wrote; every answer they get is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import User, find_users
from saman.kernel.outcome import Refusal
from saman.ops import postgres
from saman.ops.token import SYSTEM_USER
from saman.record import Record
from tests import answers
from tests.conftest import NewDatabase, made_once
from tests.e2e.conftest import BEGINNING
from tests.e2e.journeys.beginning import FRIDAY_EVENING, fill
from tests.e2e.journeys.installation import Installation

DAY = timedelta(hours=12)

TokenFor = Callable[[str], str]


class Served(Installation):
    """An installation that keeps what a validator finds wrong with its answers, and how many there were."""

    def __init__(self, url: str) -> None:
        super().__init__(url, FRIDAY_EVENING, triage=False)
        self.faults: list[str] = []
        self.answers = 0
        self.broken: list[str] = []

    @property
    def fhir(self) -> str:
        """The base of the FHIR interface, without a slash."""
        return f"{self.address}/fhir"

    def token(self, who: str) -> str:
        """An access token for `system` or somebody's id."""

        async def users(record: Record) -> tuple[User, ...] | Refusal:
            return (SYSTEM_USER,) if who == "system" else await find_users(record, who)

        (user, *_) = self.ask(users)
        assert self._store is not None
        return Tokens(self._store.secret).make(user, user.purpose, self.clock(), DAY)

    def _noting(self, app: ASGIApp) -> ASGIApp:
        async def note(scope: Scope, receive: Receive, send: Send) -> None:
            heard: list[Message] = []

            async def hear(message: Message) -> None:
                heard.append(message)
                await send(message)

            await app(scope, receive, hear)
            self._look(scope, heard)

        return note

    def _look(self, scope: Scope, heard: list[Message]) -> None:
        status, headers = heard[0]["status"], heard[0]["headers"]
        body = httpx.Response(status, headers=headers, content=b"".join(one.get("body", b"") for one in heard[1:]))
        self.answers += 1
        said = f"{scope['method']} {scope['path']} {status}"
        self.broken += [said] if status >= 500 else []
        self.faults += [f"{said}: {fault}" for fault in answers.faults(body.content)]


@pytest.fixture(scope="session")
def place(cluster: postgres.Cluster, template: str, run_folder: Path, new_database: NewDatabase) -> Iterator[Served]:
    """A server on a port of this machine, over a copy of the demo's beginning."""
    beginning = made_once(cluster, run_folder, BEGINNING, template, lambda name: fill(cluster.app_url(name)))
    served = Served(new_database(beginning).app_url)
    served.start()
    yield served
    served.stop()


@pytest.fixture(autouse=True)
def whole(place: Served) -> Iterator[None]:
    """Fail a test that got an answer which is not valid, or a server error."""
    place.faults.clear()
    place.broken.clear()
    yield
    assert (place.faults, place.broken) == ([], [])
