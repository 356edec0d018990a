"""Scopes taken apart by hand, and a small world to hold every interaction under each of them against.

Source: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import pytest_asyncio

from saman.apps.auth.tokens import Tokens
from saman.record.apps.approvals import Approval, Approvals
from tests.http.app.conftest import Agder

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
    await make({"resourceType": "Organization", "identifier": [{"value": "a-unit"}]})
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
