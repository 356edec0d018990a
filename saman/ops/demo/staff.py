"""The staff of the demo: for every municipality home care, GP and case office, and the parties they share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

import msgspec

from saman.model.care.codes import PROFESSION, concept
from saman.ops.demo.bundle import put, transaction
from saman.ops.demo.identity import phone
from saman.ops.demo.marks import HAND_MADE, ROLE_SYSTEM, Resource, coding, mark, reference
from saman.ops.demo.names import draw_name, human_name, slug
from saman.ops.demo.packaged import read
from saman.ops.demo.places import MUNICIPALITIES

UNIT_OF_ROLE = {
    "home-care-nurse": "homecare-{}",
    "home-care-worker": "homecare-{}",
    "team-leader": "homecare-{}",
    "general-practitioner": "gp-{}-1",
    "coordinator": "municipality-{}",
    "needs-assessor": "municipality-{}",
}
"""The unit that holds each role in a municipality; `{}` is the municipality's slug."""

REGISTER = "urn:oid:2.16.578.1.12.4.1.4.4"
"""System of the Norwegian register numbers of health personnel; those of the demo are made up."""

PROFESSIONS = {
    "discharge-nurse": "nurse",
    "general-practitioner": "doctor",
    "home-care-nurse": "nurse",
    "hospital-doctor": "doctor",
    "telemedicine-nurse": "nurse",
}
"""The profession that somebody in each licensed role has a licence for."""

SHORT_CODES = {"general-practitioner": "gp", "needs-assessor": "case-officer", "association-volunteer": "volunteer"}
"""Second codes under which the same role is also known."""


class Worker(msgspec.Struct, frozen=True):
    """A member of staff; `id` is the id of both Practitioner and PractitionerRole."""

    id: str
    name: str
    sex: str
    role: str
    organization: str

    @property
    def practitioner(self) -> str:
        """Reference to the Practitioner."""
        return f"Practitioner/{self.id}"

    @property
    def practitioner_role(self) -> str:
        """Reference to the PractitionerRole."""
        return f"PractitionerRole/{self.id}"


class _Named(msgspec.Struct, forbid_unknown_fields=True):
    central: list[tuple[str, str, str, str]]
    place: dict[str, dict[str, tuple[str, str]]]


@cache
def roster() -> dict[str, Worker]:
    """All staff by id; the same people whatever the seed."""
    named = msgspec.yaml.decode(read("staff.yaml"), type=_Named)
    workers: dict[str, Worker] = {}
    for role, organization, name, sex in named.central:
        workers[slug(name)] = Worker(slug(name), name, sex, role, organization)
    for place in MUNICIPALITIES:
        rng = Random(f"staff {place.slug}")  # noqa: S311 - invented names, nothing secret
        for role, unit in UNIT_OF_ROLE.items():
            name, sex = named.place.get(place.slug, {}).get(role) or _unused_name(rng, workers)
            workers[slug(name)] = Worker(slug(name), name, sex, role, unit.format(place.slug))
    return workers


def _unused_name(rng: Random, taken: dict[str, Worker]) -> tuple[str, str]:
    while True:
        sex = rng.choice(("female", "female", "male"))
        name = " ".join(draw_name(rng, sex, rng.randint(1965, 1998)))
        if slug(name) not in taken:
            return name, sex


def on_duty(role: str, place: str) -> Worker:
    """Who holds `role` in the municipality with slug `place`."""
    unit = UNIT_OF_ROLE[role].format(place)
    return next(worker for worker in roster().values() if (worker.role, worker.organization) == (role, unit))


def staff_bundle() -> Resource:
    """Practitioner and PractitionerRole of everybody."""
    return transaction(entry for turn, worker in enumerate(roster().values()) for entry in _entries(worker, turn))


def _entries(worker: Worker, turn: int) -> Iterator[Resource]:
    practitioner: Resource = {
        "resourceType": "Practitioner",
        "id": worker.id,
        "active": True,
        "name": [human_name(worker.name)],
        "gender": worker.sex,
    }
    if worker.role in PROFESSIONS:
        licence = {"system": REGISTER, "value": f"{9900000 + turn}"}
        practitioner |= {
            "identifier": [licence],
            "qualification": [{"identifier": [licence], "code": concept(PROFESSION, PROFESSIONS[worker.role])}],
        }
    yield put(mark(practitioner, HAND_MADE))
    codes = [worker.role, *([SHORT_CODES[worker.role]] if worker.role in SHORT_CODES else [])]
    role: Resource = {
        "resourceType": "PractitionerRole",
        "id": worker.id,
        "active": True,
        "practitioner": reference(worker.practitioner, worker.name),
        "organization": reference(f"Organization/{worker.organization}"),
        "code": [{"coding": [coding(ROLE_SYSTEM, code) for code in codes]}],
        "telecom": [phone(5000 + turn, "work")],
    }
    yield put(mark(role, HAND_MADE))
