"""A citizen's yes to a unit that takes part in the care, where the rules of the country ask for one.

Written as a FHIR Consent in the shape of IHE's Privacy Consent on FHIR (https://profiles.ihe.net/ITI/PCF). For a child
a guardian says it, as far as they see of the child what the unit would see; the child can always take it back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from saman.flows.consent.choices import as_saman, consent_of, one_at_a_time, party_of, taken_back
from saman.flows.consent.guardian import custody, seen_among
from saman.flows.reading import all_of, moment_of
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain
from saman.model.access.outlook import Change
from saman.record import Record, Stored, Written
from saman.record.outlook import outlook
from saman.record.wanting import Wanting, wanting

Resource = dict[str, Any]


class Yes(msgspec.Struct, frozen=True, kw_only=True):
    """A yes in force: its Consent at a version, to which unit (Organization id), said by whom (a reference)."""

    id: str
    version: int
    party: str
    since: datetime
    by: str


async def may_be_asked(record: Record, person: str = "") -> tuple[Wanting, ...] | Refusal:
    """Staff who would see more if yes was said to their unit; `person` when a guardian asks about that Patient."""
    if not person:
        return await wanting(record)
    held = await custody(record, person)
    if isinstance(held, Refusal):
        return held
    found = await wanting(as_saman(record), person)
    if isinstance(found, Refusal):
        return found
    seen = await seen_among(record, (ground for one in found for ground in one.grounds))
    own = {Domain.PERSON, *held.kinds}
    unfit = {one.assignment.party for one in found if not own.issuperset(one.domains)}
    known = {one.assignment.party for one in found if any(ground in seen for ground in one.grounds)}
    return tuple(one for one in found if one.assignment.party in known - unfit)


async def yeses(record: Record, person: str = "") -> tuple[Yes, ...] | Refusal:
    """What stands, newest first: every yes about the citizen who asks; of a child, those of the guardian who asks."""
    if not person:
        return await _about(record, record.context.actor)
    held = await custody(record, person)
    if isinstance(held, Refusal):
        return held
    found = await _about(as_saman(record), f"Patient/{person}")
    return found if isinstance(found, Refusal) else tuple(one for one in found if one.by == record.context.actor)


async def _about(record: Record, patient: str) -> tuple[Yes, ...] | Refusal:
    found = await all_of(record, "Consent", [("patient", patient), ("status", "active")])
    if isinstance(found, Refusal):
        return found
    said = (yes for one in found if (yes := _yes(one)) is not None)
    return tuple(sorted(said, key=lambda one: one.since, reverse=True))


def _yes(stored: Stored) -> Yes | None:
    """A Consent as a yes to one unit; None for any that says something else as well."""
    consent = stored.resource()
    provision = consent.get("provision", {})
    party = party_of(provision)
    if set(provision) != {"type", "actor"} or provision.get("type") != "permit" or not party:
        return None
    by = next((str(one.get("reference", "")) for one in consent.get("performer", ())), "")
    since = moment_of(consent.get("dateTime", "1900-01-01"))
    return Yes(id=stored.id, version=stored.version, party=party, since=since, by=by)


async def would_open(record: Record, party: str, person: str = "") -> tuple[Change, ...] | Refusal:
    """What a yes to a unit that may be asked about would open, and for whom."""
    asked = await _asked(record, party, person)
    if isinstance(asked, Refusal):
        return asked
    return await outlook(as_saman(record) if person else record, _permission(record, party, person))


async def would_close(record: Record, yes: Yes, person: str = "") -> tuple[Change, ...] | Refusal:
    """What it would close, and for whom, to take a yes back that is for the one who asks to take back."""
    ended = _permission(record, yes.party, person) | {"id": yes.id, "status": "inactive"}
    return await outlook(as_saman(record) if person else record, ended)


async def say_yes(record: Record, party: str, person: str = "") -> Written | Refusal:
    """Say yes to a unit that may be asked about; a second yes to the same unit is the first."""
    patient = f"Patient/{person}" if person else record.context.actor

    async def said(inner: Record) -> Written | Refusal:
        asked = await _asked(inner, party, person)
        if isinstance(asked, Refusal):
            return asked
        writer = as_saman(inner) if person else inner
        return await writer.create(_permission(inner, party, person))

    return await one_at_a_time(record, patient, said)


async def take_yes_back(record: Record, id: str, person: str = "") -> Written | Refusal:
    """End a yes; what it opened is closed when this returns. The citizen also ends what a guardian has said."""
    found = await yeses(record, person)
    if isinstance(found, Refusal):
        return found
    yes = next((one for one in found if one.id == id), None)
    if yes is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such yes.", key="record.not-found")
    foreign = bool(person) or yes.by != record.context.actor
    return await taken_back(as_saman(record) if foreign else record, yes.id, yes.version)


async def _asked(record: Record, party: str, person: str) -> Refusal | None:
    """A refusal unless some staff of the unit would see more by a yes."""
    found = await may_be_asked(record, person)
    if isinstance(found, Refusal):
        return found
    if any(one.assignment.party == party for one in found):
        return None
    return refused(Kind.NOT_FOUND, "not-found", "This unit waits for no yes.", key="consent.no-such-unit")


def _permission(record: Record, party: str, person: str) -> Resource:
    """The Consent by which the one who asks says yes to `party`; `person` where it is about somebody else."""
    return consent_of(record, party, {"type": "permit"}, person=person)
