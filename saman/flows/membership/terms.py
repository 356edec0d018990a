"""What may be delegated to whom and for how long, and who may change a delegation how. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from types import MappingProxyType
from typing import Any

import msgspec

from saman.kernel.clock import instant
from saman.kernel.outcome import Issue
from saman.model.access.delegation import ACCEPTED, DECLINED, ENDED, OFFERED, WITHDRAWN
from saman.model.care import codes
from saman.model.care.competence import Competence

Resource = dict[str, Any]

GIVER, RECEIVER = "giver", "receiver"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to delegate: `receiver` is a Practitioner id, `person` a Patient id or empty for everybody.

    `order` is the id of the person's one ServiceRequest that it is for, empty for all that is asked for them.

    `until` None is refused; `follow_up` is the day on which the two go through it again.
    """

    competence: str
    receiver: str
    person: str
    since: datetime
    until: datetime | None
    follow_up: date | None = None
    order: str = ""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """What holds in the giver's unit now: what the giver may delegate, who works there, who needs no delegation.

    `members` and `licensed` are references; `running` those who have it or were offered it, for whom (the one order
    after a slash) and until when.
    """

    giver: str
    may_give: Mapping[str, Competence]
    members: frozenset[str]
    licensed: frozenset[tuple[str, str]]
    running: Sequence[tuple[str, str, str, datetime, datetime]] = ()


def objections(unit: Unit, offer: Offer, now: datetime, zone: tzinfo) -> tuple[Issue, ...]:
    """Everything that speaks against an offer; the path of each is the field of the form."""
    return (*_about_competence(unit, offer), *_about_receiver(unit, offer), *_about_time(unit, offer, now, zone))


def _about_competence(unit: Unit, offer: Offer) -> Iterator[Issue]:
    if offer.competence not in unit.may_give:
        text = "You can delegate what your own licence covers, where that may be delegated."
        yield Issue("forbidden", text, "competence", key="delegation.competence")


def _about_receiver(unit: Unit, offer: Offer) -> Iterator[Issue]:
    receiver = f"Practitioner/{offer.receiver}"
    if receiver == unit.giver:
        yield Issue("forbidden", "You cannot delegate to yourself.", "receiver", key="delegation.self")
    elif receiver not in unit.members:
        yield Issue("forbidden", "Choose a colleague of your own unit.", "receiver", key="delegation.receiver")
    elif (offer.competence, receiver) in unit.licensed:
        yield Issue("business-rule", "Their own licence covers it.", "receiver", key="delegation.licensed")
    elif any(_same(one, offer, receiver) for one in unit.running):
        text = "They have it, or have been offered it, for that time."
        yield Issue("duplicate", text, "receiver", key="delegation.held")


def _same(one: tuple[str, str, str, datetime, datetime], offer: Offer, receiver: str) -> bool:
    competence, who, person, since, until = one
    overlaps = offer.until is None or (since < offer.until and offer.since < until)
    covered = person in ("", offer.person, f"{offer.person}/{offer.order}")
    return (competence, who) == (offer.competence, receiver) and covered and overlaps


def _about_time(unit: Unit, offer: Offer, now: datetime, zone: tzinfo) -> Iterator[Issue]:
    competence = unit.may_give.get(offer.competence)
    if offer.until is None:
        yield Issue("required", "Say until when.", "until", key="membership.until")
        return
    if offer.until <= max(offer.since, now):
        text = "The end must come after the beginning, and after now."
        yield Issue("value", text, "until", key="membership.over")
    elif competence is not None and offer.until > last_end(competence, offer.since, zone):
        days = (("days", str(competence.longest_days)),)
        text = "This may be delegated for at most %(days)s days."
        yield Issue("value", text, "until", key="delegation.long", args=days)
    if offer.follow_up is not None and not _day(offer.since, zone) <= offer.follow_up <= _day(offer.until, zone):
        text = "Go through it again on a day between the beginning and the end."
        yield Issue("value", text, "follow_up", key="delegation.follow-up")


def last_end(competence: Competence, since: datetime, zone: tzinfo) -> datetime:
    """The latest end: so many days later at the same time on the clock, whatever the clocks do in between."""
    return since.astimezone(zone) + competence.longest


def _day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


MOVES: Mapping[tuple[str, str], tuple[frozenset[str], str]] = MappingProxyType(
    {
        (RECEIVER, "accept"): (frozenset({OFFERED}), ACCEPTED),
        (RECEIVER, "decline"): (frozenset({OFFERED}), DECLINED),
        (RECEIVER, "end"): (frozenset({ACCEPTED}), ENDED),
        (GIVER, "withdraw"): (frozenset({OFFERED, ACCEPTED}), WITHDRAWN),
    }
)
"""Who may do what with a delegation, from which states, and what follows."""

BACK: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    {
        (RECEIVER, ACCEPTED): frozenset({OFFERED}),
        (RECEIVER, DECLINED): frozenset({OFFERED}),
        (RECEIVER, ENDED): frozenset({ACCEPTED}),
        (GIVER, WITHDRAWN): frozenset({OFFERED, ACCEPTED}),
    }
)
"""Who may undo the change that led to a state, and to which states that leads back: nobody accepts for another."""


def side_of(role: Mapping[str, Any], actor: str) -> str:
    """Whether somebody (`Practitioner/1`) is the giver or the receiver of a delegation, empty for all others."""
    if codes.extension_of(dict(role), codes.GIVEN_BY).get("valueReference", {}).get("reference") == actor:
        return GIVER
    return RECEIVER if role.get("practitioner", {}).get("reference") == actor else ""


def status_of(role: Mapping[str, Any]) -> str:
    """How far a delegation has come."""
    return str(codes.extension_of(dict(role), codes.DELEGATION).get("valueCode", ""))


def moved(role: Resource, status: str) -> Resource:
    """The delegation in another state; it is active when it counts."""
    rest = [one for one in role.get("extension", ()) if one.get("url") != codes.DELEGATION]
    state = {"url": codes.DELEGATION, "valueCode": status}
    return {**role, "active": status == ACCEPTED, "extension": [*rest, state]}


def delegation_resource(
    offer: Offer, party: str, giver: Resource, receiver: Resource, sealed: str, key: str
) -> Resource:
    """The PractitionerRole of an offer; `giver` and `receiver` are References with names."""
    about = {"url": codes.DELEGATED_FOR, "valueReference": {"identifier": {"system": codes.SEALED, "value": sealed}}}
    again = {"url": codes.FOLLOW_UP, "valueDate": offer.follow_up.isoformat()} if offer.follow_up else None
    assert offer.until is not None
    role: Resource = {
        "resourceType": "PractitionerRole",
        "extension": [
            {"url": codes.GIVEN_BY, "valueReference": giver},
            *([about] if sealed else []),
            *([again] if again else []),
        ],
        "identifier": [{"system": codes.MEMBERSHIP, "value": key}],
        "period": {"start": instant(offer.since), "end": instant(offer.until)},
        "practitioner": receiver,
        "organization": codes.reference(f"Organization/{party}"),
        "code": [codes.concept(codes.COMPETENCE, offer.competence)],
    }
    return moved(role, OFFERED)
