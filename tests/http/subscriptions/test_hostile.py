"""A subscriber learns what its owner may know at the moment it is told, and not even how much more there is."""

from __future__ import annotations

import json

import msgspec
import pytest

from saman.flows.subscription.sending import ENDED, Sending
from saman.record import Record, Store, system
from saman.record.log import log_of
from saman.record.subscriptions.matching import match
from tests.http.subscriptions.conftest import (
    BASE,
    Caller,
    Moment,
    Owners,
    Receiver,
    events,
    made,
    observation,
    put_back,
    settled,
    subscription,
    value,
)
from tests.record.restricted import SCOPE
from tests.record.test_fences import care_team

PATIENT = {"resourceType": "Patient"}


async def test_a_nurse_is_told_of_those_she_follows_and_of_nobody_else(
    call: Caller, sending: Sending, receiver: Receiver
) -> None:
    client, nurse = call("system"), call("nurse:unit-a")
    kari, ola = [await made(client, PATIENT) for _ in range(2)]
    await made(client, care_team(kari, "unit-a"))
    everybody = await made(nurse, subscription(receiver.endpoint, content="full-resource"))
    hidden = await made(nurse, subscription(receiver.endpoint, "observation", f"Observation?patient=Patient/{ola}"))
    await settled(sending)
    for _ in range(3):
        await made(client, observation(ola))
    reading = await made(client, observation(kari))
    assert (await nurse.get(f"Observation/{reading}")).status_code == 200
    await made(client, observation(ola))
    await settled(sending)
    [told] = receiver.told()
    assert events(told) == [(1, f"Observation/{reading}")]
    assert value(told, "events-since-subscription-start") == "1"
    assert ola not in json.dumps(receiver.heard)
    for id, count in ((everybody, "1"), (hidden, "0")):
        status = (await nurse.get(f"Subscription/{id}/$status")).json()["entry"][0]["resource"]["parameter"]
        assert {"name": "events-since-subscription-start", "valueString": count} in status
        assert len(events((await nurse.get(f"Subscription/{id}/$events")).json())) == int(count)


async def test_hidden_and_absent_leave_the_same(call: Caller, sending: Sending, receiver: Receiver) -> None:
    client, nurse = call("system"), call("nurse:unit-b")
    ola = await made(client, PATIENT)
    pair = [
        await made(nurse, subscription(receiver.endpoint, "observation", f"Observation?patient={who}"))
        for who in (ola, "nobody-at-all")
    ]
    await settled(sending)
    await made(client, observation(ola))
    await settled(sending)
    answers = []
    for id in pair:
        found = await put_back(nurse, id)
        found["_criteria"] = found["meta"]["lastUpdated"] = None
        told = [found, (await nurse.get(f"Subscription/{id}/$status")).json()]
        answers.append(json.dumps(told).replace(id, "ID"))
    assert answers[0] == answers[1]


async def test_who_loses_sight_between_event_and_telling_is_not_told(
    call: Caller, sending: Sending, receiver: Receiver
) -> None:
    client, nurse = call("system"), call("nurse:unit-c")
    kari = await made(client, PATIENT)
    team = await made(client, care_team(kari, "unit-c"))
    id = await made(nurse, subscription(receiver.endpoint))
    await settled(sending)
    await made(client, observation(kari))
    ended = {**care_team(kari, "unit-c"), "id": team, "status": "inactive"}
    assert (await client.put(f"CareTeam/{team}", json=ended)).status_code == 200
    await settled(sending)
    assert receiver.told() == []
    assert events((await nurse.get(f"Subscription/{id}/$events")).json()) == []


async def test_who_loses_sight_before_the_receiver_confirmed_is_told_the_number_alone(
    call: Caller, sending: Sending, receiver: Receiver, clock: Moment
) -> None:
    client, nurse = call("system"), call("nurse:unit-d")
    kari = await made(client, PATIENT)
    team = await made(client, care_team(kari, "unit-d"))
    id = await made(nurse, subscription(receiver.endpoint, content="full-resource"))
    await settled(sending)
    reading = await made(client, observation(kari))
    receiver.answers = [503]
    await settled(sending)
    assert events(receiver.told()[0]) == [(1, f"Observation/{reading}")]
    ended = {**care_team(kari, "unit-d"), "id": team, "status": "inactive"}
    assert (await client.put(f"CareTeam/{team}", json=ended)).status_code == 200
    clock.later(minutes=1)
    await settled(sending)
    assert events(receiver.told()[1]) == [(1, "")]
    assert reading not in json.dumps(receiver.told()[1])
    asked = await nurse.get(f"Subscription/{id}/$events?content=full-resource")
    assert events(asked.json()) == [(1, "")]
    assert reading not in asked.text


async def test_what_somebody_has_restricted_is_not_told_and_filters_do_not_find_it(
    call: Caller, sending: Sending, receiver: Receiver, other: Receiver
) -> None:
    client, nurse = call("system"), call("nurse:unit-e")
    kari = await made(client, PATIENT)
    await made(client, care_team(kari, "unit-e"))
    secret, open = [await made(client, observation(kari)) for _ in range(2)]
    items = [{"meaning": "instance", "reference": {"reference": f"Observation/{secret}"}}]
    about = {
        "status": "active",
        "scope": SCOPE,
        "category": [{"text": "x"}],
        "policyRule": {"text": "x"},
        "patient": {"reference": f"Patient/{kari}"},
    }
    await made(client, {"resourceType": "Consent", "provision": {"type": "deny", "data": items}} | about)
    await made(nurse, subscription(receiver.endpoint))
    await settled(sending)
    for id in (secret, open):
        changed = {**observation(kari, status="amended"), "id": id}
        assert (await client.put(f"Observation/{id}", json=changed)).status_code == 200
    await settled(sending)
    assert [one for bundle in receiver.told() for one in events(bundle)] == [(1, f"Observation/{open}")]


async def test_a_subscription_is_its_makers_alone(call: Caller, sending: Sending, receiver: Receiver) -> None:
    nurse = call("nurse:unit-f")
    channel = {"header": ["Authorization: Bearer the-key-of-the-receiver"]}
    id = await made(nurse, subscription(receiver.endpoint, channel=channel))
    await settled(sending)
    assert receiver.headers[0]["Authorization"] == "Bearer the-key-of-the-receiver"
    found = await nurse.get(f"Subscription/{id}")
    assert found.json()["channel"]["header"] == ["Authorization: *"]
    assert "the-key-of-the-receiver" not in found.text
    absent = id[:-1] + ("a" if id[-1] != "a" else "b")
    for who in ("nurse:unit-g", "citizen:somebody", "system"):
        stranger = call(who)
        for method, more in (
            ("GET", ""),
            ("GET", "/_history/1"),
            ("GET", "/_history"),
            ("GET", "/$status"),
            ("GET", "/$events"),
            ("GET", "/$get-ws-binding-token"),
            ("DELETE", ""),
        ):
            answers = [await stranger.request(method, f"Subscription/{one}{more}") for one in (id, absent)]
            told = [(one.status_code, one.text.replace(id, "ID").replace(absent, "ID")) for one in answers]
            assert told[0] == told[1], (who, method, more)
        changed = [
            await stranger.put(f"Subscription/{one}", json={**subscription(receiver.endpoint), "id": one})
            for one in (id, absent)
        ]
        assert {one.status_code for one in changed} == {404}, who
        assert id not in (await stranger.get("Subscription")).text
        assert id not in (await stranger.get("Subscription/$status")).text
    assert (await put_back(nurse, id))["status"] == "active"


async def test_a_header_keeps_its_value_when_the_star_comes_back(
    call: Caller, sending: Sending, receiver: Receiver
) -> None:
    client = call("system")
    id = await made(client, subscription(receiver.endpoint, channel={"header": ["X-Key: one"]}))
    await settled(sending)
    found = await put_back(client, id)
    answer = await client.put(f"Subscription/{id}", json={**found, "reason": "Another"})
    assert answer.status_code == 200, answer.text
    patch = [{"op": "replace", "path": "/reason", "value": "A third"}]
    answer = await client.patch(
        f"Subscription/{id}", json=patch, headers={"content-type": "application/json-patch+json"}
    )
    assert answer.status_code == 200, answer.text
    await settled(sending)
    assert receiver.headers[-1]["X-Key"] == "one"
    wrong = subscription(receiver.endpoint, channel={"header": ["X-Other: *"]})
    assert (await client.post("Subscription", json=wrong)).status_code == 422


async def test_when_rights_end_the_subscription_ends(
    call: Caller, sending: Sending, receiver: Receiver, owners: Owners
) -> None:
    client = call("system")
    person = await made(client, PATIENT)
    citizen = call(f"citizen:{person}")
    id = await made(citizen, subscription(receiver.endpoint))
    await settled(sending)
    reading = await made(client, observation(person))
    await settled(sending)
    assert events(receiver.told()[0]) == [(1, f"Observation/{reading}")], "citizens are told of their own"
    owners.ended.add(f"Patient/{person}")
    await made(client, observation(person))
    await settled(sending)
    owners.ended.clear()
    assert len(receiver.told()) == 1
    found = await put_back(citizen, id)
    assert (found["status"], found["error"]) == ("off", ENDED)


async def test_the_scopes_of_an_app_go_along(call: Caller, sending: Sending, receiver: Receiver) -> None:
    client = call("system")
    person = await made(client, PATIENT)
    citizen = call(f"citizen:{person}")
    scopes = "patient/Subscription.cruds patient/Observation.rs?code=http://loinc.org|59408-5"
    narrow = {"x-scopes": scopes.replace("patient/Subscription", "user/Subscription")}
    made_so = await citizen.post("Subscription", json=subscription(receiver.endpoint), headers=narrow)
    assert made_so.status_code == 201, made_so.text
    refused = await citizen.post(
        "Subscription", json=subscription(receiver.endpoint), headers={"x-scopes": "patient/Observation.rs"}
    )
    assert refused.status_code == 403
    await settled(sending)
    await made(client, observation(person, "8867-4"))
    reading = await made(client, observation(person))
    await made(client, {"resourceType": "Task", "status": "ready", "intent": "order"})
    await settled(sending)
    assert [one for bundle in receiver.told() for one in events(bundle)] == [(1, f"Observation/{reading}")]


async def test_each_telling_is_in_the_log_of_the_person(
    call: Caller, sending: Sending, receiver: Receiver, store: Store, clock: Moment
) -> None:
    client, nurse = call("system"), call("nurse:unit-i")
    kari = await made(client, PATIENT)
    await made(client, care_team(kari, "unit-i"))
    id = await made(nurse, subscription(receiver.endpoint, content="full-resource"))
    await settled(sending)
    reading = await made(client, observation(kari))
    await settled(sending)
    log = await log_of(Record(store, system(clock()), BASE), kari)
    told = [one for one in log if one.request == f"subscription-{id}"]
    assert [(one.action, one.actor, one.id, bool(one.ground)) for one in told] == [
        ("R", "Practitioner/1", reading, True)
    ]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"criteria": "urn:saman:subscription-topic:none"}, "criteria"),
        ({"status": "active"}, "status"),
        ({"channel": {"type": "email"}}, "channel.type"),
        ({"channel": {"endpoint": "http://10.0.0.1/x"}}, "channel.endpoint"),
        ({"channel": {"endpoint": "http://127.0.0.1@evil.example/x"}}, "channel.endpoint"),
        ({"channel": {"endpoint": "file:///etc/passwd"}}, "channel.endpoint"),
        ({"channel": {"endpoint": "http://[::1]:99999/"}}, "channel.endpoint"),
        ({"channel": {"payload": "text/plain"}}, "channel.payload"),
        ({"channel": {"header": ["Host: elsewhere"]}}, "channel.header"),
        ({"channel": {"header": ["X: a\r\nY: b"]}}, "channel.header"),
        ({"end": "0000-01-01T00:00:00Z"}, "end"),
        ({"filters": ["Task?status=ready"]}, "criteria.extension"),
        ({"filters": ["Observation?value-quantity=5"]}, "criteria.extension"),
        ({"filters": ["Observation?patient=http://elsewhere.example/Patient/1"]}, "criteria.extension"),
        ({"filters": ["Observation?patient="]}, "criteria.extension"),
    ],
)
async def test_what_cannot_be_is_refused_where_it_stands(
    call: Caller, receiver: Receiver, change: dict[str, object], place: str
) -> None:
    filters = change.pop("filters", [])
    assert isinstance(filters, list)
    wrong = subscription(receiver.endpoint, "observation", *filters, **change)
    answer = await call("system").post("Subscription", json=wrong)
    change["filters"] = filters
    assert answer.status_code == 422, answer.text
    assert f"Subscription.{place}" in [one["expression"][0] for one in answer.json()["issue"] if "expression" in one]


@pytest.mark.parametrize("end", ["2026-12-31T23:59:60Z", "2026-12-31T23:59:59.123456789+14:00", "9999-12-31T23:59:59Z"])
async def test_every_moment_is_an_end(call: Caller, receiver: Receiver, end: str) -> None:
    answer = await call("system").post("Subscription", json=subscription(receiver.endpoint, end=end))
    assert answer.status_code in (201, 422), answer.text


async def test_nobody_makes_more_than_fifty(call: Caller, receiver: Receiver) -> None:
    nurse = call("nurse:unit-many")
    statuses = [(await nurse.post("Subscription", json=subscription(receiver.endpoint))).status_code for _ in range(51)]
    assert statuses == [201] * 50 + [422]
    found = await nurse.get("Subscription?status=requested&_count=100")
    assert len(found.json()["entry"]) == 50


async def test_the_second_fence_holds_alone(call: Caller, receiver: Receiver, store: Store, clock: Moment) -> None:
    nurse, other = call("nurse:unit-j"), call("nurse:unit-k")
    ids = [await made(one, subscription("", channel={"type": "websocket"})) for one in (nurse, other)]
    assert (await nurse.get(f"Subscription/{ids[0]}/$get-ws-binding-token")).status_code == 200
    await made(call("system"), observation(await made(call("system"), PATIENT)))
    await match(store, system(clock()))
    tables = ("subscription", "subscription_event", "subscription_token")
    async with store.pool.acquire() as connection:
        assert [await connection.fetchval(f"SELECT count(*) FROM {one}") for one in tables] == [0, 0, 0]
        number = await connection.fetchval("SELECT number FROM context WHERE party = 'unit-j'")
    for actor, right in (("Practitioner/1", [1, 1, 1]), ("Practitioner/2", [0, 0, 0])):
        context = msgspec.structs.replace(system(clock()), number=number, actor=actor)
        async with store.transaction(context) as connection:
            found = [await connection.fetchval(f"SELECT count(*) FROM {one}") for one in tables]
        assert found == right, actor


async def test_what_waited_for_a_month_goes_and_nobody_is_told(
    call: Caller, sending: Sending, store: Store, clock: Moment
) -> None:
    nurse = call("nurse:unit-l")
    id = await made(nurse, subscription("", channel={"type": "websocket"}))
    before = await put_back(nurse, id)
    await made(call("system"), observation(await made(call("system"), PATIENT)))
    await settled(sending)
    clock.later(days=31)
    await sending.sweep()
    async with store.transaction(system(clock())) as connection:
        assert await connection.fetchval("SELECT count(*) FROM subscription_event") == 0
    assert await put_back(nurse, id) == before


async def test_a_redirect_is_not_followed(call: Caller, sending: Sending, receiver: Receiver) -> None:
    client = call("system")
    id = await made(client, subscription(receiver.endpoint))
    receiver.answers = [307]
    await settled(sending)
    assert (await put_back(client, id))["status"] == "requested"
    assert len(receiver.heard) == 1
