"""Search parameters of one's own at the interface: from the POST that defines one to the search, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio
from starlette.applications import Starlette
from starlette.middleware import Middleware

from saman.apps.fhir_api.app import fhir_app
from saman.apps.fhir_api.first import FhirFirst
from saman.ops.parameters import index
from saman.ops.settings import Settings
from saman.record import Store, open_store
from tests.conftest import Database
from tests.http.fhir.conftest import BASE, caller, clock, identify
from tests.kills.writer import POLICY
from tests.record.parameters import built, parameter, with_eyes

STRICT = {"prefer": "handling=strict"}


class Place:
    """A server over a database, by which the system and a stranger call."""

    def __init__(self, store: Store) -> None:
        self.store = store
        fhir = fhir_app(store, identify, clock, BASE)
        app = Starlette(middleware=[Middleware(FhirFirst, fhir=fhir)])
        self.client, self.stranger = caller(app, "system"), caller(app, "stranger")

    async def made(self, resource: dict[str, Any]) -> str:
        answer = await self.client.post(resource["resourceType"], json=resource)
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["id"]
        return id

    async def ids(self, address: str) -> set[str]:
        answer = await self.client.get(address, headers=STRICT)
        assert answer.status_code == 200, answer.text
        return {one["resource"]["id"] for one in answer.json().get("entry", ())}


@pytest_asyncio.fixture
async def opened(new_database: Callable[[], Database]) -> AsyncIterator[Callable[[], Any]]:
    """Starts servers over one database, as often as wanted."""
    database, places = new_database(), list[Place]()

    async def start() -> Place:
        store = await open_store(database.app_url, POLICY)
        assert isinstance(store, Store), store
        places.append(Place(store))
        return places[-1]

    yield start
    for place in places:
        await place.client.aclose()
        await place.stranger.aclose()
        await place.store.close()


def codes(statement: dict[str, Any], kind: str) -> dict[str, str]:
    """The search parameters that a CapabilityStatement tells of a type, with their definitions."""
    [one] = [each for each in statement["rest"][0]["resource"] if each["type"] == kind]
    return {each["name"]: each.get("definition", "") for each in one["searchParam"]}


async def test_from_its_definition_to_its_end(opened: Callable[[], Any]) -> None:
    here = await opened()
    blue = await here.made(with_eyes("blue"))
    await here.made(with_eyes("brown"))
    id = await here.made(parameter("eyes"))

    refused = await here.client.get("Patient?eyes=blue", headers=STRICT)
    assert refused.status_code == 400
    assert "is being indexed, 0 % done" in refused.json()["issue"][0]["diagnostics"]
    passed = (await here.client.get("Patient?eyes=blue")).json()
    [warning] = [one["resource"]["issue"] for one in passed["entry"] if one["search"]["mode"] == "outcome"]
    assert warning[0]["diagnostics"] == "'eyes' is being indexed, 0 % done and was ignored."
    assert len(passed["entry"]) == 3
    before = await here.client.get("metadata")
    assert "eyes" not in codes(before.json(), "Patient")

    await built(here.store)
    assert await here.ids("Patient?eyes=blue") == {blue}
    assert await here.ids("Patient?eyes:not=brown") == {blue}
    posted = await here.client.post("Patient/_search", data={"eyes": "blue", "_total": "accurate"})
    assert posted.json()["total"] == 1
    after = await here.client.get("metadata")
    assert codes(after.json(), "Patient")["eyes"] == "urn:test:eyes"
    assert "eyes" not in codes(after.json(), "Practitioner")
    assert after.headers["etag"] != before.headers["etag"]
    document = (await here.client.get("openapi.json")).json()
    assert "eyes" in [one["name"] for one in document["components"]["parameters"].values()]

    retired = parameter("eyes", id=id, status="retired")
    assert (await here.client.put(f"SearchParameter/{id}", json=retired)).status_code == 200
    gone = await here.client.get("Patient?eyes=blue", headers=STRICT)
    assert gone.json()["issue"][0]["diagnostics"] == "'eyes' is not a search parameter of Patient here."
    assert "eyes" not in codes((await here.client.get("metadata")).json(), "Patient")
    assert (await here.client.get(f"SearchParameter/{id}")).json()["status"] == "retired"


async def test_it_is_found_after_a_restart_and_by_another_server(opened: Callable[[], Any]) -> None:
    here, there = await opened(), await opened()
    blue = await here.made(with_eyes("blue"))
    await here.made(parameter("eyes"))
    await built(here.store)
    assert await there.ids("Patient?eyes=blue") == {blue}
    again = await opened()
    assert "eyes" in codes((await again.client.get("metadata")).json(), "Patient")
    green = await again.made(with_eyes("green"))
    assert await here.ids("Patient?eyes=green,blue&_sort=-eyes") == {blue, green}


async def test_it_works_in_bundles_and_over_several_types(opened: Callable[[], Any]) -> None:
    here = await opened()
    who = await here.made(with_eyes("blue"))
    reading = {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
               "subject": {"reference": f"Patient/{who}"}, "meta": {"tag": [{"code": "pilot"}]}}  # fmt: skip
    of = await here.made(reading)
    await here.made(parameter("ward-tag", base=["Observation", "Condition"], expression="meta.tag"))
    await built(here.store)
    batch = {"resourceType": "Bundle", "type": "batch",
             "entry": [{"request": {"method": "GET", "url": "Observation?ward-tag=pilot&_count=5"}}]}  # fmt: skip
    [entry] = (await here.client.post("", json=batch)).json()["entry"]
    assert [one["resource"]["id"] for one in entry["resource"]["entry"]] == [of]
    assert await here.ids("?_type=Observation,Condition&ward-tag=pilot") == {of}
    assert await here.ids(f"Patient/{who}/Observation?ward-tag=pilot") == {of}
    assert await here.ids(f"Patient/{who}/Observation?ward-tag=other") == set()
    condition = await here.client.post("Observation", json=reading, headers={"if-none-exist": "ward-tag=pilot"})
    assert condition.status_code == 400


async def test_only_who_may_write_definitions_makes_one_and_the_hidden_is_like_the_absent(
    opened: Callable[[], Any],
) -> None:
    here = await opened()
    await here.made(with_eyes("blue"))
    refused = await here.stranger.post("SearchParameter", json=parameter("mine"))
    assert refused.status_code == 403
    await here.made(parameter("eyes"))
    await built(here.store)
    asked = [await here.stranger.get(f"Patient?eyes={one}&_total=accurate") for one in ("blue", "none")]
    hidden, absent = (one.text.replace("eyes=blue", "eyes=none") for one in asked)
    assert hidden == absent
    assert {one.status_code for one in asked} == {200}
    for address in ("Patient?eyes:missing=false", "Patient?_sort=eyes", "Observation?patient.eyes=blue"):
        answer = await here.stranger.get(f"{address}&_total=accurate")
        assert (answer.status_code, answer.json()["total"]) == (200, 0), address


async def test_the_worker_builds_it(opened: Callable[[], Any], tmp_path: Path) -> None:
    here = await opened()
    blue = await here.made(with_eyes("blue"))
    await here.made(parameter("eyes"))
    working = asyncio.create_task(index(here.store, Settings(data_dir=tmp_path), clock))
    try:
        with here.store.notices.follow(here.store.parameters.topic) as heard:
            while here.store.parameters.now.is_building or not here.store.parameters.now.codes:
                await heard.next(1)
    finally:
        working.cancel()
    assert await here.ids("Patient?eyes=blue") == {blue}


async def test_without_a_database_nobody_is_told_that_there_is_no_such_parameter(opened: Callable[[], Any]) -> None:
    here = await opened()
    await here.store.statements.close()
    for headers in ({}, STRICT):
        answer = await here.client.get("Patient?eyes=blue", headers=headers)
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (503, "transient")
