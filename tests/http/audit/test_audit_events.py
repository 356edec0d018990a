"""AuditEvents over FHIR: one for every request, in the reader's reach alone, found, counted and paged."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from itertools import count

import httpx
import pytest
import pytest_asyncio

from tests.http.audit.conftest import Caller, Json, made, request_of, resources
from tests.record.conftest import observation, patient
from tests.record.test_fences import care_team

_numbers = count(1)


def marked() -> dict[str, str]:
    """A header with a request id of its own."""
    return {"x-request-id": f"audit-test-{next(_numbers):04}"}


@pytest_asyncio.fixture(scope="module")
async def kari(call: Caller) -> str:
    """A person with a team, whose record a nurse of the unit reads."""
    kari = await made(call("system"), patient())
    await made(call("system"), care_team(kari, "unit-a"))
    return kari


def until_now() -> str:
    """A date that what follows does not fulfil."""
    return f"lt{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


async def events(client: httpx.AsyncClient, **asked: str) -> list[Json]:
    """All matches, page by page."""
    found: list[Json] = []
    url, query = "AuditEvent", {"_count": "50", **asked}
    answer = (await client.get(url, params=query)).json()
    while True:
        found += resources(answer)
        following = next((one["url"] for one in answer["link"] if one["relation"] == "next"), None)
        if following is None:
            return found
        answer = (await client.get(following)).json()


async def test_every_request_leaves_as_many_events_as_it_concerned_people(call: Caller, kari: str) -> None:
    client, nurse = call("system"), call("nurse:unit-a")
    other = await made(client, patient())
    reading = await made(client, observation(kari))
    sent: dict[str, int] = {}

    async def ask(one: httpx.AsyncClient, method: str, url: str, people: int = 1, **more: object) -> httpx.Response:
        headers = marked()
        sent[headers["x-request-id"]] = people
        return await one.request(method, url, headers=headers, **more)  # type: ignore[arg-type]

    written = await ask(client, "POST", "Observation", json=observation(kari))
    id = written.json()["id"]
    await ask(client, "PUT", f"Observation/{id}", json=observation(kari, id=id))
    await ask(client, "GET", f"Observation/{reading}")
    await ask(client, "GET", f"Observation/{reading}/_history/1")
    await ask(client, "GET", f"Observation/{reading}/_history")
    await ask(client, "GET", "Observation", params={"patient": kari})
    await ask(client, "GET", "Patient", 2, params={"_id": f"{kari},{other}"})
    await ask(client, "GET", "Goal", 2, params={"patient": f"{kari},{other}"})
    await ask(client, "GET", "Goal", params={"lifecycle-status": "planned"})
    await ask(client, "GET", "Observation/nothing")
    await ask(nurse, "GET", f"Patient/{kari}")
    await ask(nurse, "GET", f"Patient/{other}")
    await ask(
        nurse, "POST", "Condition", json={"resourceType": "Condition", "subject": {"reference": f"Patient/{kari}"}}
    )
    await ask(client, "DELETE", f"Observation/{id}")
    found = [request_of(one) for one in await events(client)]
    assert {request: found.count(request) for request in sent} == sent


async def test_a_citizen_sees_the_own_log_and_nobody_elses(call: Caller, kari: str) -> None:
    client, other = call("system"), await made(call("system"), patient())
    await call("nurse:unit-a").get(f"Patient/{kari}")
    await client.get(f"Patient/{other}")
    seen = await events(call(f"citizen:{kari}"))
    assert seen
    about = [one["what"]["reference"] for event in seen for one in event["entity"] if one["type"]["code"] == "1"]
    assert set(about) == {f"Patient/{kari}"}
    assert len(about) == len(seen)
    assert await events(call(f"citizen:{kari}"), patient=other) == []
    assert await events(call("nurse:unit-a"), patient=kari) == []
    theirs = (await events(client, patient=other))[0]["id"]
    answer = await call(f"citizen:{kari}").get(f"AuditEvent/{theirs}")
    absent = await call(f"citizen:{kari}").get(f"AuditEvent/log-{'00' * 24}")
    assert answer.status_code == absent.status_code == 404
    assert answer.content == absent.content
    assert (await client.get(f"AuditEvent/{theirs}")).status_code == 200
    nobody = await call("").get("AuditEvent")
    assert nobody.status_code == 401


async def test_pages_neither_repeat_nor_skip_and_the_total_is_that_of_all_pages(call: Caller, kari: str) -> None:
    client = call("system")
    for _ in range(5):
        await client.get(f"Patient/{kari}")
    asked = {"patient": kari, "date": until_now()}
    everything = await events(client, **asked)
    found, answer = [], (await client.get("AuditEvent", params={**asked, "_count": "2", "_total": "accurate"})).json()
    total = answer["total"]
    while True:
        found += [one["id"] for one in resources(answer)]
        assert len(resources(answer)) <= 2
        following = next((one["url"] for one in answer["link"] if one["relation"] == "next"), None)
        if following is None:
            break
        answer = (await client.get(following)).json()
    assert len(found) == len(set(found)) == total == len(everything) >= 5
    oldest = await events(client, **asked, _sort="date")
    assert [one["id"] for one in oldest] == found[::-1]
    counted = (await client.get("AuditEvent", params={**asked, "_summary": "count"})).json()
    assert counted["total"] == total
    assert "entry" not in counted


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"action": "R"}, lambda event: event["action"] == "R"),
        ({"action": "E"}, lambda event: event["action"] == "E"),
        ({"action": "C,U"}, lambda event: event["action"] in "CU"),
        ({"outcome": "4"}, lambda event: event["outcome"] == "4"),
        ({"outcome:not": "0"}, lambda event: event["outcome"] == "4"),
        ({"subtype": "search-type"}, lambda event: event["subtype"][0]["code"] == "search-type"),
        ({"agent": "Practitioner/1"}, lambda event: any("Practitioner" in str(one) for one in event["agent"])),
        ({"agent": "Organization/unit-a"}, lambda event: any("unit-a" in str(one) for one in event["agent"])),
        ({"agent-role": "home-care-nurse"}, lambda event: "home-care-nurse" in str(event["agent"])),
        ({"type": "rest"}, lambda event: event["type"]["code"] == "rest"),
    ],
)
async def test_events_are_found_by_what_they_say(call: Caller, kari: str, asked: dict[str, str], holds: object) -> None:
    client = call("system")
    await call("nurse:unit-a").get(f"Patient/{kari}")
    await call("nurse:unit-a").get("Patient/nobody")
    before = until_now()
    everything = await events(client, date=before)
    wanted = [event["id"] for event in everything if holds(event)]  # type: ignore[operator]
    found = await events(client, date=before, **asked)
    assert [event["id"] for event in found] == wanted
    assert wanted
    total = (await client.get("AuditEvent", params=[("date", before), *asked.items(), ("_summary", "count")])).json()
    assert total["total"] == len(wanted)


async def test_events_are_found_by_what_they_touched(call: Caller, kari: str) -> None:
    client = call("system")
    reading = await made(client, observation(kari))
    await client.get(f"Observation/{reading}")
    await client.get("Observation", params={"patient": kari})
    touching = await events(client, entity=f"Observation/{reading}")
    assert [event["action"] for event in touching] == ["E", "R", "C"]
    version = next(one["what"]["reference"] for one in touching[1]["entity"] if one["type"]["code"] == "2")
    assert version == f"Observation/{reading}/_history/1"
    team = await events(client, **{"entity:CareTeam": "none"})
    assert team == []


async def test_a_search_says_what_was_asked_for_and_not_about_whom_else(call: Caller, kari: str) -> None:
    client, other = call("system"), await made(call("system"), patient())
    headers = marked()
    await client.get(
        "Observation", params={"patient": f"{kari},{other}", "date": "ge2026", "identifier": "x"}, headers=headers
    )

    def criteria(found: list[Json]) -> str:
        event = next(one for one in found if request_of(one) == headers["x-request-id"])
        return base64.b64decode(next(one["query"] for one in event["entity"] if "query" in one)).decode()

    mine = criteria(await events(call(f"citizen:{kari}")))
    assert other not in mine
    assert "identifier=…" in mine
    assert "date=ge2026" in mine
    assert kari in mine
    assert "identifier=x" in criteria(await events(client, patient=kari))


async def test_reading_the_log_is_in_the_log(call: Caller, kari: str) -> None:
    mine = call(f"citizen:{kari}")
    headers = marked()
    await mine.get("AuditEvent", headers=headers)
    about = [one for one in await events(mine) if request_of(one) == headers["x-request-id"]]
    assert len(about) == 1
    assert "AuditEvent" in base64.b64decode(next(e["query"] for e in about[0]["entity"] if "query" in e)).decode()


async def test_nobody_writes_what_would_pass_for_the_log(call: Caller, kari: str) -> None:
    client = call("system")
    await client.get(f"Patient/{kari}")
    own = (await events(client, patient=kari))[0]
    refused = [
        await client.put(f"AuditEvent/{own['id']}", json=own),
        await client.delete(f"AuditEvent/{own['id']}"),
        await client.put("AuditEvent/log-made-up", json={**own, "id": "log-made-up"}),
        await client.put("Provenance/log-1", json={"resourceType": "Provenance", "id": "log-1"}),
    ]
    assert [answer.status_code for answer in refused[:3]] == [403, 403, 403]
    assert refused[3].status_code in (403, 422)
    posing = await client.post("AuditEvent", json={name: value for name, value in own.items() if name != "id"})
    assert posing.status_code == 422
    assert posing.json()["issue"][0]["expression"] == ["AuditEvent.source.observer"]
    nurse = await call("nurse:unit-a").post("AuditEvent", json=own)
    assert nurse.status_code in (403, 422)
    assert (await client.get(f"AuditEvent/{own['id']}")).json()["meta"] == own["meta"]
    history = (await client.get(f"AuditEvent/{own['id']}/_history")).json()
    assert [one["resource"]["id"] for one in history["entry"]] == [own["id"]]


async def test_what_another_system_reports_stands_beside_the_log(call: Caller) -> None:
    client = call("system")
    who = await made(client, patient())
    report = {
        "resourceType": "AuditEvent",
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "action": "R",
        "recorded": "2020-05-01T10:00:00Z",
        "outcome": "0",
        "agent": [{"requestor": True, "who": {"display": "another system"}}],
        "source": {"observer": {"display": "another system"}},
        "entity": [{"what": {"reference": f"Patient/{who}"}}],
    }
    sent = await made(client, report)
    found = await events(client, patient=who)
    assert [one["id"] for one in found if not one["id"].startswith("log-")] == [sent]
    assert found[-1]["id"] == sent, "the oldest comes last"
    assert (await events(client, patient=who, _sort="date"))[0]["id"] == sent
    assert sent in [one["id"] for one in await events(call(f"citizen:{who}"))]
    answer = (await client.get("AuditEvent", params={"patient": who, "_count": "1", "_total": "accurate"})).json()
    assert answer["total"] >= 3
    included = (await client.get("AuditEvent", params={"patient": who, "_include": "AuditEvent:patient"})).json()
    assert [one["id"] for one in resources(included, "include")] == [who]


async def test_a_search_that_the_log_cannot_order_is_refused(call: Caller) -> None:
    answer = await call("system").get("AuditEvent", params={"_sort": "agent"})
    assert answer.status_code == 400
    assert (await call("system").get("AuditEvent", params={"_cursor": "x"})).status_code == 400
    assert (await call("system").get("AuditEvent", params={"date": "soon"})).status_code == 400


@pytest.mark.parametrize(
    ("scopes", "status", "sees"),
    [
        ("patient/AuditEvent.rs", 200, True),
        ("patient/*.rs", 200, True),
        ("patient/AuditEvent.rs?action=C", 200, True),
        ("patient/AuditEvent.s", 200, True),
        ("patient/Observation.rs", 403, False),
        ("patient/AuditEvent.c", 403, False),
    ],
)
async def test_an_app_sees_the_log_as_far_as_its_scopes_go(
    call: Caller, kari: str, scopes: str, status: int, sees: bool
) -> None:
    await call("nurse:unit-a").get(f"Patient/{kari}")
    app, headers = call(f"citizen:{kari}"), {"x-scopes": scopes}
    answer = await app.get("AuditEvent", params={"_count": "1000", "_total": "accurate"}, headers=headers)
    assert answer.status_code == status
    everything = await events(app)
    shown = resources(answer.json()) if sees else []
    assert bool(shown) is sees
    only = [one for one in everything if "action" not in scopes or one["action"] == "C"]
    assert {one["id"] for one in shown} <= {one["id"] for one in only}
    assert not sees or answer.json()["total"] == len(shown)
    for one in everything[:5]:
        found = await app.get(f"AuditEvent/{one['id']}", headers=headers)
        may = sees and "r" in scopes.partition(".")[2].partition("?")[0] and one in only
        assert found.status_code == (200 if may else 404 if sees and "r" in scopes.partition(".")[2][:1] else 403)
