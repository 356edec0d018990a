"""What somebody shares with those close to them: the plan with its messages, the readings; until when, and ending it.

Kept on the RelatedPerson: an extension for each scope, and the period. More than that takes custody or a mandate,
which are read from the record and changed where they were given.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import msgspec

from saman.flows.directory import name_of
from saman.flows.reading import all_of
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Assignment, Domain, Holder, Purpose, Question, Relation, RelationKind, decide, relations
from saman.model.access.moment import begins, is_over
from saman.model.access.near import SCOPE_URL, SHAREABLE, is_guardian, is_proxy, scopes_of
from saman.record import Record, Stored, Written

OPENS = {"plan": Domain.PLAN, "readings": Domain.READINGS}
"""The kind of data that each scope is about."""

WITH = {"messages": "plan"}
"""What goes with another scope: messages are part of what is planned together."""

Resource = dict[str, Any]


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody close, at a version: what is shared, from when until when (None: open), and by what else they see.

    `last` is the last day as it was chosen, None when there is none or it ended within a day.
    """

    id: str
    version: int
    name: str
    scopes: tuple[str, ...]
    start: datetime | None
    until: datetime | None
    last: date | None
    guardian: bool
    proxy: bool

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return self.until is not None and self.until <= now


async def those_close(record: Record) -> tuple[Close, ...] | Refusal:
    """Everybody whom the record has as close to the citizen who asks, by name."""
    found = await all_of(record, "RelatedPerson", [("patient", record.context.actor)])
    if isinstance(found, Refusal):
        return found
    kept = (one for one in found if one.resource().get("active") is not False)
    return tuple(sorted((_close(one, record) for one in kept), key=lambda one: one.name))


def _close(stored: Stored, record: Record) -> Close:
    person, zone = stored.resource(), record.store.policy.zone
    end = person.get("period", {}).get("end")
    return Close(
        id=stored.id,
        version=stored.version,
        name=name_of(person),
        scopes=tuple(one for one in scopes_of(person) if one in OPENS),
        start=begins(person.get("period", {}).get("start"), zone),
        until=is_over(end, zone),
        last=date.fromisoformat(end) if end is not None and len(end) == len("2026-11-22") else None,
        guardian=is_guardian(person),
        proxy=is_proxy(person),
    )


async def shareable(record: Record) -> tuple[str, ...] | Refusal:
    """What the citizen who asks can share by the rules of the country, as old as they are now."""
    found = await record.read("Patient", record.context.actor.removeprefix("Patient/"))
    if isinstance(found, Refusal):
        return found
    policy, now = record.store.policy, record.context.now
    facts = [one for one in relations(found.resource(), policy.zone) if one.is_fact]
    return tuple(scope for scope in OPENS if _opens(record, found.id, scope, facts, now))


def _opens(record: Record, person: str, scope: str, facts: list[Relation], now: datetime) -> bool:
    actor = "RelatedPerson/somebody"
    tie = Relation(person=person, kind=RelationKind.RELATIVE, ground=actor, actor=actor, topic=scope)
    asker = Assignment(number=0, kind=Holder.RELATIVE, purpose=Purpose.FAMILY_REQUEST.value, actor=actor)
    question = Question(assignment=asker, domain=OPENS[scope], at=now, person=person, relations=[*facts, tie])
    return decide(question, record.store.policy).permitted


async def share(record: Record, id: str, version: int, scopes: Collection[str], last: date | None) -> Written | Refusal:
    """Share these scopes up to and with the day `last` (None: no end), in the place of what was shared."""
    allowed = await shareable(record)
    if isinstance(allowed, Refusal):
        return allowed
    if not set(scopes) <= set(allowed):
        text = "This cannot be shared by the rules of the country."
        return refused(Kind.UNPROCESSABLE, "value", text, "scope", key="close.scope")
    if last is not None and last < record.context.now.astimezone(record.store.policy.zone).date():
        text = "The last day has passed. Choose today or a later day."
        return refused(Kind.UNPROCESSABLE, "value", text, "last", key="close.last")
    return await _put(record, id, version, scopes, last.isoformat() if last else None)


async def end_now(record: Record, id: str, version: int) -> Written | Refusal:
    """End all sharing at this instant; somebody with custody keeps what follows from that."""
    there = await record.read("RelatedPerson", id)
    if isinstance(there, Refusal):
        return there
    if is_guardian(there.resource()):
        return await _put(record, id, version, (), None)
    return await _put(record, id, version, scopes_of(there.resource()), instant(record.context.now))


async def undo(record: Record, id: str, version: int) -> Written | Refusal:
    """Share again what was shared before the change that made `version`, while nothing has changed since."""
    before = await record.vread("RelatedPerson", id, version - 1) if version > 1 else None
    if before is None or isinstance(before, Refusal):
        return refused(Kind.NOT_FOUND, "not-found", "There is nothing to undo.", key="record.not-found")
    person = before.resource()
    return await _put(record, id, version, scopes_of(person), person.get("period", {}).get("end"))


async def _put(record: Record, id: str, version: int, scopes: Collection[str], end: str | None) -> Written | Refusal:
    there = await record.read("RelatedPerson", id)
    if isinstance(there, Refusal):
        return there
    person = there.resource()
    others = [one for one in person.get("extension", ()) if one.get("url") != SCOPE_URL or _is_other(one)]
    shared = [{"url": SCOPE_URL, "valueCode": one} for one in SHAREABLE if WITH.get(one, one) in scopes]
    changed = {**person, "extension": [*others, *shared]}
    if not changed["extension"]:
        del changed["extension"]
    if not is_guardian(person):
        changed["period"] = {key: value for key, value in person.get("period", {}).items() if key != "end"}
        changed["period"] |= {"end": end} if end is not None else {}
        if not changed["period"]:
            del changed["period"]
    return await record.update("RelatedPerson", id, changed, version)


def _is_other(extension: Resource) -> bool:
    return extension.get("valueCode") not in SHAREABLE
