"""Over a real connection, where headers and bodies must agree: uvicorn on a Unix socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette

from tests.http.fhir.conftest import BASE
from tests.http.fhir.resources import patient


class Announced(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets)
        self.ready.set()


@pytest_asyncio.fixture(scope="module")
async def served(app: Starlette, tmp_path_factory) -> AsyncIterator[Path]:
    socket = tmp_path_factory.mktemp("served") / "http"
    config = uvicorn.Config(app, uds=str(socket), http="httptools", lifespan="off", log_config=None)
    server = Announced(config)
    running = asyncio.create_task(server._serve())
    await server.ready.wait()
    yield socket
    server.should_exit = True
    await running


@pytest_asyncio.fixture(scope="module")
async def remote(served: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.AsyncHTTPTransport(uds=str(served))
    headers = {"authorization": "Bearer system"}
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/", headers=headers) as one:
        yield one


async def test_answers_without_a_body_leave_the_connection_in_step(remote: httpx.AsyncClient) -> None:
    person = (await remote.post("Patient", json=patient())).json()
    url = f"Patient/{person['id']}"
    for _ in range(2):
        head = await remote.head(url)
        assert (head.status_code, head.content) == (200, b"")
        same = await remote.get(url, headers={"if-none-match": head.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        assert "content-length" not in same.headers
        minimal = await remote.put(url, json=person, headers={"prefer": "return=minimal"})
        assert (minimal.status_code, minimal.headers["content-length"]) == (200, "0")
        assert (await remote.get(url)).json()["id"] == person["id"]
    assert (await remote.delete(url)).status_code == 204
    assert (await remote.get(url)).status_code == 410


async def test_a_body_that_is_too_large_is_not_waited_for(served: Path) -> None:
    """The answer comes while most of the body has not been sent, and the connection ends."""
    reader, writer = await asyncio.open_unix_connection(str(served))
    writer.write(
        b"POST /fhir/Patient HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer system\r\n"
        b"Content-Type: application/fhir+json\r\nContent-Length: 9999999999\r\n\r\n{"
    )
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close\r\n" in answer


async def test_addresses_do_not_follow_a_forged_host(remote: httpx.AsyncClient) -> None:
    response = await remote.post("Patient", json=patient(), headers={"host": "evil.example"})
    assert response.headers["location"].startswith(f"{BASE}/Patient/")
