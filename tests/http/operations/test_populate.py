"""`Questionnaire/$populate` over HTTP."""

from __future__ import annotations

import httpx
import pytest

from saman.kernel import json
from tests.http.fhir.resources import issues
from tests.http.operations.conftest import narrow, with_scope
from tests.http.operations.forms import (
    CORE,
    MONTH,
    SDC,
    SPO2,
    Tree,
    answers,
    asked,
    context,
    form,
    path,
    person,
    sent,
    told,
)
from tests.http.operations.test_documents import made, to

__all__ = ["narrow", "person"]


async def test_answers_of_every_type_from_expressions(client: httpx.AsyncClient, person: str) -> None:
    male = {"system": "http://hl7.org/fhir/administrative-gender", "code": "female"}
    items = [
        asked("boolean", "boolean", "%patient.birthDate.exists()"),
        asked("decimal", "decimal", "1.50"),
        asked("integer", "integer", "40 + 2"),
        asked("date", "date", "%patient.birthDate"),
        asked("day", "date", "%patient.birthDate + 1 day"),
        asked("time", "time", "@T10:00:00"),
        asked("dateTime", "dateTime", "@2026-11-20T10:00:00Z"),
        asked("string", "string", "%patient.name.family"),
        asked("text", "text", "%patient.name.family + '!'"),
        asked("url", "url", "%patient.nothing | %ucum"),
        asked("choice", "choice", "%patient.gender", answerOption=[{"valueCoding": male}]),
        asked("open", "open-choice", "'other'"),
        asked("reference", "reference", "%patient"),
        asked("quantity", "quantity", "4 'mg'"),
        asked("many", "integer", "1 | 2 | 3", repeats=True),
        asked("one", "integer", "1 | 2 | 3"),
        asked("initial", "string", initial=[{"valueString": "x"}]),
        {"linkId": "words", "type": "display", "text": "Words"},
        asked("nested", "boolean", "true", item=[asked("inner", "integer", "7")]),
        asked("none", "string", "%patient.maritalStatus.text"),
    ]
    found = told(await client.post("Questionnaire/$populate", json=sent(person, form(*items), local=True)))
    assert list(found) == ["response"]
    assert answers(found["response"]) == {
        "boolean": True,
        "decimal": json.decode("1.50"),
        "integer": 42,
        "date": "1948-03-14",
        "day": "1948-03-15",
        "time": "10:00:00",
        "dateTime": "2026-11-20T10:00:00Z",
        "string": "Berg",
        "text": "Berg!",
        "url": "http://unitsofmeasure.org",
        "choice": male,
        "open": "other",
        "reference": to(person),
        "many": [1, 2, 3],
        "one": 1,
        "initial": "x",
        "quantity": {"value": 4, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"},
        "nested": True,
        "inner": 7,
    }
    assert [one["linkId"] for one in found["response"]["item"]] == [one["linkId"] for one in items]
    assert found["response"]["subject"] == to(person)


async def test_variables_contexts_and_observations(client: httpx.AsyncClient, person: str) -> None:
    variables = [
        path("%patient.id", "who"),
        path("Condition?patient={{%who}}&_count=5", "conditions", "application/x-fhir-query"),
        path("%conditions.entry.resource.code.text", "texts"),
    ]
    group = {
        "linkId": "group",
        "type": "group",
        "repeats": True,
        "extension": [{"url": f"{SDC}itemPopulationContext", "valueExpression": path("%device.deviceName", "named")}],
        "item": [asked("name", "string", "%named.name")],
    }
    own = {"url": f"{CORE}variable", "valueExpression": path("2", "two")}
    tree = form(
        asked("texts", "string", "%texts"),
        group,
        asked("four", "integer", "%two + %two", extension=[own]),
        asked("spo2", "quantity", code=[SPO2], extension=[MONTH]),
        asked("weight", "quantity", code=[{"code": "29463-7"}], extension=[MONTH]),
        extension=[{"url": f"{CORE}variable", "valueExpression": one} for one in variables],
    )
    names = [{"name": name, "type": "other"} for name in ("Pump", "Meter")]
    device = {"resourceType": "Device", "deviceName": names}
    found = told(
        await client.post(
            "Questionnaire/$populate", json=sent(person, tree, context("device", resource=device), local=True)
        )
    )
    assert answers(found["response"]) == {
        "texts": "COPD",
        "name": ["Pump", "Meter"],
        "four": 4,
        "spo2": {"value": json.decode("91.0"), "unit": "%"},
    }
    without = told(
        await client.post(
            "Questionnaire/$populate", json=sent(person, tree, context("patient", valueReference=to(person)))
        )
    )
    assert answers(without["response"]) == {"four": 4}
    assert {one["code"] for one in without["issues"]["issue"]} == {"not-supported", "processing"}


async def test_which_form_is_meant(client: httpx.AsyncClient, person: str) -> None:
    id = await made(client, "Questionnaire", **form(asked("x", "integer", "1"), url="urn:form:a", version="2"))
    for more in (
        {"name": "canonical", "valueUri": "urn:form:a"},
        {"name": "canonical", "valueCanonical": "urn:form:a|2"},
        {"name": "questionnaireRef", "valueReference": to(id)},
    ):
        assert answers(
            told(await client.post("Questionnaire/$populate", json=sent(person, None, more)))["response"]
        ) == {"x": 1}
    found = told(await client.post(f"{id}/$populate", json=sent(person)))
    assert found["response"]["questionnaire"] == "urn:form:a|2"
    for where, body, status, place in (
        ("Questionnaire/$populate", sent(person), 400, "http.canonical"),
        (f"{id}/$populate", sent(person, form(asked("x", "integer"))), 400, "Parameters.parameter[1].resource"),
        (
            "Questionnaire/$populate",
            sent(person, None, {"name": "canonical", "valueUri": "urn:none"}),
            422,
            "Parameters.parameter[1].valueUri",
        ),
        ("Questionnaire/none/$populate", sent(person), 404, ""),
        (f"{id}/$populate", sent("Patient/none", local=True), 404, ""),
        (f"{id}/$populate", sent(person, None, context("x", valueReference=to("Patient/none"))), 404, ""),
        (
            f"{id}/$populate",
            sent(person, None, context("x", valueReference=to("http://x.example/Patient/1"))),
            400,
            "Parameters.parameter[1]",
        ),
        (
            f"{id}/$populate",
            sent(person, None, *[context("x", valueReference=to(person))] * 21),
            403,
            "Parameters.parameter[1]",
        ),
    ):
        answer = await client.post(where, json=body)
        issue = issues(answer)[0]
        assert (answer.status_code, *issue.get("location", issue.get("expression", [""]))) == (status, place), (
            answer.text
        )


@pytest.mark.parametrize(
    "expression",
    [
        "(1).repeat($this + 1)",
        "%nothing",
        "((((",
        "%patient.name.given[0",
        "resolve(",
        "'x'.replaceMatches('(a+)+$', 'b')",
        "1/0",
        "%patient.descendants().descendants()",
    ],
)
async def test_expressions_that_fail_leave_the_rest(client: httpx.AsyncClient, person: str, expression: str) -> None:
    tree = form(
        *[asked(f"{number}", "string", expression) for number in range(30)],
        asked("right", "string", initial=[{"valueString": "x"}]),
    )
    found = told(await client.post("Questionnaire/$populate", json=sent(person, tree, local=True)))
    assert answers(found["response"])["right"] == "x"
    assert "Berg" not in json.encode(found.get("issues", {})).decode()


async def test_a_form_has_limits(client: httpx.AsyncClient, person: str) -> None:
    many = form(*[{"linkId": f"{number}", "type": "display"} for number in range(2001)])
    deep: Tree = {"linkId": "x", "type": "group"}
    for number in range(32):
        deep = {"linkId": f"{number}", "type": "group", "item": [deep]}
    codes = form(*[asked(f"{n}", "quantity", code=[{"code": f"{n}"}], extension=[MONTH]) for n in range(101)])
    searches = form(
        asked("x", "string"),
        extension=[
            {"url": f"{CORE}variable", "valueExpression": path("Patient?_id=x", f"v{n}", "application/x-fhir-query")}
            for n in range(11)
        ],
    )
    for tree in (many, form(deep), codes, searches):
        answer = await client.post("Questionnaire/$populate", json=sent(person, tree, local=True))
        assert (answer.status_code, issues(answer)[0]["code"]) == (403, "too-costly")


async def test_groups_that_repeat_in_groups_end(client: httpx.AsyncClient, person: str) -> None:
    told = {"url": f"{SDC}itemPopulationContext", "valueExpression": path("1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9", "n")}
    tree: Tree = {"linkId": "it's", "type": "display"}
    for number in range(20):
        tree = {"linkId": f"{number}", "type": "group", "repeats": True, "extension": [told], "item": [tree]}
    found = told_of = await client.post("Questionnaire/$populate", json=sent(person, form(tree)))
    assert found.status_code == 200
    assert [one["code"] for one in told_of.json()["parameter"][1]["resource"]["issue"]] == ["too-costly"]
    assert len(found.content) < 2_000_000


async def test_holes_that_do_not_close_are_no_holes(client: httpx.AsyncClient, person: str) -> None:
    search = path("Patient?_id=" + "{{x" * 20_000, "v", "application/x-fhir-query")
    tree = form(asked("x", "string", "%v.id"), extension=[{"url": f"{CORE}variable", "valueExpression": search}])
    assert (await client.post("Questionnaire/$populate", json=sent(person, tree, local=True))).status_code == 200


async def test_only_what_the_caller_may_see_fills_a_form(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, narrow: httpx.AsyncClient, person: str
) -> None:
    query = path(f"Condition?patient={person}", "conditions", "application/x-fhir-query")
    tree = form(
        asked("condition", "string", "%conditions.entry.resource.code.text"),
        asked("spo2", "quantity", code=[SPO2], extension=[MONTH]),
        extension=[{"url": f"{CORE}variable", "valueExpression": query}],
    )
    hidden = [
        await stranger.post("Questionnaire/$populate", json=sent(one, tree, local=True))
        for one in (person, "Patient/none")
    ]
    assert [one.status_code for one in hidden] == [404, 404]
    assert hidden[0].content == hidden[1].content
    sees = {**context("patient", resource={"resourceType": "Patient"})}
    for one in (person, "Patient/none"):
        answer = told(await stranger.post("Questionnaire/$populate", json=sent(one, tree, sees, local=True)))
        assert answers(answer["response"]) == {}
    scope = with_scope("system/Questionnaire.rs system/Patient.rs system/Observation.rs")
    few = told(await narrow.post("Questionnaire/$populate", json=sent(person, tree, local=True), headers=scope))
    assert list(answers(few["response"])) == ["spo2"]
    assert (
        await narrow.post("Questionnaire/$populate", json=sent(person, tree), headers=with_scope("system/Patient.rs"))
    ).status_code == 403
