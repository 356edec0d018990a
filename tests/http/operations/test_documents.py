"""`Composition/[id]/$document` over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.kernel import json
from saman.model.fhir import validate
from tests.http.fhir.resources import issues, patient
from tests.http.operations.conftest import narrow, parameters, with_scope

__all__ = ["narrow"]

BASE = "http://test/fhir"


async def made(client: httpx.AsyncClient, kind: str, /, **more: Any) -> str:
    answer = await client.post(kind, json={"resourceType": kind} | more)
    assert answer.status_code == 201, answer.text
    return f"{kind}/{answer.json()['id']}"


def to(reference: str) -> dict[str, str]:
    return {"reference": reference}


def composition(person: str, author: str, *entries: str, **more: Any) -> dict[str, Any]:
    return {
        "status": "final",
        "type": {"text": "Discharge"},
        "subject": to(person),
        "date": "2026-11-20",
        "author": [to(author)],
        "title": "Discharge",
        "section": [{"title": "What was found", "entry": [to(one) for one in (*entries, author)]}],
    } | more


@pytest.fixture(scope="module")
async def story(client: httpx.AsyncClient) -> dict[str, str]:
    """A person with a document, whose prescription names a Medication and whose author has a role."""
    there = {"person": await made(client, "Patient", **patient())}
    code = {"code": {"text": "x"}}
    there["organisation"] = await made(client, "Organization", name="Ward")
    there["practitioner"] = await made(client, "Practitioner")
    there["role"] = await made(
        client, "PractitionerRole", practitioner=to(there["practitioner"]), organization=to(there["organisation"])
    )
    there["medication"] = await made(client, "Medication", **code)
    there["request"] = await made(
        client, "MedicationRequest", status="active", intent="order", subject=to(there["person"]),
        medicationReference=to(there["medication"]),
    )  # fmt: skip
    seen = {"status": "finished", "class": {"code": "AMB"}, "subject": to(there["person"])}
    there["encounter"] = await made(client, "Encounter", **seen)
    there["condition"] = await made(
        client, "Condition", subject=to(there["person"]), encounter=to(there["encounter"]), **code
    )
    there["earlier"] = await made(client, "Composition", **composition(there["person"], there["practitioner"]))
    replaces = [{"code": "replaces", "targetReference": to(there["earlier"])}]
    there["composition"] = await made(
        client, "Composition",
        **composition(there["person"], there["role"], there["request"], f"{BASE}/{there['condition']}",
                      "Condition/none", "http://other.example/fhir/Condition/1", relatesTo=replaces),
    )  # fmt: skip
    return there


def held(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    bundle = json.decode(answer.content)
    assert validate(bundle) == ()
    assert bundle["type"] == "document"
    assert bundle["identifier"]["value"].startswith("urn:uuid:")
    found = [f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in bundle["entry"]]
    assert [one["fullUrl"] for one in bundle["entry"]] == [f"{BASE}/{one}" for one in found]
    return found


async def test_the_composition_first_then_all_it_refers_to(client: httpx.AsyncClient, story: dict[str, str]) -> None:
    found = held(await client.get(f"{story['composition']}/$document"))
    names = ("composition", "person", "role", "request", "condition", "practitioner", "organisation", "medication")
    assert found[0] == story["composition"]
    assert sorted(found) == sorted(story[name] for name in names)


async def test_every_document_has_an_identifier_of_its_own(client: httpx.AsyncClient, story: dict[str, str]) -> None:
    answers = [(await client.get(f"{story['composition']}/$document")).json() for _ in range(2)]
    assert answers[0]["identifier"] != answers[1]["identifier"]
    assert answers[0]["entry"] == answers[1]["entry"]


async def test_the_composition_can_be_named_by_a_parameter(client: httpx.AsyncClient, story: dict[str, str]) -> None:
    whole = held(await client.get(f"{story['composition']}/$document"))
    for id in (story["composition"].partition("/")[2], story["composition"], f"{BASE}/{story['composition']}"):
        assert held(await client.get("Composition/$document", params={"id": id})) == whole
    for path, asked, status, place in (
        ("Composition/$document", {}, 400, "http.id"),
        ("Composition/$document", {"id": "http://other.example/Composition/1"}, 400, "http.id"),
        (f"{story['composition']}/$document", {"id": "x"}, 400, "http.id"),
        (f"{story['composition']}/$document", {"graph": "urn:x"}, 400, "http.graph"),
        (f"{story['composition']}/$document", {"persist": "true"}, 405, "http.persist"),
        ("Composition/$document", {"id": "none"}, 404, None),
        ("Composition/$document", {"id": "?" * 70}, 404, None),
    ):  # fmt: skip
        answer = await client.get(path, params=asked)
        assert (answer.status_code, issues(answer)[0].get("location", [None])) == (status, [place]), asked


async def test_a_stored_document_is_for_the_system_alone(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, story: dict[str, str]
) -> None:
    sent = parameters(persist__boolean=True)
    answer = await client.post(f"{story['composition']}/$document", json=sent)
    kept = await client.get(answer.headers["location"])
    assert held(kept) == held(answer)
    assert kept.json()["id"] == answer.json()["id"]
    assert (await stranger.get(answer.headers["location"])).status_code == 404


async def test_who_may_not_see_it_cannot_tell(stranger: httpx.AsyncClient, story: dict[str, str]) -> None:
    hidden = await stranger.get(f"{story['composition']}/$document")
    absent = await stranger.get("Composition/none/$document")
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content) == (404, hidden.content)


async def test_a_document_is_what_the_scopes_leave(
    narrow: httpx.AsyncClient, client: httpx.AsyncClient, story: dict[str, str]
) -> None:
    path = f"{story['composition']}/$document"
    scope = with_scope("system/Composition.r system/Patient.rs system/MedicationRequest.rs")
    assert held(await narrow.get(path, headers=scope)) == [story[one] for one in ("composition", "person", "request")]
    assert (await narrow.get(path, headers=with_scope("system/Patient.rs"))).status_code == 403
    other = patient()
    stranger = (await client.post("Patient", json=other)).json()["id"]
    assert (await narrow.get(path, headers=with_scope(f"patient/*.rs#{stranger}"))).status_code == 404
    refused = await narrow.post(path, json=parameters(persist__boolean=True), headers=with_scope("system/*.rs"))
    assert refused.status_code == 403


async def test_what_a_document_showed_is_logged(client: httpx.AsyncClient, story: dict[str, str]) -> None:
    answer = await client.get(f"{story['composition']}/$document")
    log = await client.get("AuditEvent", params={"patient": story["person"], "_count": "100"})
    told = [one for one in log.json()["entry"] if answer.headers["x-request-id"] in str(one)]
    for name in ("composition", "person", "request", "condition"):
        assert story[name] in str(told), name


async def test_parts_that_lead_in_a_circle_are_there_once(client: httpx.AsyncClient, story: dict[str, str]) -> None:
    told = {"status": "final", "code": {"text": "x"}, "subject": to(story["person"])}
    first = await made(client, "Observation", **told)
    second = await made(client, "Observation", **told, hasMember=[to(first)])
    id = first.partition("/")[2]
    sent = {"resourceType": "Observation", "id": id, "hasMember": [to(second), to(first)]} | told
    assert (await client.put(first, json=sent)).status_code == 200
    circle = await made(client, "Composition", **composition(story["person"], story["practitioner"], first))
    assert sorted(held(await client.get(f"{circle}/$document"))) == sorted(
        [circle, story["person"], story["practitioner"], first, second]
    )


async def test_more_than_one_document_holds(client: httpx.AsyncClient, story: dict[str, str]) -> None:
    many = [f"Condition/none-{number}" for number in range(1001)]
    large = await made(client, "Composition", **composition(story["person"], story["practitioner"], *many))
    answer = await client.get(f"{large}/$document")
    assert (answer.status_code, issues(answer)[0]["code"]) == (403, "too-costly")
