"""Searches of several types, and of what belongs to a person."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.model.fhir import patients
from tests.http.fhir.resources import issues, observation, patient

FHIR = {"content-type": "application/fhir+json"}


async def walked(client: httpx.AsyncClient, url: str) -> list[str]:
    """References of all matches, page by page."""
    found: list[str] = []
    following = url
    while following:
        answer = await client.get(following)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [
            f"{one['resource']['resourceType']}/{one['resource']['id']}"
            for one in page.get("entry", [])
            if one["search"]["mode"] == "match"
        ]
        following = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    return found


async def stored(client: httpx.AsyncClient, body: dict[str, Any]) -> str:
    answer = await client.post(body["resourceType"], json=body)
    assert answer.status_code == 201, answer.text
    return f"{body['resourceType']}/{answer.json()['id']}"


async def person_with(client: httpx.AsyncClient) -> tuple[str, dict[str, list[str]]]:
    """A person, and what belongs to them by type: three readings of theirs, and one of somebody else that they made."""
    person, other = [(await client.post("Patient", json=patient())).json()["id"] for _ in range(2)]
    own: dict[str, list[str]] = {"Observation": [], "Patient": [f"Patient/{person}"]}
    for hour, subject in ((8, person), (9, other), (10, person), (11, person)):
        sent = observation(subject, at=f"2026-11-20T{hour:02}:00:00Z", performer=[{"reference": f"Patient/{person}"}])
        made = (await client.post("Observation", content=sent, headers=FHIR)).json()
        own["Observation"].append(f"Observation/{made['id']}")
    await client.post("Observation", content=observation(other), headers=FHIR)
    flag = {
        "resourceType": "Flag",
        "status": "active",
        "code": {"text": "x"},
        "subject": {"reference": f"Patient/{person}"},
    }
    own["Flag"] = [await stored(client, flag)]
    return person, own


@pytest.mark.parametrize("count", [1, 2, 100])
async def test_a_compartment(client: httpx.AsyncClient, count: int) -> None:
    person, own = await person_with(client)
    readings = own["Observation"]
    assert await walked(client, f"Patient/{person}/Observation?_count={count}") == readings[::-1]
    assert await walked(client, f"Patient/{person}/Observation?_count={count}&_sort=date") == readings
    assert await walked(client, f"Patient/{person}/Observation?_count={count}&_sort=_lastUpdated") == readings
    some = f"Patient/{person}/Observation?_count={count}&date=ge2026-11-20T10:00:00Z"
    assert await walked(client, some) == readings[:1:-1]
    assert await walked(client, f"Patient/{person}/Flag?_count={count}") == own["Flag"]
    whole = await walked(client, f"Patient/{person}/*?_count={count}")
    assert sorted(whole) == sorted(one for many in own.values() for one in many)


async def test_totals_and_forms(client: httpx.AsyncClient) -> None:
    person, own = await person_with(client)
    counted = (await client.get(f"Patient/{person}/Observation?_summary=count")).json()
    assert (counted["total"], "entry" in counted) == (4, False)
    assert [link["relation"] for link in counted["link"]] == ["self"]
    assert (await client.get(f"Patient/{person}/*?_total=accurate&_count=1")).json()["total"] == 6
    posted = await client.post(f"Patient/{person}/Observation/_search", data={"_count": "3", "_total": "accurate"})
    page = posted.json()
    assert page["total"] == 4
    following = next(link["url"] for link in page["link"] if link["relation"] == "next")
    assert len((await client.get(following)).json()["entry"]) == 1
    assert len(own["Observation"]) == 4


async def test_what_one_of_several_types_does_not_know_narrows_none(client: httpx.AsyncClient) -> None:
    person, own = await person_with(client)
    flag = own["Flag"][0].partition("/")[2]
    for types in ("Patient,Flag", "Flag,Patient"):
        page = (await client.get(f"?_type={types}&_id={person},{flag}&family=nobody")).json()
        found = [one["resource"]["id"] for one in page["entry"] if one["search"]["mode"] == "match"]
        assert sorted(found) == sorted([person, flag])
        assert page["entry"][-1]["resource"]["issue"][0]["diagnostics"].startswith("'family'")
        assert "family" not in page["link"][0]["url"]
    strict = await client.get("?_type=Patient,Flag&family=nobody", headers={"prefer": "handling=strict"})
    assert strict.status_code == 400


async def test_a_compartment_brings_along_what_is_asked_for(client: httpx.AsyncClient) -> None:
    person, _ = await person_with(client)
    page = (await client.get(f"Patient/{person}/Observation?_include=Observation:subject&_summary=true")).json()
    modes = [one["search"]["mode"] for one in page["entry"]]
    assert (modes.count("match"), modes.count("include")) == (4, 2)
    assert all("tag" in one["resource"]["meta"] for one in page["entry"])


async def test_what_belongs_is_what_the_definitions_say(client: httpx.AsyncClient) -> None:
    person, _ = await person_with(client)
    page = (await client.get(f"Patient/{person}/*")).json()
    assert all(person in patients(one["resource"]) for one in page["entry"])


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("Patient/x/Nothing", 404), ("Patient/x/Organization", 404), ("Organization/x/Observation", 404),
        ("Patient/no_id/Observation", 404), ("Patient/x/*?_sort=date", 400), ("Patient/x/Observation?_sort=shoe", 400),
        ("Patient/x/Observation?_cursor=made-up", 400), ("Patient/x/Observation?_cursor=Flag.", 400),
        ("Patient/x/Observation?_count=many", 400), ("Patient/x/Observation?_page=x", 400), ("Patient/x/*/x", 404),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked(client: httpx.AsyncClient, url: str, status: int) -> None:
    answer = await client.get(url)
    assert answer.status_code == status
    assert issues(answer)


@pytest.mark.parametrize("count", [1, 2, 1000])
async def test_several_types(client: httpx.AsyncClient, count: int) -> None:
    person, own = await person_with(client)
    wanted = {f"Patient/{person}", own["Flag"][0]}
    ids = ",".join(one.partition("/")[2] for one in wanted)
    found = await walked(client, f"?_type=Patient,Flag,Basic&_id={ids}&_count={count}")
    assert (sorted(found), len(found)) == (sorted(wanted), 2)
    everything = await walked(client, f"?_type=Flag,Patient&_count={count}")
    assert len(everything) == len(set(everything))
    assert wanted <= set(everything)
    total = (await client.get("?_type=Patient,Flag&_summary=count")).json()["total"]
    assert total == len(everything)


async def test_several_types_by_form(client: httpx.AsyncClient) -> None:
    await person_with(client)
    page = (await client.post("_search", data={"_type": "Patient,Flag", "_count": "1"})).json()
    following = next(link["url"] for link in page["link"] if link["relation"] == "next")
    assert "_type" not in following
    assert (await client.get(following)).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "_id=1",
        "_type=",
        "_type=Patient,Shoe",
        f"_type={','.join(['Patient', 'Flag'] * 2)}&_sort=_id",
        "_type=Patient,Flag&_cursor=x",
    ],
)
async def test_types_that_cannot_be_asked(client: httpx.AsyncClient, asked: str) -> None:
    answer = await client.get(f"?{asked}")
    assert answer.status_code == 400
    assert issues(answer)[0]["location"][0].startswith("http._")


async def test_parameters_that_not_all_types_have(client: httpx.AsyncClient) -> None:
    page = (await client.get("?_type=Patient,Flag&birthdate=1900")).json()
    assert any("OperationOutcome" in one["resource"]["resourceType"] for one in page["entry"])
    strict = await client.get("?_type=Patient,Flag&birthdate=1900", headers={"prefer": "handling=strict"})
    assert strict.status_code == 400


async def test_head(client: httpx.AsyncClient) -> None:
    person, _ = await person_with(client)
    for url in ("?_type=Patient", "_history", "Patient", f"Patient/{person}/Observation", f"Patient/{person}/_history"):
        answer = await client.head(url)
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) > 0


async def test_hidden_is_as_absent(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    person, _ = await person_with(client)
    nobody = "a" * 26
    for way in ("Patient/{}/Observation", "Patient/{}/*", "Patient/{}/*?_total=accurate", "?_type=Patient,Flag&_id={}"):
        told = []
        for id in (person, nobody):
            answer = await stranger.get(way.format(id), headers={"x-request-id": "the-same-request"})
            told.append((answer.status_code, answer.text.replace(id, "ID")))
        assert told[0] == told[1]
        assert told[0][0] == 200
