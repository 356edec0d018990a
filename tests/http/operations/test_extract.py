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
    path,
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


def begins(kind: str) -> Tree:
    return {"url": f"{SDC}definitionExtract", "extension": [{"url": "definition", "valueCanonical": f"{CORE}{kind}"}]}


def fixed(element: str, **value: Any) -> Tree:
    """What is put at an element: `valueCode="final"`, or an expression."""
    [(name, one)] = value.items()
    place = {"url": "definition", "valueUri": f"{CORE}{element.partition('.')[0]}#{element}"}
    what = {"url": "expression" if name == "valueExpression" else "fixed-value", name: one}
    return {"url": f"{SDC}definitionExtractValue", "extension": [place, what]}


async def extracted(client: httpx.AsyncClient, tree: Tree, *items: Tree, **more: Any) -> dict[str, Tree]:
    sent = response("#f", *items, contained=[tree | {"id": "f"}], **more)
    return told(await client.post("QuestionnaireResponse/$extract", json=sent))


async def test_definitions_begin_resources_and_give_them_values(client: httpx.AsyncClient, person: str) -> None:
    coding = {"system": "urn:x", "code": "c"}
    values = [
        fixed("Observation.status", valueCode="final"),
        fixed("Observation.code", valueCodeableConcept={"coding": [coding]}),
        fixed("Observation.effectiveDateTime", valueExpression=path("%resource.authored")),
        fixed("Observation.note.text", valueExpression=path("item.where(linkId = 'x').answer.value.unit")),
    ]
    amount = asked("x", "quantity", definition=f"{CORE}Observation#Observation.valueQuantity")
    tree = form(
        {"linkId": "o", "type": "group", "extension": [begins("Observation"), *values], "item": [amount]},
        {"linkId": "empty", "type": "group", "extension": [begins("Patient")], "item": [asked("y", "string")]},
        {"linkId": "shoe", "type": "group", "extension": [begins("Shoe")], "item": [asked("z", "string")]},
    )
    found = await extracted(
        client,
        tree,
        {"linkId": "o", "item": [said("x", {"valueQuantity": {"value": 3, "unit": "kg"}})]},
        {"linkId": "empty", "item": [said("y", {"valueString": "x"})]},
        {"linkId": "shoe", "item": [said("z", {"valueString": "x"})]},
        subject=to(person),
        authored="2026-11-01T10:00:00Z",
    )
    assert resources(found) == [
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [coding]},
            "effectiveDateTime": "2026-11-01T10:00:00Z",
            "note": [{"text": "kg"}],
            "valueQuantity": {"value": 3, "unit": "kg"},
            "subject": to(person),
        }
    ]
    assert [one["code"] for one in found["issues"]["issue"]] == ["not-supported"]
    assert (await client.post("", json=found["return"])).status_code == 200


async def test_whom_a_resource_is_about_can_be_said(client: httpx.AsyncClient, person: str) -> None:
    other = fixed("RelatedPerson.patient.reference", valueString="Patient/other")
    items = [asked("x", "date", definition="http://example.org/StructureDefinition/kin#RelatedPerson.birthDate")]
    tree = form({"linkId": "o", "type": "group", "extension": [begins("RelatedPerson"), other], "item": items})
    answered = {"linkId": "o", "item": [said("x", {"valueDate": "1980-01-01"})]}
    found = await extracted(client, tree, answered, subject=to(person))
    expected = {"resourceType": "RelatedPerson", "patient": to("Patient/other"), "birthDate": "1980-01-01"}
    assert resources(found) == [expected]


async def test_what_cannot_be_said_is_left_out_and_told(client: httpx.AsyncClient) -> None:
    for wrong in (
        fixed("Patient.gender", valueExpression=path("x", language="text/cql")),
        fixed("Patient.gender", valueExpression=path("(((")),
        fixed("Patient.shoe", valueString="x"),
        fixed("Patient.active", valueString="x"),
        fixed("Patient.id", valueId="x"),
        {
            "url": f"{SDC}itemExtractionContext",
            "valueExpression": path("Patient?_id=x", language="application/x-fhir-query"),
        },
    ):
        started = [] if "Context" in wrong["url"] else [begins("Patient")]
        tree = form(asked("x", "string", definition=f"{CORE}Patient#Patient.language"), extension=[*started, wrong])
        found = await extracted(client, tree, said("x", {"valueString": "nb"}))
        assert found["issues"]["issue"], wrong
        assert [one for one in found.get("return", {}).get("entry", ()) if "id" in one["resource"]] == []


async def test_what_was_entered_in_error_says_nothing(client: httpx.AsyncClient) -> None:
    tree = form(asked("x", "integer", code=[SPO2], extension=[YES]))
    sent = response("#f", said("x", {"valueInteger": 3}), contained=[tree | {"id": "f"}], status="entered-in-error")
    answer = await client.post("QuestionnaireResponse/$extract", json=sent)
    assert answer.status_code == 422
    assert issues(answer)[0]["expression"] == ["QuestionnaireResponse.status"]


async def test_observations_have_all_categories_that_are_said_around_them(client: httpx.AsyncClient) -> None:
    survey, social, own = [
        {"url": f"{SDC}observation-extract-category", "valueCodeableConcept": {"text": name}} for name in "abc"
    ]
    tree = form(
        asked("x", "integer", code=[SPO2], extension=[YES]),
        asked("y", "integer", code=[SPO2], extension=[YES, own]),
        extension=[survey, social],
    )
    found = await extracted(client, tree, said("x", {"valueInteger": 3}), said("y", {"valueInteger": 4}))
    assert [[one["text"] for one in made["category"]] for made in resources(found)] == [["a", "b"], ["c"]]


async def test_what_is_there_already_is_neither_changed_nor_made_twice(client: httpx.AsyncClient, person: str) -> None:
    items = [
        asked("id", "string", definition=f"{CORE}Patient#Patient.id"),
        asked("born", "date", definition=f"{CORE}Patient#Patient.birthDate"),
    ]
    tree = form(*items, extension=[begins("Patient")])
    answered = [said("id", {"valueString": person.partition("/")[2]}), said("born", {"valueDate": "1950-01-01"})]
    found = await extracted(client, tree, *answered)
    assert "return" not in found
    assert [(one["code"], one["expression"]) for one in found["issues"]["issue"]] == [("not-supported", ["Patient.id"])]
    new = await extracted(client, tree, answered[1])
    assert resources(new) == [{"resourceType": "Patient", "birthDate": "1950-01-01"}]
