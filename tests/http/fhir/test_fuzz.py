"""Resources, entries of bundles and searches made up at random: none breaks the server."""

from __future__ import annotations

from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.fhir.resources import observation, patient

QUIET = [
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
]


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
