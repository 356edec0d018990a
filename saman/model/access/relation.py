"""Care relations: what ties a party or somebody close to a person, read from the resources that say so.

CarePlan.contributor and Encounter make no relation: having done something once is no ground to read on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, tzinfo
from enum import Enum
from typing import Any

import msgspec

from saman.model.access.consent import permits, topics
from saman.model.access.domain import labels
from saman.model.access.moment import begins, is_over, midnight
from saman.model.access.near import PROTECTED_ADDRESS, standings
from saman.model.care import codes

ROLE_SYSTEMS = frozenset({codes.ROLE})
"""System of role codes; the ids of `regions/roles.yaml`. Role codes of other systems say nothing about access."""

TOPIC_SYSTEMS = frozenset({codes.TASK, codes.ACTIVITY})
"""Systems of the codes in `Task.code` and `ServiceRequest.code` that access rows name: `home-visit`."""

EMERGENCY = "emergency"
"""Ground and topic of an opening by somebody without a tie, because life or health is in danger."""

HELD_BY = "holder/"
"""Topic of an opening that is narrowed to what one Organization and its units hold, before the Organization's id."""

Resource = Mapping[str, Any]


class RelationKind(Enum):
    """What sort of tie it is."""

    SELF = "self"
    RELATIVE = "relative"
    CARE_TEAM = "care_team"
    TASK = "task"
    REQUEST = "request"
    APPOINTMENT = "appointment"
    EPISODE = "episode"
    GENERAL_PRACTITIONER = "general_practitioner"
    MANAGING = "managing"
    PROTECTED = "protected"
    """Not a tie but a fact that closes some: the address of the person is protected. It has no party and no actor."""
    CONSENT = "consent"
    """An active Consent permits it: to a party or person, about `topic`; to everybody when it names nobody."""
    GUARDIAN = "guardian"
    """A RelatedPerson who has custody."""
    MANDATE = "mandate"
    """A RelatedPerson with a power of attorney."""
    OPENING = "opening"
    """One Practitioner has opened what is restricted, for a time; `topic` is the ground, or `HELD_BY` and a holder."""
    EXTENDED = "extended"
    """It has been decided that a guardian sees more than by the person's age; `topic` is the ground."""
    OWN_PROTECTED = "own_protected"
    """The address of the one who is close is protected."""
    AT_HOME = "at_home"
    """A fact: a guardian is registered at the person's address."""
    BORN = "born"
    """A fact: `start` is the midnight of the day of birth. Only where the whole date is known."""


_FACTS = frozenset({RelationKind.PROTECTED, RelationKind.BORN, RelationKind.AT_HOME})


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """A tie to one person, held from `start` up to but not including `end` (None: open).

    `person` is a Patient id. `party` is an Organization id (a unit counts as its own) and empty for the citizen and
    relatives, who are named by `actor` (`Patient/1`, `RelatedPerson/2`); for staff `actor` only says who was named.
    `role` narrows it to one role, `topic` is the code of the task or what the citizen shares with a relative,
    `ground` the resource that says so (`CareTeam/3`).
    """

    person: str
    kind: RelationKind
    ground: str
    party: str = ""
    role: str | None = None
    actor: str | None = None
    topic: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_fact(self) -> bool:
        """Whether it is a fact about the person, which concerns everybody and by itself ties nobody."""
        general = self.kind is RelationKind.CONSENT and not self.party and self.actor is None
        return self.kind in _FACTS or general


def relations(resource: Resource, zone: tzinfo, organizations: Mapping[str, str] | None = None) -> tuple[Relation, ...]:
    """The care relations that a valid `resource` states; none when it was entered in error or is only a draft.

    Bare dates are days in `zone`. `organizations` gives the Organization id behind a `PractitionerRole/1` or
    `HealthcareService/2`; a party it does not name makes no relation. A closed task, request or team keeps its
    relation with the time it closed as `end`.
    """
    read = _READERS.get(resource["resourceType"])
    if read is None:
        return ()
    return tuple(dict.fromkeys(read(resource, _Reader(zone, {} if organizations is None else organizations))))


class _Reader(msgspec.Struct, frozen=True):
    zone: tzinfo
    organizations: Mapping[str, str]

    def party(self, reference: Resource | None) -> str | None:
        """The Organization id a reference leads to."""
        place = local(reference)
        if place is not None and place.startswith("Organization/"):
            return place.removeprefix("Organization/")
        return self.organizations.get(place or "")

    def period(self, element: Resource) -> tuple[datetime | None, datetime | None]:
        """When the `period` of an element begins and is over."""
        period = element.get("period", {})
        return begins(period.get("start"), self.zone), is_over(period.get("end"), self.zone)

    def closed(self, resource: Resource) -> datetime | None:
        """When a closed resource was closed: the earliest that it or the record says."""
        said = (resource.get("lastModified"), resource.get("meta", {}).get("lastUpdated"))
        return min((moment for text in said if (moment := begins(text, self.zone))), default=None)


def local(reference: Resource | None) -> str | None:
    """`Organization/1` of a reference to a resource of this record, any version; None for all others."""
    parts = (reference or {}).get("reference", "").split("/")
    if len(parts) == 4 and parts[2] == "_history":
        parts = parts[:2]
    return "/".join(parts) if len(parts) == 2 and all(parts) else None


def sent_for(task: Resource) -> list[Resource]:
    """The parties on whose behalf a Task was sent; its requester may be a member of their staff."""
    extensions = task.get("extension", ())
    return [each.get("valueReference", {}) for each in extensions if each.get("url") == codes.SENT_FOR]


def ground_of(resource: Resource) -> str:
    """`CareTeam/1`."""
    return f"{resource['resourceType']}/{resource['id']}"


def _patient(resource: Resource, reader: _Reader) -> Iterator[Relation]:
    person, ground = resource["id"], ground_of(resource)
    yield Relation(person=person, kind=RelationKind.SELF, ground=ground, actor=ground)
    if len(born := resource.get("birthDate", "")) == len("1950-01-31"):
        start = midnight(date.fromisoformat(born), reader.zone)
        yield Relation(person=person, kind=RelationKind.BORN, ground=ground, start=start)
    if PROTECTED_ADDRESS in labels(resource):
        yield Relation(person=person, kind=RelationKind.PROTECTED, ground=ground)
    doctors = [(RelationKind.GENERAL_PRACTITIONER, each) for each in resource.get("generalPractitioner", ())]
    for kind, reference in [*doctors, (RelationKind.MANAGING, resource.get("managingOrganization"))]:
        if party := reader.party(reference):
            yield Relation(person=person, kind=kind, ground=ground, party=party, actor=_individual(reference))


def _related_person(resource: Resource, reader: _Reader) -> Iterator[Relation]:
    person = _person(resource.get("patient"))
    if person is None or resource.get("active") is False:
        return
    ground = ground_of(resource)
    for one in standings(resource, reader.zone):
        yield Relation(
            person=person,
            kind=RelationKind(one.kind),
            ground=ground,
            actor=None if one.fact else ground,
            topic=one.topic,
            start=one.start,
            end=one.end,
        )


def _care_team(resource: Resource, reader: _Reader) -> Iterator[Relation]:
    person = _person(resource.get("subject"))
    start, end = reader.period(resource)
    if person is None or not _held(resource.get("status", ""), _TEAM, end):
        return
    for member in resource.get("participant", ()):
        party = reader.party(member.get("onBehalfOf")) or reader.party(member.get("member"))
        if not party:
            continue
        own_start, own_end = reader.period(member)
        for role in _codes(member.get("role", ()), ROLE_SYSTEMS) or (None,):
            yield Relation(
                person=person,
                kind=RelationKind.CARE_TEAM,
                ground=ground_of(resource),
                party=party,
                role=role,
                actor=_individual(member.get("member")),
                start=max(filter(None, (start, own_start)), default=None),
                end=min(filter(None, (end, own_end)), default=None),
            )


def _task(resource: Resource, reader: _Reader) -> Iterator[Relation]:
    if codes.code_of(resource.get("code"), codes.TASK) == codes.OPENING:
        yield from _opening(resource, reader)
        return
    parties = [resource.get("owner"), resource.get("requester"), *sent_for(resource)]
    yield from _asked(resource, reader, RelationKind.TASK, _person(resource.get("for")), parties)


def _opening(task: Resource, reader: _Reader) -> Iterator[Relation]:
    """A Task that opens what is restricted ties the one who opened it, and not those who are to review it."""
    person, actor = _person(task.get("for")), _individual(task.get("requester"))
    party = next(filter(None, map(reader.party, sent_for(task))), None)
    start, end = reader.period(task.get("restriction", {}))
    if person is None or actor is None or party is None or end is None or task["status"] in _VOID_TASK:
        return
    yield Relation(
        person=person,
        kind=RelationKind.OPENING,
        ground=ground_of(task),
        party=party,
        actor=actor,
        topic=_opened_of(task, reader) or codes.code_of(task.get("reasonCode"), codes.OPENING_GROUND) or None,
        start=start or begins(task.get("authoredOn"), reader.zone),
        end=end,
    )


def _opened_of(task: Resource, reader: _Reader) -> str:
    """Whose data alone are opened, as a topic; one that cannot be read opens nothing of anybody's."""
    said = [
        one for one in task.get("input", ()) if codes.code_of(one.get("type"), codes.TASK_INPUT) == codes.OPENING_OF
    ]
    return HELD_BY + (reader.party(said[0].get("valueReference")) or "") if said else ""


def _consent(resource: Resource, reader: _Reader) -> Iterator[Relation]:
    """What a Consent permits; one that is narrowed to some data ties only about a topic that rules can name."""
    person, provision = _person(resource.get("patient")), resource.get("provision", {})
    if person is None or not permits(resource):
        return
    start, end = reader.period(provision)
    for party, role, actor in _recipients(provision, reader):
        for topic in topics(provision):
            yield Relation(
                person=person,
                kind=RelationKind.CONSENT,
                ground=ground_of(resource),
                party=party,
                role=role,
                actor=actor,
                topic=topic,
                start=start,
                end=end,
            )


def _recipients(provision: Resource, reader: _Reader) -> Iterator[tuple[str, str | None, str | None]]:
    """Party, role and relative of each recipient; nobody in particular when everybody is meant."""
    if not provision.get("actor"):
        yield "", None, None
    for actor in provision.get("actor", ()):
        place, party = local(actor.get("reference")), reader.party(actor.get("reference"))
        if party:
            for role in _codes([actor.get("role", {})], ROLE_SYSTEMS) or (None,):
                yield party, role, None
        elif place and place.startswith("RelatedPerson/"):
            yield "", None, place


def _service_request(resource: Resource, reader: _Reader) -> Iterator[Relation]:
    parties = [*resource.get("performer", ()), resource.get("requester")]
    yield from _asked(resource, reader, RelationKind.REQUEST, _person(resource.get("subject")), parties)


def _asked(
    resource: Resource, reader: _Reader, kind: RelationKind, person: str | None, parties: list[Resource | None]
) -> Iterator[Relation]:
    open_, closed = (_OPEN_TASK, _CLOSED_TASK) if kind is RelationKind.TASK else (_OPEN_REQUEST, _CLOSED_REQUEST)
    status = resource["status"]
    end = reader.closed(resource) if status in closed else None
    if person is None or not (status in open_ or end):
        return
    start = begins(resource.get("authoredOn"), reader.zone)
    for topic in _codes([resource.get("code", {})], TOPIC_SYSTEMS) or (None,):
        for reference in parties:
            if party := reader.party(reference):
                yield Relation(
                    person=person,
                    kind=kind,
                    ground=ground_of(resource),
                    party=party,
                    actor=_individual(reference),
                    topic=topic,
                    start=start,
                    end=end,
                )


def _appointment(resource: Resource, reader: _Reader) -> Iterator[Relation]:
    actors = [each.get("actor") for each in resource.get("participant", ())]
    end = is_over(resource.get("end"), reader.zone)
    if not _held(resource["status"], _APPOINTMENT, end):
        return
    for person in dict.fromkeys(filter(None, map(_person, actors))):
        for actor in actors:
            if party := reader.party(actor):
                yield Relation(
                    person=person,
                    kind=RelationKind.APPOINTMENT,
                    ground=ground_of(resource),
                    party=party,
                    actor=_individual(actor),
                    end=end,
                )


def _episode(resource: Resource, reader: _Reader) -> Iterator[Relation]:
    person = _person(resource.get("patient"))
    start, end = reader.period(resource)
    if person is None or not _held(resource["status"], _EPISODE, end):
        return
    for reference in (resource.get("managingOrganization"), resource.get("careManager")):
        if party := reader.party(reference):
            yield Relation(
                person=person,
                kind=RelationKind.EPISODE,
                ground=ground_of(resource),
                party=party,
                actor=_individual(reference),
                start=start,
                end=end,
            )


# Status → whether the relation goes on while no end is written; a status that is not here makes none.
_TEAM = {"active": True, "inactive": False}
_APPOINTMENT = {
    "pending": True,
    "booked": True,
    "arrived": True,
    "checked-in": True,
    "waitlist": True,
    "fulfilled": False,
    "noshow": False,
}
_EPISODE = {"planned": True, "waitlist": True, "active": True, "onhold": True, "finished": False}
_OPEN_TASK = frozenset({"requested", "received", "accepted", "ready", "in-progress", "on-hold"})
_CLOSED_TASK = frozenset({"rejected", "cancelled", "failed", "completed"})
_VOID_TASK = frozenset({"draft", "entered-in-error"})
_OPEN_REQUEST = frozenset({"active", "on-hold"})
_CLOSED_REQUEST = frozenset({"revoked", "completed"})


def _held(status: str, statuses: Mapping[str, bool], end: datetime | None) -> bool:
    return status in statuses and (statuses[status] or end is not None)


def _person(reference: Resource | None) -> str | None:
    place = local(reference)
    return place.removeprefix("Patient/") if place and place.startswith("Patient/") else None


def _individual(reference: Resource | None) -> str | None:
    place = local(reference)
    return place if place and place.startswith(("Practitioner/", "PractitionerRole/")) else None


def _codes(concepts: Any, systems: frozenset[str]) -> list[str]:
    codings = (coding for concept in concepts for coding in concept.get("coding", ()))
    return [coding["code"] for coding in codings if coding.get("system") in systems and "code" in coding]


_READERS: Mapping[str, Callable[[Resource, _Reader], Iterator[Relation]]] = {
    "Patient": _patient,
    "RelatedPerson": _related_person,
    "CareTeam": _care_team,
    "Task": _task,
    "ServiceRequest": _service_request,
    "Appointment": _appointment,
    "EpisodeOfCare": _episode,
    "Consent": _consent,
}

RELATION_TYPES = frozenset(_READERS)
"""Resource types that can make a care relation; writing any other changes no grant."""
