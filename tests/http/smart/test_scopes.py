"""Every interaction under every kind of scope, held against what the specification says, written again here.

The tokens act for the back-end client, who may see everything: what is missing is missing for want of a scope alone.
Source: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio

from saman.apps.auth.tokens import Tokens
from saman.kernel.outcome import Refusal
from saman.record import Stored, Written
from saman.record.apps.approvals import Approval, Approvals
from tests.http.app.conftest import Agder
from tests.http.smart.conftest import fhir

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
KINDS = ("laboratory", "vital-signs")
JSON = {"content-type": "application/fhir+json"}


class One(NamedTuple):
    """A resource of the world: of which type, about whom, and for an Observation of which category."""

    type: str
    id: str
    person: str
    category: str = ""


class World(NamedTuple):
    """Two people with an Observation of each category and a Condition, and an Organization about nobody."""

    persons: tuple[str, str]
    all: tuple[One, ...]


class Case(NamedTuple):
    """A scope, and the same taken apart by hand: whose data, which types, which letters, which category."""

    text: str
    own: bool
    types: frozenset[str]
    letters: str
    category: str = ""

    def allows(self, letter: str, one: One, person: str) -> bool:
        """Whether the scope lets a letter through for a resource, when the app was started with `person`."""
        about = not self.own or one.person in ("", person)
        kind = not self.category or one.category == self.category
        return self.speaks(letter, one.type) and about and kind

    def speaks(self, letter: str, type_name: str) -> bool:
        """Whether the scope says anything of a letter on a type."""
        return type_name in self.types and letter in self.letters


TYPES = frozenset({"Patient", "Observation", "Condition", "Organization"})
OBSERVATION = frozenset({"Observation"})


def cases() -> Iterator[Case]:
    for level in ("system", "patient"):
        own = level == "patient"
        for letters in ("cruds", "rs", "r", "s", "c", "u", "d", "cud"):
            yield Case(f"{level}/*.{letters}", own, TYPES, letters)
            yield Case(f"{level}/Observation.{letters}", own, OBSERVATION, letters)
            for asked in (f"{CATEGORY}|laboratory", "laboratory"):
                text = f"{level}/Observation.{letters}?{urlencode({'category': asked})}"
                yield Case(text, own, OBSERVATION, letters, "laboratory")
        yield Case(f"{level}/Patient.rs", own, frozenset({"Patient"}), "rs")


CASES = tuple(cases())


def observation(person: str, category: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": "2026-11-20T10:00:00+01:00",
    }


@pytest_asyncio.fixture(scope="module")
async def world(agder: Agder) -> World:
    made: list[One] = []

    async def make(resource: dict[str, Any], person: str = "", category: str = "") -> str:
        written = await agder.system.create(resource)
        id = written.stored.id
        made.append(One(resource["resourceType"], id, person or (id if "name" in resource else ""), category))
        return id

    persons = (
        await make({"resourceType": "Patient", "name": [{"family": "Skog"}]}),
        await make({"resourceType": "Patient", "name": [{"family": "Skog"}]}),
    )
    for person in persons:
        for category in KINDS:
            await make(observation(person, category), person, category)
        condition = {"resourceType": "Condition", "subject": {"reference": f"Patient/{person}"}}
        await make(condition, person)
    await make({"resourceType": "Organization", "active": True})
    return World(persons, tuple(made))


async def token(agder: Agder, scope: str, patient: str = "", client: str = "machine") -> str:
    """A token within any scope, as the token endpoint would make it for an approval."""
    now = agder.clock()
    approval = Approval(
        id=secrets.token_hex(16), client=client, actor="system", kind="system", role="system", party="lund",
        purpose="HSYSADMIN", patient=patient, scope=scope, begun=now, until=now + timedelta(minutes=5),
    )  # fmt: skip
    await Approvals(agder.store.pool).begin(approval)
    return Tokens(agder.store.secret).make_for_app(approval, scope, now, approval.until)


def shown(answer: httpx.Response) -> set[str]:
    """`Type/id` of everything in a Bundle."""
    found = [one["resource"] for one in answer.json().get("entry", []) if one["search"]["mode"] != "outcome"]
    return {f"{one['resourceType']}/{one['id']}" for one in found}


def expected(case: Case, letter: str, world: World, type_name: str) -> set[str]:
    person = world.persons[0]
    return {f"{o.type}/{o.id}" for o in world.all if o.type == type_name and case.allows(letter, o, person)}


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
    """It is an update; what else stands there is only told to who may read it."""
    app = await token(agder, case.text, world.persons[0])
    patch, headers = b'[{"op":"add","path":"/language","value":"nb"}]', {"content-type": "application/json-patch+json"}
    for one in (one for one in world.all if one.type == "Observation"):
        right = 200 if case.allows("u", one, world.persons[0]) else 404 if case.speaks("u", one.type) else 403
        answer = await fhir(agder, app, f"Observation/{one.id}", "PATCH", content=patch, headers=headers)
        assert answer.status_code == right
        reads = any(case.allows(letter, one, world.persons[0]) for letter in "rs")
        assert right != 200 or bool(answer.content) == reads
        where = await fhir(agder, app, f"Observation?_id={one.id}", "PATCH", content=patch, headers=headers)
        searched = case.speaks("s", one.type) and case.allows("u", one, world.persons[0])
        assert (where.status_code == 200) == (searched and case.allows("s", one, world.persons[0]))
        assert (where.status_code == 403) == (not case.speaks("s", one.type) or not case.speaks("u", one.type))


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
