"""`PlanDefinition/$apply` and `ActivityDefinition/$apply` over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.kernel import json
from saman.model.fhir import validate
from saman.model.fhir.fhirpath import Context, holds
from tests.conformance.examples import load_examples
from tests.http.fhir.resources import issues, patient
from tests.http.operations.conftest import narrow, parameters, with_scope
from tests.http.operations.test_documents import made, to

__all__ = ["narrow"]

Tree = dict[str, Any]
PLAN = "PlanDefinition/$apply"


def plan(*actions: Tree, **more: Any) -> Tree:
    return (
        {"resourceType": "PlanDefinition", "status": "active"} | ({"action": list(actions)} if actions else {}) | more
    )


def doing(kind: str, **more: Any) -> Tree:
    return {"resourceType": "ActivityDefinition", "status": "active", "kind": kind} | more


def when(expression: str, language: str = "text/fhirpath", kind: str = "applicability") -> Tree:
    return {"condition": [{"kind": kind, "expression": {"language": language, "expression": expression}}]}


def dynamic(*pairs: tuple[str, str]) -> list[Tree]:
    return [{"path": path, "expression": {"language": "text/fhirpath", "expression": told}} for path, told in pairs]


@pytest.fixture(scope="module")
async def person(client: httpx.AsyncClient) -> str:
    return await made(client, "Patient", **patient("Berg", gender="female"))


async def applied(client: httpx.AsyncClient, person: str, sent: Tree, **more: Any) -> Tree:
    asked = parameters(subject__string=person, planDefinition__resource=sent, **more)
    answer = await client.post(PLAN, json=asked)
    assert answer.status_code == 200, answer.text
    found: Tree = json.decode(answer.content)
    assert validate(found) == ()
    return found


def actions(found: Tree) -> list[Tree]:
    group = next((one for one in found.get("contained", ()) if one["resourceType"] == "RequestGroup"), None)
    if group is not None:
        for rule in (
            "action.all(resource.exists() != action.exists())",
            "repeat(action).all(resource.exists() != action.exists())",
        ):
            assert holds(rule, Context(group))
    return [] if group is None else list(group["action"])


def requests(found: Tree) -> list[Tree]:
    return [one for one in found.get("contained", ()) if one["resourceType"] not in ("RequestGroup", "Goal")]


def titles(listed: list[Tree]) -> list[Any]:
    return [[one["title"], titles(one["action"])] if "action" in one else one["title"] for one in listed]


async def test_actions_that_apply_become_a_care_plan(client: httpx.AsyncClient, person: str) -> None:
    sent = plan(
        {"title": "women", **when("gender = 'female'")},
        {"title": "men", "id": "men", **when("%patient.gender = 'male'")},
        {"title": "unknown", **when("maritalStatus.coding.exists(code = 'M') and {}")},
        {
            "title": "group",
            "selectionBehavior": "at-most-one",
            "action": [
                {
                    "title": "inner",
                    "relatedAction": [
                        {"actionId": "men", "relationship": "after"},
                        {"actionId": "last", "relationship": "before"},
                    ],
                },
                {"title": "not", **when("false")},
            ],
        },
        {"title": "empty", "action": [{"title": "not", **when("false")}]},
        {"title": "last", "id": "last", "textEquivalent": "Do this", **when("now()", "text/cql", "start")},
        url="urn:plan",
        version="3",
        title="Plan",
        goal=[
            {
                "description": {"text": "Breathe"},
                "start": {"text": "now"},
                "target": [{"measure": {"text": "x"}, "detailCodeableConcept": {"text": "y"}}],
            }
        ],
    )
    found = await applied(client, person, sent)
    assert titles(actions(found)) == ["women", ["group", ["inner"]], "last"]
    assert actions(found)[1]["selectionBehavior"] == "at-most-one"
    assert actions(found)[1]["action"][0]["relatedAction"] == [{"actionId": "last", "relationship": "before"}]
    assert (found["status"], found["intent"], found["subject"], found["title"]) == (
        "draft",
        "proposal",
        to(person),
        "Plan",
    )
    assert found["instantiatesCanonical"] == ["urn:plan|3"]
    assert [one["description"] for one in requests(found)] == ["women", "inner", "Do this"]
    assert found["goal"] == [{"reference": "#goal-1"}]
    assert found["activity"] == [{"reference": {"reference": "#actions"}}]


async def test_activities_plans_and_forms_define_actions(client: httpx.AsyncClient, person: str) -> None:
    code = {"text": "Spirometry"}
    await made(
        client,
        "ActivityDefinition",
        **doing(
            "ServiceRequest",
            url="urn:activity:s",
            code=code,
            dynamicValue=dynamic(
                ("note.text", "'Born ' + birthDate.toString()"),
                ("occurrence[x]", "@2026-11-20"),
                ("code.text", "'Spiro'"),
            ),
        ),
    )
    await made(client, "Questionnaire", status="active", url="urn:form:plan")
    await made(
        client,
        "PlanDefinition",
        **plan({"title": "deep", "definitionCanonical": "urn:activity:s"}, url="urn:plan:inner"),
    )
    medicine = doing(
        "MedicationRequest",
        id="m",
        productCodeableConcept={"text": "Furosemide"},
        dosage=[{"text": "1"}],
        intent="order",
    )
    sent = plan(
        {
            "title": "service",
            "definitionCanonical": "urn:activity:s",
            "dynamicValue": dynamic(("ServiceRequest.priority", "'urgent'")),
        },
        {"title": "plan", "definitionCanonical": "urn:plan:inner"},
        {"title": "form", "definitionCanonical": "urn:form:plan"},
        {
            "title": "drug",
            "definitionCanonical": "#m",
            "dynamicValue": dynamic(("dosageInstruction[0].text", "'2'"), ("dosageInstruction[1].text", "'3'")),
        },
        contained=[medicine],
    )
    found = await applied(client, person, sent)
    assert titles(actions(found)) == ["service", ["plan", ["deep"]], "form", "drug"]
    service, deep, form, drug = requests(found)
    assert service["note"] == [{"text": "Born 1948-03-14"}]
    assert (service["occurrenceDateTime"], service["priority"], service["code"]) == (
        "2026-11-20",
        "urgent",
        {"text": "Spiro"},
    )
    assert "priority" not in deep
    assert form["focus"] == {"reference": "urn:form:plan"}
    assert [one["text"] for one in drug["dosageInstruction"]] == ["2", "3"]
    assert (drug["intent"], drug["subject"]) == ("order", to(person))


async def test_one_definition_serves_several_actions(client: httpx.AsyncClient, person: str) -> None:
    activity = doing("MedicationRequest", id="m", productCodeableConcept={"text": "x"}, dosage=[{"text": "1"}])
    named = {"definitionCanonical": "#m"}
    own = dynamic(("dosageInstruction[0].text", "'own'"), ("medicationCodeableConcept.text", "name.family"))
    found = await applied(client, person, plan(named | {"dynamicValue": own}, named, contained=[activity]))
    first, second = requests(found)
    assert (first["dosageInstruction"], first["medicationCodeableConcept"]) == ([{"text": "own"}], {"text": "Berg"})
    assert (second["dosageInstruction"], second["medicationCodeableConcept"]) == ([{"text": "1"}], {"text": "x"})


async def test_a_value_can_not_be_put_without_end(client: httpx.AsyncClient, person: str) -> None:
    for way, told in (
        (".".join(["extension"] * 500 + ["valueString"]), "'x'"),
        ("note.text", "(1 | 2).repeat($this).first() | name"),
    ):
        sent = plan({"dynamicValue": dynamic((way, told))})
        answer = await client.post(PLAN, json=parameters(subject__string=person, planDefinition__resource=sent))
        assert answer.status_code in (403, 422), answer.text


@pytest.mark.parametrize(
    "kind", ["ServiceRequest", "MedicationRequest", "Task", "CommunicationRequest", "DeviceRequest", "Appointment"]
)
async def test_an_activity_becomes_a_request(client: httpx.AsyncClient, person: str, kind: str) -> None:
    more = {
        "code": {"text": "x"},
        "description": "Do",
        "timingDateTime": "2026-11-20",
        "priority": "urgent",
        "doNotPerform": False,
    }
    practitioner = await made(client, "Practitioner")
    id = await made(
        client,
        "ActivityDefinition",
        **doing(kind, url="urn:a", participant=[{"type": "patient", "role": {"text": "r"}}], **more),
    )
    answer = await client.get(f"{id}/$apply", params={"subject": person, "practitioner": practitioner})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["resourceType"], validate(json.decode(answer.content))) == (kind, ())
    assert person in str(found)
    written = await client.post(kind, json=found)
    assert written.status_code == 201, written.text


async def test_a_definition_is_refused_with_its_place(client: httpx.AsyncClient, person: str) -> None:
    await made(client, "PlanDefinition", **plan({"definitionCanonical": "urn:plan:b"}, url="urn:plan:a"))
    await made(client, "PlanDefinition", **plan({"definitionCanonical": "urn:plan:a"}, url="urn:plan:b"))
    action = "PlanDefinition.action[0]"
    deep: Tree = {"title": "x"}
    for _ in range(21):
        deep = {"action": [deep]}
    other = doing("Task", id="x")
    for sent, status, place in (
        (plan(when("true", "text/cql")), 422, f"{action}.condition[0].expression"),
        (plan(when("((")), 422, f"{action}.condition[0].expression"),
        (plan(when("(1).repeat($this + 1).exists()")), 422, f"{action}.condition[0].expression"),
        (plan({"definitionCanonical": "urn:none"}), 422, f"{action}.definitionCanonical"),
        (plan({"definitionCanonical": "#none"}), 422, f"{action}.definitionCanonical"),
        (
            plan({"definitionCanonical": "urn:plan:a"}),
            422,
            f"{action}.definitionCanonical.action[0].definitionCanonical.action[0].definitionCanonical",
        ),
        (plan({"definitionCanonical": "#x"}, contained=[doing("VisionPrescription", id="x")]), 422, f"{action}.kind"),
        (plan({"definitionCanonical": "#x"}, contained=[other | {"transform": "urn:x"}]), 422, f"{action}.transform"),
        (plan({"dynamicValue": dynamic(("shoe.size", "1"))}), 422, f"{action}.dynamicValue.path"),
        (plan({"dynamicValue": dynamic(("note[7].text", "'x'"))}), 422, f"{action}.dynamicValue.path"),
        (
            plan({"dynamicValue": dynamic(("", "'x'"))} if False else {"dynamicValue": dynamic(("a..b", "'x'"))}),
            422,
            f"{action}.dynamicValue.path",
        ),
        (plan({"dynamicValue": dynamic(("status", "birthDate"))}), 422, "CarePlan.contained[1].status"),
        (plan({"dynamicValue": dynamic(("resourceType", "'Shoe'"))}), 422, f"{action}.dynamicValue.path"),
        (plan(deep), 403, None),
        (plan(*[{"title": "x"}] * 501), 403, "PlanDefinition.action[500]"),
        (plan(*[{"definitionCanonical": f"urn:x:{n}"} for n in range(51)]), 403, "PlanDefinition.action"),
    ):
        answer = await client.post(PLAN, json=parameters(subject__string=person, planDefinition__resource=sent))
        assert answer.status_code == status, (answer.text, sent)
        assert place in (None, issues(answer)[0]["expression"][0]), answer.text
        assert "1948" not in answer.text


async def test_a_call_is_refused_with_its_place(client: httpx.AsyncClient, person: str) -> None:
    id = await made(client, "PlanDefinition", **plan())
    for path, asked, status, place in (
        (f"{id}/$apply", {}, 400, "http.subject"),
        (f"{id}/$apply", {"subject": "Practitioner/x"}, 400, "http.subject"),
        (f"{id}/$apply", {"subject": "http://x.example/Patient/1"}, 400, "http.subject"),
        (f"{id}/$apply", {"subject": person, "practitioner": person}, 400, "http.practitioner"),
        (f"{id}/$apply", {"subject": "Patient/none"}, 404, ""),
        ("PlanDefinition/none/$apply", {"subject": person}, 404, ""),
        ("PlanDefinition/$apply", {"subject": person}, 400, "http.planDefinition"),
        (f"{id}/$apply", {"subject": person}, 200, ""),
    ):
        answer = await client.get(path, params=asked)
        assert answer.status_code == status, (path, asked, answer.text)
        if status >= 400:
            assert issues(answer)[0].get("location", [""]) == [place]


async def test_who_may_not_see_a_person_applies_nothing_to_them(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, narrow: httpx.AsyncClient, person: str
) -> None:
    id = await made(client, "PlanDefinition", **plan({"title": "x", **when("gender = 'female'")}))
    hidden = await stranger.get(f"{id}/$apply", params={"subject": person})
    absent = await stranger.get(f"{id}/$apply", params={"subject": "Patient/none"})
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content) == (404, hidden.content)
    for scope, status in (
        ("system/PlanDefinition.r system/Patient.r", 200),
        ("system/PlanDefinition.r", 403),
        ("system/Patient.r", 403),
        ("patient/*.rs#other", 404),
    ):
        answer = await narrow.get(f"{id}/$apply", params={"subject": person}, headers=with_scope(scope))
        assert answer.status_code == status, scope


async def test_every_official_plan_is_applied_or_refused(client: httpx.AsyncClient, person: str) -> None:
    """Their activities are known by examples of the specification; CQL and what R4 does not hold is refused."""
    done: dict[int, int] = {}
    for name, text in load_examples():
        kind = name.partition("-")[0]
        if kind in ("PlanDefinition", "ActivityDefinition"):
            key = "planDefinition" if kind == "PlanDefinition" else "activityDefinition"
            sent = {"name": key, "resource": json.decode(text)}
            body = {"resourceType": "Parameters", "parameter": [{"name": "subject", "valueString": person}, sent]}
            answer = await client.post(
                f"{kind}/$apply", content=json.encode(body), headers={"content-type": "application/fhir+json"}
            )
            assert answer.status_code in (200, 422), (name, answer.text)
            if answer.status_code == 200:
                assert validate(json.decode(answer.content)) == ()
            done[answer.status_code] = done.get(answer.status_code, 0) + 1
    assert done[200] >= 5, done
