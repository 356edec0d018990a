"""Attachments in other resources: small ones stay, large ones go to a Binary, and that is about the same person."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from saman.record.contents import Contents
from tests.http.audit.conftest import BASE, Caller, made
from tests.http.binary.conftest import ATTACHED, files_in
from tests.http.binary.test_content import sent
from tests.record.conftest import patient

Json = dict[str, Any]


def document(person: str, **attachment: Any) -> Json:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": f"Patient/{person}"},
        "content": [{"attachment": {"contentType": "text/plain"} | attachment}],
    }


def data(size: int) -> str:
    return base64.b64encode(b"x" * size).decode()


async def test_the_limit(call: Caller, contents: Contents) -> None:
    client = call("system")
    kari = await made(client, patient())
    for size in (ATTACHED - 1, ATTACHED):
        assert (await client.post("DocumentReference", json=document(kari, data=data(size)))).status_code == 201
    answer = await client.post("DocumentReference", json=document(kari, data=data(ATTACHED + 1)))
    assert answer.status_code == 422
    (issue,) = answer.json()["issue"]
    assert issue["expression"] == ["DocumentReference.content[0].attachment.data"]
    assert "Attachment.url" in issue["diagnostics"]
    assert not contents.folder.exists()


async def test_what_is_long_but_no_file_stays(call: Caller) -> None:
    client = call("system")
    kari = await made(client, patient())
    sampled = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": f"Patient/{kari}"},
        "valueSampledData": {"origin": {"value": 0}, "period": 1, "dimensions": 1, "data": "1 2 3 " * 10_000 + "4"},
    }
    assert (await client.post("Observation", json=sampled)).status_code == 201


async def test_large_ones_inside_of_others(call: Caller) -> None:
    client = call("system")
    kari = await made(client, patient())
    large = data(ATTACHED + 1)
    inside = {"resourceType": "Binary", "id": "b", "contentType": "x/y", "data": large}
    contained = document(kari) | {"contained": [inside], "content": [{"attachment": {"url": "#b"}}]}
    assert (await client.post("DocumentReference", json=contained)).status_code == 422
    extended = patient(extension=[{"url": "urn:x", "valueAttachment": {"contentType": "x/y", "data": large}}])
    answer = await client.post("Patient", json=extended)
    assert answer.json()["issue"][0]["expression"] == ["Patient.extension[0].valueAttachment.data"]
    change = [{"op": "add", "path": "/photo", "value": [{"data": large}]}]
    headers = {"content-type": "application/json-patch+json"}
    assert (await client.patch(f"Patient/{kari}", json=change, headers=headers)).status_code == 422
    entry = {"resource": document(kari, data=large), "request": {"method": "POST", "url": "DocumentReference"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert (await client.post("", json=bundle)).status_code == 422


@pytest.mark.parametrize("form", ["Binary/{id}", BASE + "/Binary/{id}", "Binary/{id}/_history/1"])
async def test_a_file_of_somebody_else_is_not_named(call: Caller, form: str) -> None:
    client = call("system")
    kari, other = await made(client, patient()), await made(client, patient())
    own, foreign = await sent(client, b"x", kari), await sent(client, b"y", other)
    fits = await client.post("DocumentReference", json=document(kari, url=form.format(id=own)))
    assert fits.status_code == 201
    assert (await client.get(fits.json()["content"][0]["attachment"]["url"])).content == b"x"
    refused = await client.post("DocumentReference", json=document(kari, url=form.format(id=foreign)))
    assert refused.status_code == 422
    assert refused.json()["issue"][0]["expression"] == ["DocumentReference.content[0].attachment.url"]


async def test_elsewhere_is_none_of_ours(call: Caller) -> None:
    client = call("system")
    kari = await made(client, patient())
    for url in ("http://elsewhere.example/Binary/1", "urn:uuid:2b7ee9a4-3a0e-4b3f-9f3a-0a52b1a9a001", "#x"):
        assert (await client.post("DocumentReference", json=document(kari, url=url))).status_code == 201


async def test_together_in_one_bundle(call: Caller, contents: Contents) -> None:
    client = call("system")
    kari, other = await made(client, patient()), await made(client, patient())
    name = "urn:uuid:2b7ee9a4-3a0e-4b3f-9f3a-0a52b1a9a002"

    def bundle(whose: str) -> Json:
        binary = {"resourceType": "Binary", "contentType": "text/plain", "data": data(30_000),
                  "securityContext": {"reference": f"Patient/{whose}"}}  # fmt: skip
        return {"resourceType": "Bundle", "type": "transaction", "entry": [
            {"resource": document(kari, url=name), "request": {"method": "POST", "url": "DocumentReference"}},
            {"fullUrl": name, "resource": binary, "request": {"method": "POST", "url": "Binary"}},
        ]}  # fmt: skip

    done = await client.post("", json=bundle(kari))
    assert done.status_code == 200, done.text
    place = done.json()["entry"][0]["response"]["location"]
    url = (await client.get(place)).json()["content"][0]["attachment"]["url"]
    assert (await client.get(url)).content == b"x" * 30_000
    assert (await client.post("", json=bundle(other))).status_code == 422
    assert len(files_in(contents)) == 1


async def test_what_is_hidden_and_what_is_absent_are_refused_alike(call: Caller) -> None:
    client = call("system")
    kari, other = await made(client, patient()), await made(client, patient())
    hidden = await sent(client, b"x", other)
    citizen = call(f"citizen:{kari}")
    answers = []
    for id in (hidden, "nothing"):
        message = {
            "resourceType": "Communication", "status": "completed", "subject": {"reference": f"Patient/{kari}"},
            "sender": {"reference": f"Patient/{kari}"}, "payload": [{"contentAttachment": {"url": f"Binary/{id}"}}],
        }  # fmt: skip
        answers.append(await citizen.post("Communication", json=message))
    assert [one.status_code for one in answers] == [422, 422]
    assert answers[0].content == answers[1].content
