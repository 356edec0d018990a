"""Calls made up from the OpenAPI description: none breaks the server, all are answered as the description says."""

from __future__ import annotations

from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from saman.apps.fhir_api.app import RECORD_ROUTES
from saman.apps.fhir_api.openapi import openapi_document
from saman.apps.fhir_api.operations.standard import OPERATIONS as DECLARED
from saman.model.fhir import validate
from tests.http.fhir.conftest import BASE
from tests.http.fhir.resources import observation, patient

TYPES = ("Bundle", "CodeSystem", "ConceptMap", "Observation", "Patient", "Task", "ValueSet")
FHIR = {"content-type": "application/fhir+json"}


def described() -> dict[str, Any]:
    """The description with the paths of a few types: the others are made in the same way."""
    document = openapi_document(RECORD_ROUTES, BASE, DECLARED)
    paths = document["paths"]
    return document | {"paths": {path: paths[path] for path in paths if path.split("/")[1] in ("", *TYPES)}}


SCHEMA = schemathesis.openapi.from_dict(described())
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
CALLS = st.one_of(
    operation.as_strategy(generation_mode=mode)
    for operation in OPERATIONS
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
)
QUIET = [
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
]


async def sent(client: httpx.AsyncClient, call: Any) -> httpx.Response:
    asked = call.as_transport_kwargs(base_url=BASE)
    headers = {
        name: value for name, value in (asked.pop("headers", None) or {}).items() if name.lower() != "user-agent"
    }
    form = {name: asked.pop(name) for name in ("json", "data", "params", "cookies") if asked.get(name)}
    if isinstance(form.get("data"), (bytes, str)):
        form["content"] = form.pop("data")
    try:
        request = client.build_request(asked["method"], asked["url"], headers=headers, **form)
    except (httpx.InvalidURL, UnicodeEncodeError, ValueError, TypeError):
        reject()
    return await client.send(request)


@settings(deadline=None, suppress_health_check=QUIET)
@given(call=CALLS)
async def test_no_call_breaks_the_server(client: httpx.AsyncClient, call: Any) -> None:
    response = await sent(client, call)
    assert response.status_code < 500, response.text
    assert str(response.status_code) in call.operation.definition.raw["responses"], response.text
    if response.status_code >= 400:
        assert validate(response.json()) == (), response.text


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["Patient/1", "urn:x", "2026-11"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "name",
        "identifier",
        "subject",
        "extension",
        "contained",
        "meta",
        "text",
        "link",
        "id",
        "birthDate",
        "valueQuantity",
    ]
)


@settings(deadline=None, suppress_health_check=QUIET)
@given(changes=st.dictionaries(NAMES, JSON, max_size=3), kind=st.sampled_from(["Patient", "Observation"]))
async def test_no_resource_breaks_the_server(client: httpx.AsyncClient, changes: dict[str, Any], kind: str) -> None:
    whole = patient() if kind == "Patient" else httpx.Response(200, text=observation("none")).json()
    for response in (
        await client.post(kind, json=whole | changes),
        await client.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [
            {"request": {"method": "POST", "url": kind}, "resource": whole | changes} | changes]}),
    ):  # fmt: skip
        assert response.status_code < 500, response.text


PARAMETERS = st.sampled_from((
    "family", "family:exact", "family:contains", "birthdate", "identifier", "general-practitioner", "_lastUpdated",
    "_id", "_sort", "_include", "_count", "_total", "_profile", "_cursor", "_page", "active:not", "gender:missing",
))  # fmt: skip
VALUES = st.text(alphabet="abc_:.|,\\$%=&+-0129 åÅ\x00\ud7ff", max_size=40)


@settings(deadline=None, suppress_health_check=QUIET)
@given(query=VALUES, name=PARAMETERS)
async def test_no_search_breaks_the_server(client: httpx.AsyncClient, name: str, query: str) -> None:
    for response in (
        await client.get("Patient", params={name: query}),
        await client.post("Patient/_search", data={name: query}),
        await client.post("Patient", json=patient(), headers={"if-none-exist": f"{name}={query}".encode()}),
    ):
        assert response.status_code < 500, response.text
