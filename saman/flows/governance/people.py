"""Whom a new version of a care model concerns: people in services that change or end, organisations with open tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.care import codes
from saman.model.care.work import OPEN
from saman.record import Record

IN_SERVICE = ("active", "onhold", "waitlist", "planned")
"""Statuses of an EpisodeOfCare in which somebody is in a service (http://hl7.org/fhir/R4/valueset-episode-of-care-status.html)."""


class Concerned(msgspec.Struct, frozen=True):
    """A service that changes, or ends, and how many people are in it: they stay on the version that they are on."""

    service: str
    ends: bool
    people: int


class Holding(msgspec.Struct, frozen=True):
    """An organisation that is no longer in the model, kept with its open tasks."""

    organization: str
    name: str
    tasks: int


async def concerned(
    record: Record, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[Concerned, ...] | Refusal:
    """Services that do not stand as `before`, with the people in them; both hold a digest by the id of the service."""
    found: list[Concerned] = []
    for service, digest in before.items():
        if after.get(service) != digest:
            people = await counted(record, "EpisodeOfCare", in_service(service))
            if isinstance(people, Refusal):
                return people
            found.append(Concerned(service, service not in after, people))
    return tuple(found)


async def holding(record: Record, left: Iterable[str]) -> tuple[Holding, ...] | Refusal:
    """The organisations among the resources that are no longer in the model which own open tasks."""
    found: list[Holding] = []
    for address in left:
        kind, _, id = address.partition("/")
        if kind == "Organization":
            pairs = [("owner", address), ("status", ",".join(sorted(OPEN)))]
            tasks = await counted(record, "Task", pairs)
            held = await record.read("Organization", id) if tasks else None
            if isinstance(tasks, Refusal):
                return tasks
            if held is not None and not isinstance(held, Refusal):
                found.append(Holding(id, str(held.resource().get("name", id)), tasks))
    return tuple(found)


def in_service(service: str) -> list[tuple[str, str]]:
    """What finds the enrolments of people who are in a service."""
    return [("type", f"{codes.SERVICE}|{service}"), ("status", ",".join(IN_SERVICE))]


async def counted(record: Record, type_name: str, pairs: Iterable[tuple[str, str]]) -> int | Refusal:
    """How many there are."""
    page = await record.search(type_name, [*pairs, ("_count", "1"), ("_total", "accurate")])
    return page if isinstance(page, Refusal) else page.total or 0
