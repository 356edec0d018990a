"""Every interaction that reads under every kind of scope, held against what the specification says, written again here.

The tokens act for the back-end client, who may see everything: what is missing is missing for want of a scope alone.
Source: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources
"""

from __future__ import annotations

import pytest

from tests.http.app.conftest import Agder
from tests.http.smart.conftest import fhir
from tests.http.smart.scoped import (
    CASES,
    JSON,
    TYPES,
    Case,
    World,
    expected,
    observation,
    shown,
    token,
    world,
)

__all__ = ["world"]


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_reading(agder: Agder, world: World, case: Case) -> None:
    """read, vread, history of one, and a batch of reads."""
    app = await token(agder, case.text, world.persons[0])
    entries = [{"request": {"method": "GET", "url": f"{one.type}/{one.id}"}} for one in world.all]
    batch = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    together = (await fhir(agder, app, "", "POST", json=batch, headers=JSON)).json()["entry"]
    for one, answer in zip(world.all, together, strict=True):
        right = 200 if case.allows("r", one, world.persons[0]) else 404 if case.speaks("r", one.type) else 403
        assert int(answer["response"]["status"][:3]) == right, one
        for path in (f"{one.type}/{one.id}", f"{one.type}/{one.id}/_history/1", f"{one.type}/{one.id}/_history"):
            found = await fhir(agder, app, path)
            assert found.status_code == right, (path, found.text)
        if right == 403:
            assert found.headers["www-authenticate"] == 'Bearer realm="saman", error="insufficient_scope"'


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_searching(agder: Agder, world: World, case: Case) -> None:
    """Search by GET and POST, in a batch and a transaction, totals, pages, sorting, and by id."""
    app = await token(agder, case.text, world.persons[0])
    for type_name in sorted(TYPES):
        ids = ",".join(one.id for one in world.all if one.type == type_name)
        query = f"_id={ids}&_total=accurate&_count=50"
        right = 200 if case.speaks("s", type_name) else 403
        there = expected(case, "s", world, type_name)
        answers = [
            await fhir(agder, app, f"{type_name}?{query}"),
            await fhir(agder, app, f"{type_name}?{query}&_sort=_lastUpdated"),
            await fhir(agder, app, f"{type_name}/_search", "POST", data=dict(p.split("=") for p in query.split("&"))),
        ]
        assert [one.status_code for one in answers] == [right] * 3
        for kind in ("batch", "transaction"):
            entry = [{"request": {"method": "GET", "url": f"{type_name}?{query}"}}]
            bundle = {"resourceType": "Bundle", "type": kind, "entry": entry}
            told = (await fhir(agder, app, "", "POST", json=bundle, headers=JSON)).json()["entry"][0]
            assert told["response"]["status"].startswith(str(right))
            assert right == 403 or told["resource"]["total"] == len(there)
        if right == 403:
            continue
        assert all(shown(one) == there and one.json()["total"] == len(there) for one in answers)
        count = await fhir(agder, app, f"{type_name}?_id={ids}&_summary=count")
        assert count.json()["total"] == len(there)
        assert await paged(agder, app, f"{type_name}?_id={ids}&_count=1") == sorted(there)
        for one in (o for o in world.all if o.type == type_name and o.person):
            key = "_id" if type_name == "Patient" else "patient"
            about = {f"{type_name}/{o.id}" for o in world.all if o.type == type_name and o.person == one.person}
            assert shown(await fhir(agder, app, f"{type_name}?{key}={one.person}")) == there & about


async def paged(agder: Agder, app: str, address: str) -> list[str]:
    """Everything, a page after the other; no page but the last is empty."""
    found: list[str] = []
    while True:
        page = (await fhir(agder, app, address)).json()
        entries = [f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in page.get("entry", [])]
        following = next((one["url"] for one in page["link"] if one["relation"] == "next"), None)
        found += entries
        if following is None:
            return sorted(found)
        assert entries
        address = following


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_what_comes_along(agder: Agder, world: World, case: Case) -> None:
    """`_include` brings what may be read or searched; what is not a parameter here brings and tells nothing."""
    if not case.speaks("s", "Observation"):
        return
    app = await token(agder, case.text, world.persons[0])
    ids = ",".join(one.id for one in world.all if one.type == "Observation")
    found = shown(await fhir(agder, app, f"Observation?_id={ids}&_include=Observation:subject"))
    matched = expected(case, "s", world, "Observation")
    subjects = {f"Patient/{o.person}" for o in world.all if f"{o.type}/{o.id}" in matched}
    patients = expected(case, "s", world, "Patient") | expected(case, "r", world, "Patient")
    assert found == matched | (subjects & patients)
    for more in ("subject:Patient.family=Skog", "_has:Provenance:target:agent=x"):
        assert shown(await fhir(agder, app, f"Observation?_id={ids}&{more}")) <= matched
    assert (await fhir(agder, app, f"Observation?_id={ids}&_include=Observation:patient")).status_code == 200


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_the_history_of_a_type(agder: Agder, world: World, case: Case) -> None:
    """It needs a scope without person and constraint: superseded versions have no search values."""
    app = await token(agder, case.text, world.persons[0])
    answer = await fhir(agder, app, "Observation/_history?_count=1000")
    whole = case.speaks("s", "Observation") and not case.own and not case.category
    assert answer.status_code == (200 if whole else 403)
    if whole:
        versions = {f"Observation/{one['resource']['id']}" for one in answer.json()["entry"] if "resource" in one}
        assert expected(case, "s", world, "Observation") <= versions


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_the_history_of_everything(agder: Agder, world: World, case: Case) -> None:
    """Of the types that a scope shows whole."""
    app = await token(agder, case.text, world.persons[0])
    answer = await fhir(agder, app, "_history?_count=1000")
    whole = "s" in case.letters and not case.own and not case.category
    assert answer.status_code == (200 if whole else 403)
    if whole:
        kinds = {one["request"]["url"].partition("/")[0] for one in answer.json()["entry"]}
        assert "*" in case.text or kinds <= case.types


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_what_belongs_to_a_person(agder: Agder, world: World, case: Case) -> None:
    app = await token(agder, case.text, world.persons[0])
    for person in world.persons:
        answer = await fhir(agder, app, f"Patient/{person}/Observation?_count=1000")
        assert answer.status_code == (200 if case.speaks("s", "Observation") else 403)
        if answer.status_code == 200:
            right = {f"{one.type}/{one.id}" for one in world.all if one.type == "Observation" and one.person == person}
            assert shown(answer) & {f"{one.type}/{one.id}" for one in world.all} == right & expected(
                case, "s", world, "Observation"
            )


async def test_what_was_corrected_since_is_hidden_with_its_past(agder: Agder, world: World) -> None:
    """A version that matches of a resource that no longer does is as if it were not there."""
    app = await token(agder, "system/Observation.rs?category=laboratory")
    written = await agder.system.create(observation(world.persons[0], "laboratory"))
    id = written.stored.id
    assert (await fhir(agder, app, f"Observation/{id}/_history/1")).status_code == 200
    await agder.system.update("Observation", id, observation(world.persons[0], "vital-signs") | {"id": id})
    for path in ("", "/_history/1", "/_history/2", "/_history"):
        assert (await fhir(agder, app, f"Observation/{id}{path}")).status_code == 404
    await agder.system.update("Observation", id, observation(world.persons[0], "laboratory") | {"id": id})
    found = (await fhir(agder, app, f"Observation/{id}/_history")).json()["entry"]
    assert [one["resource"]["meta"]["versionId"] for one in found] == ["3", "1"]
    first = (await fhir(agder, app, f"Observation/{id}/_history?_count=1")).json()
    following = next(one["url"] for one in first["link"] if one["relation"] == "next")
    second = (await fhir(agder, app, following)).json()
    assert [one["resource"]["meta"]["versionId"] for one in second["entry"]] == ["1"]
    assert not [one for one in second["link"] if one["relation"] == "next"]


async def test_several_scopes_allow_what_any_of_them_does(agder: Agder, world: World) -> None:
    both = "patient/Observation.s?category=laboratory system/Observation.s?category=vital-signs patient/Patient.r"
    app = await token(agder, both, world.persons[0])
    ids = ",".join(one.id for one in world.all if one.type == "Observation")
    right = {
        f"Observation/{one.id}"
        for one in world.all
        if one.category == "vital-signs" or (one.category == "laboratory" and one.person == world.persons[0])
    }
    answer = await fhir(agder, app, f"Observation?_id={ids}&_total=accurate")
    assert shown(answer) == right
    assert answer.json()["total"] == 3


async def test_a_scope_about_one_person_without_one_allows_nothing(agder: Agder, world: World) -> None:
    app = await token(agder, "patient/*.cruds")
    for one in world.all:
        assert (await fhir(agder, app, f"{one.type}/{one.id}")).status_code == 403
    assert (await fhir(agder, app, "Patient")).status_code == 403


async def test_the_log_says_which_app_read_what(agder: Agder, world: World) -> None:
    app = await token(agder, "system/Patient.r")
    headers = {"x-request-id": "seen-in-the-log"}
    answer = await fhir(agder, app, f"Patient/{world.persons[0]}", headers=headers)
    assert answer.headers["x-request-id"] == "app:machine:seen-in-the-log"
    await fhir(agder, app, f"Observation?patient={world.persons[0]}", headers=headers)
