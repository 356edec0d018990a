"""Opening, and ending an opening: a Task that only Saman writes, which ties the professional until it ends.

In a country with two steps the first is to learn that something is restricted and, where the law says so, whose it is;
the second opens it. The Task belongs to the organisation whose log reviewer goes through it (flows.review.openings).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from saman.flows.opening.standing import (
    EMERGENCY,
    OFTEN,
    WHILE,
    Opened,
    entry_of,
    holders_of,
    is_professional,
    not_yours,
    opened_of,
    own_openings,
    own_tasks,
    told_of,
    unfenced,
)
from saman.flows.reading import moment_of
from saman.flows.writing import new_id
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import PERSONAL, Assignment, Domain, Holder, Question, decide
from saman.model.access.terms import Opening, opening_at
from saman.model.access.terms_time import later
from saman.model.care import codes
from saman.record import Change, Context, Record, Stored
from saman.record.audit import REFUSED
from saman.record.grants import open_context
from saman.record.membership import controller_of
from saman.record.openings import Lasting, lasting
from saman.record.ties import ties

REVIEW_BY = "review-by"
CONSENT = "consent"
LONGEST = 1000
SHORTEST = 10
"""Letters of a reason."""
STEP = timedelta(hours=1)
"""So long the first of two steps counts: an old one would make the second the only one."""
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('opening ' || $1, 0))"
TOLD = "Information about you that you have restricted was opened by a professional. Your log says who, when and why."

Resource = dict[str, Any]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to open: of whom, on which ground of the country, with what reason, until when.

    `step` is the id that the first of two steps gave, whose ground it has to be. `until` None means as long as the
    country lets it. `holder` (an Organization id that the first step named) narrows it to what that one holds.
    """

    person: str
    ground: str
    reason: str
    until: datetime | None = None
    step: str = ""
    holder: str = ""


class FirstStep(msgspec.Struct, frozen=True):
    """The first of two steps taken: its id for the second, its ground, and the holders that she may know of.

    `holders` are ids of Organizations; what is restricted and has none is opened only with all the rest.
    """

    id: str
    ground: str
    holders: tuple[str, ...]


async def first_step(record: Record, person: str, ground: str) -> FirstStep | Refusal:
    """Learn whose data are restricted where the country asks for two active steps; opens nothing yet.

    Whose they are is told on the same grounds as opening them. Taking it again on the same ground, within the hour in
    which it counts, is the same step.
    """
    terms = await _may_open(record, person)
    if isinstance(terms, Refusal):
        return terms
    if ground not in terms.grounds:
        return _refused("ground", "Choose a ground that the country knows.", "opening.ground")
    tasks = await own_tasks(record, person)
    if isinstance(tasks, Refusal):
        return tasks
    taken = next((one for one in tasks if _is_fresh_step(one, record) and ground_of(one) == ground), None)
    id = taken.id if taken else new_id(record, person)
    if taken is None:
        said = {"status": "draft", "reasonCode": codes.concept(codes.OPENING_GROUND, ground)}
        task = await task_of(record, id, person) | said
        written = await unfenced(record).commit([Change(task, id)])
        if isinstance(written, Refusal):
            return written
    return FirstStep(id, ground, await holders_of(record, person))


async def step_taken(record: Record, person: str, id: str) -> FirstStep | None:
    """Her own first step with the id, as long as it counts."""
    taken = await _first_of(record, person, id)
    return None if taken is None else FirstStep(taken.id, ground_of(taken), await holders_of(record, person))


def ground_of(task: Stored) -> str:
    """The ground that a Task of an opening, or of its first step, was made on."""
    return codes.code_of(task.resource().get("reasonCode"), codes.OPENING_GROUND)


async def open_restricted(record: Record, wanted: Wanted, notice: str = TOLD) -> Opened | Refusal:
    """Open what a person has restricted to the one professional who asks, at once; the log and the review know of it.

    While one of hers lasts that opens as much, it is the answer: of many at once, one opens. Where the country wants
    the person to be told, `notice` is sent to them in the same transaction.
    """
    terms = await _may_open(record, wanted.person)
    if isinstance(terms, Refusal):
        return terms

    async def opening(inner: Record) -> Opened | Refusal:
        assert inner.connection is not None
        await inner.connection.execute(ALONE, record.context.actor)
        return await _opened_once(inner, wanted, terms, notice)

    done = await record.atomically(opening)
    if isinstance(done, Refusal):
        await record.log(entry_of(record, wanted.person, "opening", REFUSED))
    return done


async def _opened_once(record: Record, wanted: Wanted, terms: Opening, notice: str) -> Opened | Refusal:
    mine = await own_openings(record)
    if isinstance(mine, Refusal):
        return mine
    lasting = (one for one in mine if one.person == wanted.person and one.lasts(record.context.now))
    there = next((one for one in lasting if one.holder in ("", wanted.holder)), None)
    if there is not None:
        return there
    step = await _first_of(record, wanted.person, wanted.step) if terms.steps == 2 else None
    wrong = _wrong(record, wanted, terms, mine, step) or await _not_theirs(record, wanted, step)
    if wrong is not None:
        return wrong
    id = step.id if step else new_id(record, wanted.person)
    task = await _opening(record, id, wanted, terms)
    changes = [Change(task, id, step.version if step else 0)]
    if "inform" in terms.after:
        changes.append(Change(notice_of(record, wanted.person, id, notice)))
    written = await unfenced(record).commit(changes)
    if isinstance(written, Refusal):
        return written
    opened = opened_of(written[0].stored)
    assert opened is not None
    return opened


async def end(record: Record, id: str) -> Opened | Refusal:
    """End one's own opening now; its review stays due."""
    mine = await own_openings(record)
    if isinstance(mine, Refusal):
        return mine
    own = next((one for one in mine if one.id == id and one.lasts(record.context.now)), None)
    if own is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such opening.", key="record.not-found")
    inner = unfenced(record)
    there = await inner.read("Task", id)
    if isinstance(there, Refusal):
        return there
    task = there.resource()
    period = task["restriction"]["period"] | {"end": instant(record.context.now)}
    changed: Resource = {"restriction": task["restriction"] | {"period": period}}
    written = await inner.update("Task", id, task | changed, own.version)
    return written if isinstance(written, Refusal) else msgspec.structs.replace(own, until=record.context.now)


async def openings_now(record: Record) -> tuple[Lasting, ...]:
    """Her openings that last now, of anybody; not logged, as it shows nothing about anybody."""
    return await lasting(record.store, record.context) if is_professional(record) else ()


async def opened_record(record: Record, person: str) -> Record | None:
    """The record as the professional sees this person while her opening lasts; None when she has none."""
    mine = await own_openings(record, person) if is_professional(record) else ()
    if isinstance(mine, Refusal):
        return None
    opened = next((one for one in mine if one.lasts(record.context.now)), None)
    if opened is None:
        return None
    context = await _personal(record, opened)
    return Record(record.store, context, record.base, record.connection)


async def _personal(record: Record, opened: Opened) -> Context:
    """The context of one professional while her opening lasts: for care with the person's consent, else BTG."""
    return await personal_context(record, record.context.purpose if opened.ground == CONSENT else EMERGENCY)


async def personal_context(record: Record, purpose: str) -> Context:
    """The context of the one professional who asks, beside that of everybody in her role."""
    context, policy = record.context, record.store.policy
    own = Assignment(
        number=0, kind=Holder.STAFF, purpose=purpose, role=context.role, party=context.party, actor=context.actor
    )
    number = await open_context(record.store.pool, own, policy)
    return msgspec.structs.replace(context, number=number, purpose=purpose)


async def _may_open(record: Record, person: str) -> Opening | Refusal:
    """The terms of the country for somebody who may see the person but for restrictions."""
    if not is_professional(record):
        return not_yours()
    terms = opening_at(record.store.policy, record.context.now)
    if terms is None:
        return refused(Kind.FORBIDDEN, "forbidden", "It cannot be opened here.", key="opening.never")
    held = await ties(unfenced(record), person)
    if isinstance(held, Refusal):
        return held
    question = Question(
        assignment=record.context.assignment,
        domain=Domain.PERSON,
        at=record.context.now,
        person=person,
        relations=held,
    )
    asked = (msgspec.structs.replace(question, domain=domain) for domain in PERSONAL)
    if not any(decide(one, record.store.policy).permitted for one in asked):
        return refused(
            Kind.NOT_FOUND, "not-found", "There is no such person, or you have no tie to them.", key="opening.tie"
        )
    told, hidden = await told_of(record, person)
    if told and not hidden:
        return refused(Kind.CONFLICT, "conflict", "Nothing is restricted here.", key="opening.nothing")
    return terms


def _wrong(
    record: Record, wanted: Wanted, terms: Opening, mine: Sequence[Opened], step: Stored | None
) -> Refusal | None:
    now, reason = record.context.now, wanted.reason.strip()
    if wanted.ground not in terms.grounds:
        return _refused("ground", "Choose a ground that the country knows.", "opening.ground")
    if (terms.reason and len(reason) < SHORTEST) or len(reason) > LONGEST:
        return _refused("reason", "Write why, in a sentence.", "opening.reason")
    last = later(now, terms.longest, record.store.policy.zone)
    if wanted.until is not None and not now < wanted.until <= last:
        return _refused("until", "It cannot stay open that long.", "opening.until")
    if terms.steps == 2 and step is None:
        return _refused("step", "First learn what is restricted, then open it.", "opening.step")
    if sum(one.since > now - WHILE for one in mine) >= OFTEN:
        return refused(Kind.CONFLICT, "throttled", "You have opened too much in a short time.", key="opening.often")
    return None


async def _not_theirs(record: Record, wanted: Wanted, step: Stored | None) -> Refusal | None:
    """Refused on another ground than the first step's, and for a holder whom it did not name."""
    if step is not None and ground_of(step) != wanted.ground:
        return _refused("step", "First learn what is restricted, then open it.", "opening.step")
    if wanted.holder and (step is None or wanted.holder not in await holders_of(record, wanted.person)):
        return _refused("holder", "Choose whose data to open.", "opening.holder")
    return None


def _refused(path: str, text: str, key: str) -> Refusal:
    return refused(Kind.UNPROCESSABLE, "value", text, path, key=key)


async def _first_of(record: Record, person: str, id: str) -> Stored | None:
    tasks = await own_tasks(record, person) if id else ()
    if isinstance(tasks, Refusal):
        return None
    return next((one for one in tasks if one.id == id and _is_fresh_step(one, record)), None)


def _is_fresh_step(stored: Stored, record: Record) -> bool:
    """Whether one of her Tasks is a first step, taken within the time in which it counts."""
    task = stored.resource()
    return task["status"] == "draft" and record.context.now - STEP < moment_of(task["authoredOn"])


async def task_of(record: Record, id: str, person: str) -> Resource:
    """The Task of an opening before anything is opened; without a person and an id, of one that was asked for."""
    context = record.context
    owner = await controller_of(record.store.statements, context.party, context.now) or context.party
    unit = {"url": codes.SENT_FOR, "valueReference": codes.reference(f"Organization/{context.party}")}
    about: Resource = {"id": id, "for": codes.reference(f"Patient/{person}")} if person else {}
    return {
        "resourceType": "Task",
        "intent": "order",
        "priority": "urgent",
        "code": codes.concept(codes.TASK, codes.OPENING),
        "extension": [unit],
        "requester": codes.reference(context.actor),
        "owner": codes.reference(f"Organization/{owner}"),
        "authoredOn": instant(context.now),
        "lastModified": instant(context.now),
    } | about


async def _opening(record: Record, id: str, wanted: Wanted, terms: Opening) -> Resource:
    until = wanted.until or later(record.context.now, terms.longest, record.store.policy.zone)
    opened = opened_at(record, until, *_narrowed(wanted.holder))
    ground = codes.concept(codes.OPENING_GROUND, wanted.ground, wanted.reason.strip())
    return await task_of(record, id, wanted.person) | opened | {"reasonCode": ground}


def opened_at(record: Record, until: datetime, *more: Resource) -> Resource:
    """What a Task says from the moment that it opens: until when, and by when it is gone through."""
    now, zone = record.context.now, record.store.policy.zone
    terms = opening_at(record.store.policy, now)
    due = later(now, terms.review_within if terms else "P1D", zone)
    by = {"type": codes.concept(codes.TASK_INPUT, REVIEW_BY), "valueDateTime": instant(due)}
    period = {"start": instant(now), "end": instant(until)}
    return {"status": "requested", "restriction": {"period": period}, "input": [by, *more]}


def _narrowed(holder: str) -> list[Resource]:
    whose = codes.reference(f"Organization/{holder}")
    return [{"type": codes.concept(codes.TASK_INPUT, codes.OPENING_OF), "valueReference": whose}] if holder else []


def notice_of(record: Record, person: str, id: str, text: str) -> Resource:
    """What tells the person that the Task with this id has opened something."""
    context = record.context
    return {
        "resourceType": "Communication",
        "status": "completed",
        "category": [codes.concept(codes.COMMUNICATION, codes.OPENING_NOTICE)],
        "subject": codes.reference(f"Patient/{person}"),
        "recipient": [codes.reference(f"Patient/{person}")],
        "sender": codes.reference(f"Organization/{context.party}"),
        "about": [codes.reference(f"Task/{id}")],
        "sent": instant(context.now),
        "payload": [{"contentString": text}],
    }
