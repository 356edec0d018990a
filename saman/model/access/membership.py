"""Membership: who works where in which role and when, and which unit belongs to which organisation, with dates.

Both are read from the directory as it is written. A unit is a party of its own: what belongs to it follows it, whatever
organisation it belongs to at the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from saman.model.access.moment import END, START, begins, is_over
from saman.model.access.relation import ground_of, local
from saman.model.care import codes

Resource = Mapping[str, Any]


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A role held by a practitioner (`Practitioner/1`) at a party (an Organization id).

    It counts from `since` up to but not including `until`; `ground` is the PractitionerRole that says so.
    """

    ground: str
    practitioner: str
    party: str
    role: str
    since: datetime = START
    until: datetime = END

    def holds_at(self, moment: datetime) -> bool:
        """Whether it counts at a moment."""
        return self.since <= moment < self.until


class Belonging(msgspec.Struct, frozen=True, kw_only=True):
    """A unit is part of an organisation, `parent`, from `since` up to but not including `until`; both are ids."""

    ground: str
    unit: str
    parent: str
    since: datetime = START
    until: datetime = END


def memberships(role: Resource, zone: tzinfo) -> tuple[Membership, ...]:
    """What a PractitionerRole says, one for each of its codes; none when it is not active.

    Codings of one concept are names of the same role, of which the first counts. Bare dates are days in `zone`.
    Source: https://hl7.org/fhir/R4/practitionerrole.html
    """
    practitioner, party = local(role.get("practitioner")), local(role.get("organization"))
    if role.get("active") is False or practitioner is None or party is None:
        return ()
    if not (practitioner.startswith("Practitioner/") and party.startswith("Organization/")):
        return ()
    since, until = _period(role.get("period", {}), zone)
    return tuple(
        Membership(
            ground=ground_of(role),
            practitioner=practitioner,
            party=party.removeprefix("Organization/"),
            role=code,
            since=since,
            until=until,
        )
        for code in dict.fromkeys(_roles(role))
    )


def _roles(role: Resource) -> Iterator[str]:
    for concept in role.get("code", ()):
        code = codes.code_of(concept, codes.ROLE)
        if code:
            yield code


def has_left(practitioner: Resource | None) -> bool:
    """Whether a Practitioner, None when deleted, is not active any more: then no role counts."""
    return practitioner is None or practitioner.get("active") is False


def belongings(organization: Resource, zone: tzinfo) -> tuple[Belonging, ...]:
    """Which organisations a unit belongs to and when: its dated extensions, or `partOf` when it has none."""
    ground, unit = ground_of(organization), str(organization["id"])
    dated = [one for one in organization.get("extension", ()) if one.get("url") == codes.PART_OF]
    if not dated:
        parent = _organization(organization.get("partOf"))
        return (Belonging(ground=ground, unit=unit, parent=parent),) if parent else ()
    return tuple(
        Belonging(ground=ground, unit=unit, parent=parent, since=since, until=until)
        for parts in map(_parts, dated)
        if (parent := _organization(parts.get("of", {}).get("valueReference")))
        for since, until in [_period(parts.get("period", {}).get("valuePeriod", {}), zone)]
    )


def _parts(extension: Resource) -> dict[str, Resource]:
    return {one["url"]: one for one in extension.get("extension", ())}


def _organization(reference: Resource | None) -> str:
    place = local(reference) or ""
    return place.removeprefix("Organization/") if place.startswith("Organization/") else ""


def _period(period: Resource, zone: tzinfo) -> tuple[datetime, datetime]:
    return begins(period.get("start"), zone) or START, is_over(period.get("end"), zone) or END


MEMBERSHIP_TYPES = frozenset({"Organization", "Practitioner", "PractitionerRole"})
"""Resource types that say who works where; writing any other changes no membership."""
