"""What a required value says only by an extension is valid, and nothing that reads it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest

from saman.kernel import json
from tests.http.operations.conftest import parameters

SHADOW = {"extension": [{"url": "urn:why", "valueString": "not told"}]}
VALUE_SET: dict[str, Any] = {
    "resourceType": "ValueSet",
    "status": "active",
    "compose": {
        "include": [
            {
                "system": "http://hl7.org/fhir/administrative-gender",
                "concept": [{"code": "male", "designation": [{"language": "nb", "value": "mann"}]}],
            },
            {"system": "urn:cs", "filter": [{"property": "concept", "op": "is-a", "value": "a"}]},
            {"valueSet": ["http://hl7.org/fhir/ValueSet/administrative-gender"]},
        ]
    },
}
EXPANDED: dict[str, Any] = {
    "resourceType": "ValueSet",
    "status": "active",
    "expansion": {
        "timestamp": "2026-01-01T00:00:00Z",
        "contains": [{"system": "urn:cs", "code": "a", "contains": [{"system": "urn:cs", "code": "b"}]}],
    },
}
CODE_SYSTEM: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "status": "active",
    "content": "complete",
    "url": "urn:cs",
    "property": [{"code": "status", "type": "code", "uri": "http://hl7.org/fhir/concept-properties#status"}],
    "concept": [
        {
            "code": "a",
            "display": "A",
            "designation": [{"language": "nb", "value": "Å"}],
            "property": [{"code": "status", "valueCode": "active"}],
            "concept": [{"code": "b"}],
        }
    ],
}
MAP: dict[str, Any] = {
    "resourceType": "ConceptMap",
    "status": "active",
    "url": "urn:map",
    "group": [
        {
            "source": "urn:cs",
            "target": "urn:other",
            "element": [
                {
                    "code": "a",
                    "target": [
                        {
                            "code": "q",
                            "equivalence": "equal",
                            "product": [{"property": "urn:p", "system": "urn:s", "value": "v"}],
                        }
                    ],
                }
            ],
            "unmapped": {"mode": "fixed", "code": "z"},
        }
    ],
}
FHIR = {"content-type": "application/fhir+json"}
SYSTEM: dict[str, Any] = {"system__uri": "urn:cs", "code__code": "a"}


def shadowed(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The tree, each time with another of its values only as an extension."""
    for place in list(_places(tree, ())):
        made = deepcopy(tree)
        holder: Any = made
        for step in place[:-1]:
            holder = holder[step]
        name = place[-1]
        if isinstance(holder[name], list):
            holder[name], holder[f"_{name}"] = [None], [SHADOW]
        else:
            del holder[name]
            holder[f"_{name}"] = SHADOW
        yield made


def _places(node: Any, at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, one in items:
        if key == "resourceType":
            continue
        if not isinstance(one, dict | list) or (isinstance(one, list) and isinstance(one[0], str)):
            yield (*at, key)
        else:
            yield from _places(one, (*at, key))


async def answered(client: httpx.AsyncClient, path: str, body: Any, method: str = "POST") -> int:
    answer = await client.request(method, path, content=json.encode(body), headers=FHIR)
    assert answer.status_code < 500, (path, body, answer.text)
    return answer.status_code


@pytest.mark.parametrize("tree", [VALUE_SET, EXPANDED])
async def test_value_sets(client: httpx.AsyncClient, tree: dict[str, Any]) -> None:
    await client.post("CodeSystem", json=CODE_SYSTEM)
    made = list(shadowed(tree))
    assert len(made) >= 6
    for one in made:
        shown: dict[str, Any] = {
            "includeDesignations__boolean": True,
            "filter__string": "a",
            "displayLanguage__code": "nb",
        }
        await answered(client, "ValueSet/$expand", parameters(valueSet__resource=one, **shown))
        await answered(client, "ValueSet/$validate-code", parameters(valueSet__resource=one, **SYSTEM))


async def test_a_filter_or_an_import_that_is_not_told_widens_nothing(client: httpx.AsyncClient) -> None:
    await client.post("CodeSystem", json=CODE_SYSTEM)
    for name, told in (("filter", {"filter": [{"property": "concept", "op": "is-a", "_value": SHADOW}]}),
                       ("valueSet", {"valueSet": [None], "_valueSet": [SHADOW]})):  # fmt: skip
        tree = {"resourceType": "ValueSet", "status": "active", "compose": {"include": [{"system": "urn:cs"} | told]}}
        assert await answered(client, "ValueSet/$expand", parameters(valueSet__resource=tree)) in (404, 422), name


async def test_code_systems_that_are_sent_and_that_are_stored(client: httpx.AsyncClient) -> None:
    pair: dict[str, Any] = {"system__uri": "urn:cs", "codeA__code": "a", "codeB__code": "b"}
    for one in shadowed(CODE_SYSTEM):
        await answered(client, "CodeSystem/$validate-code", parameters(codeSystem__resource=one, code__code="a"))
        stored = await client.post("CodeSystem", content=json.encode(one), headers=FHIR)
        assert stored.status_code < 500, stored.text
        await answered(client, "CodeSystem/$lookup", parameters(**SYSTEM))
        await answered(client, "CodeSystem/$subsumes", parameters(**pair))
        if stored.status_code == 201:
            await client.delete(f"CodeSystem/{stored.json()['id']}")


@pytest.mark.parametrize("reverse", [False, True])
async def test_concept_maps_that_are_sent_and_that_are_stored(client: httpx.AsyncClient, reverse: bool) -> None:
    for one in shadowed(MAP):
        asked = SYSTEM | {"reverse__boolean": reverse}
        await answered(client, "ConceptMap/$translate", parameters(conceptMap__resource=one, **asked))
        stored = await client.post("ConceptMap", content=json.encode(one), headers=FHIR)
        if stored.status_code == 201:
            await answered(client, "ConceptMap/$translate", parameters(**asked))
            await client.delete(f"ConceptMap/{stored.json()['id']}")


async def test_parameters_and_patches(client: httpx.AsyncClient) -> None:
    for one in shadowed(parameters(**SYSTEM)):
        assert await answered(client, "CodeSystem/$lookup", one) >= 400
    name = {"name": "value", "part": [{"name": "name", "valueHumanName": {"text": "x"}}]}
    kind, path = {"name": "type", "valueCode": "add"}, {"name": "path", "valueString": "Patient"}
    parts = [kind, path, {"name": "name", "valueString": "contact"}, name]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    person = (await client.post("Patient", json={"resourceType": "Patient"})).json()["id"]
    assert [await answered(client, f"Patient/{person}", one, "PATCH") for one in shadowed(patch)].count(200) <= 1
