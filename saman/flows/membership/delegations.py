"""Delegations as they stand in a unit, what its tasks need, who can do them, and where nobody can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from saman.flows.directory import name_of
from saman.flows.membership.terms import GIVER, RECEIVER
from saman.kernel.outcome import Refusal
from saman.model.access.delegation import ACCEPTED
from saman.model.care import codes
from saman.model.care.caremodel import CareModel
from saman.model.care.competence import Competence, orders_of
from saman.model.care.work import OPEN
from saman.record import Record, Stored
from saman.record.delegation import Able, Given, able, asked_for, givers, running
from saman.record.present import present

Resource = dict[str, Any]

SOON = timedelta(days=30)
"""What ends within this time stands apart in a leader's overview."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A delegation: `version` of its PractitionerRole, which `side` the reader is on (or none), and what it is worth.

    `until` is when it ends, or when giver or receiver are not there any more, if that is sooner; `counts` says whether
    it lets anybody do anything now. `person` is a Patient id, empty for everybody; `person_name` is empty where the
    reader may not see who it is.
    """

    id: str
    version: int
    side: str
    competence: str
    giver: str
    receiver: str
    party: str
    person: str
    person_name: str
    since: datetime
    until: datetime
    follow_up: date | None
    accepted: bool
    begun: bool
    counts: bool
    order: str = ""
    order_name: str = ""
    """Of the one ServiceRequest it is for: its id, and what is asked for where the reader may see it."""


async def delegations(record: Record, model: CareModel, parties: Sequence[str], *, own: bool) -> tuple[Shown, ...]:
    """The delegations of these units that are not over, the first to end first; with `own` only the reader's."""
    actor, now, pool = record.context.actor, record.context.now, record.store.pool
    found = [one for one in await running(pool, parties, now) if not own or actor in (one.giver, one.receiver)]
    lasting: dict[str, datetime] = {}
    for party in {one.party for one in found}:
        lasting |= {one.ground: one.until for one in await able(pool, model.skills.known.values(), party, now)}
    there = await present(record, _keys(found, names=own))
    return tuple(
        _shown(one, actor, now, lasting.get(one.ground), there)
        for one in found
        if one.ground in there and one.giver in there and one.receiver in there
    )


def _keys(found: Iterable[Given], *, names: bool) -> Iterable[tuple[str, str]]:
    for one in found:
        for reference in (one.ground, one.giver, one.receiver):
            kind, _, id = reference.partition("/")
            yield kind, id
        if names and one.person:
            yield "Patient", one.person
        if names and one.order:
            yield "ServiceRequest", one.order


def _shown(one: Given, actor: str, now: datetime, lasts: datetime | None, there: Mapping[str, Stored]) -> Shown:
    role = there[one.ground].resource()
    again = codes.extension_of(role, codes.FOLLOW_UP).get("valueDate")
    about = there.get(f"Patient/{one.person}")
    return Shown(
        id=one.ground.partition("/")[2],
        version=there[one.ground].version,
        side=GIVER if one.giver == actor else RECEIVER if one.receiver == actor else "",
        competence=one.competence,
        giver=name_of(there[one.giver].resource()),
        receiver=name_of(there[one.receiver].resource()),
        party=one.party,
        person=one.person,
        person_name=name_of(about.resource()) if about else "",
        since=one.since,
        until=min(one.until, lasts) if lasts else one.until,
        follow_up=date.fromisoformat(again) if again else None,
        accepted=one.status == ACCEPTED,
        begun=one.since <= now,
        counts=lasts is not None,
        order=one.order,
        order_name=_title(there.get(f"ServiceRequest/{one.order}")) if one.order else "",
    )


def _title(order: Stored | None) -> str:
    """What an order asks for, in its own words."""
    code = order.resource().get("code", {}) if order else {}
    return str(code.get("text") or next((one["display"] for one in code.get("coding", ()) if "display" in one), ""))


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Open tasks of a unit that need a competence when nobody who works there then has it; `due` None: any time."""

    party: str
    competence: str
    due: datetime | None
    tasks: int


async def gaps(record: Record, model: CareModel, parties: Sequence[str]) -> tuple[Gap, ...]:
    """Where nobody is competent when it is due; a delegation for one citizen counts for none of the others."""
    skills, now, pool = model.skills, record.context.now, record.store.pool
    found: dict[tuple[str, str, datetime | None], int] = {}
    there: dict[tuple[str, datetime], set[str]] = {}
    for one in await asked_for(record.store, parties, skills.required, now):
        at = max(one.due or now, now)
        if (one.owner, at) not in there:
            held = await able(pool, skills.known.values(), one.owner, at)
            there[one.owner, at] = {each.competence for each in held if not each.person}
        for competence in skills.required[one.activity]:
            if competence not in there[one.owner, at]:
                key = (one.owner, competence, one.due)
                found[key] = found.get(key, 0) + 1
    return tuple(Gap(party=p, competence=c, due=due, tasks=count) for (p, c, due), count in found.items())


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What a task needs, and how whoever has taken it, else the reader, comes by it.

    `until` None: not at all; `giver` is empty for a licence. `holder` is the name of who has taken it when it is not
    the reader. `can` and `may_delegate` are names of colleagues; `too_short` says that it ends before the task is due.
    """

    competence: str
    until: datetime | None = None
    giver: str = ""
    holder: str = ""
    can: tuple[str, ...] = ()
    may_delegate: tuple[str, ...] = ()
    too_short: bool = False


async def needs(record: Record, model: CareModel, tasks: Iterable[Resource]) -> dict[str, tuple[Need, ...]]:
    """What open tasks of the reader's own unit need, by their id; three questions however many they are, else none."""
    own = f"Organization/{record.context.party}"
    asking = [one for one in tasks if one.get("owner", {}).get("reference") == own and one["status"] in OPEN]
    wanted = {one["id"]: model.skills.of(one) for one in asking}
    ids = {id for each in wanted.values() for id in each}
    if not ids:
        return {}
    known = [model.skills.known[id] for id in sorted(ids) if id in model.skills.known]
    unit = await _unit(record, known)
    return {
        one["id"]: tuple(_need(record, unit, one, id) for id in wanted[one["id"]])
        for one in asking
        if wanted[one["id"]]
    }


class _Unit(msgspec.Struct, frozen=True):
    able: tuple[Able, ...]
    givers: tuple[tuple[str, str], ...]
    names: dict[str, str]


async def _unit(record: Record, known: Sequence[Competence]) -> _Unit:
    party, now, pool = record.context.party, record.context.now, record.store.pool
    held, giving = await able(pool, known, party, now), await givers(pool, known, party, now)
    people = {who for one in held for who in (one.practitioner, one.giver) if who} | {who for _, who in giving}
    there = await present(record, {("Practitioner", who.partition("/")[2]) for who in people})
    return _Unit(held, giving, {reference: name_of(one.resource()) for reference, one in there.items()})


def _need(record: Record, unit: _Unit, task: Resource, competence: str) -> Need:
    about = str(task.get("for", {}).get("reference", "")).removeprefix("Patient/")
    orders = orders_of(task)
    fitting = [one for one in unit.able if one.competence == competence and one.fits(about, orders)]
    taken = str(codes.extension_of(task, codes.CLAIMED_BY).get("valueReference", {}).get("reference", ""))
    doer = taken or record.context.actor
    due = _due(task)
    held = max((one for one in fitting if one.practitioner == doer), key=lambda one: one.until, default=None)
    can = dict.fromkeys(unit.names.get(one.practitioner, "") for one in fitting if one.practitioner != doer)
    giving = dict.fromkeys(unit.names.get(who, "") for id, who in unit.givers if id == competence and who != doer)
    return Need(
        competence=competence,
        until=held.until if held else None,
        giver=unit.names.get(held.giver, "") if held else "",
        holder=unit.names.get(taken, "") if taken != record.context.actor else "",
        can=tuple(name for name in can if name),
        may_delegate=tuple(name for name in giving if name),
        too_short=held is not None and due is not None and held.until < due,
    )


def _due(task: Resource) -> datetime | None:
    end = task.get("restriction", {}).get("period", {}).get("end")
    return datetime.fromisoformat(end) if end and "T" in end else None


async def citizens(record: Record, model: CareModel) -> tuple[tuple[str, str], ...] | Refusal:
    """Those whose open tasks in the unit need a competence, by id and name, as far as the reader sees them.

    After each their orders that such a task is done for, by `person/order`.
    """
    owner = f"Organization/{record.context.party}"
    activities = ",".join(f"{codes.ACTIVITY}|{one}" for one in sorted(model.skills.required))
    if not activities:
        return ()
    asked = [("owner", owner), ("code", activities), ("status", ",".join(sorted(OPEN))), ("_count", "200")]
    page = await record.search("Task", asked)
    if isinstance(page, Refusal):
        return page
    about = {one.person for one in page.matches if one.person}
    asked_by = {(one.person, order) for one in page.matches if one.person for order in orders_of(one.resource())}
    keys = {("Patient", id) for id in about} | {("ServiceRequest", order) for _, order in asked_by}
    there = await present(record, keys)
    names = {id: name_of(there[f"Patient/{id}"].resource()) for id in about if f"Patient/{id}" in there}
    orders = [(f"{id}/{one}", f"{names[id]}: {_title(there[f'ServiceRequest/{one}'])}") for id, one in asked_by
              if id in names and _is_open(there.get(f"ServiceRequest/{one}"), id)]  # fmt: skip
    return tuple(sorted([*names.items(), *orders], key=lambda one: (one[1], one[0])))


def _is_open(order: Stored | None, person: str) -> bool:
    return order is not None and order.person == person and order.resource()["status"] == "active"
