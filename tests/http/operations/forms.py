"""Forms to be filled in and responses to them, for the tests of `$populate` and `$extract`."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.kernel import json
from saman.model.fhir import validate
from tests.http.fhir.resources import observation, patient
from tests.http.operations.test_documents import made, to

Tree = dict[str, Any]
FHIR = {"content-type": "application/fhir+json"}
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
CORE = "http://hl7.org/fhir/StructureDefinition/"
SPO2 = {"system": "http://loinc.org", "code": "59408-5"}
MONTH = {
    "url": f"{SDC}observationLinkPeriod",
    "valueDuration": {"value": 1000, "code": "a", "system": "http://unitsofmeasure.org"},
}
YES = {"url": f"{SDC}observationExtract", "valueBoolean": True}


def path(expression: str, name: str = "", language: str = "text/fhirpath") -> Tree:
    return {"language": language, "expression": expression} | ({"name": name} if name else {})


def asked(link: str, kind: str, expression: str = "", **more: Any) -> Tree:
    told = [{"url": f"{SDC}initialExpression", "valueExpression": path(expression)}] if expression else []
    return {"linkId": link, "type": kind, "extension": [*told, *more.pop("extension", [])]} | more


def bare(tree: Any) -> Any:
    """Without empty lists, which R4 does not have."""
    if isinstance(tree, dict):
        return {name: bare(one) for name, one in tree.items() if one != []}
    return [bare(one) for one in tree] if isinstance(tree, list) else tree


def form(*items: Tree, **more: Any) -> Tree:
    tree: Tree = bare({"resourceType": "Questionnaire", "status": "active", "item": list(items)} | more)
    assert validate(tree) == ()
    return tree


def sent(subject: str, tree: Tree | None = None, *contexts: Tree, local: bool = False) -> Tree:
    listed: list[Tree] = [{"name": "subject", "valueReference": to(subject)}]
    listed += [{"name": "questionnaire", "resource": tree}] if tree else []
    listed += [{"name": "local", "valueBoolean": True}] if local else []
    return {"resourceType": "Parameters", "parameter": [*listed, *contexts]}


def context(name: str, **content: Any) -> Tree:
    return {"name": "context", "part": [{"name": "name", "valueString": name}, {"name": "content"} | content]}


def told(answer: httpx.Response) -> dict[str, Tree]:
    assert answer.status_code == 200, answer.text
    body = json.decode(answer.content)
    assert validate(body) == ()
    return {one["name"]: one["resource"] for one in body.get("parameter", ())}


def answers(response: Tree) -> dict[str, Any]:
    """The values of all answers by the link of their question; of one alone, not as a list."""
    found: dict[str, list[Any]] = {}

    def take(holder: Tree) -> None:
        for one in holder.get("item", ()):
            for each in one.get("answer", ()):
                found.setdefault(one["linkId"], []).append(next(each[key] for key in each if key.startswith("value")))
                take(each)
            take(one)

    take(response)
    return {link: each[0] if len(each) == 1 else each for link, each in found.items()}


@pytest.fixture(scope="module")
async def person(client: httpx.AsyncClient) -> str:
    who = await made(client, "Patient", **patient("Berg", gender="female"))
    for day, value in ((1, "88.50"), (2, "91.0")):
        text = observation(who.partition("/")[2], value, f"2026-11-0{day}T08:00:00+01:00")
        assert (await client.post("Observation", content=text, headers=FHIR)).status_code == 201
    await made(client, "Condition", subject=to(who), code={"text": "COPD"})
    return who
