"""The FHIR interface as in tests/http/audit, receivers on this machine, and a worker with a clock to set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from starlette.types import ASGIApp

from saman.apps.fhir_api.app import fhir_app
from saman.apps.fhir_api.first import FhirFirst
from saman.flows.subscription.outgoing import Outgoing, read_hosts
from saman.flows.subscription.sending import Chance, Sending
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.codes import CATEGORY
from saman.model.subscription.topic import CANONICAL
from saman.model.subscription.wanted import BACKPORT
from saman.record import Context, Store, open_store, system
from saman.record.grants import open_context
from saman.record.subscriptions.owner import Owner
from tests.http.audit.conftest import BASE, Caller, Gate, call, made, nowhere, resources
from tests.record.conftest import norway

__all__ = ["BASE", "Caller", "call", "made", "resources"]

Json = dict[str, Any]
Sender = Callable[..., Sending]


class Moment:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, **more: float) -> None:
        self.now += timedelta(**more)


class Owners:
    """Who an owner is now: whoever is in `ended` has lost what the subscription rested on."""

    def __init__(self, store: Store, clock: Moment) -> None:
        self._store = store
        self._clock = clock
        self.ended: set[str] = set()

    async def stand(self, owner: Owner, request: str) -> Context | Refusal:
        if owner.actor in self.ended:
            return refused(Kind.FORBIDDEN, "forbidden", "This role is no longer held.")
        if owner.kind == "system":
            return msgspec.structs.replace(system(self._clock(), request), narrowing=owner.narrowing)
        wanted = owner.assignment
        wanted = msgspec.structs.replace(wanted, actor=None if owner.kind == "staff" else owner.actor)
        number = await open_context(self._store.pool, wanted, self._store.policy)
        context = Context(
            number, owner.actor, owner.role, owner.party, owner.purpose, self._clock(), request, owner.kind
        )
        return msgspec.structs.replace(context, narrowing=owner.narrowing)


class Receiver:
    """An HTTP server of its own that keeps what it is told; `answers` are the next status codes, then 200."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: list[int] = []
        self.heard: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.waiting: asyncio.Event | None = None
        self.asked = asyncio.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/told"

    def told(self, kind: str = "event-notification") -> list[Json]:
        """What it was told of one kind."""
        return [one for one in self.heard if value(one, "type") == kind]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(one.lower().split(": ", 1) for one in head[1:] if one)
            body = await reader.readexactly(int(headers["content-length"]))
            self.heard.append(msgspec.json.decode(body))
            self.headers.append({name: text for name, _, text in (one.partition(": ") for one in head[1:] if one)})
            self.asked.set()
            if self.waiting is not None:
                await self.waiting.wait()
            status = self.answers.pop(0) if self.answers else 200
            extra = "location: http://127.0.0.1:9/elsewhere\r\n" if status in (301, 307) else ""
            writer.write(f"HTTP/1.1 {status} x\r\n{extra}content-length: 0\r\nconnection: close\r\n\r\n".encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver while inside."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        if receiver.waiting is not None:
            receiver.waiting.set()
        server.close()
        await server.wait_closed()


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest_asyncio.fixture
async def other() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture(scope="module")
def clock() -> Moment:
    return Moment()


@pytest.fixture(scope="module")
def outgoing() -> Outgoing:
    return Outgoing(read_hosts("private:127.0.0.1", plain=True))


@pytest_asyncio.fixture(scope="module")
async def store(database: Any, outgoing: Outgoing) -> AsyncIterator[Store]:
    opened = await open_store(database.app_url, norway())
    assert isinstance(opened, Store), opened
    opened.endpoints = outgoing.refuses
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def owners(store: Store, clock: Moment) -> Owners:
    return Owners(store, clock)


@pytest.fixture(scope="module")
def app(store: Store, clock: Moment) -> ASGIApp:
    gate = Gate(store)

    async def now(headers: Iterable[tuple[bytes, bytes]]) -> Context | Refusal:
        context = await gate(headers)
        return context if isinstance(context, Refusal) else msgspec.structs.replace(context, now=clock())

    return FhirFirst(nowhere, fhir=fhir_app(store, now, clock, BASE))


@pytest.fixture
def sending(store: Store, owners: Owners, outgoing: Outgoing, clock: Moment) -> Sending:
    return Sending(store, owners.stand, outgoing.post, clock, BASE, Chance(lambda: 1.0, lambda many: bytes(many)))


@pytest_asyncio.fixture(autouse=True)
async def alone(store: Store, clock: Moment) -> AsyncIterator[None]:
    """Each test begins without subscriptions, and with nothing that has happened."""
    async with store.transaction(system(clock())) as connection:
        await connection.execute("DELETE FROM subscription")
        await connection.execute("DELETE FROM outbox")
    yield


async def settled(sending: Sending) -> None:
    """Beat until there is nothing more to do now."""
    while await sending.beat():
        pass


def subscription(endpoint: str, topic: str = "observation", *filters: str, **more: Any) -> Json:
    """A Subscription of a rest-hook."""
    extensions = [{"url": f"{BACKPORT}backport-filter-criteria", "valueString": one} for one in filters]
    content = [{"url": f"{BACKPORT}backport-payload-content", "valueCode": more.pop("content", "id-only")}]
    channel = {
        "type": "rest-hook",
        **({"endpoint": endpoint} if endpoint else {}),
        "payload": "application/fhir+json",
        "_payload": {"extension": content},
    } | more.pop("channel", {})
    made = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "To know what happens",
        "criteria": f"{CANONICAL}{topic}",
        "channel": channel,
    } | more
    return made | ({"_criteria": {"extension": extensions}} if extensions else {})


def value(bundle: Json, name: str) -> Any:
    """A value of the status in a notification."""
    status = bundle["entry"][0]["resource"]
    found = next((one for one in status["parameter"] if one["name"] == name), {})
    return next((one for key, one in found.items() if key.startswith("value")), None)


def events(bundle: Json) -> list[tuple[int, str]]:
    """The events of a notification: number, and `Type/id` of its focus."""
    found = []
    for one in bundle["entry"][0]["resource"]["parameter"]:
        if one["name"] == "notification-event":
            parts = {part["name"]: part for part in one["part"]}
            focus = parts.get("focus", {"valueReference": {"reference": ""}})["valueReference"]["reference"]
            found.append((int(parts["event-number"]["valueString"]), focus.removeprefix(f"{BASE}/")))
    return found


Reading = Callable[..., Awaitable[Json]]


def observation(person: str, code: str = "59408-5", **more: Any) -> Json:
    """An observation of social care, which home care may see of those it follows."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "category": [{"coding": [{"system": CATEGORY, "code": "social-care"}]}],
        "subject": {"reference": f"Patient/{person}"},
        "valueQuantity": {"value": 88.5, "unit": "%"},
    } | more


async def put_back(client: httpx.AsyncClient, id: str) -> Json:
    """The Subscription as it is now."""
    answer = await client.get(f"Subscription/{id}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found
