"""What telling costs: statements by the number of subscriptions and of events, none for who subscribes to nothing."""

from __future__ import annotations

from saman.flows.subscription.sending import Sending
from saman.record import Record, Store, system
from tests.http.subscriptions.conftest import Caller, Receiver, made, observation, settled, subscription
from tests.record.conftest import NOW
from tests.record.test_query_plans import listening

BEAT, NOTIFICATION, EVENT = 8, 22, 1
"""Statements of a beat in which nothing happens, of one notification, and of each event in it, BEGIN and COMMIT too."""


async def beat(sending: Sending, store: Store) -> int:
    """How many statements one beat takes."""
    async with listening(Record(store, system(NOW))) as heard:
        await sending.beat()
    return len(heard)


async def test_a_beat_without_subscribers_costs_little_however_much_has_happened(
    call: Caller, sending: Sending, store: Store
) -> None:
    client = call("system")
    person = await made(client, {"resourceType": "Patient"})
    for _ in range(20):
        await made(client, observation(person))
    assert await beat(sending, store) <= BEAT
    async with store.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_notification_costs_a_statement_an_event(
    call: Caller, sending: Sending, store: Store, receiver: Receiver
) -> None:
    client = call("system")
    await made(client, subscription(receiver.endpoint, content="full-resource"))
    await settled(sending)
    person = await made(client, {"resourceType": "Patient"})
    costs = []
    for many in (1, 10):
        for _ in range(many):
            await made(client, observation(person))
        costs.append(await beat(sending, store))
    assert costs[0] <= BEAT + NOTIFICATION + EVENT
    assert costs[1] - costs[0] <= 9 * EVENT
    assert len(receiver.told()) == 2


async def test_who_waits_for_somebody_else_costs_nothing(
    call: Caller, sending: Sending, store: Store, receiver: Receiver
) -> None:
    client = call("system")
    person, other = [await made(client, {"resourceType": "Patient"}) for _ in range(2)]
    for _ in range(20):
        await made(client, subscription(receiver.endpoint, "observation", f"Observation?patient={other}"))
    await settled(sending)
    await made(client, observation(person))
    assert await beat(sending, store) <= BEAT
