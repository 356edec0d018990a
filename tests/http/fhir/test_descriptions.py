"""What the interface says of itself is what it does."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from saman import __version__
from saman.apps.fhir_api.app import RECORD_ROUTES
from saman.apps.fhir_api.bulk.routes import bulk_routes
from saman.apps.fhir_api.operations.standard import OPERATIONS
from saman.apps.fhir_api.routes import Interaction, Policy, Route, Table
from saman.model.fhir import RESOURCE_TYPES, search_parameters, validate
from tests.http.fhir.conftest import BASE


@pytest.fixture(scope="module")
def methods() -> dict[str, tuple[str, str]]:
    """How each interaction that a resource type can list is called."""
    return {
        "read": ("GET", "{}/never"),
        "vread": ("GET", "{}/never/_history/1"),
        "update": ("PUT", "{}/never"),
        "patch": ("PATCH", "{}/never"),
        "delete": ("DELETE", "{}/never"),
        "create": ("POST", "{}"),
        "search-type": ("GET", "{}"),
        "history-instance": ("GET", "{}/never/_history"),
        "history-type": ("GET", "{}/_history"),
    }


async def test_the_capability_statement_is_valid_and_complete(nobody: httpx.AsyncClient) -> None:
    statement = (await nobody.get("metadata")).json()
    assert validate(statement) == ()
    assert (statement["fhirVersion"], statement["software"]["version"]) == ("4.0.1", __version__)
    assert statement["implementation"]["url"] == BASE
    [rest] = statement["rest"]
    assert [one["type"] for one in rest["resource"]] == list(RESOURCE_TYPES)
    assert {one["code"] for one in rest["interaction"]} == {
        "batch",
        "transaction",
        "search-system",
        "history-system",
    }


async def test_the_terminology_service_tells_what_it_knows(
    client: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    answer = await nobody.get("metadata?mode=terminology")
    told = answer.json()
    assert validate(told) == ()
    assert told["resourceType"] == "TerminologyCapabilities"
    systems = [one["uri"] for one in told["codeSystem"]]
    assert len(systems) > 1000
    for system, code in (
        ("http://hl7.org/fhir/administrative-gender", "male"),
        ("http://hl7.org/fhir/bundle-type", "batch"),
    ):
        assert system in systems
        found = await client.get("CodeSystem/$lookup", params={"system": system, "code": code})
        assert found.status_code == 200
    named = {one["name"] for one in told["expansion"]["parameter"]}
    assert {"url", "filter", "count", "offset", "excludeNested"} < named
    for name in ("context", "date"):
        refused = await client.get("ValueSet/$expand", params={"url": "urn:x", name: "2026"})
        assert (name in named, refused.json()["issue"][0]["code"]) == (False, "not-supported")
    assert (await nobody.get(answer.url, headers={"if-none-match": answer.headers["etag"]})).status_code == 304
    for mode in ("full", "normative", "other"):
        assert (await nobody.get(f"metadata?mode={mode}")).json()["resourceType"] == "CapabilityStatement"
    assert (await nobody.get("metadata?mode=%ff")).status_code == 400


async def test_every_interaction_that_is_told_is_there(
    client: httpx.AsyncClient, nobody: httpx.AsyncClient, methods: dict[str, tuple[str, str]]
) -> None:
    statement = (await nobody.get("metadata")).json()
    for resource in statement["rest"][0]["resource"][::20]:
        told = {one["code"] for one in resource["interaction"]}
        assert told == set(methods)
        for method, path in methods.values():
            response = await client.request(method, path.format(resource["type"]))
            assert response.status_code != 405, path
            assert "There is nothing at this address" not in response.text


VALUES = {
    "token": "a|b",
    "string": "a",
    "date": "2026-11-21",
    "reference": "Patient/a",
    "uri": "urn:a",
    "number": "1",
    "quantity": "1||mg",
    "special": "1|2",
}


TOGETHER = {"_filter": "_id eq a", "_list": "a", "_text": "a", "_content": "a"}


def value_of(kind: str, code: str) -> str:
    """What may be asked for by a parameter; a composite one takes a value of each of its own."""
    known = search_parameters(kind)
    if code in TOGETHER:
        return TOGETHER[code]
    return "$".join(VALUES[known[one].type] for one, _ in known[code].components) or VALUES[known[code].type]


async def test_every_search_parameter_that_is_told_is_taken(client: httpx.AsyncClient) -> None:
    statement = (await client.get("metadata")).json()
    for resource in statement["rest"][0]["resource"]:
        if resource["type"] not in (
            "Location",
            "Observation",
            "Patient",
            "Task",
            "CarePlan",
            "Goal",
            "Composition",
            "ValueSet",
        ):
            continue
        for one in resource["searchParam"]:
            response = await client.get(
                resource["type"],
                params={one["name"]: value_of(resource["type"], one["name"])},
                headers={"prefer": "handling=strict"},
            )
            assert response.status_code == 200, (resource["type"], one["name"], response.text)
        for include in resource.get("searchInclude", []):
            assert (await client.get(resource["type"], params={"_include": include})).status_code == 200


async def test_what_is_not_told_is_refused_when_asked_strictly(client: httpx.AsyncClient) -> None:
    for name in (
        "_query",
        "_has:Group:member:_id",
        "near",
    ):
        response = await client.get("Observation", params={name: "1"}, headers={"prefer": "handling=strict"})
        assert response.status_code == 400, name


async def test_openapi_describes_the_same_addresses(nobody: httpx.AsyncClient) -> None:
    document = (await nobody.get("openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": BASE}]
    expected = {
        f"/{route.pattern.replace('{type}', name)}" for route in RECORD_ROUTES for name in route.types or RESOURCE_TYPES
    } | {"/metadata", "/openapi.json"}
    expected |= {
        f"/{pattern.replace('{type}', name)}"
        for one in OPERATIONS
        for pattern in one.patterns
        for name in one.types or ("",)
    }
    expected |= {f"/{route.pattern}" for route in bulk_routes(Path())}
    assert set(document["paths"]) == expected
    names = [
        one["operationId"] for path in document["paths"].values() for one in path.values() if isinstance(one, dict)
    ]
    assert len(names) == len(set(names))


async def test_openapi_points_nowhere_that_is_not_there(nobody: httpx.AsyncClient) -> None:
    response = await nobody.get("openapi.json")
    components = response.json()["components"]
    for kind, name in set(re.findall(r'"#/components/(\w+)/([^"]+)"', response.text)):
        assert name in components[kind], (kind, name)


async def test_the_page_in_docs_names_every_call() -> None:
    page = (Path(__file__).parents[3] / "docs" / "subsystems" / "fhir-api.md").read_text(encoding="utf-8")
    for route in RECORD_ROUTES:
        assert f"| `{route.method} /fhir/{route.pattern}` |" in page


async def test_a_route_that_declares_no_policy_fails_at_start() -> None:
    bare = Route("GET", "{type}/$open", Interaction.READ, RECORD_ROUTES[0].handler)
    with pytest.raises(ValueError, match="declares no policy"):
        Table((*RECORD_ROUTES, bare))
    assert all(route.policy is Policy.RECORD for route in RECORD_ROUTES)
