"""Giving a role and ending it, by somebody who has a say over the unit: held against the rules, then written once.

Written as a PractitionerRole with a period in the giver's own name, so that the log names them. What follows from it
(who may see whom, whose sessions end) the record works out in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from saman.flows.directory import name_of
from saman.flows.membership.authority import AUTHORITIES, Authority, Wanted, objections
from saman.flows.membership.licence import Licence, holds_licence, number_system, with_licence
from saman.flows.writing import Once, once
from saman.kernel.clock import instant
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.access.delegation import competence_of
from saman.model.access.membership import memberships
from saman.model.access.moment import END
from saman.model.care import codes
from saman.model.care.caremodel import CareModel
from saman.record import Change, Record, Stored, Written
from saman.record.membership import members_of, units_of

Resource = dict[str, Any]

SUBSTITUTE = "substitute"


class Say(msgspec.Struct, frozen=True):
    """Somebody's say over who works where: what kind, and in which units (party ids) now."""

    authority: Authority
    units: tuple[str, ...]


async def say_of(record: Record) -> Say | Refusal:
    """The say of whoever asks, over the own unit and the units within it as they are now; refused without one."""
    authority = AUTHORITIES.get(record.context.role)
    if authority is None or record.context.kind != "staff":
        return refused(Kind.FORBIDDEN, "forbidden", "Your role may not do this.", key="access.write.no_rule")
    return Say(authority, await units_of(record.store.pool, record.context.party, record.context.now))


class Person(msgspec.Struct, frozen=True):
    """Whom a role is given: a Practitioner of the directory at its version, or a new one at version 0."""

    resource: Mapping[str, Any]
    version: int = 0


async def person_in_directory(record: Record, id: str) -> Person | Refusal:
    """Somebody of the directory who has not left."""
    found = await record.read("Practitioner", id)
    if isinstance(found, Refusal):
        return found
    person = found.resource()
    if person.get("active") is False:
        return refused(Kind.NOT_FOUND, "not-found", "This person has left.", key="record.not-found")
    return Person(person, found.version)


async def give(
    record: Record, model: CareModel, person: Person, wanted: Wanted, licence: Licence, key: str, giver: str
) -> Once | Refusal:
    """Give a role, once for `key`; `giver` is the name that is kept with it. Everything in the way is named."""
    say = await say_of(record)
    if isinstance(say, Refusal):
        return say
    there = await _written(record, key)
    if there is not None:
        return Once(there, already=True)
    giving = codes.reference(record.context.actor, giver)
    resource, wrong = _licensed(model, person.resource, wanted, licence, giving)
    issues = (
        *wrong,
        *objections(model, say.authority, say.units, wanted, resource, record.context.now),
        *await _already(record, model, person, wanted, licence),
    )
    if issues:
        return Refusal(Kind.UNPROCESSABLE, _once_each(issues))

    def changes(inner: Record) -> list[Change]:
        mint = inner.store.mint
        id = str(resource.get("id") or mint.make(mint.new_shard()))
        role = _role(say.authority, {**resource, "id": id}, wanted, giving, key)
        if resource is person.resource and person.version:
            return [Change(role)]
        return [Change(role), Change({**resource, "id": id}, id, person.version)]

    return await once(_acting(record, say.authority), "PractitionerRole", _by_key(key), changes)


def _by_key(key: str) -> str:
    return f"identifier={codes.MEMBERSHIP}|{key}"


def _acting(record: Record, authority: Authority) -> Record:
    """The record for one act that has been held against the rules."""
    context = msgspec.structs.replace(record.context, rights=record.context.rights | {authority.right})
    return Record(record.store, context, record.base, record.connection)


def _licensed(
    model: CareModel, person: Mapping[str, Any], wanted: Wanted, licence: Licence, giver: Resource
) -> tuple[Mapping[str, Any], tuple[Issue, ...]]:
    """The Practitioner with the licence that was looked up, where the role asks for one and there was none."""
    role = model.role(wanted.role)
    zone = ZoneInfo(model.country.time_zone)
    if role is None or not role.licensed or not licence.number:
        return person, ()
    if holds_licence(person, role.profession, wanted.since, wanted.until, zone):
        return person, ()
    if not licence.looked_up:
        text = "Look the number up in the register first, and say that you have."
        return person, (Issue("business-rule", text, "looked_up", key="membership.look-up"),)
    return with_licence(person, model, role.profession, licence, giver), ()


async def _written(record: Record, key: str) -> Stored | None:
    """What was written for a key before."""
    page = await record.search("PractitionerRole", [("identifier", f"{codes.MEMBERSHIP}|{key}")])
    return None if isinstance(page, Refusal) else next(iter(page.matches), None)


async def _already(
    record: Record, model: CareModel, person: Person, wanted: Wanted, licence: Licence
) -> tuple[Issue, ...]:
    """Objections from what is in the directory: to oneself, to a role that is held, to somebody entered twice."""
    reference = f"Practitioner/{person.resource.get('id', '')}"
    if reference == record.context.actor:
        text = "You cannot give yourself a role. Ask somebody else who may."
        return (Issue("forbidden", text, key="membership.self"),)
    if not person.version:
        return await _known(record, model, person.resource, licence)
    held = await members_of(record.store.pool, [wanted.party], record.context.now)
    same = [one for one in held if (one.practitioner, one.role) == (reference, wanted.role)]
    if any(one.since < (wanted.until or one.until) and wanted.since < one.until for one in same):
        return (Issue("duplicate", "They hold this role in this unit then.", "role", key="membership.held"),)
    return ()


async def _known(record: Record, model: CareModel, person: Mapping[str, Any], licence: Licence) -> tuple[Issue, ...]:
    if not name_of(dict(person)):
        return (Issue("required", "Write the name.", "family", key="membership.name"),)
    if not licence.number:
        return ()
    asked = [("identifier", f"{number_system(model)}|{licence.number}")]
    page = await record.search("Practitioner", asked)
    if isinstance(page, Refusal) or not page.matches:
        return ()
    text = "Somebody with this number is in the directory already. Find them by name."
    return (Issue("duplicate", text, "licence", key="membership.known"),)


def _once_each(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    """Each field named once, with the first thing to mend."""
    return tuple({issue.path or issue.key: issue for issue in reversed(issues)}.values())[::-1]


def _role(authority: Authority, person: Mapping[str, Any], wanted: Wanted, giver: Resource, key: str) -> Resource:
    period = {"start": instant(wanted.since)} | ({"end": instant(wanted.until)} if wanted.until else {})
    said = [{"url": codes.GIVEN_FOR, "valueString": wanted.reason.strip()}] if wanted.reason.strip() else []
    lasting = {} if authority.longest is None else {"meta": {"tag": [codes.coding(codes.MEMBERSHIP, SUBSTITUTE)]}}
    return lasting | {
        "resourceType": "PractitionerRole",
        "extension": [{"url": codes.GIVEN_BY, "valueReference": giver}, *said],
        "identifier": [{"system": codes.MEMBERSHIP, "value": key}],
        "active": True,
        "period": period,
        "practitioner": codes.reference(f"Practitioner/{person['id']}", name_of(dict(person))),
        "organization": codes.reference(f"Organization/{wanted.party}"),
        "code": [codes.concept(codes.ROLE, wanted.role)],
    }


async def given(record: Record, id: str) -> Stored | Refusal:
    """A PractitionerRole that whoever asks has a say over; refused as not found for all others, and for the own."""
    say = await say_of(record)
    if isinstance(say, Refusal):
        return say
    found = await record.read("PractitionerRole", id)
    if isinstance(found, Refusal):
        return found
    role = found.resource()
    own = role.get("practitioner", {}).get("reference") == record.context.actor
    unit = role.get("organization", {}).get("reference", "").removeprefix("Organization/")
    held = {one.role for one in memberships(role, record.store.policy.zone)}
    barred = bool(held & say.authority.barred) or bool(competence_of(role))
    if own or unit not in say.units or barred or (say.authority.longest is not None and not is_substitute(role)):
        return refused(Kind.NOT_FOUND, "not-found", "There is no such role here.", key="record.not-found")
    return found


def is_substitute(role: Mapping[str, Any]) -> bool:
    """Whether a PractitionerRole was given for a time by a team leader."""
    tags = role.get("meta", {}).get("tag", ())
    return any((one.get("system"), one.get("code")) == (codes.MEMBERSHIP, SUBSTITUTE) for one in tags)


async def end(record: Record, id: str, version: int) -> Written | Refusal:
    """End a role now, or before it begins; refused as a conflict when it is not at `version`."""
    found = await given(record, id)
    if isinstance(found, Refusal):
        return found
    role, now = found.resource(), record.context.now
    (*_, held) = memberships(role, record.store.policy.zone) or (None,)
    begun = held is not None and held.since < now
    ended: Resource = {**role, "period": {**role.get("period", {}), "end": instant(now)}} if begun else role
    return await _put(record, {**ended, "active": begun}, version)


async def redate(
    record: Record, model: CareModel, id: str, version: int, since: datetime, until: datetime | None
) -> Written | Refusal:
    """Change from and until when somebody holds a role; the same rules hold as for giving it."""
    found = await given(record, id)
    if isinstance(found, Refusal):
        return found
    period = {"start": instant(since)} | ({"end": instant(until)} if until else {})
    return await _again(record, model, {**found.resource(), "period": period}, version)


async def put_back(record: Record, model: CareModel, id: str, version: int) -> Written | Refusal:
    """Undo the change that made `version`, as long as it is the newest: the version before it stands again."""
    found = await given(record, id)
    if isinstance(found, Refusal):
        return found
    if version < 2:
        return await end(record, id, version)
    before = await record.vread("PractitionerRole", id, version - 1)
    return before if isinstance(before, Refusal) else await _again(record, model, before.resource(), version)


async def _again(record: Record, model: CareModel, role: Resource, version: int) -> Written | Refusal:
    """Write a role that was given before, with other dates; held against the same rules as a new one."""
    say = await say_of(record)
    if isinstance(say, Refusal):
        return say
    practitioner = await record.read("Practitioner", role["practitioner"]["reference"].removeprefix("Practitioner/"))
    if isinstance(practitioner, Refusal):
        return practitioner
    person, now = practitioner.resource(), record.context.now
    reason = codes.extension_of(role, codes.GIVEN_FOR).get("valueString", "")
    for held in memberships(role, record.store.policy.zone):
        until = None if held.until == END else held.until
        wanted = Wanted(party=held.party, role=held.role, since=held.since, until=until, reason=reason)
        issues = objections(model, say.authority, say.units, wanted, person, now)
        if issues:
            return Refusal(Kind.UNPROCESSABLE, _once_each(issues))
    return await _put(record, role, version)


async def _put(record: Record, role: Resource, version: int) -> Written | Refusal:
    say = await say_of(record)
    if isinstance(say, Refusal):
        return say
    return await _acting(record, say.authority).update("PractitionerRole", str(role["id"]), role, version)
