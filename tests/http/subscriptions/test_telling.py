"""Telling: numbered without gaps, at least once, retried with patience, and laid aside where it can be seen."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from saman.flows.subscription.sending import Sending
from saman.model.subscription.patience import LONGEST, MOST_FAILURES, wait_after
from saman.record import Store, system
from saman.record.subscriptions import attempts
from tests.http.subscriptions.conftest import (
    BACKPORT,
    Caller,
    Moment,
    Receiver,
    events,
    made,
    observation,
    put_back,
    settled,
    subscription,
    value,
)

WAITING = """SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()"""
PATIENT = {"resourceType": "Patient"}


async def asked(call: Caller, id: str, query: str = "") -> list[tuple[int, str]]:
    """What `$events` answers."""
    answer = await call("system").get(f"Subscription/{id}/$events{query}")
    assert answer.status_code == 200, answer.text
    return events(answer.json())


async def test_events_are_numbered_and_told_as_asked_for(
    call: Caller, sending: Sending, receiver: Receiver, other: Receiver
) -> None:
    client = call("system")
    person, somebody = [await made(client, PATIENT) for _ in range(2)]
    narrow = subscription(receiver.endpoint, "observation", f"Observation?patient=Patient/{person}")
    await made(client, narrow)
    await made(client, subscription(other.endpoint, content="full-resource"))
    await settled(sending)
    first = await made(client, observation(person))
    second = await made(client, observation(somebody))
    changed = {**observation(person, status="amended"), "id": first}
    assert (await client.put(f"Observation/{first}", json=changed)).status_code == 200
    assert (await client.delete(f"Observation/{second}")).status_code == 204
    await settled(sending)
    told = [one for bundle in receiver.told() for one in events(bundle)]
    assert told == [(1, f"Observation/{first}"), (2, f"Observation/{first}")]
    assert value(receiver.told()[-1], "events-since-subscription-start") == "2"
    told = [one for bundle in other.told() for one in events(bundle)]
    foci = [f"Observation/{one}" for one in (first, second, first, second)]
    assert told == list(enumerate(foci, 1))
    entries = other.told()[-1]["entry"][1:]
    assert [one["request"]["method"] for one in entries] == ["POST", "POST", "PUT", "DELETE"]
    assert [one.get("resource", {}).get("status") for one in entries] == ["final", "final", "amended", None]


async def test_a_failing_receiver_is_tried_again_later_each_time_and_then_laid_aside(
    call: Caller, sending: Sending, receiver: Receiver, clock: Moment
) -> None:
    client = call("system")
    person = await made(client, PATIENT)
    id = await made(client, subscription(receiver.endpoint, "observation", f"Observation?patient={person}"))
    await settled(sending)
    reading = await made(client, observation(person))
    receiver.answers = [500] * MOST_FAILURES
    for failures in range(1, MOST_FAILURES + 1):
        await settled(sending)
        assert len(receiver.told()) == failures
        clock.later(seconds=wait_after(failures, 1.0).total_seconds() - 1)
        await settled(sending)
        assert len(receiver.told()) == failures, "nothing is sent before its time"
        clock.later(seconds=1)
    assert {tuple(events(one)) for one in receiver.told()} == {((1, f"Observation/{reading}"),)}
    found = await put_back(client, id)
    assert (found["status"], found["error"]) == ("error", "The receiver answered 500.")
    assert await asked(call, id) == [(1, f"Observation/{reading}")]
    again = await made(client, observation(person))
    await settled(sending)
    assert events(receiver.told()[-1]) == [(2, f"Observation/{again}")]
    found = await put_back(client, id)
    assert found["status"] == "active"
    assert "error" not in found


def test_patience_grows_to_an_hour_and_is_spread() -> None:
    waits = [wait_after(failures, 1.0) for failures in range(1, 30)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST
    assert wait_after(3, 0.0) * 2 == wait_after(3, 1.0)


async def test_a_receiver_that_is_gone_is_left_alone(
    call: Caller, sending: Sending, receiver: Receiver, clock: Moment
) -> None:
    client = call("system")
    id = await made(client, subscription(receiver.endpoint))
    await settled(sending)
    person = await made(client, PATIENT)
    first = await made(client, observation(person))
    receiver.answers = [410]
    await settled(sending)
    found = await put_back(client, id)
    assert (found["status"], found["error"]) == ("off", "The receiver answered 410.")
    await made(client, observation(person))
    clock.later(days=1)
    await settled(sending)
    assert len(receiver.told()) == 1
    assert await asked(call, id) == [(1, f"Observation/{first}")]
    answer = await client.put(f"Subscription/{id}", json={**found, "status": "requested"})
    assert answer.status_code == 200, answer.text
    await settled(sending)
    third = await made(client, observation(person))
    await settled(sending)
    assert events(receiver.told()[-1]) == [(2, f"Observation/{third}")], "what happened meanwhile is not told"


async def test_a_slow_receiver_holds_up_nobody(
    call: Caller, sending: Sending, receiver: Receiver, other: Receiver
) -> None:
    client = call("system")
    for one in (receiver, other):
        await made(client, subscription(one.endpoint))
    await settled(sending)
    await made(client, observation(await made(client, PATIENT)))
    receiver.waiting = asyncio.Event()
    receiver.asked.clear()
    other.asked.clear()
    beat = asyncio.create_task(sending.beat())
    await receiver.asked.wait()
    await other.asked.wait()
    assert len(other.told()) == 1
    assert not beat.done()
    receiver.waiting.set()
    await beat
    receiver.waiting = None


async def test_what_was_sent_and_not_noted_is_sent_again(
    call: Caller, sending: Sending, receiver: Receiver, clock: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = call("system")
    await made(client, subscription(receiver.endpoint))
    await settled(sending)
    person = await made(client, PATIENT)
    readings = [await made(client, observation(person)) for _ in range(3)]

    async def killed(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr("saman.flows.subscription.sending.release", killed)
        with pytest.raises(asyncio.CancelledError):
            await sending.beat()
    assert len(receiver.told()) == 1
    later = await made(client, observation(person))
    await settled(sending)
    assert len(receiver.told()) == 1, "whoever was killed has it claimed for a while"
    clock.later(seconds=attempts.LEASE.total_seconds())
    await settled(sending)
    first, again, rest = receiver.told()
    assert events(first) == events(again) == list(enumerate([f"Observation/{one}" for one in readings], 1))
    assert events(rest) == [(4, f"Observation/{later}")]


async def test_a_worker_that_is_killed_while_it_tells_loses_nothing(
    call: Caller, sending: Sending, receiver: Receiver, clock: Moment, database: Any
) -> None:
    client = call("system")
    await made(client, subscription(receiver.endpoint))
    await settled(sending)
    person = await made(client, PATIENT)
    readings = [await made(client, observation(person)) for _ in range(3)]
    receiver.waiting = asyncio.Event()
    receiver.asked.clear()
    words = ("-m", "tests.http.subscriptions.killed", database.app_url, clock.now.isoformat())
    worker = await asyncio.create_subprocess_exec(sys.executable, *words)
    await asyncio.wait_for(receiver.asked.wait(), 60)
    worker.kill()
    await worker.wait()
    receiver.waiting.set()
    receiver.waiting = None
    clock.later(seconds=attempts.LEASE.total_seconds())
    await settled(sending)
    first, again = receiver.told()
    assert events(first) == events(again) == list(enumerate([f"Observation/{one}" for one in readings], 1))


async def test_two_workers_at_once_tell_each_event_once(
    call: Caller, sending: Sending, receiver: Receiver, store: Store
) -> None:
    client = call("system")
    channel = {"extension": [{"url": f"{BACKPORT}backport-max-count", "valuePositiveInt": 2}]}
    await made(client, subscription(receiver.endpoint, channel=channel))
    await settled(sending)
    person = await made(client, PATIENT)
    readings = [await made(client, observation(person)) for _ in range(7)]
    await asyncio.gather(*(settled(sending) for _ in range(4)))
    told = [one for bundle in receiver.told() for one in events(bundle)]
    assert sorted(told) == list(enumerate([f"Observation/{one}" for one in readings], 1))
    assert all(len(events(one)) <= 2 for one in receiver.told())


async def test_a_heartbeat_comes_when_nothing_else_did(
    call: Caller, sending: Sending, receiver: Receiver, clock: Moment
) -> None:
    client = call("system")
    channel = {"extension": [{"url": f"{BACKPORT}backport-heartbeat-period", "valueUnsignedInt": 60}]}
    await made(client, subscription(receiver.endpoint, channel=channel))
    await settled(sending)
    clock.later(seconds=59)
    await settled(sending)
    assert receiver.told("heartbeat") == []
    clock.later(seconds=1)
    await settled(sending)
    [heard] = receiver.told("heartbeat")
    assert value(heard, "events-since-subscription-start") == "0"


async def test_a_subscription_ends_at_its_end(
    call: Caller, sending: Sending, receiver: Receiver, clock: Moment
) -> None:
    client = call("system")
    end = clock.now.replace(microsecond=0)
    id = await made(client, subscription(receiver.endpoint, end=end.isoformat()))
    clock.later(seconds=1)
    await settled(sending)
    assert (await put_back(client, id))["status"] == "off"
    assert receiver.heard == []


async def test_admissions_and_discharges_are_told_when_they_happen(
    call: Caller, sending: Sending, receiver: Receiver, other: Receiver
) -> None:
    client = call("system")
    await made(client, subscription(receiver.endpoint, "admission"))
    await made(client, subscription(other.endpoint, "discharge"))
    await settled(sending)
    person = await made(client, PATIENT)
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
    stay = {"resourceType": "Encounter", "class": kind, "subject": {"reference": f"Patient/{person}"}}
    id = await made(client, {**stay, "status": "planned"})
    for status in ("in-progress", "in-progress", "onleave", "finished", "finished"):
        answer = await client.put(f"Encounter/{id}", json={**stay, "status": status, "id": id})
        assert answer.status_code == 200, answer.text
    await settled(sending)
    assert [one for bundle in receiver.told() for one in events(bundle)] == [(1, f"Encounter/{id}")]
    assert [one for bundle in other.told() for one in events(bundle)] == [(1, f"Encounter/{id}")]


async def test_nothing_is_lost_among_transactions_that_end_out_of_order(
    call: Caller, sending: Sending, receiver: Receiver, store: Store
) -> None:
    client = call("system")
    person = await made(client, PATIENT)
    await made(client, subscription(receiver.endpoint, "observation", f"Observation?patient={person}"))
    await settled(sending)
    early = await made(client, observation(person))
    async with store.pool.acquire() as connection:
        open = connection.transaction()
        await open.start()
        held = await connection.fetchval("DELETE FROM outbox WHERE id = $1 RETURNING entry", early)
        late = await made(client, observation(person))
        beat = asyncio.create_task(settled(sending))
        await beat
        assert [one for bundle in receiver.told() for one in events(bundle)] == [(1, f"Observation/{late}")]
        await open.rollback()
    assert held
    await settled(sending)
    assert [one for bundle in receiver.told() for one in events(bundle)][1:] == [(2, f"Observation/{early}")]


async def test_a_subscription_that_is_taken_out_meanwhile_holds_up_nobody(
    call: Caller, sending: Sending, receiver: Receiver, store: Store, clock: Moment
) -> None:
    client = call("system")
    gone, left = [await made(client, subscription(receiver.endpoint)) for _ in range(2)]
    await settled(sending)
    await made(client, observation(await made(client, PATIENT)))
    async with store.transaction(system(clock())) as connection:
        await connection.execute("DELETE FROM subscription WHERE id = $1", gone)
        beat = asyncio.create_task(sending.beat())
        while await connection.fetchval(WAITING) == 0:
            pass
    await beat
    [told] = receiver.told()
    assert value(told, "subscription")["reference"].endswith(left)


async def test_a_topic_and_the_events_since_a_number_can_be_asked_for(
    call: Caller, sending: Sending, receiver: Receiver
) -> None:
    client = call("system")
    listed = (await client.get("Subscription/$topics")).json()["parameter"]
    assert {"name": "url", "valueCanonical": "urn:saman:subscription-topic:task"} in [one["part"][0] for one in listed]
    id = await made(client, subscription(receiver.endpoint, content="empty"))
    await settled(sending)
    person = await made(client, PATIENT)
    readings = [await made(client, observation(person)) for _ in range(4)]
    await settled(sending)
    assert [one for bundle in receiver.told() for one in events(bundle)] == [(one, "") for one in (1, 2, 3, 4)]
    since = "?eventsSinceNumber=2&eventsUntilNumber=3&content=full-resource"
    assert await asked(call, id, since) == [(2, f"Observation/{readings[1]}"), (3, f"Observation/{readings[2]}")]
    for wrong in ("eventsSinceNumber=x", "eventsSinceNumber=-1", "content=some", "eventsSinceNumber=" + "9" * 40):
        assert (await client.get(f"Subscription/{id}/$events?{wrong}")).status_code == 400, wrong
    status = (await client.get(f"Subscription/$status?id={id}")).json()
    [one] = status["entry"]
    values = {part["name"]: part for part in one["resource"]["parameter"]}
    assert values["events-since-subscription-start"]["valueString"] == "4"
    assert values["type"]["valueCode"] == "query-status"
    assert (await client.get("Subscription/$status?status=off&id=" + id)).json()["total"] == 0
