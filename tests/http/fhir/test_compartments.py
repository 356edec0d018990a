"""What belongs to a visit, to a professional, to a relative and to a device, by the official definitions."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.model.fhir import compartments
from tests.http.fhir.resources import issues, patient
from tests.http.fhir.test_several import stored, walked

KINDS = ("Device", "Encounter", "Practitioner", "RelatedPerson")


def owner(kind: str, person: str) -> dict[str, Any]:
    """Something that has a compartment."""
    about: dict[str, Any] = {
        "Device": {"patient": {"reference": person}},
        "Encounter": {"status": "finished", "class": {"code": "HH"}, "subject": {"reference": person}},
        "Practitioner": {"active": True},
        "RelatedPerson": {"patient": {"reference": person}},
    }
    return {"resourceType": kind} | about[kind]


def reading(person: str, kind: str, inside: str) -> dict[str, Any]:
    """An Observation that belongs to it."""
    leads = {"reference": inside}
    where: dict[str, Any] = {"device": leads} if kind == "Device" else {"encounter": leads}
    where = where if kind in ("Device", "Encounter") else {"performer": [leads]}
    plain = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "subject": {"reference": person}}
    return plain | where


async def filled(client: httpx.AsyncClient, kind: str) -> tuple[str, list[str]]:
    """Its reference, and two readings that belong to it; a third belongs to another."""
    person = await stored(client, patient())
    inside, other = [await stored(client, owner(kind, person)) for _ in range(2)]
    own = [await stored(client, reading(person, kind, one)) for one in (inside, inside, other)]
    return inside, own[:2]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_compartment(client: httpx.AsyncClient, kind: str) -> None:
    inside, own = await filled(client, kind)
    for count in (1, 50):
        assert sorted(await walked(client, f"{inside}/Observation?_count={count}")) == sorted(own)
        itself = [inside] if kind in compartments[kind] else []
        assert sorted(await walked(client, f"{inside}/*?_count={count}")) == sorted([*own, *itself])
    posted = await client.post(
        f"{inside}/Observation/_search", data={"_filter": "status eq final", "_summary": "count"}
    )
    assert posted.json()["total"] == 2
    assert await walked(client, f"{inside}/Observation?status=amended") == []


@pytest.mark.parametrize("kind", KINDS)
async def test_hidden_is_as_absent(client: httpx.AsyncClient, stranger: httpx.AsyncClient, kind: str) -> None:
    inside, _ = await filled(client, kind)
    told = []
    for one in (inside, f"{kind}/{'a' * 26}"):
        for way in ("Observation", "Observation?_total=accurate", "Observation?_summary=count"):
            answer = await stranger.get(f"{one}/{way}", headers={"x-request-id": "the-same-request"})
            told.append((answer.status_code, answer.text.replace(one, "ONE")))
    assert told[:3] == told[3:]
    assert told[0][0] == 200


async def test_a_batch_may_ask_for_one(client: httpx.AsyncClient) -> None:
    inside, own = await filled(client, "Encounter")
    asked = {"request": {"method": "GET", "url": f"{inside}/Observation"}}
    answer = await client.post("", json={"resourceType": "Bundle", "type": "batch", "entry": [asked]})
    page = answer.json()["entry"][0]["resource"]
    assert sorted(f"Observation/{one['resource']['id']}" for one in page["entry"]) == sorted(own)


@pytest.mark.parametrize(
    "url",
    ["Device/x/Device", "Encounter/x/Patient", "Encounter/x/Organization", "Practitioner/x/Nothing", "Device/no_id/*"],
)
async def test_what_does_not_belong(client: httpx.AsyncClient, url: str) -> None:
    answer = await client.get(url)
    assert answer.status_code == 404
    assert issues(answer)


async def test_the_log_of_one_who_made_entries(client: httpx.AsyncClient) -> None:
    inside, _ = await filled(client, "Practitioner")
    assert await walked(client, f"{inside}/AuditEvent") == []


async def test_what_is_there_is_told(client: httpx.AsyncClient) -> None:
    statement = (await client.get("metadata")).json()
    told = {one.rpartition("/")[2] for one in statement["rest"][0]["compartment"]}
    assert told == {"device", "encounter", "patient", "practitioner", "relatedPerson"}
