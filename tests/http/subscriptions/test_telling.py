"""Telling: numbered without gaps, at least once, retried, laid aside, and no more than the owner may know."""

from __future__ import annotations

from tests.http.subscriptions.conftest import (
    Caller, Moment, Receiver, events, made, observation, put_back, settled, subscription, value,
)  # fmt: skip


async def test_events_are_numbered_and_told_as_asked_for(call: Caller, sending, receiver: Receiver, other: Receiver):
    client = call("system")
    person, somebody = [await made(client, {"resourceType": "Patient"}) for _ in range(2)]
    narrow = subscription(receiver.endpoint, "observation", f"Observation?patient=Patient/{person}")
    whole = subscription(other.endpoint, content="full-resource")
    await made(client, narrow)
    await made(client, whole)
    await settled(sending)
    first = await made(client, observation(person))
    second = await made(client, observation(somebody))
    answer = await client.put(f"Observation/{first}", json={**observation(person, status="amended"), "id": first})
    assert answer.status_code == 200
    await settled(sending)
    told = [one for bundle in receiver.told() for one in events(bundle)]
    assert told == [(1, f"Observation/{first}"), (2, f"Observation/{first}")]
    assert value(receiver.told()[-1], "events-since-subscription-start") == "2"
    told = [one for bundle in other.told() for one in events(bundle)]
    assert [(number, focus) for number, focus in told] == [
        (1, f"Observation/{first}"), (2, f"Observation/{second}"), (3, f"Observation/{first}")
    ]  # fmt: skip
    entries = other.told()[-1]["entry"][1:]
    assert [one["resource"]["meta"]["versionId"] for one in entries] == ["1", "1", "2"]
    assert [one["request"]["method"] for one in entries] == ["POST", "POST", "PUT"]
