"""Web sockets: bound by a token that is good once, told like everybody else, and closed when rights end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import ASGIApp

from saman.apps.fhir_api.app import Beside, fhir_app
from saman.apps.fhir_api.first import FhirFirst
from saman.flows.subscription import sockets
from saman.flows.subscription.sending import Chance, Sending
from saman.flows.subscription.sockets import Sockets
from saman.record import Store
from tests.http.audit.conftest import Gate, nowhere
from tests.http.subscriptions.conftest import (
    BASE,
    Caller,
    Json,
    Moment,
    Owners,
    events,
    made,
    observation,
    put_back,
    settled,
    subscription,
    value,
)


class Talk:
    """The other side of a web socket."""

    def __init__(self, app: ASGIApp, path: str = "/fhir/$subscriptions") -> None:
        self.sent: asyncio.Queue[Json] = asyncio.Queue()
        self.heard: asyncio.Queue[Json] = asyncio.Queue()
        scope: dict[str, Any] = {
            "type": "websocket",
            "path": path,
            "headers": [],
            "query_string": b"",
            "subprotocols": [],
        }
        self.sent.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(app(scope, self.sent.get, self.heard.put))  # type: ignore[arg-type]

    def say(self, text: str) -> None:
        self.sent.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self) -> Json:
        """The next message: a notification, or how the web socket is accepted or closed."""
        message = await asyncio.wait_for(self.heard.get(), 20)
        return json.loads(message["text"]) if "text" in message else message  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def app(store: Store, owners: Owners, clock: Moment) -> ASGIApp:
    gate = Gate(store)

    async def now(headers: Any) -> Any:
        import msgspec

        context = await gate(headers)
        return context if not hasattr(context, "now") else msgspec.structs.replace(context, now=clock())

    own = Sockets(store, owners.stand, clock, BASE, Chance(lambda: 1.0, lambda many: bytes(many)))
    return FhirFirst(nowhere, fhir=fhir_app(store, now, clock, BASE, beside=Beside(sockets=own)))


@asynccontextmanager
async def talking(app: ASGIApp, word: str) -> AsyncIterator[Talk]:
    """A web socket that is accepted and says its token."""
    talk = Talk(app)
    try:
        assert (await talk.hear())["type"] == "websocket.accept"
        talk.say(f"bind-with-token {word}")
        yield talk
    finally:
        talk.sent.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(talk.task, 20)


async def token(call: Caller, who: str, id: str) -> str:
    answer = await call(who).get(f"Subscription/{id}/$get-ws-binding-token")
    assert answer.status_code == 200, answer.text
    given = {one["name"]: one for one in answer.json()["parameter"]}
    assert given["websocket-url"]["valueUrl"] == "ws://test/fhir/$subscriptions"
    return str(given["token"]["valueString"])


SOCKET = {"channel": {"type": "websocket"}}


async def test_events_come_over_a_web_socket(call: Caller, app: ASGIApp, sending: Sending) -> None:
    client = call("system")
    id = await made(client, subscription("", "observation", **SOCKET))
    person = await made(client, {"resourceType": "Patient"})
    before = await made(client, observation(person))
    await settled(sending)
    word = await token(call, "system", id)
    async with talking(app, word) as talk:
        assert value(await talk.hear(), "type") == "handshake"
        assert events(await talk.hear()) == [(1, f"Observation/{before}")]
        reading = await made(client, observation(person))
        await settled(sending)
        assert events(await talk.hear()) == [(2, f"Observation/{reading}")]
        assert (await put_back(client, id))["status"] == "active"
    async with talking(app, word) as talk:
        assert (await talk.hear())["code"] == sockets.UNKNOWN
    missed = await made(client, observation(person))
    await settled(sending)
    async with talking(app, await token(call, "system", id)) as talk:
        await talk.hear()
        assert events(await talk.hear()) == [(3, f"Observation/{missed}")]


@pytest.mark.parametrize("said", ["bind-with-token wrong", "hello", "bind-with-token " + "x" * 1000])
async def test_a_wrong_word_closes(call: Caller, app: ASGIApp, said: str) -> None:
    async with talking(app, "") as talk:
        assert (await talk.hear())["code"] == sockets.UNKNOWN
    talk = Talk(app)
    await talk.hear()
    talk.say(said)
    assert (await talk.hear())["code"] == sockets.UNKNOWN
    await talk.task


async def test_a_web_socket_elsewhere_is_refused(app: ASGIApp) -> None:
    talk = Talk(app, "/fhir/Patient")
    assert (await talk.hear())["type"] == "websocket.close"
    await talk.task


async def test_it_closes_when_rights_end(
    call: Caller, app: ASGIApp, sending: Sending, owners: Owners, monkeypatch
) -> None:
    monkeypatch.setattr(sockets, "PATIENCE", 0.05)
    person = await made(call("system"), {"resourceType": "Patient"})
    citizen = f"citizen:{person}"
    id = await made(call(citizen), subscription("", "observation", **SOCKET))
    stranger = await call("nurse:unit-x").get(f"Subscription/{id}/$get-ws-binding-token")
    assert stranger.status_code == 404
    async with talking(app, await token(call, citizen, id)) as talk:
        await talk.hear()
        owners.ended.add(f"Patient/{person}")
        assert (await talk.hear())["code"] == sockets.UNKNOWN
    owners.ended.clear()


async def test_a_token_is_good_for_five_minutes(call: Caller, app: ASGIApp, clock: Moment) -> None:
    id = await made(call("system"), subscription("", "observation", **SOCKET))
    word = await token(call, "system", id)
    clock.later(minutes=5)
    async with talking(app, word) as talk:
        assert (await talk.hear())["code"] == sockets.UNKNOWN


async def test_it_closes_when_the_subscription_is_taken_out(call: Caller, app: ASGIApp, monkeypatch) -> None:
    monkeypatch.setattr(sockets, "PATIENCE", 0.05)
    client = call("system")
    id = await made(client, subscription("", "observation", **SOCKET))
    async with talking(app, await token(call, "system", id)) as talk:
        await talk.hear()
        assert (await client.delete(f"Subscription/{id}")).status_code == 204
        assert (await talk.hear())["code"] == sockets.ENDED
