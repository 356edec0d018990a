"""`QuestionnaireResponse/$extract` over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from saman.kernel import json
from tests.http.fhir.resources import issues
from tests.http.operations.forms import (
    CORE,
    FHIR,
    SDC,
    SPO2,
    YES,
    Tree,
    asked,
    bare,
    form,
    person,
    told,
)
from tests.http.operations.test_documents import made, to

__all__ = ["person"]


def response(canonical: str, *items: Tree, **more: Any) -> Tree:
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": canonical,
        "item": list(items),
    } | more


def said(link: str, *values: Tree, **more: Any) -> Tree:
    return {"linkId": link, "answer": list(values)} | more


def resources(found: dict[str, Tree]) -> list[Tree]:
    bundle = found["return"]
    assert bundle["type"] == "transaction"
    assert all(one["fullUrl"].startswith("urn:uuid:") for one in bundle["entry"])
    assert [one["request"] for one in bundle["entry"]] == [
        {"method": "POST", "url": one["resource"]["resourceType"]} for one in bundle["entry"]
    ]
    return [one["resource"] for one in bundle["entry"]]


async def test_observations_are_made_from_answers_and_can_be_written(client: httpx.AsyncClient, person: str) -> None:
    unit = {"url": f"{CORE}questionnaire-unit", "valueCoding": {"system": "http://unitsofmeasure.org", "code": "%"}}
    category = {"url": f"{SDC}observation-extract-category", "valueCodeableConcept": {"text": "survey"}}
    tree = form(
        asked("spo2", "decimal", code=[SPO2], extension=[YES, unit]),
        asked("mood", "choice", code=[{"code": "mood"}], extension=[YES, category]),
        {
            "linkId": "all",
            "type": "group",
            "extension": [YES],
            "item": [
                asked("day", "date", code=[{"code": "day"}]),
                asked("plain", "string"),
                asked("not", "string", code=[{"code": "not"}], extension=[YES | {"valueBoolean": False}]),
            ],
        },
        asked("away", "string", code=[{"code": "away"}]),
        asked("file", "attachment", code=[{"code": "file"}], extension=[YES]),
        url="urn:form:observed",
    )
    await made(client, "Questionnaire", **tree)
    sent = response(
        "urn:form:observed",
        said("spo2", {"valueDecimal": "DIGITS"}),
        said("mood", {"valueCoding": {"code": "good"}}),
        {
            "linkId": "all",
            "item": [
                said("day", {"valueDate": "2026-11-20"}),
                said("plain", {"valueString": "x"}),
                said("not", {"valueString": "x"}),
            ],
        },
        said("away", {"valueString": "x"}),
        said("file", {"valueAttachment": {"title": "x"}}),
        said("unknown", {"valueString": "x"}),
        subject=to(person),
        author=to(person),
        authored="2026-11-20T10:00:00Z",
    )
    text = json.encode(sent).decode().replace('"DIGITS"', "91.50")
    stored = await client.post("QuestionnaireResponse", content=text, headers=FHIR)
    id = f"QuestionnaireResponse/{stored.json()['id']}"
    found = told(await client.get(f"{id}/$extract"))
    spo2, mood, day = resources(found)
    assert spo2 == {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [SPO2]},
        "subject": to(person),
        "effectiveDateTime": "2026-11-20T10:00:00Z",
        "issued": "2026-11-20T10:00:00Z",
        "performer": [to(person)],
        "derivedFrom": [to(id)],
        "valueQuantity": {
            "value": json.decode("91.50"),
            "unit": "%",
            "system": "http://unitsofmeasure.org",
            "code": "%",
        },
    }
    assert (mood["valueCodeableConcept"], mood["category"]) == ({"coding": [{"code": "good"}]}, [{"text": "survey"}])
    assert day["valueDateTime"] == "2026-11-20"
    assert "file" in str(found["issues"])
    written = await client.post("", content=json.encode(found["return"]), headers=FHIR)
    assert written.status_code == 200, written.text


async def test_resources_are_made_by_definitions(client: httpx.AsyncClient, person: str) -> None:
    def defined(link: str, kind: str, element: str, **more: Any) -> Tree:
        base = element.partition(".")[0]
        return asked(link, kind, definition=f"{CORE}{base}#{element}", **more)

    def into(kind: str) -> Tree:
        return {"url": f"{SDC}itemExtractionContext", "valueCode": kind}

    tree = form(
        {
            "linkId": "kin",
            "type": "group",
            "extension": [into("RelatedPerson")],
            "item": [
                {
                    "linkId": "name",
                    "type": "group",
                    "repeats": True,
                    "definition": f"{CORE}RelatedPerson#RelatedPerson.name",
                    "item": [
                        defined("family", "string", "RelatedPerson.name.family"),
                        defined("given", "string", "RelatedPerson.name.given", repeats=True),
                    ],
                },
                defined("phone", "string", "RelatedPerson.telecom.value"),
                defined("born", "date", "RelatedPerson.birthDate"),
                defined("sex", "choice", "RelatedPerson.gender"),
                defined("tie", "choice", "RelatedPerson.relationship"),
                defined("wrong", "boolean", "RelatedPerson.birthDate"),
                defined("nowhere", "string", "RelatedPerson.shoe.size"),
                defined("other", "string", "Patient.language"),
            ],
        },
        {
            "linkId": "drug",
            "type": "group",
            "extension": [into("MedicationStatement")],
            "item": [
                defined("status", "choice", "MedicationStatement.status"),
                defined("what", "choice", "MedicationStatement.medicationCodeableConcept"),
            ],
        },
        {"linkId": "bad", "type": "group", "extension": [into("Shoe")], "item": [asked("x", "string")]},
        {"linkId": "short", "type": "group", "extension": [into("Procedure")], "item": [asked("y", "string")]},
        url="urn:form:defined",
    )
    code = {"system": "urn:x", "code": "c"}
    sent = response(
        "urn:form:defined",
        {
            "linkId": "kin",
            "item": [
                {
                    "linkId": "name",
                    "item": [
                        said("family", {"valueString": "Lund"}),
                        said("given", {"valueString": "Eva"}, {"valueString": "Kari"}),
                    ],
                },
                {"linkId": "name", "item": [said("family", {"valueString": "Berg"})]},
                said("phone", {"valueString": "12"}),
                said("born", {"valueDate": "1980-01-01"}),
                said("sex", {"valueCoding": {"code": "female"}}),
                said("tie", {"valueCoding": code}),
                said("wrong", {"valueBoolean": True}),
                said("nowhere", {"valueString": "x"}),
                said("other", {"valueString": "x"}),
            ],
        },
        {
            "linkId": "drug",
            "item": [said("status", {"valueCoding": {"code": "active"}}), said("what", {"valueCoding": code})],
        },
        {"linkId": "bad", "item": [said("x", {"valueString": "x"})]},
        {"linkId": "short", "item": [said("y", {"valueString": "x"})]},
        subject=to(person),
    )
    sent |= {"questionnaire": "#form", "contained": [tree | {"id": "form"}]}
    found = told(await client.post("QuestionnaireResponse/$extract", json=sent))
    assert resources(found) == [
        {
            "resourceType": "RelatedPerson",
            "patient": to(person),
            "birthDate": "1980-01-01",
            "gender": "female",
            "name": [{"family": "Lund", "given": ["Eva", "Kari"]}, {"family": "Berg"}],
            "telecom": [{"value": "12"}],
            "relationship": [{"coding": [code]}],
        },
        {
            "resourceType": "MedicationStatement",
            "subject": to(person),
            "status": "active",
            "medicationCodeableConcept": {"coding": [code]},
        },
    ]
    told_of = str(found["issues"])
    assert all(f"'{link}'" in told_of for link in ("wrong", "nowhere", "other", "bad"))
    assert "Procedure.status" in told_of


async def test_a_definition_that_goes_on_and_on_is_not_followed(client: httpx.AsyncClient) -> None:
    far = f"{CORE}Patient#Patient{'.extension' * 500}.valueString"
    patient = {"url": f"{SDC}itemExtractionContext", "valueCode": "Patient"}
    items = [
        asked(link, "string", definition=one) for link, one in (("it's", far), ("a", f"{CORE}Patient#Patient.language"))
    ]
    tree = form(*items, extension=[patient])
    answered = [said("it's", {"valueString": "x"}), said("a", {"valueString": "nb"})]
    sent = response("#f", *answered, contained=[tree | {"id": "f"}])
    found = told(await client.post("QuestionnaireResponse/$extract", json=sent))
    assert resources(found) == [{"resourceType": "Patient", "language": "nb"}]
    assert found["issues"]["issue"][0]["expression"] == [r"Questionnaire.repeat(item).where(linkId = 'it\'s')"]


async def test_an_extraction_is_refused_with_a_place(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, person: str
) -> None:
    at = "QuestionnaireResponse.questionnaire"
    for sent, status, place in (
        (response("urn:form:none"), 422, at),
        (response("#none"), 422, at),
        (response("Questionnaire/none"), 404, ""),
        ({"resourceType": "QuestionnaireResponse", "status": "completed"}, 422, at),
        (response("urn:x", *[{"linkId": f"{n}"} for n in range(2001)]), 403, "QuestionnaireResponse"),
    ):
        answer = await client.post("QuestionnaireResponse/$extract", json=bare(sent))
        assert (answer.status_code, issues(answer)[0].get("expression", [""])[0]) == (status, place), answer.text
    empty = told(
        await client.post(
            "QuestionnaireResponse/$extract",
            json=bare(response("#f", contained=[form(asked("x", "string")) | {"id": "f"}])),
        )
    )
    assert [one["severity"] for one in empty["issues"]["issue"]] == ["information"]
    assert "return" not in empty
    id = await made(
        client, "QuestionnaireResponse", status="completed", subject=to(person), questionnaire="urn:form:observed"
    )
    hidden, absent = await stranger.get(f"{id}/$extract"), await stranger.get("QuestionnaireResponse/none/$extract")
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content) == (404, hidden.content)
