"""Profiles, value sets and extensions that the record holds: in force at once, in every process, for everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.middleware import Middleware

from saman.apps.fhir_api.app import fhir_app
from saman.apps.fhir_api.first import FhirFirst
from saman.model.access import Policy
from saman.model.fhir.validating import Level, Validation
from saman.record import Store, open_store
from tests.http.fhir.conftest import BASE, caller, clock, identify
from tests.http.fhir.resources import issues

R4 = "http://hl7.org/fhir/StructureDefinition/"
BARE = {"resourceType": "Basic", "code": {"text": "x"}}
POLICY = Policy(country="NO", zone=ZoneInfo("Europe/Oslo"), rows=(), clauses=())


def definition(url: str, *elements: dict[str, Any], base: str = "Basic", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition", "url": url, "name": "One", "status": "active", "kind": "resource",
        "abstract": False, "type": "Basic", "baseDefinition": R4 + base, "derivation": "constraint",
        "differential": {"element": [{"id": "Basic", "path": "Basic"}, *elements]}, **more,
    }  # fmt: skip


def needing(name: str, url: str) -> dict[str, Any]:
    """A profile by which an element has to be there."""
    return definition(url, {"id": f"Basic.{name}", "path": f"Basic.{name}", "min": 1})


def basic(url: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Basic", "code": {"text": "x"}, "meta": {"profile": [url]}, **more}


@pytest.fixture
def url() -> str:
    """A canonical URL that nobody has used."""
    return f"urn:uuid:{uuid4()}"


@pytest_asyncio.fixture
async def processes(database) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two that hold what is written against profiles, over one database."""
    stores, callers = [], []
    for _ in range(2):
        opened = await open_store(database.app_url, POLICY, connections=2, validation=Validation(Level.PROFILES))
        assert isinstance(opened, Store)
        stores.append(opened)
        fhir = fhir_app(opened, identify, clock, BASE)
        callers.append(caller(Starlette(middleware=[Middleware(FhirFirst, fhir=fhir)]), "system"))
    yield callers
    for one in callers:
        await one.aclose()
    for opened in stores:
        await opened.close()


async def made(client: httpx.AsyncClient, resource: dict[str, Any]) -> str:
    answer = await client.post(resource["resourceType"], json=resource)
    assert answer.status_code == 201, answer.text
    return f"{resource['resourceType']}/{answer.json()['id']}"


async def refused(client: httpx.AsyncClient, resource: dict[str, Any]) -> list[str]:
    """The codes that a write is refused with; none for one that is taken."""
    answer = await client.post(resource["resourceType"], json=resource)
    return [] if answer.status_code == 201 else [one["code"] for one in issues(answer)]


async def test_a_profile_is_in_force_once_it_is_written_until_it_is_gone(
    processes: list[httpx.AsyncClient], url: str
) -> None:
    one, other = processes
    assert [await refused(each, basic(url)) for each in processes] == [[], []]
    place = await made(one, needing("author", url))
    for each in (other, one):
        assert await refused(each, basic(url)) == ["required"]
        assert await refused(each, basic(url, author={"display": "x"})) == []
    changed = needing("created", url) | {"id": place.partition("/")[2]}
    assert (await other.put(place, json=changed)).status_code == 200
    for each in (one, other):
        assert await refused(each, basic(url, author={"display": "x"})) == ["required"]
        assert await refused(each, basic(url, created="2026")) == []
    assert (await one.delete(place)).status_code == 204
    assert [await refused(each, basic(url)) for each in processes] == [[], []]


async def test_every_way_of_writing_is_held_against_it(processes: list[httpx.AsyncClient], url: str) -> None:
    one, _ = processes
    await made(one, needing("author", url))
    there = await made(one, basic(url, author={"display": "x"}))
    entry = {"request": {"method": "POST", "url": "Basic"}, "resource": basic(url)}
    answer = await one.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert [one["expression"] for one in issues(answer)] == [["Bundle.entry[0].Basic"]]
    patch = [{"op": "remove", "path": "/author"}]
    headers = {"content-type": "application/json-patch+json"}
    assert (await one.patch(there, json=patch, headers=headers)).status_code == 422


async def test_value_sets_of_the_record_bind(processes: list[httpx.AsyncClient], url: str) -> None:
    one, other = processes
    values = {
        "resourceType": "ValueSet", "url": f"{url}:values", "status": "active",
        "compose": {"include": [{"system": "urn:x:y", "concept": [{"code": "a"}]}]},
    }  # fmt: skip
    binding = {"strength": "required", "valueSet": f"{url}:values"}
    await made(one, definition(url, {"id": "Basic.code", "path": "Basic.code", "binding": binding}))
    coded = basic(url) | {"code": {"coding": [{"system": "urn:x:y", "code": "b"}]}}
    assert await refused(other, coded) == []
    await made(one, values)
    assert await refused(other, coded) == ["code-invalid"]
    assert await refused(other, coded | {"code": {"coding": [{"system": "urn:x:y", "code": "a"}]}}) == []


async def test_what_is_validated_knows_them_whoever_asks(client: httpx.AsyncClient, app: Any, url: str) -> None:
    await made(client, needing("author", url))
    stranger = caller(app, "stranger")
    for asked in (client, stranger):
        answer = await asked.post(f"Basic/$validate?profile={url}", json=BARE)
        assert [one["code"] for one in issues(answer) if one["severity"] == "error"] == ["required"]
    await stranger.aclose()


async def test_a_profile_may_build_upon_another_of_the_record(client: httpx.AsyncClient, url: str) -> None:
    await made(client, needing("author", url))
    await made(client, definition(f"{url}:more", baseDefinition=url))
    answer = await client.post(f"Basic/$validate?profile={url}:more", json=BARE)
    assert [one["code"] for one in issues(answer) if one["severity"] == "error"] == ["required"]


async def test_one_that_cannot_be_used_says_why_and_stops_nobody(client: httpx.AsyncClient, url: str) -> None:
    await made(client, definition(url, {"id": "Basic.shoe", "path": "Basic.shoe", "min": 1}))
    answer = await client.post(f"Basic/$validate?profile={url}", json=BARE)
    [told] = [one for one in issues(answer) if one["code"] == "not-found"]
    assert told["severity"] == "warning"
    assert f"{url} speaks of Basic.shoe" in told["diagnostics"]


async def test_of_several_the_newest_in_use_counts(client: httpx.AsyncClient, url: str) -> None:
    versions = (("1.9", "active", "author"), ("1.10", "active", "created"), ("2", "retired", "code"))
    for version, status, name in versions:
        await made(client, needing(name, url) | {"version": version, "status": status})
    answer = await client.post(f"Basic/$validate?profile={url}", json=BARE)
    assert ["created" in one["diagnostics"] for one in issues(answer) if one["code"] == "required"] == [True]
