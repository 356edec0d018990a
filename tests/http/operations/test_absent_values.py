"""Definitions whose elements have an extension instead of a value, as R4 allows for any of them: there is an answer."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest

from saman.model.fhir import validate
from tests.http.fhir.resources import issues
from tests.http.operations.conftest import parameters
from tests.http.operations.forms import CORE, MONTH, SDC, SPO2, YES, Tree, asked, bare, form, path, person, sent
from tests.http.operations.test_extract import begins, fixed, response

__all__ = ["person"]

REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ABSENT = {"extension": [{"url": REASON, "valueCode": "unknown"}]}

CHOICES = {"resourceType": "ValueSet", "id": "v", "status": "active", "compose": {"include": [
    {"system": "urn:s", "concept": [{"code": "a", "display": "A"}]}]}}  # fmt: skip
BATCH = {"resourceType": "Bundle", "id": "B", "type": "batch", "entry": [
    {"request": {"method": "GET", "url": "Patient?_id={{%patient.id}}"}}]}  # fmt: skip
NAMES = {"url": f"{SDC}itemPopulationContext", "valueExpression": path("%patient.name", "n")}
UNIT = {"url": f"{CORE}questionnaire-unit", "valueCoding": {"system": "u", "code": "%", "display": "%"}}
FORM = form(
    asked("a", "choice", "'a'", answerValueSet="#v", definition=f"{CORE}Patient#Patient.language"),
    asked("b", "choice", answerOption=[{"valueCoding": {"code": "x"}, "initialSelected": True}]),
    {"linkId": "g", "type": "group", "definition": f"{CORE}Patient#Patient.name", "extension": [NAMES],
     "item": [asked("f", "string", "%n.family", definition=f"{CORE}Patient#Patient.name.family")]},
    asked("o", "quantity", code=[SPO2], extension=[MONTH, YES, UNIT]),
    extension=[
        {"url": f"{SDC}sourceQueries", "valueReference": {"reference": "#B"}}, begins("Patient"),
        fixed("Patient.active", valueBoolean=True), fixed("Patient.gender", valueExpression=path("'male'")),
    ],
    contained=[BATCH, CHOICES], url="urn:form:absent", version="1",
)  # fmt: skip
RESPONSE = response(
    "#form",
    {"linkId": "a", "answer": [{"valueCoding": {"code": "nb"}}]},
    {"linkId": "g", "item": [{"linkId": "f", "answer": [{"valueString": "X"}]}]},
    {"linkId": "o", "answer": [{"valueQuantity": {"value": 3, "unit": "%"}}]},
    authored="2026-01-01",
)
EXPRESSION = {"language": "text/fhirpath", "expression": "true"}
ACTIVITY = {
    "resourceType": "ActivityDefinition", "id": "ad", "url": "urn:ad", "status": "active", "kind": "Task",
    "code": {"text": "x"}, "intent": "order", "priority": "routine", "participant": [{"type": "patient"}],
    "dynamicValue": [{"path": "description", "expression": {"language": "text/fhirpath", "expression": "'x'"}}],
}  # fmt: skip
PLAN = {
    "resourceType": "PlanDefinition", "url": "urn:pd", "status": "active", "title": "t", "contained": [ACTIVITY],
    "goal": [{"id": "g1", "description": {"text": "g"}, "target": [{"detailQuantity": {"value": 1}}]}],
    "action": [
        {"id": "a1", "title": "A", "goalId": ["g1"], "definitionCanonical": "#ad",
         "condition": [{"kind": "applicability", "expression": EXPRESSION}]},
        {"id": "a2", "title": "B", "relatedAction": [{"actionId": "a1", "relationship": "after-start"}]},
    ],
}  # fmt: skip
PROFILE = {
    "resourceType": "StructureDefinition", "url": "urn:sd", "name": "N", "status": "active", "kind": "resource",
    "abstract": False, "type": "Basic", "baseDefinition": f"{CORE}Basic", "derivation": "constraint",
    "differential": {"element": [
        {"id": "Basic", "path": "Basic"},
        {"id": "Basic.extension", "path": "Basic.extension",
         "slicing": {"discriminator": [{"type": "value", "path": "url"}], "rules": "open"}},
        {"id": "Basic.extension:a", "path": "Basic.extension", "sliceName": "a", "max": "1"},
        {"id": "Basic.code", "path": "Basic.code", "min": 1, "constraint": [
            {"key": "k", "severity": "error", "human": "h", "expression": "true"}]},
    ]},
}  # fmt: skip


def without_a_value(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """The tree with each of its primitive values left out in turn, as far as R4 takes that; by the way to it."""
    for way in list(_ways(tree, ())):
        made = deepcopy(tree)
        holder: Any = made
        for step in way[:-1]:
            holder = holder[step]
        del holder[way[-1]]
        holder[f"_{way[-1]}"] = ABSENT
        if validate(made) == ():
            yield ".".join(map(str, way)), made


def _ways(value: Any, way: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _ways(one, (*way, number))
    elif isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, dict | list):
                yield from _ways(one, (*way, name))
            elif name not in ("resourceType", "id"):
                yield (*way, name)


async def all_answered(client: httpx.AsyncClient, address: str, bodies: list[tuple[str, Tree]]) -> list[str]:
    """The ways to values without which a call is refused; none breaks."""
    refused = []
    assert len(bodies) > 3
    for way, body in bodies:
        answer = await client.post(address, json=body)
        assert answer.status_code in (200, 422), (way, answer.text)
        if answer.status_code == 422:
            assert issues(answer)[0]["diagnostics"]
            refused.append(way)
    return refused


async def test_forms_to_be_filled_in(client: httpx.AsyncClient, person: str) -> None:
    bodies = [(way, sent(person, one, local=True)) for way, one in without_a_value(FORM)]
    refused = await all_answered(client, "Questionnaire/$populate", bodies)
    assert {way.rpartition(".")[2] for way in refused} == {"linkId", "type"}


async def test_forms_and_responses_to_be_extracted(client: httpx.AsyncClient) -> None:
    inner = bare({name: one for name, one in FORM.items() if name != "contained"} | {"id": "form"})
    bodies = [(way, RESPONSE | {"contained": [one]}) for way, one in without_a_value(inner)]
    bodies += [(way, one | {"contained": [inner]}) for way, one in without_a_value(RESPONSE)]
    refused = await all_answered(client, "QuestionnaireResponse/$extract", bodies)
    assert {way.rpartition(".")[2] for way in refused} == {"linkId", "type", "questionnaire"}


@pytest.mark.parametrize(("kind", "name", "definition"), [
    ("PlanDefinition", "planDefinition", PLAN), ("ActivityDefinition", "activityDefinition", ACTIVITY),
])  # fmt: skip
async def test_plans_and_activities(
    client: httpx.AsyncClient, person: str, kind: str, name: str, definition: Tree
) -> None:
    bodies = [
        (way, parameters(**{f"{name}__resource": one, "subject__string": person}))
        for way, one in without_a_value(definition)
    ]
    await all_answered(client, f"{kind}/$apply", bodies)


async def test_profiles(client: httpx.AsyncClient) -> None:
    bodies = [(way, parameters(definition__resource=one)) for way, one in without_a_value(PROFILE)]
    refused = await all_answered(client, "StructureDefinition/$snapshot", bodies)
    assert "url" in refused
