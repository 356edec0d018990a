"""Who works in the units that somebody has a say over, and whom of the directory they may choose."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from saman.flows.directory import name_of
from saman.flows.membership.giving import Say, is_substitute
from saman.flows.membership.licence import licence_numbers
from saman.kernel.outcome import Refusal
from saman.model.access.membership import Membership
from saman.model.access.moment import END, START
from saman.model.care import codes
from saman.record import Record, Stored
from saman.record.membership import held_now, members_of
from saman.record.present import present

Resource = dict[str, Any]

FOUND = 20
"""Most people of a search in the directory."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A role that somebody holds now or will: `id` and `version` of the PractitionerRole, and who gave it and why."""

    id: str
    version: int
    practitioner: str
    name: str
    role: str
    party: str
    since: datetime | None
    until: datetime | None
    by: str = ""
    reason: str = ""
    substitute: bool = False
    begun: bool = True
    own: bool = False


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the directory: where they work now as pairs of role and party, and numbers of their licences."""

    id: str
    name: str
    held: tuple[tuple[str, str], ...] = ()
    licences: tuple[str, ...] = ()


async def members(record: Record, say: Say) -> tuple[Member, ...]:
    """The members of the units, by unit, role and name; for a team leader the substitutes alone."""
    held = await members_of(record.store.pool, say.units, record.context.now)
    keys = {("PractitionerRole", one.ground.removeprefix("PractitionerRole/")) for one in held}
    keys |= {("Practitioner", one.practitioner.removeprefix("Practitioner/")) for one in held}
    found = await present(record, keys)
    known = [
        _member(record, one, found[one.ground], found[one.practitioner].resource())
        for one in held
        if one.ground in found and one.practitioner in found
    ]
    shown = [one for one in known if say.authority.longest is None or one.substitute]
    return tuple(sorted(shown, key=lambda one: (say.units.index(one.party), one.role, one.name)))


def _member(record: Record, held: Membership, kept: Stored, person: Resource) -> Member:
    role = kept.resource()
    return Member(
        id=role["id"],
        version=kept.version,
        practitioner=held.practitioner,
        name=name_of(person),
        role=held.role,
        party=held.party,
        since=None if held.since == START else held.since,
        until=None if held.until == END else held.until,
        by=codes.extension_of(role, codes.GIVEN_BY).get("valueReference", {}).get("display", ""),
        reason=codes.extension_of(role, codes.GIVEN_FOR).get("valueString", ""),
        substitute=is_substitute(role),
        begun=held.since <= record.context.now,
        own=held.practitioner == record.context.actor,
    )


async def colleagues(record: Record, query: str) -> tuple[Colleague, ...] | Refusal:
    """People of the directory by name or by the whole number of a licence, without whoever asks; at most `FOUND`."""
    plain = query.replace(" ", "")
    asked = [("identifier", plain)] if plain.isdigit() else [("name", word) for word in query.split()]
    page = await record.search("Practitioner", [*asked, ("_sort", "family"), ("_count", str(FOUND))])
    if isinstance(page, Refusal):
        return page
    people = [one.resource() for one in page.matches if one.reference != record.context.actor]
    return tuple([await colleague(record, one) for one in people if one.get("active") is not False])


async def colleague(record: Record, person: Resource) -> Colleague:
    """Somebody of the directory with the roles held now."""
    held = await held_now(record.store.pool, record.context.now, practitioner=f"Practitioner/{person['id']}")
    roles = tuple((one.role, one.party) for one in held)
    return Colleague(id=person["id"], name=name_of(person), held=roles, licences=licence_numbers(person))
