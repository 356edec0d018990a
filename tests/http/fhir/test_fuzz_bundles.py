"""Bundles made up at random: none breaks the server, and a transaction happens whole or not at all."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from saman.kernel import json
from tests import answers
from tests.http.fhir.made_up import (
    EXAMPLES,
    FHIRPATH_PATCHES,
    JSON,
    JSON_PATCH,
    JSON_PATCHES,
    KNOWN,
    QUIET,
    TAGS,
    seeded,
)
from tests.http.fhir.resources import entry, patient

pytestmark = pytest.mark.fuzz

Json = dict[str, Any]

DONE: Counter[str] = Counter()
KINDS = ("transaction", "batch")

URNS = st.sampled_from([f"urn:uuid:00000000-0000-4000-8000-00000000000{number}" for number in range(3)])
TARGETS = URNS | st.sampled_from(
    [
        "Patient/known",
        "Patient/nobody",
        "Patient?identifier=urn:fuzz|1",
        "Patient?family=none",
        "#inside",
        "urn:uuid:x",
        "Patient",
    ]
)
URLS = st.sampled_from(
    [
        "",
        "/",
        "Patient",
        "Observation",
        "Task",
        "Bundle",
        "Binary",
        "AuditEvent",
        "Patinet",
        "metadata",
        "Patient/",
        "Patient/%00",
        "//x",
        "Patient/known",
        "Observation/known",
        "Task/known",
        "Patient/another",
        "Patient/known/_history/1",
        "Patient/known/_history",
        "Patient?identifier=urn:fuzz|1",
        "Patient?name=none",
        "Patient?made-up=1",
        "Patient?_id=known",
        "?_type=Patient",
        "_history",
        "Observation?subject:Patient.name=a&_include=*",
        "Patient/known/Observation",
        "Patient/known/$everything",
        "ValueSet/$expand?url=x",
        "http://test/fhir/Patient",
    ]
)
METHODS = st.sampled_from(["POST", "POST", "POST", "PUT", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS"])
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "ifMatch": TAGS,
        "ifNoneMatch": TAGS,
        "ifModifiedSince": st.sampled_from(["2026-11-20T10:00:00Z", "2026", "yesterday"]),
        "ifNoneExist": st.sampled_from(["identifier=urn:fuzz|1", "name=none", "made-up=1", "", "?", "identifier"]),
    },
)


def _person(target: str, identifier: str) -> Json:
    told = [{"system": "urn:fuzz", "value": identifier}]
    return patient(identifier=told, link=[{"other": {"reference": target}, "type": "seealso"}])


def _reading(target: str) -> Json:
    code = {"text": "made up"}
    return {"resourceType": "Observation", "status": "final", "code": code, "subject": {"reference": target}}


def _binary(patch: list[Json]) -> Json:
    return {"resourceType": "Binary", "contentType": JSON_PATCH, "data": b64encode(json.encode(patch)).decode()}


RESOURCES = st.one_of(
    st.builds(_person, TARGETS, st.sampled_from(["1", "2"])),
    st.builds(_reading, TARGETS),
    st.builds(lambda target, id: _reading(target) | {"id": id}, TARGETS, st.sampled_from([KNOWN, "another", "a b"])),
    st.builds(lambda target: _person(target, "1") | {"id": KNOWN}, TARGETS),
    st.sampled_from([EXAMPLES["Task"], EXAMPLES["ValueSet"], {"resourceType": "Observation"}]),
    FHIRPATH_PATCHES,
    JSON_PATCHES.map(_binary),
    JSON,
)


@st.composite
def entries(draw: st.DrawFn) -> Json:
    """One entry; method, address, resource and conditions need not go together."""
    request = draw(CONDITIONS)
    whole = entry(draw(METHODS), draw(URLS), draw(st.none() | RESOURCES), request=request)
    return whole | draw(st.fixed_dictionaries({}, optional={"fullUrl": URNS, "link": JSON, "search": JSON}))


THERE = st.just("Patient/known")


@st.composite
def fitting(draw: st.DrawFn) -> Json:
    """One entry that may well be done."""
    resource = draw(st.builds(_person, THERE, st.sampled_from(["1", "2"])) | st.builds(_reading, THERE))
    kind = resource["resourceType"]
    id = draw(st.sampled_from([KNOWN, "another", "third"]))
    done = [
        entry("POST", kind, resource),
        entry("POST", kind, resource, request={"ifNoneExist": "identifier=urn:fuzz|1"}),
        entry("PUT", f"{kind}/{id}", resource | {"id": id}),
        entry("PATCH", f"{kind}/{KNOWN}", _binary([{"op": "add", "path": "/language", "value": "nb"}])),
        entry("GET", f"{kind}?_count=1"),
        entry("DELETE", f"{kind}/{id}"),
    ]
    return draw(st.sampled_from(done))


BUNDLES = st.fixed_dictionaries(
    {
        "resourceType": st.just("Bundle"),
        "type": st.sampled_from(["transaction", "transaction", "batch"]),
        "entry": st.lists(fitting(), min_size=1, max_size=4) | st.lists(entries() | fitting(), min_size=1, max_size=6),
    }
)
CHANGED = st.builds(
    lambda bundle, changes: bundle | changes,
    BUNDLES,
    st.dictionaries(st.sampled_from(["id", "meta", "total", "type", "link", "entry", "timestamp"]), JSON, max_size=2),
)
ANY = st.one_of(BUNDLES, BUNDLES, CHANGED)


@pytest_asyncio.fixture(scope="module")
async def system(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The back-end client, with one resource of each type there."""
    await seeded(client)
    return client


def encoded(bundle: Json) -> bytes:
    """As JSON; what no JSON can hold is left out."""
    try:
        return json.encode(bundle)
    except UnicodeEncodeError:
        reject()


async def newest(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    """The last versions of everything, which tell whether anything was written."""
    page = (await client.get("_history?_count=3")).json()
    return [(one["fullUrl"], one["response"]["etag"]) for one in page["entry"]]


@settings(deadline=None, suppress_health_check=QUIET)
@given(bundle=ANY)
async def test_a_bundle_is_answered_and_a_transaction_is_whole(system: httpx.AsyncClient, bundle: Json) -> None:
    before = await newest(system)
    body = encoded(bundle)
    answer = await system.post("", content=body, headers={"content-type": "application/fhir+json"})
    DONE[f"{bundle['type'] if bundle['type'] in KINDS else 'other'} {answer.status_code}"] += 1
    assert answer.status_code < 500, answer.text
    if answer.is_error:
        assert await newest(system) == before
        return
    said = [one["response"]["status"] for one in answer.json().get("entry", [])]
    assert len(said) == len(bundle["entry"])
    assert not any(status.startswith("5") for status in said), answer.text
    if bundle["type"] == "transaction":
        assert all(status[0] in "23" for status in said), answer.text


@settings(deadline=None, suppress_health_check=QUIET)
@given(bundle=ANY)
async def test_for_nobody_and_strangers_nothing_is_done(
    system: httpx.AsyncClient, stranger: httpx.AsyncClient, nobody: httpx.AsyncClient, bundle: Json
) -> None:
    body = encoded(bundle)
    before = await newest(system)
    for who in (stranger, nobody):
        answer = await who.post("", content=body, headers={"content-type": "application/fhir+json"})
        assert answer.status_code < 500, answer.text
        said = [one["response"]["status"] for one in answer.json().get("entry", [])]
        assert not any(status.startswith("5") for status in said), answer.text
    assert await newest(system) == before


def test_some_were_done_and_some_refused() -> None:
    answers.note("Made-up bundles: " + ", ".join(f"{name}: {number:,}" for name, number in sorted(DONE.items())))
    assert DONE["transaction 200"]
    assert sum(DONE.values()) > DONE["transaction 200"] + DONE["batch 200"]
