"""Opening somebody in an emergency who is not seen otherwise: without a tie, or withheld as a whole.

It is the country's rule about openings on the ground `emergency` that lets it (P05). The person is named by the whole
identity number. Whoever is not there, whoever may not be opened and whoever has closed even this are one answer; each
asking leaves a mark, which is counted and logged, whatever comes of it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from saman.flows.opening.opening import ALONE, LONGEST, SHORTEST, notice_of, opened_at, personal_context, task_of
from saman.flows.opening.standing import (
    OFTEN,
    WHILE,
    Opened,
    entry_of,
    is_professional,
    not_yours,
    opened_of,
    own_openings,
    own_tasks,
    unfenced,
)
from saman.flows.reading import moment_of
from saman.flows.writing import new_id
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import PERSONAL, Assignment, Domain, Holder, Purpose, Question, Relation, RelationKind, decide
from saman.model.access.relation import EMERGENCY
from saman.model.access.terms import opening_at
from saman.model.access.terms_time import later
from saman.model.care import codes
from saman.model.fhir import resource_number
from saman.record import Change, Record, Stored
from saman.record.audit import REFUSED, Entry
from saman.record.openings import numbered

AT_MOST: Final = timedelta(hours=24)
"""So long at most, whatever a country lets other openings last; a choice of the platform."""
NOT_FOUND: Final = "emergency.nobody"
TOLD = "A professional opened your information in an emergency. Your log says who, when and why."
_NUMBER = re.compile(r"[0-9]{6,8}[-+A-Za-z]?[0-9]{3,5}[0-9A-Za-z]?")
_SHORTEST_NUMBER = 10

Resource = dict[str, Any]


class Emergency(msgspec.Struct, frozen=True, kw_only=True):
    """Whom somebody asks to open, by the whole identity number, with what reason and until when."""

    number: str
    reason: str
    until: datetime


class Seen(msgspec.Struct, frozen=True):
    """Who is seen already; nothing was opened."""

    person: str


def may_ask(record: Record) -> bool:
    """Whether somebody in this role could open a person in an emergency, whoever it is; asks nothing about anybody."""
    if not is_professional(record) or opening_at(record.store.policy, record.context.now) is None:
        return False
    return any(_permits(record, domain) for domain in PERSONAL)


def _permits(record: Record, domain: Domain) -> bool:
    context, person = record.context, "nobody"
    own = _own(record)
    tie = Relation(
        person=person,
        kind=RelationKind.OPENING,
        ground="Task/nothing",
        party=context.party,
        actor=context.actor,
        topic=EMERGENCY,
    )
    question = Question(assignment=own, domain=domain, at=context.now, person=person, relations=(tie,))
    return decide(question, record.store.policy).permitted


def _own(record: Record) -> Assignment:
    context = record.context
    purpose = Purpose.BREAK_THE_GLASS.value
    return Assignment(
        number=0, kind=Holder.STAFF, purpose=purpose, role=context.role, party=context.party, actor=context.actor
    )


def latest(record: Record) -> datetime:
    """Until when it may stay open at most."""
    terms, now = opening_at(record.store.policy, record.context.now), record.context.now
    return min(now + AT_MOST, later(now, terms.longest, record.store.policy.zone)) if terms else now


def number_of(typed: str) -> str:
    """An identity number without the spaces it is read out with; empty when it cannot be one."""
    plain = "".join(typed.split())
    return plain if _NUMBER.fullmatch(plain) and len(plain) >= _SHORTEST_NUMBER else ""


async def open_in_emergency(record: Record, wanted: Emergency, notice: str = TOLD) -> Opened | Seen | Refusal:
    """Open one person to the one professional who asks, at once; told to the person, logged, and gone through.

    Somebody who is seen already is not opened. Of many at once one opens.
    """
    if not may_ask(record):
        return not_yours()
    wrong = objection(record, wanted)
    if wrong is not None:
        return wrong
    marked = await _marked(record, wanted)
    if isinstance(marked, Refusal):
        return marked
    found = await numbered(record.store, record.context, number_of(wanted.number))
    if len(found) != 1:
        return await _nobody(record)
    (person,) = found
    if isinstance(await record.read("Patient", person), Stored):
        return Seen(person)
    done = await _opened(record, person, wanted, notice)
    return await _nobody(record, person) if isinstance(done, Refusal) and done.kind is Kind.NOT_FOUND else done


def objection(record: Record, wanted: Emergency) -> Refusal | None:
    """What is wrong with how it is asked for, whoever it is about; nothing is looked up for it."""
    now, reason = record.context.now, wanted.reason.strip()
    if not number_of(wanted.number):
        return _refused("number", "Write the whole identity number.", "emergency.number")
    if not SHORTEST <= len(reason) <= LONGEST:
        return _refused("reason", "Write why, in a sentence.", "opening.reason")
    if not now < wanted.until <= latest(record):
        return _refused("until", "It cannot stay open that long.", "opening.until")
    return None


def _refused(path: str, text: str, key: str) -> Refusal:
    return refused(Kind.UNPROCESSABLE, "value", text, path, key=key)


async def _marked(record: Record, wanted: Emergency) -> Stored | Refusal:
    """Leave a mark that somebody asked, of nobody in particular; refused when there are too many within the hour."""
    now = record.context.now

    async def marking(inner: Record) -> Stored | Refusal:
        assert inner.connection is not None
        await inner.connection.execute(ALONE, record.context.actor)
        tasks = await own_tasks(inner)
        if isinstance(tasks, Refusal):
            return tasks
        asked = [moment_of(one.resource()["authoredOn"]) for one in tasks if _is_mark(one)]
        if sum(now - WHILE < one <= now for one in asked) >= OFTEN:
            return refused(Kind.CONFLICT, "throttled", "You have asked too much in a short time.", key="opening.often")
        task = await task_of(record, "", "")
        said = {"status": "completed", "reasonCode": codes.concept(codes.OPENING_GROUND, EMERGENCY, wanted.reason)}
        written = await unfenced(inner).commit([Change(task | said)])
        return written if isinstance(written, Refusal) else written[0].stored

    return await record.atomically(marking)


def _is_mark(stored: Stored) -> bool:
    return "for" not in stored.resource()


async def _nobody(record: Record, person: str | None = None) -> Refusal:
    """The one answer where nobody is opened; a person who may not be opened finds in their log that it was asked."""
    entry = Entry(record.context, "E", resource_number("Patient"), outcome=REFUSED, query=EMERGENCY)
    await record.log(entry_of(record, person, EMERGENCY, REFUSED) if person else entry)
    return refused(Kind.NOT_FOUND, "not-found", "Nobody is opened by that number.", "number", key=NOT_FOUND)


async def _opened(record: Record, person: str, wanted: Emergency, notice: str) -> Opened | Refusal:
    context = await personal_context(record, Purpose.BREAK_THE_GLASS.value)

    async def opening(inner: Record) -> Opened | Refusal:
        assert inner.connection is not None
        await inner.connection.execute(ALONE, record.context.actor)
        mine = await own_openings(inner, person)
        if isinstance(mine, Refusal):
            return mine
        lasting = (one for one in mine if one.ground == EMERGENCY and one.lasts(record.context.now))
        there = next(lasting, None)
        if there is not None:
            return there
        id = new_id(record, person)
        ground = codes.concept(codes.OPENING_GROUND, EMERGENCY, wanted.reason.strip())
        task = await task_of(record, id, person) | opened_at(record, wanted.until) | {"reasonCode": ground}
        changes = [Change(task, id), Change(notice_of(record, person, id, notice))]
        written = await unfenced(inner).commit(changes)
        if isinstance(written, Refusal):
            return written
        # Where even an emergency does not open the person, nothing of this has happened.
        seen = await Record(record.store, context, record.base, inner.connection).read("Patient", person)
        opened = opened_of(written[0].stored)
        assert opened is not None
        return seen if isinstance(seen, Refusal) else opened

    return await record.atomically(opening)
