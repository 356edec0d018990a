"""`Patient/$match` over HTTP."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import httpx
import pytest

from saman.kernel import json
from saman.model.fhir import validate
from tests.http.fhir.resources import issues
from tests.http.operations.conftest import narrow, parameters, with_scope

__all__ = ["narrow"]

PATH = "Patient/$match"
SYSTEM = "urn:oid:2.16.578.1.12.4.1.4.1"


def described(given: str = "Anna", family: str = "Åsbø", birth: str = "1948-03-14", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "name": [{"family": family, "given": [given]}], "birthDate": birth} | more


def number(value: str) -> dict[str, Any]:
    return {"identifier": [{"system": SYSTEM, "value": value}]}


@pytest.fixture(scope="module")
async def people(client: httpx.AsyncClient) -> dict[str, str]:
    """Anna, her namesake, Eva who shares her birthday, and two who were given one number."""
    phone = {"telecom": [{"system": "phone", "value": "+4712345678"}]}
    there = {
        "anna": described() | number("1") | phone,
        "namesake": described(birth="1990-01-01") | number("2"),
        "eva": described("Eva", "Lund") | number("3"),
        "one": described("Kari", "Dobbel", "1950-05-05") | number("4,|$\\"),
        "two": described("Kari", "Dobbel", "1950-05-05") | number("4,|$\\"),
    }
    made = {name: await client.post("Patient", json=sent) for name, sent in there.items()}
    return {name: answer.json()["id"] for name, answer in made.items()}


async def found(client: httpx.AsyncClient, sent: dict[str, Any], **more: Any) -> list[tuple[str, str, str]]:
    answer = await client.post(PATH, json=parameters(resource__resource=sent, **more))
    assert answer.status_code == 200, answer.text
    bundle = json.decode(answer.content)
    assert validate(bundle) == ()
    assert bundle["total"] == len(bundle.get("entry", ()))
    return [
        (one["resource"]["id"], one["search"]["extension"][0]["valueCode"], str(one["search"]["score"]))
        for one in bundle.get("entry", ())
    ]


async def test_who_is_meant_comes_first_with_a_score(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    assert await found(client, described() | number("1")) == [(people["anna"], "certain", "1")]
    assert await found(client, described("anna", "ASBO")) == [(people["anna"], "probable", "0.5")]
    assert await found(client, described("Annna")) == [(people["anna"], "probable", "0.5")]
    assert await found(client, described(birth="1948-03-15")) == [(people["anna"], "possible", "0.35")]
    assert await found(client, {"resourceType": "Patient"} | number("1")) == [(people["anna"], "probable", "0.6")]
    phone = {"resourceType": "Patient", "telecom": [{"system": "phone", "value": "+4712345678"}]}
    assert await found(client, phone | {"name": described()["name"]}) == [(people["anna"], "possible", "0.4")]
    assert await found(client, described("Ola", "Nordmann", "1901-01-01")) == []


async def test_only_a_certain_match_when_that_is_asked_for(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    asked = {"onlyCertainMatches__boolean": True}
    assert [one for one, _, _ in await found(client, described() | number("1"), **asked)] == [people["anna"]]
    assert await found(client, described(), **asked) == []
    double = described("Kari", "Dobbel", "1950-05-05") | number("4,|$\\")
    both = await found(client, double)
    assert {one for one, grade, _ in both if grade == "certain"} == {people["one"], people["two"]}
    assert await found(client, double, **asked) == []
    assert len(await found(client, double, count__integer=1)) == 1


async def test_the_resource_can_be_the_body(client: httpx.AsyncClient, people: dict[str, str]) -> None:
    answer = await client.post(PATH, json=described() | number("1"))
    assert answer.json()["entry"][0]["resource"]["id"] == people["anna"]


async def test_a_match_is_refused_with_a_place(client: httpx.AsyncClient) -> None:
    basic, nothing = {"resourceType": "Basic", "code": {"text": "x"}}, {"resourceType": "Patient", "gender": "male"}
    for sent, place in (
        (parameters(count__integer=1), "http.resource"),
        (parameters(resource__resource=nothing), "Parameters.parameter[0].resource"),
        (parameters(resource__resource=described(), count__integer=0), "Parameters.parameter[1].valueInteger"),
        (parameters(resource__resource=described(), count__integer=101), "Parameters.parameter[1].valueInteger"),
        (parameters(resource__resource=basic), "Parameters.parameter[0].resource"),
        (described(telecom=[{"system": "phone", "value": "1"}] * 21), "Patient.telecom"),
    ):  # fmt: skip
        answer = await client.post(PATH, json=sent)
        assert answer.status_code in (400, 403), answer.text
        issue = issues(answer)[0]
        assert [place] == issue.get("location", issue.get("expression")), sent
    assert (await client.get(PATH)).status_code == 400
    assert (await client.post("Patient/x/$match", json=described())).status_code == 404


@pytest.mark.parametrize(
    "sent",
    [
        described("x" * 5000, "y" * 5000),
        described("a b c d e f g h " * 100, "- ' -"),
        described("\\", ",|$", "1948-13-40"[:4]) | number("\\,|$" * 50),
        described("%", "_"),
        {"resourceType": "Patient", "birthDate": "1948-03-14", "name": [{"text": "' OR 1=1 --"}]},
        described() | {"name": [{"_family": {"extension": [{"url": "urn:x", "valueCode": "x"}]}}]},
    ],
)  # fmt: skip
async def test_strange_names_are_looked_for_like_any(client: httpx.AsyncClient, sent: dict[str, Any]) -> None:
    assert [one for one in await found(client, sent) if one[1] == "certain"] == []


async def test_who_is_hidden_is_not_found(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, people: dict[str, str]
) -> None:
    hidden = await stranger.post(PATH, json=described() | number("1"))
    absent = await stranger.post(PATH, json=described() | number("none"))
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content) == (200, hidden.content)
    assert "entry" not in hidden.json()


async def test_an_app_finds_whom_its_scopes_leave(narrow: httpx.AsyncClient, people: dict[str, str]) -> None:
    for scope, status, many in (
        ("system/Patient.s", 200, 1),
        ("system/Patient.r", 403, 0),
        ("system/Observation.rs", 403, 0),
        (f"patient/Patient.rs#{people['anna']}", 200, 1),
        (f"patient/Patient.rs#{people['eva']}", 200, 0),
    ):  # fmt: skip
        answer = await narrow.post(PATH, json=described() | number("1"), headers=with_scope(scope))
        assert (answer.status_code, len(answer.json().get("entry", ()))) == (status, many), scope


async def test_the_log_says_whom_a_match_showed_and_not_what_was_asked(
    client: httpx.AsyncClient, people: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    sent = described("Anna", "Åsbø") | number("1")
    answer = await client.post(PATH, json=sent)
    log = await client.get("AuditEvent", params={"patient": f"Patient/{people['anna']}", "_count": "50"})
    mine = [one["resource"] for one in log.json()["entry"] if answer.headers["x-request-id"] in str(one)]
    assert people["anna"] in str(mine)
    queries = [b64decode(entity["query"]) for one in mine for entity in one["entity"] if "query" in entity]
    assert any(b"$match" in one for one in queries)
    assert not any(word in str(queries) for word in ("Anna", "sb", "1948", SYSTEM))
    eva = await client.get("AuditEvent", params={"patient": f"Patient/{people['eva']}", "_count": "50"})
    assert answer.headers["x-request-id"] not in eva.text
    assert "Åsbø" not in caplog.text
