"""Subscriptions of apps and back-end clients: as long as what they were let do lasts, and no further than it goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from saman.apps.auth.identity import Identity
from saman.apps.auth.smart.owners import Owners
from saman.apps.auth.tokens import Tokens
from saman.flows.subscription.outgoing import Answered, Outgoing, Result, read_hosts
from saman.flows.subscription.sending import ENDED, Sending, chance
from saman.kernel import json
from saman.record import Written
from saman.record.apps.clients import Clients
from tests.http.app.conftest import Agder
from tests.http.smart.conftest import FHIR, INGRID, OLAV, fhir, launching, machine_token
from tests.http.subscriptions.conftest import events, subscription
from tests.record.conftest import observation

Json = dict[str, Any]
SCOPE = "system/Subscription.cruds system/Observation.rs"


class Told:
    """A worker whose receivers are all here."""

    def __init__(self, agder: Agder) -> None:
        self.heard: list[Json] = []
        identity = Identity(agder.store, Tokens(agder.store.secret), agder.clock)
        stand = Owners(agder.store, identity, agder.clock).stand
        self.sending = Sending(agder.store, stand, self.post, agder.clock, FHIR, chance())

    async def post(self, address: str, headers: Any, body: bytes, seconds: float) -> Answered:
        self.heard.append(json.decode(body))
        return Answered(Result.TAKEN)

    async def settle(self) -> list[tuple[int, str]]:
        """What was told since."""
        self.heard.clear()
        while await self.sending.beat():
            pass
        return [(number, focus.removeprefix(f"{FHIR}/")) for one in self.heard for number, focus in events(one)]


@pytest_asyncio.fixture
async def told(agder: Agder) -> AsyncIterator[Told]:
    agder.store.endpoints = Outgoing(read_hosts("receiver.example")).refuses
    made = Told(agder)
    await made.settle()
    yield made


async def reading(agder: Agder, who: str) -> str:
    written = await agder.system.create(observation(who))
    assert isinstance(written, Written), written
    return f"Observation/{written.stored.id}"


async def subscribed(agder: Agder, token: str) -> str:
    wanted = subscription("https://receiver.example/")
    answer = await fhir(agder, token, "Subscription", "POST", json=wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_back_end_client_is_told_as_long_as_it_is_registered(agder: Agder, told: Told) -> None:
    token = await machine_token(agder, SCOPE)
    id = await subscribed(agder, token)
    assert await told.settle() == []
    agder.clock.forward(minutes=30)
    seen = await reading(agder, OLAV)
    assert await told.settle() == [(1, seen)], "it lasts longer than the token by which it was made"
    await agder.system.create({"resourceType": "Task", "status": "ready", "intent": "order"})
    assert await told.settle() == []
    token = await machine_token(agder, SCOPE)
    found = (await fhir(agder, token, f"Subscription/{id}")).json()
    assert found["status"] == "active"
    everything = await machine_token(agder, "system/Patient.rs")
    assert (await fhir(agder, everything, f"Subscription/{id}")).status_code == 403
    assert (await fhir(agder, everything, f"Subscription/{id}/$events")).status_code == 403
    assert (await fhir(agder, everything, "Subscription", "POST", json={})).status_code in (403, 422)
    await Clients(agder.store.pool).remove("machine", agder.clock())
    await reading(agder, OLAV)
    assert await told.settle() == []
    async with agder.store.transaction(agder.system.context) as connection:
        assert await connection.fetchrow("SELECT status, error FROM subscription WHERE id = $1", id) == ("off", ENDED)


async def test_an_app_is_told_of_its_person_until_access_is_ended(agder: Agder, told: Told) -> None:
    async with launching(agder, INGRID) as launch:
        token = (await launch.tokens(scope="launch/patient patient/*.cruds"))["access_token"]
        id = await subscribed(agder, token)
        assert await told.settle() == []
        await reading(agder, OLAV)
        seen = await reading(agder, INGRID)
        assert await told.settle() == [(1, seen)]
        other = (await launch.tokens(client_id="other", scope="launch/patient patient/*.cruds"))["access_token"]
        assert (await fhir(agder, other, f"Subscription/{id}")).status_code == 404, "another app of the same person"
        async with agder.store.transaction(agder.system.context) as connection:
            await connection.execute("UPDATE approval SET ended = $1 WHERE client = 'reader'", agder.clock())
        await reading(agder, INGRID)
        assert await told.settle() == []
