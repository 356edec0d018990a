"""`Patient/[id]/$everything` and `Observation/$lastn` over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.kernel import json
from saman.model.fhir import validate
from tests.http.fhir.resources import bundle, entry, issues, observation, patient
from tests.http.operations.conftest import parameters

FHIR = {"content-type": "application/fhir+json"}
CODES = "http://terminology.hl7.org/CodeSystem"
LOINC = "http://loinc.org"
Coding = tuple[str, str]


def coded(*codings: Coding, **more: Any) -> dict[str, Any]:
    listed = [{"system": system, "code": code} for system, code in codings]
    return {"code": {"coding": listed} if listed else {"text": "something"}} | more


async def measured(client: httpx.AsyncClient, person: str, day: int, *codings: Coding, **more: Any) -> str:
    sent = observation(person, "1.50", f"2026-11-{day:02}T08:00:00+01:00", **coded(*codings, **more))
    answer = await client.post("Observation", content=sent, headers=FHIR)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


@pytest.fixture(scope="module")
async def person(client: httpx.AsyncClient) -> str:
    """Somebody with twelve things, and somebody else with one."""
    one, other = [(await client.post("Patient", json=patient())).json()["id"] for _ in range(2)]
    for day in range(1, 9):
        await measured(client, one, day, (LOINC, "1" if day % 2 else "2"))
    for kind in ("Goal", "CarePlan", "AllergyIntolerance"):
        sent: dict[str, Any] = {"resourceType": kind, "subject": {"reference": f"Patient/{one}"}, "status": "active"}
        if kind == "Goal":
            sent |= {"lifecycleStatus": "active", "description": {"text": "x"}, "startDate": "2026-11-05"}
            del sent["status"]
        if kind == "CarePlan":
            sent |= {"intent": "plan", "period": {"start": "2025-01-01"}}
        if kind == "AllergyIntolerance":
            sent = {"resourceType": kind, "patient": sent["subject"], "recordedDate": "2026-11-06"}
            coding = {"system": f"{CODES}/allergyintolerance-clinical", "code": "active"}
            sent["clinicalStatus"] = {"coding": [coding]}
        assert (await client.post(kind, json=sent)).status_code == 201
    await measured(client, other, 1, (LOINC, "1"))
    return str(one)


async def pages(client: httpx.AsyncClient, path: str, **asked: Any) -> list[list[dict[str, Any]]]:
    found, url = [], f"{path}?{httpx.QueryParams(asked)}"
    while url:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        assert validate(json.decode(answer.content)) == ()
        found.append([one["resource"] for one in answer.json().get("entry", ())])
        url = next((link["url"] for link in answer.json()["link"] if link["relation"] == "next"), "")
    return found


async def test_everything_of_a_person_and_of_nobody_else(client: httpx.AsyncClient, person: str) -> None:
    [page] = await pages(client, f"Patient/{person}/$everything")
    kinds = sorted(one["resourceType"] for one in page)
    assert kinds == ["AllergyIntolerance", "CarePlan", "Goal", *["Observation"] * 8, "Patient"]
    assert all(person in str(one) for one in page)


@pytest.mark.parametrize("count", [1, 3, 5, 11, 12, 13])
async def test_pages_neither_repeat_nor_skip(client: httpx.AsyncClient, person: str, count: int) -> None:
    found = await pages(client, f"Patient/{person}/$everything", _count=count)
    assert all(len(page) == count for page in found[:-1])
    ids = [one["id"] for page in found for one in page]
    assert len(ids) == len(set(ids)) == 12
    assert len(found) == -(-12 // count)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"_type": "Observation"}, 8),
        ({"_type": "Goal,CarePlan"}, 2),
        ({"start": "2026-11-03", "end": "2026-11-05"}, 5),
        ({"start": "2026-11"}, 11),
        ({"end": "2025"}, 2),
        ({"_since": "2020-01-01T00:00:00Z"}, 12),
        ({"_since": "2199-01-01T00:00:00Z"}, 0),
    ],
)
async def test_a_part_of_everything(client: httpx.AsyncClient, person: str, asked: dict[str, str], count: int) -> None:
    assert sum(map(len, await pages(client, f"Patient/{person}/$everything", **asked, _count=2))) == count


async def test_everything_is_refused_with_a_place(client: httpx.AsyncClient, person: str) -> None:
    for asked, place in (
        ({"_count": "0"}, "http._count"),
        ({"_count": "many"}, "http._count"),
        ({"_type": "Shoe"}, "http._type"),
        ({"start": "yesterday"}, "http.start"),
        ({"_since": "2026-11-01"}, "http._since"),
        ({"_cursor": "x"}, "http._cursor"),
        ({"shoe": "47"}, "http.shoe"),
    ):
        answer = await client.get(f"Patient/{person}/$everything", params=asked)
        assert (answer.status_code, issues(answer)[0]["location"]) == (400, [place]), asked
    assert (await client.get("Patient/none/$everything")).status_code == 404
    assert (await client.get("Observation/none/$everything")).status_code == 404


async def test_a_page_marker_is_worth_nothing_for_another_question(client: httpx.AsyncClient, person: str) -> None:
    first = (await client.get(f"Patient/{person}/$everything?_count=2")).json()
    marker = next(link["url"] for link in first["link"] if link["relation"] == "next").rpartition("_cursor=")[2]
    for path in (f"Patient/{person}/$everything?_type=Goal&_cursor={marker}", f"Patient?_cursor={marker}"):
        assert (await client.get(path)).status_code == 400


async def test_who_may_not_see_a_person_sees_nothing_and_cannot_tell(stranger: httpx.AsyncClient, person: str) -> None:
    hidden = await stranger.get(f"Patient/{person}/$everything")
    absent = await stranger.get(f"Patient/{person[::-1]}/$everything")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content
    of_hidden = await stranger.get("Observation/$lastn", params={"patient": person, "code": f"{LOINC}|1"})
    assert "entry" not in of_hidden.json()


async def test_every_page_is_logged_with_what_it_showed(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, person: str
) -> None:
    found = await pages(client, f"Patient/{person}/$everything", _count=5)
    await stranger.get(f"Patient/{person}/$everything")
    log = await pages(client, "AuditEvent", patient=f"Patient/{person}", _count=50)
    told = str(log)
    assert all(one["id"] in told for page in found for one in page)
    queries = [entity for page in log for one in page for entity in one.get("entity", ()) if "query" in entity]
    assert len(queries) >= len(found)


async def test_the_newest_of_each_code(client: httpx.AsyncClient, person: str) -> None:
    async def latest(**asked: Any) -> list[tuple[str, str]]:
        answer = await client.get("Observation/$lastn", params={"patient": person, "code:not": "none"} | asked)
        assert answer.status_code == 200, answer.text
        assert validate(json.decode(answer.content)) == ()
        found = [one["resource"] for one in answer.json().get("entry", ())]
        return [(one["code"]["coding"][0]["code"], one["effectiveDateTime"][8:10]) for one in found]

    assert await latest() == [("2", "08"), ("1", "07")]
    assert await latest(max=2) == [("2", "08"), ("1", "07"), ("2", "06"), ("1", "05")]
    assert await latest(code=f"{LOINC}|1", max=3) == [("1", "07"), ("1", "05"), ("1", "03")]
    assert await latest(date="le2026-11-04") == [("2", "04"), ("1", "03")]
    posted = await client.post(
        "Observation/$lastn", json=parameters(max__positiveInt=1, patient__string=person, code__string=f"{LOINC}|1")
    )
    assert len(posted.json()["entry"]) == 1


async def test_codings_that_stand_together_are_one_code(client: httpx.AsyncClient) -> None:
    person = (await client.post("Patient", json=patient())).json()["id"]
    first = await measured(client, person, 1, (LOINC, "a"))
    both = await measured(client, person, 2, (LOINC, "a"), ("urn:own", "b"))
    last = await measured(client, person, 3, ("urn:own", "b"))
    other = await measured(client, person, 4, ("urn:other", "b"))
    text = await measured(client, person, 5)
    asked = {"subject": f"Patient/{person}", "code:not": "none"}

    async def shown(most: int) -> list[str]:
        answer = await client.get("Observation/$lastn", params=asked | {"max": most})
        return [one["resource"]["id"] for one in answer.json()["entry"]]

    assert await shown(1) == [text, other, last]
    assert await shown(2) == [text, other, last, both]
    assert await shown(100) == [text, other, last, both, first]


async def test_the_newest_is_refused_with_a_place(client: httpx.AsyncClient, person: str) -> None:
    for asked, place in (
        ({"code": "1"}, "http.patient"),
        ({"code": "1", "subject:missing": "false"}, "http.patient"),
        ({"patient": person}, "http.code"),
        ({"patient": person, "code": "1", "max": "0"}, "http.max"),
        ({"patient": person, "code": "1", "max": "101"}, "http.max"),
        ({"patient": person, "code": "1", "_sort": "date"}, "http._sort"),
        ({"patient": person, "code": "1", "shoe": "47"}, "http.shoe"),
        ({"patient": person, "code": "1\0"}, "http.code"),
    ):
        answer = await client.get("Observation/$lastn", params=asked)
        assert (answer.status_code, issues(answer)[0]["location"]) == (400, [place]), (asked, answer.text)


async def test_whoever_is_asked_about_along_a_chain_is_named_in_the_log(client: httpx.AsyncClient) -> None:
    named = patient(identifier=[{"system": "urn:newest", "value": "1"}])
    person = (await client.post("Patient", json=named)).json()["id"]
    for path in ("Observation", "Observation/$lastn"):
        asked = {"subject:Patient.identifier": "urn:newest|1", "code": "1"}
        answer = await client.get(path, params=asked, headers={"x-request-id": f"chained-{path[-6:].strip('$/')}"})
        assert "entry" not in answer.json()
        log = (await client.get("AuditEvent", params={"patient": person, "_count": "50"})).text
        assert answer.headers["x-request-id"] in log, path
    await measured(client, person, 1, (LOINC, "1"))
    found = await client.get("Observation/$lastn", params={"patient.identifier": "urn:newest|1", "code": "1"})
    assert len(found.json()["entry"]) == 1


async def test_a_chain_that_leads_to_too_many_says_nothing_of_whose(client: httpx.AsyncClient) -> None:
    people = [entry("POST", "Patient", patient("Flerfold")) for _ in range(201)]
    assert (await client.post("", json=bundle("transaction", *people))).status_code == 200
    answer = await client.get("Observation/$lastn", params={"patient.family": "Flerfold", "code": "1"})
    assert (answer.status_code, issues(answer)[0]["code"]) == (403, "too-costly")
