"""`$validate` over HTTP: on a type, on a resource that is there, and on whatever is sent."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.http.fhir.resources import issues, observation, patient
from tests.http.operations.conftest import parameters

FHIR = {"content-type": "application/fhir+json"}
RIGHT: dict[str, Any] = {"resourceType": "Basic", "code": {"text": "x"}}
BROKEN = RIGHT | {"author": {"reference": "#a"}}


def errors(answer: httpx.Response) -> list[tuple[str, str]]:
    """Code and place of each error of an outcome that was answered with 200."""
    assert answer.status_code == 200, answer.text
    return [
        (one["code"], one.get("expression", [""])[0]) for one in issues(answer) if one["severity"] in ("error", "fatal")
    ]


@pytest.mark.parametrize("address", ["Basic/$validate", "$validate"])
@pytest.mark.parametrize("wrapped", [True, False])
async def test_all_is_told_that_is_wrong(client: httpx.AsyncClient, address: str, wrapped: bool) -> None:
    for sent, expected in (
        (RIGHT, []),
        (BROKEN, [("invariant", "Basic.author")]),
        (RIGHT | {"shoe": 47, "created": "yesterday"}, [("structure", "Basic.shoe"), ("value", "Basic.created")]),
        ({"resourceType": "Basic"}, [("required", "Basic.code")]),
        (RIGHT | {"id": "two words"}, [("value", "Basic.id")]),
    ):
        body = parameters(resource__resource=sent) if wrapped else sent
        assert errors(await client.post(address, json=body)) == expected, sent


async def test_recommendations_are_told_as_warnings_and_nothing_wrong_as_information(client: httpx.AsyncClient) -> None:
    told = issues(await client.post("Basic/$validate", json=RIGHT))
    assert [(one["severity"], one["diagnostics"].partition(":")[0]) for one in told] == [("warning", "dom-6")]
    narrative = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
    told = issues(await client.post("Basic/$validate", json=RIGHT | {"text": narrative}))
    assert [one["severity"] for one in told] == ["information"]


@pytest.mark.parametrize(
    ("address", "sent", "status"),
    [
        ("Basic/$validate", b"{", 400),
        ("Basic/$validate", b"[]", 200),
        ("Basic/$validate", b"7", 200),
        ("Basic/$validate", b"null", 400),
        ("Basic/$validate", b'{"resourceType": 7}', 200),
        ("Basic/$validate", b'{"resourceType": "Shoe"}', 200),
        ("Basic/$validate", b'{"resourceType": "Patient"}', 200),
        ("Basic/$validate", b'{"resourceType": "Parameters", "parameter": 7}', 200),
        ("Basic/$validate", b'{"resourceType": "Parameters", "parameter": [7]}', 422),
        ("Basic/$validate", b'{"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": 7}]}', 200),
        ("Basic/$validate", b'{"resourceType": "Parameters", "parameter": [{"name": "shoe", "valueCode": "x"}]}', 400),
        ("Basic/$validate?mode=eat", b"{}", 400),
        ("Basic/$validate?mode=delete", b"{}", 400),
        ("Basic/$validate?mode=update", b"{}", 400),
        ("Basic/$validate?mode=profile", b"{}", 400),
        ("Basic/$validate?profile=a%20b", b"{}", 400),
        ("Basic/$validate?shoe=47", b"{}", 400),
        ("Basic/none/$validate", b"{}", 404),
        ("Shoe/$validate", b"{}", 404),
    ],
)
async def test_no_body_makes_it_stumble(client: httpx.AsyncClient, address: str, sent: bytes, status: int) -> None:
    answer = await client.post(address, content=sent, headers={"content-type": "application/fhir+json"})
    assert answer.status_code == status, answer.text
    assert issues(answer)[0]["severity"] == "error" or status == 200


async def test_one_must_be_given(client: httpx.AsyncClient) -> None:
    assert (await client.get("Basic/$validate")).status_code == 400
    assert (await client.post("$validate")).status_code == 400
    twice = parameters(resource__resource=[RIGHT, RIGHT])
    assert (await client.post("Basic/$validate", json=twice)).status_code == 400


async def test_another_type_than_the_address_asks_for(client: httpx.AsyncClient) -> None:
    assert errors(await client.post("Patient/$validate", json=RIGHT)) == [("invalid", "Patient.resourceType")]


async def test_what_is_there_is_validated(client: httpx.AsyncClient) -> None:
    made = (await client.post("Basic", json=RIGHT)).json()
    answer = await client.get(f"Basic/{made['id']}/$validate")
    assert errors(answer) == []
    assert errors(await client.post(f"Basic/{made['id']}/$validate", json=BROKEN)) == [("invariant", "Basic.author")]


async def test_a_write_is_tried_and_nothing_is_written(client: httpx.AsyncClient) -> None:
    made = (await client.post("Basic", json=RIGHT)).json()
    address = f"Basic/{made['id']}/$validate"
    before = (await client.get("Basic?_summary=count")).json()["total"]
    assert errors(await client.post("Basic/$validate?mode=create", json=RIGHT)) == []
    assert errors(await client.post(f"{address}?mode=update", json=made | {"code": {"text": "y"}})) == []
    assert errors(await client.post(f"{address}?mode=update", json=RIGHT | {"id": "other"})) == [
        ("invalid", "Basic.id")
    ]
    assert errors(await client.get(f"{address}?mode=delete")) == []
    after = (await client.get(f"Basic/{made['id']}")).json()
    assert (after["meta"]["versionId"], after["code"]) == ("1", {"text": "x"})
    assert (await client.get("Basic?_summary=count")).json()["total"] == before


async def test_who_it_is_about_stays(client: httpx.AsyncClient) -> None:
    one, other = [(await client.post("Patient", json=patient())).json()["id"] for _ in range(2)]
    made = (await client.post("Observation", content=observation(one), headers=FHIR)).json()
    moved = made | {"subject": {"reference": f"Patient/{other}"}}
    found = errors(await client.post(f"Observation/{made['id']}/$validate?mode=update", json=moved))
    assert [code for code, _ in found] == ["invalid"]


async def test_what_somebody_may_not_do_is_told_and_what_is_hidden_stays_hidden(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    person = (await client.post("Patient", json=patient())).json()["id"]
    made = (await client.post("Observation", content=observation(person), headers=FHIR)).json()
    for mode in ("update", "delete", "profile"):
        hidden = await stranger.post(f"Observation/{made['id']}/$validate?mode={mode}&profile=urn:x", json=made)
        other = made | {"id": "none"}
        absent = await stranger.post(f"Observation/none/$validate?mode={mode}&profile=urn:x", json=other)
        assert hidden.status_code == absent.status_code == 404
    found = errors(await stranger.post("Observation/$validate?mode=create", content=observation(person), headers=FHIR))
    assert [code for code, _ in found] == ["forbidden"]
    assert (await nobody.post("Observation/$validate", content=observation(person), headers=FHIR)).status_code == 401
