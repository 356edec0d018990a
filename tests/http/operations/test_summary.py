"""`Patient/[id]/$summary` over HTTP, held against the rules of the International Patient Summary."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.kernel import json
from saman.model.fhir import validate
from saman.model.fhir.narrative import is_narrative
from tests.conformance.ips.rules import faults, faults_of_bundle
from tests.http.fhir.resources import issues, observation, patient
from tests.http.operations.conftest import narrow, parameters, with_scope
from tests.http.operations.test_documents import made, to

__all__ = ["narrow"]

FHIR = {"content-type": "application/fhir+json"}
LOINC = "http://loinc.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def concept(system: str, code: str, **more: Any) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]} | more


MISTAKE = {"code": {"text": "Mistake"}, "verificationStatus": concept(VERIFIED, "entered-in-error")}
NUTS = {"code": {"text": "Nuts"}, "clinicalStatus": concept(ALLERGY, "active")}


def condition(text: str, status: str, **more: Any) -> dict[str, Any]:
    return {"code": {"text": text}, "clinicalStatus": concept(CLINICAL, status)} | more


HOSTILE = "<script>alert(1)</script> & \"'\ufffe <img src=x onerror=y>" + "x" * 3000


@pytest.fixture(scope="module")
async def person(client: httpx.AsyncClient) -> str:
    """Somebody with something in every section."""
    sent = patient(identifier=[{"system": "urn:numbers", "value": "1"}])
    who = await made(client, "Patient", **sent)
    about, drug = {"subject": to(who)}, {"medicationCodeableConcept": {"text": "Furosemide"}}
    medication = await made(client, "Medication", code={"text": "Bisoprolol"})
    goal = await made(client, "Goal", lifecycleStatus="active", description={"text": "Walk"}, **about)
    for kind, one in (
        ("Condition", condition("COPD", "active") | about),
        ("Condition", condition(HOSTILE, "active") | about),
        ("Condition", condition("Pneumonia", "resolved") | about),
        ("Condition", MISTAKE | about),
        ("AllergyIntolerance", {"patient": to(who)} | NUTS),
        ("MedicationStatement", {"status": "active", "effectiveDateTime": "2026-01-01"} | about | drug),
        ("MedicationRequest", {"status": "active", "intent": "order", "medicationReference": to(medication)} | about),
        ("MedicationRequest", {"status": "stopped", "intent": "order"} | about | drug),
        ("Immunization", {"status": "completed", "patient": to(who), "vaccineCode": {"text": "Influenza"},
                          "occurrenceDateTime": "2025-10-01"}),
        ("DiagnosticReport", {"status": "final", "code": {"text": "X-ray"}, "conclusion": "Clear"} | about),
        ("Procedure", {"status": "completed", "code": {"text": "Stent"}, "performedDateTime": "2019"} | about),
        ("DeviceUseStatement", {"status": "active", "device": {"display": "Pacemaker"}} | about),
        ("Flag", {"status": "active", "code": {"text": "Falls"}} | about),
        ("ClinicalImpression", {"status": "completed", "description": "Walks 100 m"} | about),
        ("CarePlan", {"status": "active", "intent": "plan", "title": "Breathing", "goal": [to(goal)]} | about),
    ):  # fmt: skip
        await made(client, kind, **one)
    for day, code, category in (
        (1, "59408-5", ""), (2, "59408-5", ""), (3, "2951-2", "laboratory"), (4, "72166-2", "social-history"),
        (5, "82810-3", ""), (6, "9999-9", "survey"),
    ):  # fmt: skip
        more = {"category": [concept(CATEGORY, category)]} if category else {}
        more["code"] = concept(LOINC, code)
        text = observation(who.partition("/")[2], "1.50", f"2026-11-0{day}T08:00:00+01:00", **more)
        assert (await client.post("Observation", content=text, headers=FHIR)).status_code == 201
    return who


async def summary(client: httpx.AsyncClient, who: str, **asked: Any) -> dict[str, Any]:
    answer = await client.get(f"{who}/$summary", **asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = json.decode(answer.content)
    assert validate(found) == ()
    assert faults_of_bundle(found) == []
    return found


def sections(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    listed = bundle["entry"][0]["resource"]["section"]
    assert all(is_narrative(one["text"]["div"]) for one in listed)
    return {one["title"]: one for one in listed}


def named(section: dict[str, Any]) -> list[str]:
    return [one["reference"].partition("/")[0] for one in section.get("entry", ())]


async def test_a_summary_has_what_there_is_in_its_sections(client: httpx.AsyncClient, person: str) -> None:
    bundle = await summary(client, person)
    found = sections(bundle)
    assert {title: named(one) for title, one in found.items()} == {
        "Problem list": ["Condition"] * 2, "Allergies and intolerances": ["AllergyIntolerance"],
        "Medication": ["MedicationStatement", "MedicationRequest"], "Immunizations": ["Immunization"],
        "Results": ["Observation", "DiagnosticReport"], "Procedures": ["Procedure"],
        "Medical devices": ["DeviceUseStatement"], "Alerts": ["Flag"], "Functional status": ["ClinicalImpression"],
        "Past problems": ["Condition"], "Pregnancy": ["Observation"], "Plan of care": ["CarePlan"],
        "Social history": ["Observation"], "Vital signs": ["Observation"],
    }  # fmt: skip
    for title, words in (
        ("Problem list", ["COPD", "active"]), ("Vital signs", ["1.50 %", "2026-11-02"]),
        ("Procedures", ["Stent", "2019"]),
        ("Results", ["Clear", "X-ray"]), ("Medical devices", ["Pacemaker"]), ("Functional status", ["Walks 100 m"]),
    ):  # fmt: skip
        assert all(word in found[title]["text"]["div"] for word in words), found[title]["text"]
    assert "Mistake" not in str(bundle)


async def test_all_that_a_summary_lists_is_in_it_with_its_parts(client: httpx.AsyncClient, person: str) -> None:
    bundle = await summary(client, person)
    there = [f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in bundle["entry"]]
    assert len(there) == len(set(there))
    assert there[1] == person
    listed = {one["reference"] for section in sections(bundle).values() for one in section.get("entry", ())}
    kinds = {one.partition("/")[0] for one in set(there) - listed}
    assert listed <= set(there)
    assert kinds == {"Composition", "Patient", "Device", "Medication", "Goal"}
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] in ("Immunization", "Procedure", "MedicationStatement", "Condition"):
            assert faults(entry["resource"]["resourceType"], entry["resource"]) == []


async def test_an_empty_section_says_that_nothing_is_available(client: httpx.AsyncClient) -> None:
    found = sections(await summary(client, await made(client, "Patient", **patient())))
    assert list(found) == ["Problem list", "Allergies and intolerances", "Medication"]
    assert {one["emptyReason"]["coding"][0]["code"] for one in found.values()} == {"unavailable"}


async def test_nothing_in_a_narrative_can_act(client: httpx.AsyncClient, person: str) -> None:
    text = sections(await summary(client, person))["Problem list"]["text"]["div"]
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    assert "\ufffe" not in text
    assert len(text) < 3000


async def test_a_person_can_be_named_by_an_identifier(client: httpx.AsyncClient, person: str) -> None:
    path = "Patient/$summary"
    answer = await client.get(path, params={"identifier": "urn:numbers|1"})
    assert answer.json()["entry"][1]["fullUrl"].endswith(person)
    for _ in range(2):
        await made(client, "Patient", **patient(identifier=[{"system": "urn:numbers", "value": "2"}]))
    profile = "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips"
    assert (await client.post(f"{person}/$summary", json=parameters(profile__canonical=profile))).status_code == 200
    for where, asked, status, place in (
        (path, {}, 400, "http.identifier"),
        (path, {"identifier": "urn:numbers|none"}, 404, None),
        (path, {"identifier": "urn:numbers|2"}, 412, "http.identifier"),
        (f"{person}/$summary", {"identifier": "urn:numbers|1"}, 400, "http.identifier"),
        (f"{person}/$summary", {"profile": "urn:other"}, 400, "http.profile"),
    ):  # fmt: skip
        refused = await client.get(where, params=asked)
        assert (refused.status_code, issues(refused)[0].get("location", [None])) == (status, [place]), asked


async def test_who_may_not_see_a_person_cannot_tell(stranger: httpx.AsyncClient, person: str) -> None:
    for hidden, absent in (
        (f"{person}/$summary", "Patient/none/$summary"),
        ("Patient/$summary?identifier=urn:numbers|1", "Patient/$summary?identifier=urn:numbers|none"),
        ("Patient/$summary?identifier=urn:numbers|2", "Patient/$summary?identifier=urn:numbers|none"),
    ):  # fmt: skip
        answers = [await stranger.get(path) for path in (hidden, absent)]
        assert answers[0].status_code == answers[1].status_code == 404
        assert answers[0].content == answers[1].content


async def test_a_summary_is_what_the_scopes_leave(narrow: httpx.AsyncClient, person: str) -> None:
    scope = with_scope("system/Patient.rs system/Condition.rs")
    found = sections(await summary(narrow, person, headers=scope))
    assert list(found) == ["Problem list", "Allergies and intolerances", "Medication", "Past problems"]
    assert (await narrow.get(f"{person}/$summary", headers=with_scope("system/Condition.rs"))).status_code == 403
    whole = await summary(narrow, person, headers=with_scope(f"patient/*.rs#{person.partition('/')[2]}"))
    assert len(sections(whole)) == 14


async def test_what_a_summary_showed_is_logged(client: httpx.AsyncClient, person: str) -> None:
    answer = await client.get(f"{person}/$summary")
    log = await client.get("AuditEvent", params={"patient": person, "_count": "100"})
    told = str([one for one in log.json()["entry"] if answer.headers["x-request-id"] in str(one)])
    listed = [
        f"{one['resource']['resourceType']}/{one['resource']['id']}"
        for one in answer.json()["entry"]
        if one["resource"]["resourceType"] not in ("Composition", "Device", "Medication")
    ]
    assert all(one in told for one in listed)
