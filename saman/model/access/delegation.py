"""Competence as the directory says it: licences, and delegations from one named person to another. Pure.

A delegation is a PractitionerRole: "the roles a practitioner may perform at an organization for a period of time", with
the competence in `code` and who gave it in an extension. It gives no role that access follows from. Whom it is for
stands in it sealed, for the directory is open to everybody.
Source: https://hl7.org/fhir/R4/practitionerrole.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from saman.model.access.moment import END, START, begins, is_over
from saman.model.access.relation import ground_of, local
from saman.model.care import codes

Resource = Mapping[str, Any]

OFFERED, ACCEPTED, DECLINED, WITHDRAWN, ENDED = "offered", "accepted", "declined", "withdrawn", "ended"
"""How far a delegation has come; it counts when it is accepted."""


class Licence(msgspec.Struct, frozen=True, kw_only=True):
    """A practitioner (`Practitioner/1`) has a licence for a profession from `since` up to but not with `until`."""

    practitioner: str
    profession: str
    since: datetime
    until: datetime


class Delegation(msgspec.Struct, frozen=True, kw_only=True):
    """The giver lets the receiver (both `Practitioner/1`) do something at a party (an Organization id) for a time.

    `sealed` holds whom it is for, empty for everybody; it counts from `since` up to but not with `until`.
    """

    ground: str
    giver: str
    receiver: str
    competence: str
    party: str
    sealed: str
    status: str
    since: datetime
    until: datetime


def licences(practitioner: Resource, zone: tzinfo) -> tuple[Licence, ...]:
    """The licences of a Practitioner: its qualifications with a code of `urn:saman:profession`."""
    return tuple(
        Licence(
            practitioner=ground_of(practitioner),
            profession=profession,
            since=begins(one.get("period", {}).get("start"), zone) or START,
            until=is_over(one.get("period", {}).get("end"), zone) or END,
        )
        for one in practitioner.get("qualification", ())
        if (profession := codes.code_of(one.get("code"), codes.PROFESSION))
    )


def competence_of(role: Resource) -> str:
    """What a PractitionerRole lets somebody do by delegation, empty when it is none."""
    return next((code for one in role.get("code", ()) if (code := codes.code_of(one, codes.COMPETENCE))), "")


def delegation(role: Resource, zone: tzinfo) -> Delegation | None:
    """What a PractitionerRole says as a delegation; None where something is missing, the end above all."""
    giver = local(codes.extension_of(dict(role), codes.GIVEN_BY).get("valueReference"))
    receiver, party = local(role.get("practitioner")), local(role.get("organization"))
    competence, period = competence_of(role), role.get("period", {})
    until = is_over(period.get("end"), zone)
    if not competence or not giver or not receiver or not party or until is None or giver == receiver:
        return None
    status = str(codes.extension_of(dict(role), codes.DELEGATION).get("valueCode", ""))
    counts = status != ACCEPTED or role.get("active") is True
    return Delegation(
        ground=ground_of(role),
        giver=giver,
        receiver=receiver,
        competence=competence,
        party=party.removeprefix("Organization/"),
        sealed=sealed_in(role),
        status=status if counts else ENDED,
        since=begins(period.get("start"), zone) or START,
        until=until,
    )


def sealed_in(role: Resource) -> str:
    """The sealed reference of whom a delegation is for; empty for everybody."""
    about = codes.extension_of(dict(role), codes.DELEGATED_FOR).get("valueReference", {})
    return str(about.get("identifier", {}).get("value", ""))
