"""Narratives through HTTP: fine ones come back byte for byte, others without what could act, or are refused."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from saman.model.fhir.narrative import is_narrative
from tests.unit.model.fhir.hostile_narratives import MENDABLE, SHAPELESS, WHOLE, div

Json = dict[str, Any]
FINE = div('<p style="color: #333">Å &lt; 1&#160;<b>x</b><br/></p><!-- kept --><img src="#a" alt="x"/>')
BAD = div('<p onclick="x()">text</p><script>x()</script>')
STRICT = {"prefer": "handling=strict"}
OUTCOME = {"prefer": "return=OperationOutcome"}


def person(text: str) -> Json:
    return {"resourceType": "Patient", "text": {"status": "generated", "div": text}}


def held(answer: httpx.Response) -> str:
    assert answer.status_code < 300, answer.text
    text: str = answer.json()["text"]["div"]
    return text


async def test_a_fine_narrative_is_left_alone(client: httpx.AsyncClient) -> None:
    for headers in ({}, STRICT):
        made = await client.post("Patient", json=person(FINE), headers=headers)
        assert held(made) == FINE
        assert held(await client.get(f"Patient/{made.json()['id']}")) == FINE


async def test_what_could_act_is_taken_out_and_said(client: httpx.AsyncClient) -> None:
    made = await client.post("Patient", json=person(BAD))
    assert held(made) == div("<p>text</p>")
    answer = await client.post("Patient", json=person(BAD), headers=OUTCOME)
    assert answer.status_code == 201
    told = answer.json()["issue"]
    assert [one["severity"] for one in told] == ["information", "information"]
    assert told[1]["expression"] == ["Patient.text.div"]
    assert "the attribute onclick of the element p" in told[1]["diagnostics"]
    fine = await client.post("Patient", json=person(FINE), headers=OUTCOME)
    assert len(fine.json()["issue"]) == 1


async def test_strict_handling_refuses_and_names_the_place(client: httpx.AsyncClient) -> None:
    answer = await client.post("Patient", json=person(BAD), headers=STRICT)
    assert answer.status_code == 422
    (issue,) = answer.json()["issue"]
    assert issue["expression"] == ["Patient.text.div"]
    assert "onclick" in issue["diagnostics"]
    assert "x()" not in answer.text


async def test_none_of_many_survives(client: httpx.AsyncClient) -> None:
    entries = [{"resource": person(div(inner)), "request": {"method": "POST", "url": "Patient"}} for inner in MENDABLE]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert (await client.post("", json=bundle, headers=STRICT)).status_code == 422
    answer = await client.post("", json=bundle)
    assert answer.status_code == 200, answer.text
    places = [one["response"]["location"].split("/_history")[0] for one in answer.json()["entry"]]
    assert len(places) == len(MENDABLE)
    for place in places[::10]:
        assert is_narrative(held(await client.get(place)))


@pytest.mark.parametrize("text", [*map(div, SHAPELESS[:12]), *WHOLE])
async def test_what_is_no_xhtml_is_refused_either_way(client: httpx.AsyncClient, text: str) -> None:
    for headers in ({}, STRICT):
        answer = await client.post("Patient", json=person(text), headers=headers)
        assert answer.status_code == 422
        assert answer.json()["issue"][0]["expression"] == ["Patient.text.div"]


async def test_updates_and_patches_too(client: httpx.AsyncClient) -> None:
    id = (await client.post("Patient", json=person(FINE))).json()["id"]
    updated = await client.put(f"Patient/{id}", json=person(BAD) | {"id": id})
    assert held(updated) == div("<p>text</p>")
    change = [{"op": "replace", "path": "/text/div", "value": BAD}]
    headers = {"content-type": "application/json-patch+json"}
    strict = await client.patch(f"Patient/{id}", json=change, headers=headers | STRICT)
    assert strict.status_code == 422
    assert held(await client.patch(f"Patient/{id}", json=change, headers=headers)) == div("<p>text</p>")
    hidden = base64.b64encode(b'[{"op": "replace", "path": "/text/div", "value": "<div><script/></div>"}]').decode()
    binary = {"resourceType": "Binary", "contentType": headers["content-type"], "data": hidden}
    entry = {"resource": binary, "request": {"method": "PATCH", "url": f"Patient/{id}"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert (await client.post("", json=bundle)).status_code == 422
    assert held(await client.get(f"Patient/{id}")) == div("<p>text</p>")


async def test_a_name_written_otherwise_is_refused(client: httpx.AsyncClient) -> None:
    body = b'{"resourceType":"Patient","text":{"status":"generated","d\\u0069v":"<d\\u0069v><script/></d\\u0069v>"}}'
    headers = {"content-type": "application/fhir+json"}
    assert (await client.post("Patient", content=body, headers=headers)).status_code == 422


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_an_entry_says_what_was_taken_out_of_it(client: httpx.AsyncClient, kind: str) -> None:
    there = (await client.post("Patient", json=person(FINE))).json()["id"]
    holding = person(FINE) | {
        "contained": [{"resourceType": "Basic", "id": "a", "code": {"text": "x"}, "text": person(BAD)["text"]}],
        "extension": [{"url": "urn:x:y", "valueReference": {"reference": "#a"}}],
    }
    entries = [
        {"request": {"method": "POST", "url": "Patient"}, "resource": person(FINE)},
        {"request": {"method": "POST", "url": "Patient"}, "resource": person(BAD)},
        {"request": {"method": "PUT", "url": f"Patient/{there}"}, "resource": person(BAD) | {"id": there}},
        {"request": {"method": "POST", "url": "Patient"}, "resource": holding},
        {"request": {"method": "GET", "url": f"Patient/{there}"}},
    ]
    answer = await client.post("", json={"resourceType": "Bundle", "type": kind, "entry": entries})
    assert answer.status_code == 200, answer.text
    told = [one["response"].get("outcome", {"issue": []})["issue"] for one in answer.json()["entry"]]
    assert [[issue["expression"] for issue in each] for each in told] == [
        [],
        [["Bundle.entry[1].resource.text.div"]],
        [["Bundle.entry[2].resource.text.div"]],
        [["Bundle.entry[3].resource.contained[0].text.div"]],
        [],
    ]
    assert {issue["severity"] for each in told for issue in each} == {"information"}
    assert "onclick" in told[1][0]["diagnostics"]
    assert "x()" not in answer.text


async def test_a_refused_entry_says_why_and_nothing_else(client: httpx.AsyncClient) -> None:
    entry = {"request": {"method": "POST", "url": "Patient"}, "resource": person(BAD) | {"shoe": 47}}
    answer = await client.post("", json={"resourceType": "Bundle", "type": "batch", "entry": [entry]})
    [only] = answer.json()["entry"]
    assert only["response"]["status"] == "422"
    assert [one["code"] for one in only["response"]["outcome"]["issue"]] == ["structure"]
