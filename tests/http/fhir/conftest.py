"""The FHIR interface over a fresh database, called in process. A token is the name of who calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from saman.apps.auth.identity import request_id
from saman.apps.fhir_api.app import Beside, Limits, fhir_app
from saman.apps.fhir_api.first import FhirFirst
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Policy
from saman.record import Context, Store, open_store, system
from tests import answers

BASE = "http://test/fhir"
STRANGER = 999_999


def clock() -> datetime:
    return datetime.now(UTC)


async def identify(headers: Iterable[tuple[bytes, bytes]]) -> Context | Refusal:
    """`system` may do everything, `stranger` is a nurse without grants, everyone else is nobody."""
    listed = dict(headers)
    request = request_id(listed.items())
    who = listed.get(b"authorization", b"").decode().removeprefix("Bearer ")
    if who == "system":
        return system(clock(), request)
    if who == "stranger":
        return Context(STRANGER, "Practitioner/none", "telemedicine-nurse", "none", "TREAT", clock(), request)
    return refused(Kind.UNAUTHENTICATED, "login", "Send an access token.")


@pytest_asyncio.fixture(scope="module")
async def store(database) -> AsyncIterator[Store]:
    policy = Policy(country="NO", zone=ZoneInfo("Europe/Oslo"), rows=(), clauses=())
    opened = await open_store(database.app_url, policy)
    assert isinstance(opened, Store), opened
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of bulk exports."""
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module")
def app(store: Store, exports: Path) -> Starlette:
    """The interface where it will stand, beside a page; a body may hold 200 kB."""
    fhir = fhir_app(store, identify, clock, BASE, Limits(most_bytes=200_000), beside=Beside(exports=exports))
    return Starlette(routes=[Route("/fhirs", page)], middleware=[Middleware(FhirFirst, fhir=fhir)])


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("a page")


def caller(app: Starlette, who: str = "") -> httpx.AsyncClient:
    """Somebody whose every answer is looked at."""
    headers = {"authorization": f"Bearer {who}"} if who else {}
    return httpx.AsyncClient(transport=answers.LookedAt(app), base_url=f"{BASE}/", headers=headers)


@pytest_asyncio.fixture(scope="module")
async def client(app) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(app, "system") as one:
        yield one


@pytest_asyncio.fixture(scope="module")
async def stranger(app) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(app, "stranger") as one:
        yield one


@pytest_asyncio.fixture(scope="module")
async def nobody(app) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(app) as one:
        yield one
