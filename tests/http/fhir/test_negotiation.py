"""Which form answers take, who may ask at all, and the headers that every answer has."""

from __future__ import annotations

import gzip

import brotli
import httpx
import pytest

from saman.kernel import json
from tests.http.fhir.resources import issues, patient

PLAIN = "application/fhir+json; charset=utf-8"
VERSIONED = "application/fhir+json; charset=utf-8; fhirVersion=4.0"


@pytest.mark.parametrize(
    ("accept", "form", "expected"),
    [
        (None, "", PLAIN),
        ("*/*", "", PLAIN),
        ("application/json", "", PLAIN),
        ("application/fhir+json", "", PLAIN),
        ("application/fhir+json; fhirVersion=4.0", "", VERSIONED),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "", PLAIN),
        ("application/fhir+xml, application/fhir+json;q=0.5", "", PLAIN),
        ("application/fhir+xml", "json", PLAIN),
        ("application/fhir+xml", "application/fhir%2Bjson", PLAIN),
        ("application/fhir+xml", "application/fhir+json", PLAIN),
        ("application/fhir+xml", "", None),
        ("application/json;q=0", "", None),
        ("application/fhir+json; fhirVersion=3.0", "", None),
        ("application/json", "xml", None),
        (None, "application/fhir%2Bjson;fhirVersion=4.0", PLAIN),
        (None, "application/fhir%2Bjson;fhirVersion=3.0", None),
        ("text/turtle", "", None),
    ],
)
async def test_answers_are_json_or_not_at_all(
    client: httpx.AsyncClient, accept: str | None, form: str, expected: str | None
) -> None:
    url = f"Patient?_format={form}" if form else "Patient"
    request = client.build_request("GET", url)
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept
    response = await client.send(request)
    if expected is None:
        assert response.status_code == 406
        assert "JSON" in issues(response)[0]["diagnostics"]
    else:
        assert (response.status_code, response.headers["content-type"]) == (200, expected)


async def test_pretty_is_the_same_but_indented(client: httpx.AsyncClient) -> None:
    plain, pretty = await client.get("metadata"), await client.get("metadata?_pretty=true")
    assert pretty.text.startswith('{\n  "resourceType"')
    assert pretty.json() == plain.json()


@pytest.mark.parametrize(
    "content_type",
    ["application/fhir+xml", "text/xml", "text/plain", "", "application/json; charset=latin-1",
     "application/fhir+json; fhirVersion=3.0", "application/x-www-form-urlencoded"],
)  # fmt: skip
async def test_other_bodies_are_not_read(client: httpx.AsyncClient, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    for url, method in (("Patient", "POST"), ("Patient/one", "PUT"), ("", "POST")):
        response = await client.request(method, url, content=json.encode(patient()), headers=headers)
        assert response.status_code == 415, url
        assert issues(response)[0]["location"] == ["http.Content-Type"]
    packed = {"content-type": "application/json", "content-encoding": "gzip"}
    assert (await client.post("Patient", content=gzip.compress(b"{}"), headers=packed)).status_code == 415


@pytest.mark.parametrize(
    "content_type", ["application/fhir+json", "application/json", "application/fhir+json; charset=UTF-8",
                     "application/json; fhirVersion=4.0"]
)  # fmt: skip
async def test_json_by_any_of_its_names_is_read(client: httpx.AsyncClient, content_type: str) -> None:
    response = await client.post("Patient", content=json.encode(patient()), headers={"content-type": content_type})
    assert response.status_code == 201


@pytest.mark.parametrize(("asked", "encoding"), [("gzip", "gzip"), ("br, gzip", "br"), ("br;q=0, gzip", "gzip")])
async def test_long_answers_are_compressed(client: httpx.AsyncClient, asked: str, encoding: str) -> None:
    async with client.stream("GET", "metadata", headers={"accept-encoding": asked}) as response:
        packed = b"".join([chunk async for chunk in response.aiter_raw()])
    assert response.headers["content-encoding"] == encoding
    assert response.headers["vary"] == "accept, accept-encoding"
    assert response.headers["content-length"] == str(len(packed))
    plain = await client.get("metadata", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert {"gzip": gzip.decompress, "br": brotli.decompress}[encoding](packed) == plain.content


async def test_short_answers_are_not_compressed(client: httpx.AsyncClient) -> None:
    response = await client.get("Patient/never", headers={"accept-encoding": "br, gzip"})
    assert "content-encoding" not in response.headers


async def test_whoever_is_not_signed_in_hears_how_to(nobody: httpx.AsyncClient) -> None:
    for method, url in (("GET", "Patient/one"), ("GET", "Patient"), ("POST", "Patient"), ("POST", ""),
                        ("POST", "Patient/_search"), ("DELETE", "Patient/one"), ("PUT", "Patient/one"),
                        ("GET", "Patient/_history"), ("GET", "Patient/one/_history"),
                        ("GET", "Patient/one/_history/1")):  # fmt: skip
        response = await nobody.request(method, url)
        assert response.status_code == 401, url
        assert response.headers["www-authenticate"] == 'Bearer realm="saman"'
        assert issues(response)[0]["code"] == "login"


async def test_a_token_that_is_not_valid_is_named_so(nobody: httpx.AsyncClient) -> None:
    response = await nobody.get("Patient/one", headers={"authorization": "Bearer forged"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="saman", error="invalid_token"'


async def test_anyone_may_read_the_descriptions(nobody: httpx.AsyncClient) -> None:
    for url in ("metadata", "openapi.json"):
        response = await nobody.get(url)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=300"
        again = await nobody.get(url, headers={"if-none-match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_the_request_id_of_the_caller_comes_back(client: httpx.AsyncClient, nobody: httpx.AsyncClient) -> None:
    for one in (client, nobody):
        given = await one.get("Patient/never", headers={"x-request-id": "4b1f-request-of-the-caller"})
        assert given.headers["x-request-id"] == "4b1f-request-of-the-caller"


@pytest.mark.parametrize("harmful", ["x", "a" * 65, "Kari Nordmann", "<script>alert(1)</script>"])
async def test_a_request_id_that_could_do_harm_is_replaced(client: httpx.AsyncClient, harmful: str) -> None:
    response = await client.get("Patient/never", headers={"x-request-id": harmful})
    assert response.headers["x-request-id"] != harmful
    assert len(response.headers["x-request-id"]) >= 16


async def test_other_sites_get_no_leave_to_read(client: httpx.AsyncClient) -> None:
    response = await client.get("metadata", headers={"origin": "https://elsewhere.example"})
    assert not [name for name in response.headers if name.startswith("access-control")]
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_slash_at_the_end_changes_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("Patient/")).status_code == 200
