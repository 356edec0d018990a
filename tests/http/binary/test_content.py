"""A Binary through HTTP: as it is, in parts, as a resource; in versions, by whoever may see the person."""

from __future__ import annotations

import base64
import hashlib
from random import Random
from typing import Any

import httpx
import pytest

from saman.record.contents import Contents
from tests.http.audit.conftest import Caller, made
from tests.http.binary.conftest import files_in
from tests.record.conftest import patient
from tests.record.test_fences import care_team

Json = dict[str, Any]
DATA = Random(1).randbytes(250_001)
PDF = {"content-type": "application/pdf"}
AS_JSON = {"accept": "application/fhir+json"}


def in_file(data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


async def sent(client: httpx.AsyncClient, data: bytes = DATA, person: str = "", kind: str = "application/pdf") -> str:
    """The id of a Binary that was sent as it is."""
    headers = {"content-type": kind} | ({"x-security-context": f"Patient/{person}"} if person else {})
    answer = await client.post("Binary", content=data, headers=headers)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


async def test_what_is_sent_comes_back(call: Caller, contents: Contents) -> None:
    client = call("system")
    kari = await made(client, patient())
    id = await sent(client, DATA, kari)
    assert files_in(contents) == [in_file(DATA)]
    file = contents.folder / in_file(DATA)
    assert (file.stat().st_mode & 0o777, file.read_bytes()) == (0o600, DATA)
    folders = [one for one in (contents.folder, *contents.folder.rglob("*")) if one.is_dir()]
    assert {one.stat().st_mode & 0o777 for one in folders} == {0o700}
    assert len(folders) == 4
    answer = await client.get(f"Binary/{id}")
    assert (answer.status_code, answer.content) == (200, DATA)
    headers = answer.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == "attachment"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert "sandbox" in headers["x-content-security-policy"]
    assert headers["etag"] == 'W/"1"'
    assert headers["x-security-context"] == f"Patient/{kari}"
    assert headers["cache-control"] == "no-store"
    head = await client.head(f"Binary/{id}")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(DATA)))
    known = await client.get(f"Binary/{id}", headers={"if-none-match": 'W/"1"'})
    assert (known.status_code, known.content) == (304, b"")


async def test_the_row_holds_no_data(call: Caller) -> None:
    client = call("system")
    id = await sent(client)
    found = (await client.get("Binary", params={"_id": id})).json()["entry"][0]["resource"]
    digest = hashlib.sha256(DATA).hexdigest()
    assert "data" not in found
    assert found["_data"]["extension"] == [{"url": "urn:saman:content", "valueString": f"sha-256:{digest};{len(DATA)}"}]
    assert found["contentType"] == "application/pdf"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 196_607, 196_608, 196_609, 250_001])
async def test_as_a_resource(call: Caller, size: int) -> None:
    client = call("system")
    kari = await made(client, patient())
    id = await sent(client, DATA[:size], kari)
    answer = await client.get(f"Binary/{id}", headers=AS_JSON)
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert int(answer.headers["content-length"]) == len(answer.content)
    found = answer.json()
    assert base64.b64decode(found.pop("data", "")) == DATA[:size]
    assert found["securityContext"] == {"reference": f"Patient/{kari}"}
    assert set(found) == {"resourceType", "id", "meta", "contentType", "securityContext"}
    assert (await client.get(f"Binary/{id}")).content == DATA[:size]


@pytest.mark.parametrize(
    ("headers", "params", "form"),
    [
        ({"accept": "*/*"}, {}, "application/pdf"),
        ({"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, {}, "application/pdf"),
        ({"accept": "image/png"}, {}, "application/pdf"),
        ({"accept": "application/xml"}, {}, "application/pdf"),
        ({"accept": "application/fhir+json"}, {}, "application/fhir+json; charset=utf-8"),
        ({"accept": "application/json, text/plain, */*"}, {}, "application/fhir+json; charset=utf-8"),
        ({"accept": "application/fhir+json;q=0, */*"}, {}, "application/pdf"),
        ({"accept": "application/pdf"}, {"_format": "json"}, "application/fhir+json; charset=utf-8"),
        ({"accept": "application/fhir+json"}, {"_format": "application/pdf"}, "application/pdf"),
        ({"accept": "application/fhir+xml"}, {}, None),
        ({"accept": "text/turtle"}, {}, None),
        ({}, {"_format": "xml"}, None),
        ({}, {"_format": "text/xml"}, None),
        ({}, {"_format": "application/fhir+xml"}, None),
        ({"accept": "application/fhir+json; fhirVersion=3.0"}, {}, None),
    ],
)
async def test_which_form(call: Caller, headers: Json, params: Json, form: str | None) -> None:
    client = call("system")
    id = await sent(client, b"x")
    answer = await client.get(f"Binary/{id}", headers=headers, params=params)
    assert answer.status_code == (200 if form else 406)
    if form:
        assert answer.headers["content-type"] == form


@pytest.mark.parametrize(
    ("asked", "status", "expected", "told"),
    [
        ("bytes=0-99", 206, DATA[:100], "bytes 0-99/250001"),
        ("bytes=100-", 206, DATA[100:], "bytes 100-250000/250001"),
        ("bytes=-5", 206, DATA[-5:], "bytes 249996-250000/250001"),
        ("bytes=250000-999999", 206, DATA[-1:], "bytes 250000-250000/250001"),
        ("bytes=196000-197000", 206, DATA[196_000:197_001], "bytes 196000-197000/250001"),
        ("bytes=-999999", 206, DATA, "bytes 0-250000/250001"),
        ("bytes=250001-", 416, None, "bytes */250001"),
        ("bytes=-0", 416, None, "bytes */250001"),
        ("bytes=5-2", 200, DATA, None),
        ("bytes=0-1,5-6", 200, DATA, None),
        ("bytes=-", 200, DATA, None),
        ("lines=0-1", 200, DATA, None),
        ("bytes=\u00b2-", 200, DATA, None),
        ("bytes=" + "9" * 30 + "-", 200, DATA, None),
    ],
)
async def test_a_part(call: Caller, asked: str, status: int, expected: bytes | None, told: str | None) -> None:
    client = call("system")
    id = await sent(client)
    answer = await client.get(f"Binary/{id}", headers={"range": asked.encode("latin-1")})  # type: ignore[dict-item]
    assert answer.status_code == status
    assert answer.headers.get("content-range") == told
    if expected is not None:
        assert answer.content == expected
    again = await client.get(f"Binary/{id}", headers={"range": "bytes=0-1", "if-range": 'W/"1"'})
    assert (again.status_code, again.content) == (200, DATA)


async def test_versions_keep_their_content(call: Caller, contents: Contents) -> None:
    client = call("system")
    kari = await made(client, patient())
    id = await sent(client, b"first", kari, "text/plain")
    whose = {"x-security-context": f"Patient/{kari}"}
    second = await client.put(f"Binary/{id}", content=b"second", headers=PDF | whose | {"if-match": 'W/"1"'})
    assert (second.status_code, second.headers["etag"]) == (200, 'W/"2"')
    stale = await client.put(f"Binary/{id}", content=b"third", headers=PDF | whose | {"if-match": 'W/"1"'})
    assert stale.status_code == 412
    assert (await client.get(f"Binary/{id}")).content == b"second"
    old = await client.get(f"Binary/{id}/_history/1")
    assert (old.content, old.headers["content-type"]) == (b"first", "text/plain")
    as_json = await client.get(f"Binary/{id}/_history/1", headers=AS_JSON)
    assert base64.b64decode(as_json.json()["data"]) == b"first"
    assert len((await client.get(f"Binary/{id}/_history")).json()["entry"]) == 2
    assert (await client.delete(f"Binary/{id}")).status_code == 204
    assert (await client.get(f"Binary/{id}")).status_code == 410
    assert (await client.get(f"Binary/{id}/_history/2")).content == b"second"
    assert in_file(b"first") in files_in(contents)


async def test_a_resource_takes_the_same_way(call: Caller, contents: Contents) -> None:
    client = call("system")
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": base64.b64encode(b"hello").decode()}
    answer = await client.post("Binary", json=binary)
    assert "data" not in answer.json()
    id = answer.json()["id"]
    assert files_in(contents) == [in_file(b"hello")]
    assert (await client.get(f"Binary/{id}")).content == b"hello"
    read = (await client.get(f"Binary/{id}", headers=AS_JSON)).json()
    assert base64.b64decode(read["data"]) == b"hello"
    back = await client.put(f"Binary/{id}", json=read)
    assert back.status_code == 200
    found = (await client.get("Binary", params={"_id": id})).json()["entry"][0]["resource"]
    assert (await client.put(f"Binary/{id}", json=found)).status_code == 200
    assert (await client.get(f"Binary/{id}")).content == b"hello"
    change = [{"op": "replace", "path": "/contentType", "value": "text/markdown"}]
    headers = {"content-type": "application/json-patch+json"}
    assert (await client.patch(f"Binary/{id}", json=change, headers=headers)).status_code == 200
    patched = await client.get(f"Binary/{id}")
    assert (patched.content, patched.headers["content-type"]) == (b"hello", "text/markdown")
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": binary, "request": {"method": "POST", "url": "Binary"}}],
    }
    stored = (await client.post("", json=bundle)).json()["entry"][0]["response"]["location"].split("/_history")[0]
    assert (await client.get(stored)).content == b"hello"
    assert files_in(contents) == [in_file(b"hello")]


@pytest.mark.parametrize("data", ["====", "AAA", "A" * 7, "æ", "AA=A", "A=AA", "AA==AAAA"])
async def test_data_that_is_no_base64(call: Caller, contents: Contents, data: str) -> None:
    answer = await call("system").post("Binary", json={"resourceType": "Binary", "contentType": "x/y", "data": data})
    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Binary.data"]
    assert files_in(contents) == []


async def test_nobody_gets_at_a_content_by_its_name(call: Caller) -> None:
    client = call("system")
    secret = await sent(client, b"secret", await made(client, patient()))
    found = (await client.get("Binary", params={"_id": secret})).json()["entry"][0]["resource"]
    forged = {"resourceType": "Binary", "contentType": "text/plain", "_data": found["_data"]}
    assert (await client.post("Binary", json=forged)).status_code == 422
    own = await sent(client, b"own")
    assert (await client.put(f"Binary/{own}", json=forged | {"id": own})).status_code == 422
    mine = (await client.get("Binary", params={"_id": own})).json()["entry"][0]["resource"]
    both = {"extension": [*mine["_data"]["extension"], *found["_data"]["extension"]]}
    assert (await client.put(f"Binary/{own}", json=mine | {"_data": both})).status_code == 422
    change = [{"op": "replace", "path": "/_data", "value": found["_data"]}]
    headers = {"content-type": "application/json-patch+json"}
    assert (await client.patch(f"Binary/{own}", json=change, headers=headers)).status_code == 422
    assert (await client.put("Binary/chosen", json=forged | {"id": "chosen"})).status_code == 422
    assert (await client.get(f"Binary/{own}")).content == b"own"


async def test_the_same_content_again_is_answered_alike(call: Caller, contents: Contents) -> None:
    client = call("system")
    answers = [await client.post("Binary", content=DATA, headers=PDF) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    first, second = (one.json() for one in answers)
    assert set(answers[0].headers) == set(answers[1].headers)
    assert first.pop("id") != second.pop("id")
    assert set(first.pop("meta")) == set(second.pop("meta"))
    assert first == second
    assert files_in(contents) == [in_file(DATA)]


async def test_who_sees_it(call: Caller) -> None:
    client = call("system")
    kari, other = await made(client, patient()), await made(client, patient())
    await made(client, care_team(kari, "unit-a"))
    id, loose = await sent(client, b"kanarifugl", kari), await sent(client, b"kanarifugl")
    assert (await call(f"citizen:{kari}").get(f"Binary/{id}")).content == b"kanarifugl"
    for headers in ({}, AS_JSON, {"range": "bytes=0-1"}, {"if-none-match": 'W/"1"'}):
        for who in (f"citizen:{other}", "nurse:unit-b", "relative:none"):
            absent = await call(who).get("Binary/nothing", headers=headers)
            for place in (id, loose, f"{id}/_history/1"):
                hidden = await call(who).get(f"Binary/{place}", headers=headers)
                assert (hidden.status_code, hidden.content) == (404, absent.content)
                assert {*hidden.headers} == {*absent.headers}
                head = await call(who).head(f"Binary/{place}", headers=headers)
                assert (head.status_code, head.headers["content-length"]) == (404, absent.headers["content-length"])


async def test_who_may_not_write_is_refused_before_anything_is_read(call: Caller, contents: Contents) -> None:
    kari = await made(call("system"), patient())
    for who in ("nurse:unit-a", "relative:none", f"citizen:{kari}"):
        headers = PDF | {"x-security-context": f"Patient/{kari}"}
        assert (await call(who).post("Binary", content=DATA, headers=headers)).status_code == 403
        assert (await call(who).put("Binary/nothing", content=DATA, headers=headers)).status_code in (403, 404)
    assert not contents.folder.exists()


async def test_a_content_does_not_change_hands(call: Caller) -> None:
    client = call("system")
    kari, other = await made(client, patient()), await made(client, patient())
    id = await sent(client, b"x", kari)
    moved = await client.put(f"Binary/{id}", content=b"x", headers=PDF | {"x-security-context": f"Patient/{other}"})
    assert moved.status_code == 422
    assert (await client.get(f"Binary/{id}")).headers["x-security-context"] == f"Patient/{kari}"
