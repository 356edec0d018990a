"""Every interaction that writes under every kind of scope, as `test_scopes.py` has it for those that read."""

from __future__ import annotations

import secrets

import pytest

from saman.kernel.outcome import Refusal
from saman.record import Stored, Written
from tests.http.app.conftest import Agder
from tests.http.smart.conftest import fhir
from tests.http.smart.scoped import CASES, JSON, KINDS, Case, One, World, observation, token, world

__all__ = ["world"]


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_creating(agder: Agder, world: World, case: Case) -> None:
    app = await token(agder, case.text, world.persons[0])
    for person in world.persons:
        for category in KINDS:
            sent = observation(person, category)
            right = 201 if case.allows("c", One("Observation", "", person, category), world.persons[0]) else 403
            assert (await fhir(agder, app, "Observation", "POST", json=sent, headers=JSON)).status_code == right
            for kind in ("batch", "transaction"):
                entry = [{"resource": sent, "request": {"method": "POST", "url": "Observation"}}]
                bundle = {"resourceType": "Bundle", "type": kind, "entry": entry}
                answer = await fhir(agder, app, "", "POST", json=bundle, headers=JSON)
                told = answer.json()["entry"][0]["response"]["status"] if answer.status_code == 200 else "403"
                assert told.startswith(str(right))
    there = next(one for one in world.all if one.type == "Observation" and one.person == world.persons[1])
    headers = JSON | {"if-none-exist": f"_id={there.id}"}
    sent = observation(world.persons[0], "laboratory")
    answer = await fhir(agder, app, "Observation", "POST", json=sent, headers=headers)
    if not case.speaks("s", "Observation"):
        assert answer.status_code == 403, "whether something is there is only told to who may search"
    else:
        found = case.allows("s", there, world.persons[0])
        made = case.allows("c", One("Observation", "", world.persons[0], "laboratory"), world.persons[0])
        assert answer.status_code == (200 if found else 201 if made else 403)


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_changing(agder: Agder, world: World, case: Case) -> None:
    app = await token(agder, case.text, world.persons[0])
    speaks = case.speaks("u", "Observation")
    for one in (one for one in world.all if one.type == "Observation"):
        sent = observation(one.person, one.category) | {"id": one.id}
        right = 200 if case.allows("u", one, world.persons[0]) else 404 if speaks else 403
        answer = await fhir(agder, app, f"Observation/{one.id}", "PUT", json=sent, headers=JSON)
        assert answer.status_code == right
        entry = [{"resource": sent, "request": {"method": "PUT", "url": f"Observation/{one.id}"}}]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entry}
        assert (await fhir(agder, app, "", "POST", json=bundle, headers=JSON)).status_code == right
        other = observation(one.person, next(kind for kind in KINDS if kind != one.category)) | {"id": one.id}
        moved = await fhir(agder, app, f"Observation/{one.id}", "PUT", json=other, headers=JSON)
        assert moved.status_code == (403 if right == 200 and case.category else right)
        assert isinstance(await agder.system.update("Observation", one.id, sent), Written)
    new = observation(world.persons[0], "laboratory") | {"id": f"chosen-{secrets.token_hex(4)}"}
    answer = await fhir(agder, app, f"Observation/{new['id']}", "PUT", json=new, headers=JSON)
    may = speaks and case.allows("c", One("Observation", "", world.persons[0], "laboratory"), world.persons[0])
    assert answer.status_code == (201 if may else 403)


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_patching(agder: Agder, world: World, case: Case) -> None:
    """It is an update by somebody who may read: whether a patch fits tells what is there."""
    app = await token(agder, case.text, world.persons[0])
    headers, speaks = (
        {"content-type": "application/json-patch+json"},
        all(case.speaks(one, "Observation") for one in "ru"),
    )
    patch = b'[{"op":"add","path":"/language","value":"nb"}]'
    asking = b'[{"op":"test","path":"/status","value":"%s"}]'
    for one in (one for one in world.all if one.type == "Observation"):
        may = all(case.allows(letter, one, world.persons[0]) for letter in "ru")
        right = 200 if may else 404 if speaks else 403
        answer = await fhir(agder, app, f"Observation/{one.id}", "PATCH", content=patch, headers=headers)
        assert answer.status_code == right
        assert answer.status_code != 200 or answer.json()["id"] == one.id
        for value in (b"final", b"amended"):
            told = await fhir(agder, app, f"Observation/{one.id}", "PATCH", content=asking % value, headers=headers)
            assert told.status_code == (right if not may or value == b"final" else 422)
        where = await fhir(agder, app, f"Observation?_id={one.id}", "PATCH", content=patch, headers=headers)
        assert (where.status_code == 200) == (may and case.allows("s", one, world.persons[0]))
        assert (where.status_code == 403) == (not case.speaks("s", one.type) or not speaks)


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_updating_under_a_condition(agder: Agder, world: World, case: Case) -> None:
    app = await token(agder, case.text, world.persons[0])
    for one in (one for one in world.all if one.type == "Observation"):
        sent = observation(one.person, one.category) | {"id": one.id}
        answer = await fhir(agder, app, f"Observation?_id={one.id}", "PUT", json=sent, headers=JSON)
        may = all(case.allows(letter, one, world.persons[0]) for letter in "su")
        assert (answer.status_code == 200) == may
        assert case.speaks("s", one.type) or answer.status_code == 403


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_deleting_under_a_condition(agder: Agder, world: World, case: Case) -> None:
    app = await token(agder, case.text, world.persons[0])
    for person in world.persons:
        for category in KINDS:
            written = await agder.system.create(observation(person, category))
            one = One("Observation", written.stored.id, person, category)
            may = all(case.allows(letter, one, world.persons[0]) for letter in "sd")
            answer = await fhir(agder, app, f"Observation?_id={one.id}", "DELETE")
            assert answer.status_code == (204 if all(case.speaks(letter, one.type) for letter in "sd") else 403)
            assert isinstance(await agder.system.read("Observation", one.id), Refusal if may else Stored)


async def test_what_is_hidden_is_not_made_anew(agder: Agder, world: World) -> None:
    """A write under an id that a scope hides neither changes what is there nor makes another."""
    app = await token(agder, "system/Observation.cruds?category=laboratory")
    there = next(one for one in world.all if one.category == "vital-signs")
    sent = observation(there.person, "laboratory") | {"id": there.id}
    before = await agder.system.read("Observation", there.id)
    assert (await fhir(agder, app, f"Observation/{there.id}", "PUT", json=sent, headers=JSON)).status_code == 404
    assert await agder.system.read("Observation", there.id) == before


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
async def test_deleting(agder: Agder, world: World, case: Case) -> None:
    app = await token(agder, case.text, world.persons[0])
    for person in world.persons:
        for category in KINDS:
            written = await agder.system.create(observation(person, category))
            id = written.stored.id
            may = case.allows("d", One("Observation", id, person, category), world.persons[0])
            answer = await fhir(agder, app, f"Observation/{id}", "DELETE")
            assert answer.status_code == (204 if case.speaks("d", "Observation") else 403)
            assert isinstance(await agder.system.read("Observation", id), Refusal if may else Stored)


async def test_a_condition_of_a_reference_is_a_search(agder: Agder, world: World) -> None:
    sent = observation(world.persons[0], "laboratory") | {"subject": {"reference": f"Patient?_id={world.persons[0]}"}}
    entry = [{"resource": sent, "request": {"method": "POST", "url": "Observation"}}]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entry}
    for scope, right in (("system/Observation.c", 403), ("system/Observation.c system/Patient.s", 200)):
        answer = await fhir(agder, await token(agder, scope), "", "POST", json=bundle, headers=JSON)
        assert answer.status_code == right


async def test_a_transaction_that_is_allowed_in_part_does_nothing(agder: Agder, world: World) -> None:
    app = await token(agder, "patient/Observation.c?category=laboratory", world.persons[0])
    total = "Observation?_total=accurate&_count=0"
    sent = [observation(world.persons[0], category) for category in KINDS]
    entries = [{"resource": one, "request": {"method": "POST", "url": "Observation"}} for one in sent]
    everything = await token(agder, "system/*.rs")
    before = (await fhir(agder, everything, total)).json()["total"]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert (await fhir(agder, app, "", "POST", json=bundle, headers=JSON)).status_code == 403
    assert (await fhir(agder, everything, total)).json()["total"] == before
