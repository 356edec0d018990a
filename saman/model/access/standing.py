"""Whom a post, a service or a duty stands for: the organisation behind a reference to it, and when.

A tie may name a `PractitionerRole` or a `HealthcareService` instead of an organisation. What it stands for is looked
up when access is judged, so that a tie to a duty service is held by the unit that has the duty at that time, and by no
other. Rosters are Schedules: one for each span, with the duty service as actor and the unit in an extension.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from saman.model.access.moment import begins, is_over
from saman.model.access.relation import ground_of, local
from saman.model.care import codes

Resource = Mapping[str, Any]

STANDING_TYPES = frozenset({"HealthcareService", "PractitionerRole", "Schedule"})
"""Resource types that say whom something stands for; writing any other changes nothing of it."""

_STANDING = ("HealthcareService/", "PractitionerRole/")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A reference (`HealthcareService/1`) stands for a party from `since` up to but not including `until`.

    `party` is an Organization id, or the reference of a service that a post belongs to. None means always.
    """

    ground: str
    reference: str
    party: str
    since: datetime | None = None
    until: datetime | None = None


class AsWritten(Mapping[str, str]):
    """Keeps references to posts and services as they are written, for `relations`; what they stand for comes later."""

    def __getitem__(self, reference: str) -> str:
        """The reference itself."""
        if reference.startswith(_STANDING):
            return reference
        raise KeyError(reference)

    def __iter__(self) -> Iterator[str]:
        """Nothing can be listed."""
        return iter(())

    def __len__(self) -> int:
        """Nothing can be counted."""
        return 0


def standings(resource: Resource, zone: tzinfo) -> tuple[Standing, ...]:
    """What a PractitionerRole, HealthcareService or Schedule says about whom something stands for.

    A post stands for its organisation, or without one for its services; a service stands for who provides it, unless
    it is a duty, which stands for the units of its roster. Bare dates are days in `zone`.
    """
    if resource.get("active") is False:
        return ()
    found = _READERS[resource["resourceType"]](resource, zone)
    return tuple(dict.fromkeys(found))


def _post(role: Resource, zone: tzinfo) -> Iterator[Standing]:
    ground = ground_of(role)
    parties = [party] if (party := _organization(role.get("organization"))) else _services(role, "healthcareService")
    for party in parties:
        yield Standing(ground=ground, reference=ground, party=party)


def _service(service: Resource, zone: tzinfo) -> Iterator[Standing]:
    party = _organization(service.get("providedBy"))
    kinds = (codes.code_of(one, codes.SERVICE_KIND) for one in service.get("type", ()))
    if party and codes.DUTY not in kinds:
        yield Standing(ground=ground_of(service), reference=ground_of(service), party=party)


def _roster(schedule: Resource, zone: tzinfo) -> Iterator[Standing]:
    party = _organization(codes.extension_of(dict(schedule), codes.ON_DUTY).get("valueReference"))
    span = schedule.get("planningHorizon", {})
    if party:
        for duty in _services(schedule, "actor"):
            yield Standing(
                ground=ground_of(schedule),
                reference=duty,
                party=party,
                since=begins(span.get("start"), zone),
                until=is_over(span.get("end"), zone),
            )


def _services(resource: Resource, element: str) -> list[str]:
    places = (local(one) or "" for one in resource.get(element, ()))
    return [place for place in places if place.startswith("HealthcareService/")]


def _organization(reference: Resource | None) -> str:
    place = local(reference) or ""
    return place.removeprefix("Organization/") if place.startswith("Organization/") else ""


_READERS = {"HealthcareService": _service, "PractitionerRole": _post, "Schedule": _roster}
