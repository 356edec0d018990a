"""The FHIR interface with Norway's rules and a folder for contents: at most 300 kB a Binary, 20 kB an attachment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import uvicorn
from starlette.types import ASGIApp

from saman.record import Store
from saman.record.contents import Contents
from saman.record.contents.files import Limits
from tests.http.audit.conftest import app, call, store
from tests.http.fhir.test_served import Announced

__all__ = ["app", "call", "contents", "store"]

MOST, ATTACHED = 300_000, 20_000


@pytest.fixture(autouse=True)
def contents(store: Store, tmp_path: Path) -> Contents:
    """A fresh folder for each test."""
    made = store.contents = Contents(tmp_path / "contents", Limits(MOST, ATTACHED))
    return made


def files_in(contents: Contents) -> list[str]:
    """Everything that is kept or arriving, apart from the lock."""
    return sorted(
        str(one.relative_to(contents.folder))
        for one in contents.folder.rglob("*")
        if one.is_file() and one.name != "lock"
    )


@pytest_asyncio.fixture(scope="module")
async def served(app: ASGIApp, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """The system over a real connection: uvicorn on a Unix socket."""
    socket = str(tmp_path_factory.mktemp("served") / "http")
    server = Announced(uvicorn.Config(app, uds=socket, http="httptools", lifespan="off", log_config=None))
    running = asyncio.create_task(server._serve())
    await server.ready.wait()
    headers = {"authorization": "Bearer system:"}
    async with httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(uds=socket), base_url="http://test/fhir/", headers=headers
    ) as client:
        yield client
    server.should_exit = True
    await running
