"""Who is who, as far as the log reviewer needs it: names, years and homes to compare; nothing of anybody's care.

What is compared is read by the system, which the log of each person says; what a page shows of a person is logged in
the reviewer's name besides (`shown`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from saman.flows.directory import name_of
from saman.flows.review.patterns import Address, Known
from saman.kernel.outcome import Refusal
from saman.model.access.domain import labels
from saman.model.access.near import PROTECTED_ADDRESS
from saman.model.fhir import resource_number
from saman.model.fhir.folding import fold
from saman.record import Record, system
from saman.record.present import present
from saman.record.review import log_review

LOG_CHECK = "log-check"
"""How requests that compare begin in the log."""

_NUMBER = re.compile(r"[\s,]*\d+\s*[a-z]?$")

Resource = dict[str, Any]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in an event: a name and a year of birth to know them by."""

    id: str
    name: str
    year: str


class People(msgspec.Struct, frozen=True):
    """People by id, and what is compared of them."""

    people: Mapping[str, Person]
    known: Mapping[str, Known]

    async def shown(self, record: Record, persons: Iterable[str], what: str) -> None:
        """Say in these persons' logs that the reviewer was shown looks at them."""
        await log_review(record, persons, resource_number("AuditEvent"), what)


async def people_of(record: Record, persons: Iterable[str]) -> People:
    """Those looked at; only for ids that come from the reviewer's own rows of the log."""
    found = await present(_comparing(record), ((("Patient"), one) for one in set(persons)))
    resources = {one.id: one.resource() for one in found.values()}
    return People(
        {id: Person(id=id, name=name_of(one), year=str(one.get("birthDate", ""))[:4]) for id, one in resources.items()},
        {id: _known(one) for id, one in resources.items()},
    )


async def staff_known(record: Record, actors: Iterable[str]) -> dict[str, Known] | Refusal:
    """Those who looked, by reference: as the directory knows them, and as the persons they may be themselves."""
    keys = (one.split("/", 1) for one in set(actors) if one.startswith("Practitioner/"))
    comparing = _comparing(record)
    found = await present(comparing, ((kind, id) for kind, id in keys))
    known = {reference: _known(one.resource()) for reference, one in found.items()}
    numbers = sorted({number for one in known.values() for number in one.identifiers})
    if not numbers:
        return known
    page = await comparing.search("Patient", [("identifier", ",".join(numbers)), ("_count", "500")])
    if isinstance(page, Refusal):
        return page
    own = [_known(one.resource()) for one in page.matches]
    return {reference: _with_home(one, own) for reference, one in known.items()}


def _with_home(one: Known, own: Iterable[Known]) -> Known:
    """A member of staff with the addresses of the same person in the record."""
    same = [each for each in own if not each.identifiers.isdisjoint(one.identifiers)]
    addresses = (*one.addresses, *(address for each in same for address in each.addresses))
    return msgspec.structs.replace(one, addresses=tuple(dict.fromkeys(addresses)))


def _comparing(record: Record) -> Record:
    context = system(record.context.now, f"{LOG_CHECK}-{record.context.request}")
    return Record(record.store, context, record.base)


def _known(resource: Resource) -> Known:
    names = [one for one in resource.get("name", ()) if one.get("use") in ("official", "usual", None)]
    family = fold(names[0].get("family", "")) if names else ""
    protected = PROTECTED_ADDRESS in labels(resource)
    return Known(
        name=fold(name_of(resource)),
        family=family,
        identifiers=frozenset(
            f"{one['system']}|{one['value']}"
            for one in resource.get("identifier", ())
            if {"system", "value"} <= set(one)
        ),
        born=str(resource.get("birthDate", "")),
        addresses=() if protected else tuple(filter(None, map(_address, resource.get("address", ())))),
    )


def _address(one: Resource) -> Address | None:
    """A place as it is compared; None for one that is withheld or not written down."""
    line = fold(" ".join(each for each in one.get("line", ()) if isinstance(each, str)))
    code = fold(str(one.get("postalCode") or one.get("city") or ""))
    return Address(line, _NUMBER.sub("", line), code) if line and code else None
