"""PATCH: two kinds of patches, alone, under conditions, in bundles, and many at once."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx
import pytest

from saman.kernel import json
from tests.http.fhir.resources import bundle, entry, issues, observation, patient

WRITERS = 32
FHIR = {"content-type": "application/fhir+json"}
JSON_PATCH = {"content-type": "application/json-patch+json"}
ABSENT = "a" * 26


async def made(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    stored: dict[str, Any] = (await client.post("Patient", json=patient(**more))).json()
    return stored


async def changed(client: httpx.AsyncClient, url: str, *operations: dict[str, Any], **headers: str) -> httpx.Response:
    sent = json.encode(list(operations))
    return await client.patch(url, content=sent, headers={**JSON_PATCH, **headers})


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def fhirpath(kind: str, path: str, **more: Any) -> dict[str, Any]:
    parts = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    parts += [{"name": name} | value for name, value in more.items()]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}


def binary(*operations: dict[str, Any]) -> dict[str, Any]:
    data = base64.b64encode(json.encode(list(operations))).decode()
    return {"resourceType": "Binary", "contentType": JSON_PATCH["content-type"], "data": data}


async def test_json_patch(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    answer = await changed(
        client,
        url,
        {"op": "test", "path": "/name/0/family", "value": "Testesen"},
        replace("/birthDate", "1950-01-02"),
        {"op": "add", "path": "/name/0/given", "value": ["Kari"]},
    )
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    assert answer.headers["location"].endswith(f"{url}/_history/2")
    assert answer.json() == (await client.get(url)).json()
    assert answer.json()["name"] == [{"family": "Testesen", "given": ["Kari"]}]
    assert answer.json()["birthDate"] == "1950-01-02"


async def test_fhirpath_patch(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    sent = fhirpath("replace", "Patient.name.where(family = 'Testesen').family", value={"valueString": "Annen"})
    answer = await client.patch(url, json=sent, headers=FHIR)
    assert answer.status_code == 200
    assert answer.json()["name"] == [{"family": "Annen"}]


async def test_numbers_keep_their_digits(client: httpx.AsyncClient) -> None:
    person = await made(client)
    reading = (await client.post("Observation", content=observation(person["id"]), headers=FHIR)).json()
    url = f"Observation/{reading['id']}"
    answer = await changed(client, url, replace("/status", "amended"))
    assert '"value":88.50' in answer.text
    sent = '[{"op":"replace","path":"/valueQuantity/value","value":7.10}]'
    assert '"value":7.10' in (await client.patch(url, content=sent, headers=JSON_PATCH)).text
    wanted = fhirpath("replace", "Observation.value", value={"valueString": "too low to say"})
    answer = await client.patch(url, json=wanted, headers=FHIR)
    assert answer.json()["valueString"] == "too low to say"
    assert "valueQuantity" not in answer.json()


@pytest.mark.parametrize("wanted", ["minimal", "representation", "OperationOutcome"])
async def test_prefer(client: httpx.AsyncClient, wanted: str) -> None:
    person = await made(client)
    answer = await changed(client, f"Patient/{person['id']}", replace("/birthDate", "1950"), prefer=f"return={wanted}")
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == f"return={wanted}"
    kinds = {"minimal": "", "representation": "Patient", "OperationOutcome": "OperationOutcome"}
    assert (answer.json()["resourceType"] if answer.content else "") == kinds[wanted]


async def test_versions(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    assert (await changed(client, url, replace("/birthDate", "1950"), **{"if-match": 'W/"1"'})).status_code == 200
    again = await changed(client, url, replace("/birthDate", "1951"), **{"if-match": 'W/"1"'})
    assert again.status_code == 412
    assert (await changed(client, url, replace("/birthDate", "1951"), **{"if-match": "*"})).status_code == 200
    assert (await changed(client, f"Patient/{ABSENT}", replace("/birthDate", "1951"))).status_code == 404
    await client.delete(url)
    assert (await changed(client, url, replace("/birthDate", "1951"))).status_code == 410


BAD = [
    ([], 400, "/"),
    ({"op": "add"}, 400, "/"),
    ([1], 400, "/0"),
    ([{"op": "jump", "path": "/a"}], 400, "/0/op"),
    ([{"op": ["add"], "path": "/a"}], 400, "/0/op"),
    ([replace("/birthDate", "1950"), {"op": "add", "path": "birthDate", "value": 1}], 400, "/1/path"),
    ([{"op": "add", "path": "/birth~Date", "value": 1}], 400, "/0/path"),
    ([{"op": "add", "path": "/birthDate"}], 400, "/0/value"),
    ([{"op": "move", "path": "/a"}], 400, "/0/from"),
    ([{"op": "test", "path": "/birthDate", "value": "1900"}], 422, "/0/value"),
    ([{"op": "remove", "path": "/gender"}], 422, "/0/path"),
    ([{"op": "remove", "path": ""}], 422, "/0/path"),
    ([{"op": "remove", "path": "/name/00"}], 422, "/0/path"),
    ([{"op": "add", "path": "/name/2", "value": {}}], 422, "/0/path"),
    ([{"op": "move", "from": "/name", "path": "/name/0"}], 422, "/0/path"),
    ([{"op": "copy", "from": "/nothing", "path": "/name/0"}], 422, "/0/from"),
    ([replace("/id", "other")], 422, "Patient.id"),
    ([{"op": "remove", "path": "/id"}], 422, "Patient.id"),
    ([replace("/resourceType", "Person")], 422, "Patient.resourceType"),
    ([replace("", [1])], 422, "Patient.resourceType"),
    ([replace("/birthDate", "yesterday")], 422, "Patient.birthDate"),
    ([replace("/name", [])], 422, "Patient.name"),
    ([{"op": "add", "path": "/favourite", "value": 1}], 422, "Patient.favourite"),
    ([{"op": "copy", "from": "/name", "path": "/name/-"}] * 60, 422, ""),
    ([replace("/birthDate", "1950")] * 1001, 413, "/"),
]


@pytest.mark.parametrize(("sent", "status", "place"), BAD)
async def test_what_cannot_be_done_names_the_place(
    client: httpx.AsyncClient, sent: Any, status: int, place: str
) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    answer = await client.patch(url, content=json.encode(sent), headers=JSON_PATCH)
    assert answer.status_code == status, answer.text
    issue = issues(answer)[0]
    assert not place or [place] in (issue.get("location"), issue.get("expression")), issue
    assert (await client.get(url)).json()["meta"]["versionId"] == "1"


BAD_PARAMETERS = [
    ({"resourceType": "Patient"}, 400, "Parameters"),
    ({"resourceType": "Parameters", "parameter": [{"name": "op"}]}, 400, "Parameters.parameter[0].name"),
    (fhirpath("grow", "Patient"), 400, "Parameters.parameter[0].part[0]"),
    (fhirpath("add", "Patient"), 400, "Parameters.parameter[0]"),
    (fhirpath("delete", "Patient..name"), 400, "Parameters.parameter[0].part[1]"),
    (fhirpath("delete", "Patient.name.select(family)"), 422, "Parameters.parameter[0].part[1]"),
    (fhirpath("delete", "Patient"), 422, "Parameters.parameter[0].part[1]"),
    (fhirpath("replace", "Patient.gender", value={"valueCode": "male"}), 422, "Parameters.parameter[0].part[1]"),
    (
        fhirpath("insert", "Patient.name", value={"valueString": "x"}, index={"valueInteger": 9}),
        422,
        "Parameters.parameter[0].part[3]",
    ),
    (
        fhirpath("insert", "Patient.name", value={"valueString": "x"}, index={"valueInteger": -1}),
        400,
        "Parameters.parameter[0].part[3]",
    ),
    (
        fhirpath("move", "Patient.name", source={"valueInteger": 0}, destination={"valueInteger": 3}),
        422,
        "Parameters.parameter[0].part[3]",
    ),
    (
        fhirpath("add", "Patient", name={"valueString": "birthDate"}, value={"valueDate": "1950-01-01"}),
        422,
        "Parameters.parameter[0].part[2]",
    ),
    (
        fhirpath("add", "Patient", name={"valueString": "shoe"}, value={"valueDate": "1950-01-01"}),
        422,
        "Parameters.parameter[0].part[2]",
    ),
    (fhirpath("replace", "Patient.birthDate", value={"valueInteger": 5}), 422, "Patient.birthDate"),
    (fhirpath("replace", "Patient.id", value={"valueId": "other"}), 422, "Patient.id"),
]


@pytest.mark.parametrize(("sent", "status", "place"), BAD_PARAMETERS)
async def test_parameters_that_cannot_be_done_name_the_place(
    client: httpx.AsyncClient, sent: Any, status: int, place: str
) -> None:
    person = await made(client)
    answer = await client.patch(f"Patient/{person['id']}", json=sent, headers=FHIR)
    assert answer.status_code == status, answer.text
    assert issues(answer)[0]["expression"] == [place]


@pytest.mark.parametrize("kind", ["application/xml-patch+xml", "application/fhir+xml", "text/plain", ""])
async def test_other_kinds_of_patches(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.patch("Patient/1", content=b"<a/>", headers={"content-type": kind})
    assert answer.status_code == 415
    assert issues(answer)[0]["location"] == ["http.Content-Type"]


async def test_patches_at_once_lose_nothing(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    added = [{"op": "add", "path": "/name/-", "value": {"family": f"F{number}"}} for number in range(WRITERS)]
    answers = await asyncio.gather(*(changed(client, url, one) for one in added))
    assert {one.status_code for one in answers} == {200}
    assert sorted(int(one.json()["meta"]["versionId"]) for one in answers) == list(range(2, WRITERS + 2))
    names = {one["family"] for one in (await client.get(url)).json()["name"]}
    assert names == {"Testesen", *(f"F{number}" for number in range(WRITERS))}


async def test_patches_beside_updates_and_in_transactions_lose_nothing(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"

    async def one(number: int) -> int:
        operation = {"op": "add", "path": "/name/-", "value": {"family": f"F{number}"}}
        if number % 2:
            return (await changed(client, url, operation)).status_code
        sent = bundle("transaction", entry("PATCH", url, binary(operation)))
        return (await client.post("", json=sent)).status_code

    assert set(await asyncio.gather(*(one(number) for number in range(12)))) == {200}
    assert len((await client.get(url)).json()["name"]) == 13


async def test_conditional_patch(client: httpx.AsyncClient) -> None:
    value = "to-patch"
    where = f"Patient?identifier=urn:patch|{value}"
    none = await changed(client, where, replace("/birthDate", "1950"))
    assert none.status_code == 404
    for status in (200, 412):
        await made(client, identifier=[{"system": "urn:patch", "value": value}])
        answer = await changed(client, where, replace("/birthDate", "1950"))
        assert answer.status_code == status
    assert (await changed(client, "Patient", replace("/birthDate", "1950"))).status_code == 412
    assert (await changed(client, "Patient?shoe=4", replace("/birthDate", "1950"))).status_code == 400


async def test_in_bundles(client: httpx.AsyncClient) -> None:
    person = await made(client, identifier=[{"system": "urn:patch", "value": "bundled"}])
    url = f"Patient/{person['id']}"
    for kind in ("batch", "transaction"):
        sent = bundle(
            kind,
            entry("PATCH", url, binary(replace("/birthDate", "1950"))),
            entry("GET", url),
        )
        answers = (await client.post("", json=sent)).json()["entry"]
        assert answers[0]["response"]["status"] == "200 OK"
        assert answers[1]["resource"]["birthDate"] == "1950"
    where = "Patient?identifier=urn:patch|bundled"
    wanted = fhirpath("add", "Patient", name={"valueString": "gender"}, value={"valueCode": "female"})
    sent = bundle("transaction", entry("PATCH", where, wanted, request={"ifMatch": 'W/"3"'}))
    assert (await client.post("", json=sent)).status_code == 200
    assert (await client.get(url)).json()["gender"] == "female"
    assert (await client.post("", json=sent)).status_code == 412


async def test_what_is_wrong_in_a_bundle_is_named(client: httpx.AsyncClient) -> None:
    person = await made(client)
    url = f"Patient/{person['id']}"
    for resource, status, place in (
        (binary({"op": "jump"}), 400, "Bundle.entry[0].resource"),
        (binary(replace("/id", "other")), 422, "Bundle.entry[0].Patient.id"),
        (fhirpath("grow", "Patient"), 400, "Bundle.entry[0].Parameters.parameter[0].part[0]"),
        (patient(), 400, "Bundle.entry[0]"),
        ({"resourceType": "Binary", "contentType": "text/plain", "data": "aGVp"}, 400, "Bundle.entry[0]"),
    ):
        answer = await client.post("", json=bundle("transaction", entry("PATCH", url, resource)))
        assert answer.status_code == status, answer.text
        assert issues(answer)[0]["expression"] == [place]
    twice = entry("PATCH", url, binary(replace("/birthDate", "1950")))
    assert (await client.post("", json=bundle("transaction", twice, twice))).status_code == 400
    broken = entry("PATCH", url, {"resourceType": "Binary", "contentType": JSON_PATCH["content-type"], "data": "%"})
    [told] = (await client.post("", json=bundle("batch", broken))).json()["entry"]
    assert told["response"]["status"] == "400"


async def test_a_patch_in_a_transaction_may_point_to_another_entry(client: httpx.AsyncClient) -> None:
    person = await made(client)
    reading = (await client.post("Observation", content=observation(person["id"]), headers=FHIR)).json()
    name = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
    encounter = {
        "resourceType": "Encounter",
        "status": "planned",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{person['id']}"},
    }
    adding = {"op": "add", "path": "/encounter", "value": {"reference": name}}
    sent = bundle(
        "transaction",
        entry("POST", "Encounter", encounter, fullUrl=name),
        entry("PATCH", f"Observation/{reading['id']}", binary(adding)),
    )
    answer = await client.post("", json=sent)
    assert answer.status_code == 200, answer.text
    made_there = answer.json()["entry"][0]["response"]["location"].split("/")[-3]
    assert (await client.get(f"Observation/{reading['id']}")).json()["encounter"][
        "reference"
    ] == f"Encounter/{made_there}"


async def test_hidden_is_as_absent(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    person = await made(client, identifier=[{"system": "urn:patch", "value": "hidden"}])
    same = {"x-request-id": "the-same-request"}
    for operation in (replace("/birthDate", "1950"), {"op": "test", "path": "/gender", "value": "x"}, {"op": "jump"}):
        there = await changed(stranger, f"Patient/{person['id']}", operation, **same)
        absent = await changed(stranger, f"Patient/{ABSENT}", operation, **same)
        assert (there.status_code, there.content) == (absent.status_code, absent.content)
        there = await changed(stranger, "Patient?identifier=urn:patch|hidden", operation, **same)
        absent = await changed(stranger, "Patient?identifier=urn:patch|nobody", operation, **same)
        assert (there.status_code, there.content) == (absent.status_code, absent.content)
