"""Delegating a competence: offered by name, accepted or declined, withdrawn or ended at once, undone while newest.

Each step is written in the name of whoever takes it, as a version of one PractitionerRole; so the log names them.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from saman.flows.directory import name_of
from saman.flows.membership.giving import person_in_directory
from saman.flows.membership.terms import (
    BACK,
    GIVER,
    MOVES,
    Offer,
    Unit,
    delegation_resource,
    moved,
    objections,
    side_of,
    status_of,
)
from saman.flows.writing import Once, once
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access.delegation import ACCEPTED, OFFERED, WITHDRAWN, competence_of, delegation
from saman.model.care import codes
from saman.model.care.caremodel import CareModel
from saman.record import Change, Record, Stored, Written
from saman.record.delegation import able, givers, running, scope_of, sealed
from saman.record.membership import members_of

Resource = dict[str, Any]

RIGHT = "delegate"


async def unit_of(record: Record, model: CareModel) -> Unit:
    """What holds in the unit of whoever asks, for delegating in it."""
    party, now, pool = record.context.party, record.context.now, record.store.pool
    known = model.skills.known
    may = {
        competence for competence, who in await givers(pool, known.values(), party, now) if who == record.context.actor
    }
    there = await members_of(pool, [party], now)
    return Unit(
        giver=record.context.actor,
        may_give={id: one for id, one in known.items() if id in may},
        members=frozenset(one.practitioner for one in there if one.holds_at(now)),
        licensed=frozenset(
            (one.competence, one.practitioner) for one in await able(pool, known.values(), party, now) if not one.ground
        ),
        running=[
            (one.competence, one.receiver, scope_of(one.person, one.order), one.since, one.until)
            for one in await running(pool, [party], now)
        ],
    )


async def offer(record: Record, model: CareModel, wanted: Offer, key: str, giver: str) -> Once | Refusal:
    """Offer a delegation, once for `key`; `giver` is the name that is kept with it. Everything in the way is named."""
    there = await record.search("PractitionerRole", [("identifier", f"{codes.MEMBERSHIP}|{key}")])
    if not isinstance(there, Refusal) and there.matches:
        return Once(there.matches[0], already=True)
    issues = objections(await unit_of(record, model), wanted, record.context.now, ZoneInfo(model.country.time_zone))
    if issues:
        return Refusal(Kind.UNPROCESSABLE, tuple({one.path: one for one in reversed(issues)}.values())[::-1])
    receiver = await person_in_directory(record, wanted.receiver)
    if isinstance(receiver, Refusal):
        return receiver
    about = await _about(record, wanted)
    if about is not None:
        return about
    role = delegation_resource(
        wanted,
        record.context.party,
        codes.reference(record.context.actor, giver),
        codes.reference(f"Practitioner/{wanted.receiver}", name_of(dict(receiver.resource))),
        sealed(record.store.seal, wanted.person, wanted.order) if wanted.person else "",
        key,
    )
    condition = f"identifier={codes.MEMBERSHIP}|{key}"
    return await once(_acting(record), "PractitionerRole", condition, lambda inner: [Change(role)])


async def _about(record: Record, wanted: Offer) -> Refusal | None:
    """Refused when the giver does not see whom it is for, or when it is for no order of theirs that is open."""
    seen = await record.read("Patient", wanted.person) if wanted.person else None
    if isinstance(seen, Refusal) or not wanted.order:
        return seen if isinstance(seen, Refusal) else None
    order = await record.read("ServiceRequest", wanted.order)
    if isinstance(order, Refusal) or order.person != wanted.person or order.resource()["status"] != "active":
        text = "Choose an order of this person's that is open."
        return refused(Kind.UNPROCESSABLE, "value", text, "person", key="delegation.order")
    return None


def _acting(record: Record) -> Record:
    """The record for one step that has been held against the rules."""
    context = msgspec.structs.replace(record.context, rights=record.context.rights | {RIGHT})
    return Record(record.store, context, record.base, record.connection)


async def own(record: Record, id: str) -> Stored | Refusal:
    """A delegation that whoever asks gave or was given; for all others there is none."""
    found = await record.read("PractitionerRole", id)
    if isinstance(found, Refusal):
        return found
    role = found.resource()
    if record.context.kind != "staff" or not competence_of(role) or not side_of(role, record.context.actor):
        return refused(Kind.NOT_FOUND, "not-found", "There is no such delegation.", key="record.not-found")
    return found


async def move(record: Record, model: CareModel, id: str, version: int, act: str) -> Written | Refusal:
    """Accept, decline, end or withdraw; refused as a conflict when it is not at `version`."""
    found = await own(record, id)
    if isinstance(found, Refusal):
        return found
    role = found.resource()
    before, after = MOVES.get((side_of(role, record.context.actor), act), (frozenset[str](), ""))
    if status_of(role) not in before:
        return refused(Kind.CONFLICT, "business-rule", "It has another state now. Look again.", key="delegation.state")
    if after == ACCEPTED and (wrong := await _not_now(record, model, role)):
        return wrong
    return await _put(record, moved(role, after), version)


async def _not_now(record: Record, model: CareModel, role: Resource) -> Refusal | None:
    """Why a delegation can be accepted no more: it is over, or whoever gave it may not give it in this unit."""
    now = record.context.now
    said = delegation(role, record.store.policy.zone)
    if said is None or said.until <= now:
        return refused(Kind.CONFLICT, "business-rule", "It is over.", key="delegation.over")
    known = model.skills.known.get(said.competence)
    may = await givers(record.store.pool, [known], said.party, now) if known else ()
    if (said.competence, said.giver) not in may or said.party != record.context.party:
        text = "Who gave it can give it no more, or you act for another unit now."
        return refused(Kind.CONFLICT, "business-rule", text, key="delegation.gone")
    return None


async def put_back(record: Record, model: CareModel, id: str, version: int) -> Written | Refusal:
    """Undo one's own change that made `version`, as long as it is the newest."""
    found = await own(record, id)
    if isinstance(found, Refusal):
        return found
    role = found.resource()
    side, status = side_of(role, record.context.actor), status_of(role)
    if (side, status, version) == (GIVER, OFFERED, 1):
        return await _put(record, moved(role, WITHDRAWN), version)
    before = await record.vread("PractitionerRole", id, version - 1) if version > 1 else None
    if not isinstance(before, Stored) or status_of(before.resource()) not in BACK.get((side, status), frozenset()):
        return refused(Kind.CONFLICT, "business-rule", "It has another state now. Look again.", key="delegation.state")
    if status_of(before.resource()) == ACCEPTED and (wrong := await _not_now(record, model, role)):
        return wrong
    return await _put(record, before.resource(), version)


async def _put(record: Record, role: Resource, version: int) -> Written | Refusal:
    return await _acting(record).update("PractitionerRole", str(role["id"]), role, version)
