"""A16: bundles and bodies made to break the reader: depth, size, numbers, names, contained and crossed references."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.attacks.counting import tried
from tests.http.audit.conftest import Caller, app, call, made, resources, store
from tests.record.conftest import patient
from tests.record.test_fences import care_team

__all__ = ["app", "call", "store"]

Json = dict[str, Any]
FHIR = {"content-type": "application/fhir+json"}
URN = "urn:uuid:00000000-0000-4000-8000-00000000000{}"


def entry(method: str, url: str, resource: Json | None = None, **more: Any) -> Json:
    return {"request": {"method": method, "url": url}, **({"resource": resource} if resource else {}), **more}


def bundle(*entries: Json, kind: str = "transaction") -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def message(person: str, **more: Any) -> Json:
    return {
        "resourceType": "Communication", "status": "completed", "subject": {"reference": f"Patient/{person}"}, **more
    }  # fmt: skip


def nested(depth: int, opening: str, closing: str, inside: str = "1") -> str:
    return opening * depth + inside + closing * depth


BOMBS: tuple[str, ...] = (
    nested(100_000, "[", "]"),
    nested(100_000, '{"a":', "}"),
    '{"resourceType":"Patient","extension":' + nested(5_000, '[{"url":"x","extension":', "}]", "[]") + "}",
    '{"resourceType":"Patient","contained":' + nested(200, '[{"resourceType":"Patient","contained":', "}]", "[]") + "}",
    '{"resourceType":"Bundle","type":"batch","entry":'
    + nested(200, '[{"resource":{"resourceType":"Bundle","type":"batch","entry":', "}}]", "[]")
    + "}",
    '{"resourceType":"Observation","valueDecimal":1e9999999}',
    '{"resourceType":"Observation","valueQuantity":{"value":1e400}}',
    '{"resourceType":"Observation","valueQuantity":{"value":' + "9" * 100_000 + "}}",
    '{"resourceType":"Observation","valueQuantity":{"value":-0.' + "0" * 5_000 + "1}}",
    '{"resourceType":"Observation","valueInteger":' + "1" * 5_000 + "}",
    '{"resourceType":"Patient","active":NaN}',
    '{"resourceType":"Patient","active":Infinity}',
    '{"resourceType":"Patient","__proto__":{"active":true}}',
    '{"resourceType":"Patient","constructor":{"prototype":{}}}',
    '{"resourceType":"Patient","name":[{"family":"\\ud800"}]}',
    '{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}',
    '{"resourceType":"Patient","id":"\\u202e\\u0000/../x"}',
    '{"resourceType":"Patient","resourceType":"Observation"}',
    '{"resourceType":["Patient"]}',
    '{"resourceType":{"$ne":null}}',
    '{"resourceType":"Patient","birthDate":"' + "9" * 1_000_000 + '"}',
    '{"resourceType":"Patient","multipleBirthInteger":99999999999999999999}',
    "\ufeff" + '{"resourceType":"Patient","active":"x"}',
    '{"resourceType":"Patient"} {"resourceType":"Patient"}',
    '{"resourceType":"Patient",}',
    "\x00",
    "",
)


@pytest.mark.parametrize("body", BOMBS, ids=range(len(BOMBS)))
async def test_a_body_that_would_break_the_reader_is_refused(call: Caller, body: str) -> None:
    client = call("system")
    for url in ("Patient", "Observation", ""):
        answer = await client.post(url, content=body.encode("utf-8", "surrogatepass"), headers=FHIR)
        told = answer.json()
        statuses = [one["response"]["status"] for one in told.get("entry", ())] or [str(answer.status_code)]
        assert all(status.startswith("4") for status in statuses), (url, answer.text[:200])


@pytest.mark.parametrize("id", ["a/b", "a b", "é", "", "x" * 65, "../1", "%2e", "\u200b", "１", "a\n", "a;b", "$x"])
async def test_an_id_is_made_of_few_characters(call: Caller, id: str) -> None:
    client = call("system")
    answer = await client.post("", json=bundle(entry("PUT", f"Patient/{id}", {"resourceType": "Patient", "id": id})))
    assert answer.status_code in (400, 422)


async def test_there_are_not_more_entries_than_a_bundle_may_hold(call: Caller) -> None:
    many = bundle(*[entry("GET", "Patient")] * 5001, kind="batch")
    assert (await call("system").post("", json=many)).status_code == 413


async def test_a_transaction_that_names_what_is_not_there_changes_nothing(call: Caller) -> None:
    client = call("system")
    total = (await client.get("Patient", params={"_summary": "count"})).json()["total"]
    wrong = [
        bundle(entry("POST", "Patient", patient(), fullUrl=URN.format(1)), entry("POST", "Communication",
               {**message("x"), "subject": {"reference": URN.format(2)}})),
        bundle(entry("POST", "Patient", patient(), fullUrl=URN.format(1)),
               entry("POST", "Patient", patient(), fullUrl=URN.format(1))),
        bundle(entry("POST", "Patient", patient()), entry("POST", "Observation", {"resourceType": "Observation"})),
        bundle(entry("POST", "Patient", patient()), entry("DELETE", "Patient")),
        bundle(entry("POST", "Patient", patient()), entry("PATCH", "Patient/1")),
        bundle(entry("POST", "Patient", patient()), entry("POST", "$export")),
        bundle(entry("POST", "Patient", patient()), entry("GET", "http://169.254.169.254/latest")),
    ]  # fmt: skip
    for one in wrong:
        answer = await client.post("", json=one)
        assert 400 <= answer.status_code < 500, answer.text
    assert (await client.get("Patient", params={"_summary": "count"})).json()["total"] == total


async def test_no_entry_reaches_a_person_whom_its_sender_may_not(
    call: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    client, nurse = call("system"), call("nurse:unit-a")
    kari, hidden = await made(client, patient()), await made(client, patient())
    await made(client, care_team(kari, "unit-a"))
    await made(client, message(hidden, payload=[{"contentString": "kanarifugl"}]))
    theirs = await made(client, message(hidden))
    urn = URN.format(1)
    tricks = [
        bundle(entry("POST", "Communication", message(hidden))),
        bundle(entry("POST", "Communication", message(kari)), entry("POST", "Communication", message(hidden))),
        bundle(entry("POST", "Communication", message(kari), fullUrl=urn),
               entry("PUT", f"Communication/{theirs}", {**message(kari), "id": theirs})),
        bundle(entry("POST", "Communication", message(kari, partOf=[{"reference": f"Communication/{theirs}"}]),
                     fullUrl=f"http://test/fhir/Communication/{theirs}"), entry("DELETE", f"Communication/{theirs}")),
        bundle(entry("POST", "Communication", {**message(kari), "subject": {"reference": "Patient?_id=" + hidden}})),
        bundle(entry("POST", "Communication", {**message(hidden), "contained": [patient(id="x")]})),
        bundle(entry("POST", "Communication", {**message(kari), "subject": {"reference": "#x"},
                                               "contained": [patient(id="x")]})),
        bundle(entry("GET", f"Patient/{hidden}"), entry("POST", "Communication", message(kari))),
    ]  # fmt: skip
    for one in tricks:
        for kind in ("transaction", "batch"):
            answer = await nurse.post("", json={**one, "type": kind})
            assert "kanarifugl" not in answer.text
            for told in answer.json().get("entry", []):
                assert hidden not in json.dumps(told.get("resource", {})), told
    for one in (f"Patient/{hidden}", f"Communication/{theirs}", f"Communication?patient={hidden}"):
        answer = await nurse.post("", json=bundle(entry("GET", one), kind="batch"))
        assert "kanarifugl" not in answer.text
        assert theirs not in answer.text.replace(one, "")
    current = (await client.get(f"Communication/{theirs}")).json()
    assert current["meta"]["versionId"] == "1"
    about = resources((await client.get("Communication", params={"patient": hidden})).json())
    assert len(about) == 2, "nobody wrote about the person"
    tried(capsys, "A16", len(BOMBS) * 3 + 12 + 7 + len(tricks) * 2 + 3)


async def test_a_contained_resource_is_nobodys_record(call: Caller) -> None:
    client = call("system")
    kari = await made(client, patient())
    inside = {"resourceType": "Patient", "id": "inside", "identifier": [{"system": "urn:race", "value": "contained"}]}
    await made(client, message(kari, contained=[inside], sender={"reference": "#inside"}))
    assert resources((await client.get("Patient", params={"identifier": "contained"})).json()) == []
    assert (await client.get("Patient/inside")).status_code == 404
    deep = {**inside, "contained": [patient(id="deeper")]}
    assert (await client.post("Communication", json=message(kari, contained=[deep]))).status_code == 422


async def test_the_server_answers_on_after_all_of_it(call: Caller) -> None:
    answer: httpx.Response = await call("system").get("metadata")
    assert answer.status_code == 200
