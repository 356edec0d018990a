"""A8: what holds a file is seen by those who may see the person it is about; what names no person is seen by nobody."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.attacks.counting import tried
from tests.http.audit.conftest import Caller, app, call, made, store
from tests.record.conftest import patient
from tests.record.test_fences import care_team

__all__ = ["app", "call", "store"]

Json = dict[str, Any]
SECRET = "kanarifugl"
DATA = base64.b64encode(SECRET.encode()).decode()


def files(person: str) -> list[Json]:
    """Everything that can hold a file, about somebody."""
    who, attachment = {"reference": f"Patient/{person}"}, {"contentType": "text/plain", "data": DATA}
    return [
        {"resourceType": "Binary", "contentType": "text/plain", "data": DATA, "securityContext": who},
        {"resourceType": "DocumentReference", "status": "current", "subject": who,
         "content": [{"attachment": attachment}]},
        {"resourceType": "Media", "status": "completed", "subject": who, "content": attachment},
        {"resourceType": "DocumentManifest", "status": "current", "subject": who, "content": [who]},
        {"resourceType": "DiagnosticReport", "status": "final", "subject": who, "code": {"text": "x"},
         "presentedForm": [attachment]},
        {"resourceType": "Consent", "status": "active", "patient": who, "sourceAttachment": attachment,
         "scope": {"text": "x"}, "category": [{"text": "x"}], "policyRule": {"text": "x"}},
        {"resourceType": "Communication", "status": "completed", "subject": who,
         "payload": [{"contentAttachment": attachment}]},
    ]  # fmt: skip


UNLABELLED: tuple[Json, ...] = (
    {"resourceType": "Binary", "contentType": "text/plain", "data": DATA},
    {"resourceType": "Binary", "contentType": "text/plain", "data": DATA, "securityContext": {"display": "Kari"}},
    {"resourceType": "Binary", "contentType": "text/plain", "data": DATA,
     "securityContext": {"reference": "http://elsewhere.example/Patient/1"}},
    {"resourceType": "Binary", "contentType": "text/plain", "data": DATA,
     "securityContext": {"reference": "Organization/unit-a"}},
    {"resourceType": "DocumentReference", "status": "current",
     "content": [{"attachment": {"contentType": "text/plain", "data": DATA}}]},
    {"resourceType": "Media", "status": "completed", "content": {"contentType": "text/plain", "data": DATA}},
)  # fmt: skip


async def test_a_file_is_seen_by_those_who_may_see_the_person(call: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    client = call("system")
    kari, other = await made(client, patient()), await made(client, patient())
    await made(client, care_team(kari, "unit-a"))
    cases = 0
    for resource in files(kari):
        kind, id = resource["resourceType"], await made(client, resource)
        assert SECRET in base64.b64decode(DATA).decode()
        own = await call(f"citizen:{kari}").get(f"{kind}/{id}")
        assert own.status_code == 200, kind
        for who in (f"citizen:{other}", "nurse:unit-b", "relative:none"):
            hidden, absent = await call(who).get(f"{kind}/{id}"), await call(who).get(f"{kind}/nothing")
            assert hidden.status_code == 404, (who, kind)
            assert hidden.content == absent.content
            for answer in (
                await call(who).get(kind, params={"_id": id, "_total": "accurate"}),
                await call(who).get(f"{kind}/{id}/_history"),
                await call(who).get(f"{kind}/_history"),
                await call(who).get(f"{kind}/{id}/_history/1"),
            ):
                assert DATA not in answer.text
                assert id not in answer.text or answer.request.url.query, (who, kind)
                cases += 1
            cases += 2
    tried(capsys, "A8", cases + len(UNLABELLED) * 4)


@pytest.mark.parametrize("resource", UNLABELLED)
async def test_what_names_no_person_is_for_the_back_end_client_alone(call: Caller, resource: Json) -> None:
    kari = await made(call("system"), patient())
    await made(call("system"), care_team(kari, "unit-a"))
    kind, id = resource["resourceType"], await made(call("system"), resource)
    assert (await call("system").get(f"{kind}/{id}")).status_code == 200
    for who in (f"citizen:{kari}", "nurse:unit-a", "relative:none"):
        assert (await call(who).get(f"{kind}/{id}")).status_code == 404
        assert (await call(who).get(kind, params={"_id": id})).json().get("entry", []) == []


@pytest.mark.parametrize("kind", ["Binary", "DocumentReference", "Media"])
async def test_nobody_without_leave_brings_a_file_in(call: Caller, kind: str) -> None:
    kari = await made(call("system"), patient())
    await made(call("system"), care_team(kari, "unit-a"))
    sent = next(one for one in files(kari) if one["resourceType"] == kind)
    for who in ("nurse:unit-a", "nurse:unit-b", "relative:none"):
        assert (await call(who).post(kind, json=sent)).status_code == 403


async def test_a_file_does_not_change_hands(call: Caller) -> None:
    client = call("system")
    kari, other = await made(client, patient()), await made(client, patient())
    for resource in files(kari)[:3]:
        kind, id = resource["resourceType"], await made(client, resource)
        moved = next(one for one in files(other) if one["resourceType"] == kind)
        assert (await client.put(f"{kind}/{id}", json={**moved, "id": id})).status_code == 422
