"""A page that waits for news hears of a write that was made elsewhere, and nothing that is not for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn

from saman.apps.team import live
from saman.kernel.clock import instant
from saman.model.care import codes
from saman.record import Record, Store, Written, open_store, system
from tests.http.app.conftest import BASE, Agder

CENTRE, HOME = "agder-telemedicine-centre", "grimstad-home-care"
NURSE, OTHER = "silje-haugen", "eli-strand"


class Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def served(app: object, socket: Path) -> AsyncIterator[Server]:
    config = uvicorn.Config(app, uds=str(socket), http="httptools", lifespan="off", ws="none", log_config=None)
    server = Server(config)
    running = asyncio.create_task(server._serve())
    await server.ready.wait()
    try:
        yield server
    finally:
        server.should_exit = True
        await running


@pytest_asyncio.fixture
async def socket(agder: Agder, tmp_path: Path, database) -> AsyncIterator[Path]:
    """A real server whose store is its own, so that streams can be ended with it."""
    store = await open_store(database.app_url, agder.region.policy)
    assert isinstance(store, Store)
    async with served(agder.made(store=store), tmp_path / "http"):
        yield tmp_path / "http"
        await store.close()


@pytest_asyncio.fixture
async def elsewhere(agder: Agder, database) -> AsyncIterator[Record]:
    """The record as another process has it: other connections, the same database."""
    store = await open_store(database.app_url, agder.region.policy)
    assert isinstance(store, Store)
    yield Record(store, system(agder.clock()))
    await store.close()


def browser(socket: Path) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(socket)), base_url=BASE, timeout=60)


@asynccontextmanager
async def signed_in(socket: Path, user: str) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(socket) as client:
        assert (await client.post("/auth/demo", data={"user": user})).status_code == 303
        yield client


class Stream:
    """The events of a stream as they come."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def until(self, words: str) -> list[str]:
        """The lines to the first that begins with `words`; fails when the stream ends before."""
        seen: list[str] = []
        async for line in self._lines:
            seen.append(line)
            if line.startswith(words):
                return seen
        pytest.fail(f"the stream ended after {seen}")

    async def rest(self) -> list[str]:
        """What comes to the end."""
        return [line async for line in self._lines]


@asynccontextmanager
async def listening(client: httpx.AsyncClient) -> AsyncIterator[Stream]:
    async with client.stream("GET", live.ADDRESS, headers={"accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200
        stream = Stream(answer)
        await stream.until(": alive")
        yield stream


async def wish(record: Record, owner: str, person: str = "ingrid-aasen") -> str:
    written = await record.create(
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "code": codes.concept(codes.TASK, codes.CONTACT_WISH),
            "for": codes.reference(f"Patient/{person}"),
            "authoredOn": instant(record.context.now),
            "owner": codes.reference(f"Organization/{owner}"),
        }
    )
    assert isinstance(written, Written), written
    return written.stored.id


async def test_a_write_elsewhere_reaches_the_page_without_a_word_about_anybody(socket, elsewhere) -> None:
    async with signed_in(socket, NURSE) as nurse, listening(nurse) as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.answer.headers["x-accel-buffering"] == "no"
        assert stream.answer.headers["cache-control"] == "no-store"
        task = await wish(elsewhere, CENTRE)
        lines = await stream.until("data: ")
        assert "event: work" in lines
        said = "\n".join(lines)
        for word in (task, "ingrid", "aasen", CENTRE, "Organization", "Task"):
            assert word not in said
        await wish(elsewhere, CENTRE, "olav-tveit")
        assert (await stream.until("data: "))[-1] == lines[-1], "the same opaque word, whoever it is about"


async def test_another_unit_hears_of_its_own_work_alone(socket, elsewhere) -> None:
    async with AsyncExitStack() as stack:
        nurse = await stack.enter_async_context(signed_in(socket, NURSE))
        other = await stack.enter_async_context(signed_in(socket, OTHER))
        centre = await stack.enter_async_context(listening(nurse))
        home = await stack.enter_async_context(listening(other))
        await wish(elsewhere, CENTRE)
        of_centre = (await centre.until("data: "))[-1]
        unit = await party_of(elsewhere, OTHER)
        await wish(elsewhere, unit)
        heard = await home.until("data: ")
        assert of_centre not in heard
        assert sum(line.startswith("event:") for line in heard) == 1


async def party_of(record: Record, practitioner: str) -> str:
    page = await record.search("PractitionerRole", [("practitioner", f"Practitioner/{practitioner}")])
    return page.matches[0].resource()["organization"]["reference"].removeprefix("Organization/")  # type: ignore[union-attr]


async def test_signing_out_ends_the_streams_of_that_session_alone(socket, elsewhere) -> None:
    async with AsyncExitStack() as stack:
        nurse = await stack.enter_async_context(signed_in(socket, NURSE))
        again = await stack.enter_async_context(signed_in(socket, NURSE))
        ending = await stack.enter_async_context(listening(nurse))
        staying = await stack.enter_async_context(listening(again))
        page = await nurse.get("/team")
        token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        assert (await nurse.post("/auth/sign-out", data={"csrf": token})).status_code == 303
        assert not any(line.startswith("data:") for line in await ending.rest())
        await wish(elsewhere, CENTRE)
        await staying.until("data: ")


async def test_a_session_that_is_over_hears_nothing_more(agder: Agder, socket, elsewhere) -> None:
    before = agder.clock.now
    try:
        async with signed_in(socket, NURSE) as nurse, listening(nurse) as stream:
            agder.clock.forward(minutes=61)
            await wish(elsewhere, CENTRE)
            assert not any(line.startswith("data:") for line in await stream.rest())
    finally:
        agder.clock.now = before


@pytest.mark.parametrize("how", ["directory", "dates"])
async def test_whoever_leaves_hears_nothing_more(agder: Agder, socket, elsewhere, how: str) -> None:
    kept = (await elsewhere.read("PractitionerRole", "jon-bakke")).resource()
    soon = agder.clock.now + timedelta(minutes=5)
    if how == "dates":
        assert await update(elsewhere, kept | {"period": {"end": instant(soon)}})
    try:
        async with signed_in(socket, "jon-bakke") as nurse, listening(nurse) as stream:
            if how == "dates":
                agder.clock.now = soon
            else:
                assert await update(elsewhere, kept | {"active": False})
            await wish(elsewhere, CENTRE)
            assert not any(line.startswith("data:") for line in await stream.rest())
            assert (await nurse.get("/team", headers={"accept": "text/html"})).headers["location"] == "/"
    finally:
        assert await update(elsewhere, kept)


async def update(record: Record, resource: dict[str, Any]) -> bool:
    written = await record.update(resource["resourceType"], resource["id"], resource)
    return isinstance(written, Written)


async def test_whoever_waits_for_news_does_not_count_as_using_the_session(agder: Agder, socket, elsewhere) -> None:
    before = agder.clock.now
    try:
        async with signed_in(socket, NURSE) as nurse, listening(nurse) as stream:
            for _ in range(2):
                agder.clock.forward(minutes=29)
                await wish(elsewhere, CENTRE)
                await stream.until("data: ")
            agder.clock.forward(minutes=3)
            assert (await nurse.get("/team", headers={"accept": "text/html"})).headers["location"] == "/"
    finally:
        agder.clock.now = before


async def test_only_staff_may_listen(socket) -> None:
    async with browser(socket) as nobody:
        assert (await nobody.get(live.ADDRESS, headers={"accept": "text/event-stream"})).status_code == 401
    async with signed_in(socket, "ingrid-aasen") as citizen:
        assert (await citizen.get(live.ADDRESS)).status_code == 403


async def test_a_session_has_few_streams_and_a_closed_one_makes_room(socket, elsewhere) -> None:
    async with signed_in(socket, NURSE) as nurse:
        async with AsyncExitStack() as stack:
            for _ in range(live.MOST):
                await stack.enter_async_context(listening(nurse))
            assert (await nurse.get(live.ADDRESS)).status_code == 429
            async with signed_in(socket, NURSE) as again, listening(again):
                pass
        while (answer := await nurse.send(nurse.build_request("GET", live.ADDRESS), stream=True)).status_code == 429:
            await answer.aclose()
        assert answer.status_code == 200
        await answer.aclose()
        assert (await nurse.head(live.ADDRESS)).status_code == 200


async def test_when_the_store_ends_so_do_the_streams(agder: Agder, database, tmp_path: Path) -> None:
    store = await open_store(database.app_url, agder.region.policy)
    assert isinstance(store, Store)
    socket = tmp_path / "ending"
    async with served(agder.made(store=store), socket), signed_in(socket, NURSE) as nurse, listening(nurse) as stream:
        store.notices.end()
        assert not any(line.startswith("data:") for line in await stream.rest())
        assert (await nurse.get(live.ADDRESS)).status_code == 503
        assert (await nurse.get("/team")).status_code == 200
        await store.close()


async def test_where_nothing_can_be_heard_the_page_is_sent_back_to_asking(
    agder: Agder, database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_store(database.app_url, agder.region.policy)
    assert isinstance(store, Store)

    async def refused() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(store.notices, "_connect", refused)
    monkeypatch.setattr(live, "PATIENCE", 0.01)
    socket = tmp_path / "deaf"
    async with served(agder.made(store=store), socket), signed_in(socket, NURSE) as nurse:
        answer = await nurse.get(live.ADDRESS)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        await store.close()
