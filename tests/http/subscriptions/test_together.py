"""Subscriptions in bundles: in a transaction with all else or not at all, in a batch each for itself."""

from __future__ import annotations

from typing import Any

import pytest

from saman.flows.subscription.sending import Sending
from tests.http.subscriptions.conftest import Caller, Receiver, made, put_back, settled, subscription

Json = dict[str, Any]
UNIT = "urn:uuid:6f7b1c52-7b1c-4a2e-9c55-1f1d2c3b4a59"


def entry(method: str, url: str, resource: Json | None = None, **more: Any) -> Json:
    request = {"method": method, "url": url, **more.pop("request", {})}
    return {"request": request, **({"resource": resource} if resource is not None else {}), **more}


def bundle(*entries: Json, kind: str = "transaction") -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def _id(one: Json) -> str:
    return str(one["response"]["location"]).split("/Subscription/")[1].split("/")[0]


async def _mine(call: Caller, who: str = "system") -> int:
    return int((await call(who).get("Subscription?_summary=count")).json()["total"])


async def test_one_is_made_with_all_else(call: Caller, sending: Sending, receiver: Receiver) -> None:
    told = {"resourceType": "Basic", "code": {"text": "x"}, "extension": [
        {"url": "urn:made-for", "valueReference": {"reference": UNIT}}]}  # fmt: skip
    answer = await call("system").post(
        "",
        json=bundle(
            entry("POST", "Basic", told),
            entry("POST", "Subscription", subscription(receiver.endpoint), fullUrl=UNIT),
        ),
    )
    assert answer.status_code == 200, answer.text
    basic, own = answer.json()["entry"]
    id = _id(own)
    kept = (await call("system").get(basic["response"]["location"].partition("/fhir/")[2])).json()
    assert kept["extension"][0]["valueReference"]["reference"] == f"Subscription/{id}"
    assert own["response"]["status"] == "201 Created"
    assert (await put_back(call("system"), id))["status"] == "requested"
    await settled(sending)
    assert (await put_back(call("system"), id))["status"] == "active"


async def test_each_is_changed_and_removed_with_all_else(call: Caller, receiver: Receiver) -> None:
    client = call("system")
    changed, patched, gone = [await made(client, subscription(receiver.endpoint)) for _ in range(3)]
    off = {**subscription(receiver.endpoint), "id": changed, "status": "off"}
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "replace"}, {"name": "path", "valueString": "Subscription.reason"},
        {"name": "value", "valueString": "for another reason"}]}]}  # fmt: skip
    answer = await client.post(
        "",
        json=bundle(
            entry("PUT", f"Subscription/{changed}", off, request={"ifMatch": 'W/"1"'}),
            entry("PATCH", f"Subscription/{patched}", patch),
            entry("DELETE", f"Subscription/{gone}"),
        ),
    )
    assert answer.status_code == 200, answer.text
    assert [one["response"]["status"][:3] for one in answer.json()["entry"]] == ["200", "200", "204"]
    assert (await put_back(client, changed))["status"] == "off"
    assert (await put_back(client, patched))["reason"] == "for another reason"
    assert (await client.get(f"Subscription/{gone}")).status_code == 404


@pytest.mark.parametrize("what", ["another's", "a wrong one", "an old version", "something else"])
async def test_nothing_is_done_when_one_cannot_be(call: Caller, receiver: Receiver, what: str) -> None:
    client = call("system")
    theirs = await made(call("nurse:unit-a"), subscription(receiver.endpoint))
    mine = await made(client, subscription(receiver.endpoint))
    new, off = subscription(receiver.endpoint), {**subscription(receiver.endpoint), "id": mine, "status": "off"}
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "language"}]}]}  # fmt: skip
    wrong = {
        "another's": (entry("PATCH", f"Subscription/{theirs}", patch), 404),
        "a wrong one": (entry("POST", "Subscription", subscription("ftp://a.example")), 422),
        "an old version": (entry("PUT", f"Subscription/{mine}", off, request={"ifMatch": 'W/"9"'}), 412),
        "something else": (entry("PATCH", "Organization/nothing", patch), 404),
    }
    before = await _mine(call)
    refused, status = wrong[what]
    organization = {"resourceType": "Organization", "name": f"never there: {what}"}
    steps = [entry("POST", "Organization", organization), entry("POST", "Subscription", new), refused]
    answer = await client.post("", json=bundle(*steps))
    assert answer.status_code == status, answer.text
    assert answer.json()["issue"][0]["expression"][0].startswith("Bundle.entry[2]")
    assert await _mine(call) == before
    assert (await client.get("Organization", params={"name": "never there"})).json().get("entry", []) == []
    assert (await call("nurse:unit-a").get(f"Subscription/{theirs}")).status_code == 200


async def test_one_is_made_unless_it_is_there(call: Caller, receiver: Receiver) -> None:
    wish = subscription(receiver.endpoint)
    wish["channel"]["endpoint"] = f"{receiver.endpoint}/once"
    steps = bundle(
        entry("POST", "Subscription", wish, request={"ifNoneExist": f"url={receiver.endpoint}/once"}),
        entry("POST", "Organization", {"resourceType": "Organization", "name": "beside"}),
    )
    answers = [(await call("system").post("", json=steps)).json() for _ in range(2)]
    assert [one["entry"][0]["response"]["status"][:3] for one in answers] == ["201", "200"]
    assert _id(answers[0]["entry"][0]) == _id(answers[1]["entry"][0])


async def test_in_a_batch_each_is_for_itself(call: Caller, receiver: Receiver) -> None:
    right = subscription(receiver.endpoint)
    steps = [entry("POST", "Subscription", one) for one in (subscription("ftp://a.example"), right)]
    answer = await call("system").post("", json=bundle(*steps, kind="batch"))
    assert [one["response"]["status"][:3] for one in answer.json()["entry"]] == ["422", "201"]
    assert (await put_back(call("system"), _id(answer.json()["entry"][1])))["status"] == "requested"


async def test_a_condition_names_none_to_change(call: Caller, receiver: Receiver) -> None:
    wish = subscription(receiver.endpoint)
    for answer in (
        await call("system").put("Subscription?url=x", json=wish),
        await call("system").post("", json=bundle(entry("PUT", "Subscription?url=x", wish))),
    ):
        assert answer.status_code == 422
        assert "by its id" in answer.text
