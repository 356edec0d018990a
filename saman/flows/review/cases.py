"""Questions about the log: a citizen does not recognise a look, and the organisation that looked has to answer.

Each is a FHIR Task (code `urn:saman:task|log-question`, https://hl7.org/fhir/R4/task.html), see `acting` for who
sees it. Its owner is the organisation whose log reviewer answers, `restriction.period.end` is when the answer is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from saman.flows.reading import all_of, authored, moment_of
from saman.flows.review.acting import acting, is_reviewer, not_yours, own_citizen, own_units
from saman.flows.review.due import working_days_after
from saman.flows.review.terms import log_terms
from saman.flows.review.visits import Visit, visits
from saman.flows.writing import Once, once
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care import codes
from saman.model.care.caremodel import CareModel
from saman.model.care.work import OPEN
from saman.record import Change, Record, Stored, Written
from saman.record.review import looks_at

LOG_QUESTION = "log-question"
CASE = "urn:saman:case"
ENTRY = "urn:saman:log-entry"
WITH_OFFICER = "with-officer"
LONGEST = 2000
DAY_OF_VISIT = 86_400

Resource = dict[str, Any]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One question. `person` is who asks, `looked_by` a reference; `visit` the number of the look it is about.

    `answer` is empty until it was answered. A case is `late` when it is open past its date, at both ends alike.
    """

    id: str
    version: int
    person: str
    visit: int
    unit: str
    looked_by: str
    role: str
    looked: datetime
    owner: str
    words: str
    asked: datetime
    due: datetime
    open: bool
    late: bool
    with_officer: bool
    answer: str
    answered_by: str
    answered: datetime | None


def reviewed_by(model: CareModel, party: str) -> str:
    """The id of the nearest organisation over a unit that has a log reviewer; the topmost when none has."""
    at = model.party(party)
    while at is not None and "log-reviewer" not in at.roles and at.parent is not None:
        above = model.party(at.parent)
        if above is None:
            break
        at = above
    return at.id if at is not None else party


async def ask_about(record: Record, model: CareModel, entry: int, at: datetime, words: str) -> Once | Refusal:
    """Ask about the visit that begins with an entry at a time; asking twice about one visit is one case."""
    person = own_citizen(record)
    if person is None:
        return refused(Kind.FORBIDDEN, "forbidden", "Only the citizen can ask.", key="auth.not-yours")
    if len(words) > LONGEST:
        return refused(Kind.UNPROCESSABLE, "too-long", f"Write at most {LONGEST} signs.", "text", key="message.long")
    visit = await _visit(record, person, entry, at)
    if visit is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such entry in your log.", key="record.not-found")
    terms = log_terms(record.store.policy, record.context.now)
    due = working_days_after(model.country, record.context.now, terms.answer_days)
    task = question(person, visit, reviewed_by(model, visit.first.party), words.strip(), record.context.now, due)
    key = task["identifier"][0]["value"]
    return await once(acting(record), "Task", f"identifier={codes.TASK}|{key}", lambda inner: [Change(task)])


async def _visit(record: Record, person: str, entry: int, at: datetime) -> Visit | None:
    """The visit of an entry, out of the looks around its time that the log shows to the person."""
    since, until = at.timestamp() - DAY_OF_VISIT, at.timestamp() + DAY_OF_VISIT
    found = await looks_at(record, person, datetime.fromtimestamp(since, at.tzinfo),
                           datetime.fromtimestamp(until, at.tzinfo))  # fmt: skip
    others = (one for one in found if one.actor != record.context.actor)
    return next((each for each in visits(others) if each.number == entry), None)


def question(person: str, visit: Visit, owner: str, words: str, now: datetime, due: datetime) -> Resource:
    """The Task of a question. It has no `for`: a Task about a person would let its owner's staff see the person."""
    first = visit.first
    inputs: list[Resource] = [
        {"type": codes.concept(codes.TASK_INPUT, "visit"), "valueDateTime": instant(visit.start)},
        {"type": codes.concept(codes.TASK_INPUT, "role"), "valueCode": first.role},
        {"type": codes.concept(codes.TASK_INPUT, "looked-by"), "valueReference": codes.reference(first.actor)},
    ]
    if first.party:
        unit = codes.reference(f"Organization/{first.party}")
        inputs.append({"type": codes.concept(codes.TASK_INPUT, "unit"), "valueReference": unit})
    return {
        "resourceType": "Task",
        "identifier": [{"system": codes.TASK, "value": f"{LOG_QUESTION}-{visit.number}"}],
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": codes.concept(codes.TASK, LOG_QUESTION),
        "focus": {"type": "AuditEvent", "identifier": {"system": ENTRY, "value": str(visit.number)}},
        "authoredOn": instant(now),
        "lastModified": instant(now),
        "requester": codes.reference(f"Patient/{person}"),
        "owner": codes.reference(f"Organization/{owner}"),
        "restriction": {"period": {"end": instant(due)}},
        "input": inputs,
    } | ({"description": words} if words else {})


async def own_cases(record: Record) -> tuple[Case, ...] | Refusal:
    """A citizen's own questions, newest first."""
    person = own_citizen(record)
    if person is None:
        return ()
    return await _found(record, ("requester", f"Patient/{person}"))


async def cases(record: Record) -> tuple[Case, ...] | Refusal:
    """The questions that the reviewer's organisation has to answer, by the date they are due; open ones first.

    A question about a look of the reviewer is left to the others.
    """
    if not is_reviewer(record):
        return not_yours()
    owners = ",".join(f"Organization/{one}" for one in await own_units(record))
    found = await _found(record, ("owner", owners))
    if isinstance(found, Refusal):
        return found
    own = (one for one in found if one.looked_by != record.context.actor)
    return tuple(sorted(own, key=lambda one: (not one.open, one.due, one.id)))


async def _found(record: Record, pair: tuple[str, str]) -> tuple[Case, ...] | Refusal:
    tasks = await all_of(acting(record), "Task", [("code", f"{codes.TASK}|{LOG_QUESTION}"), pair])
    if isinstance(tasks, Refusal):
        return tasks
    made = (case_of(one, record.context.now) for one in tasks)
    return tuple(sorted(made, key=lambda one: (one.asked, one.id), reverse=True))


async def answer(record: Record, id: str, version: int, text: str) -> Written | Refusal:
    """Answer a question, in words that the citizen reads."""
    if not text.strip():
        return refused(Kind.UNPROCESSABLE, "required", "Write an answer.", "text", key="review.empty")
    if len(text) > LONGEST:
        return refused(Kind.UNPROCESSABLE, "too-long", f"Write at most {LONGEST} signs.", "text", key="message.long")
    now, actor = instant(record.context.now), record.context.actor
    outputs = [
        {"type": codes.concept(codes.TASK_OUTPUT, "answer"), "valueString": text.strip()},
        {"type": codes.concept(codes.TASK_OUTPUT, "answered-by"), "valueReference": codes.reference(actor)},
    ]
    period = {"executionPeriod": {"end": now}}
    return await _changed(record, id, version, {"status": "completed", "output": outputs} | period)


async def escalate(record: Record, id: str, version: int, text: str) -> Written | Refusal:
    """Bring a question to the data-protection officer; it stays open and is still due when it was."""
    note = {"time": instant(record.context.now), "authorReference": codes.reference(record.context.actor)}
    said = {"text": text.strip()[:LONGEST] or WITH_OFFICER}
    return await _changed(
        record, id, version, {"businessStatus": codes.concept(CASE, WITH_OFFICER), "note": [note | said]}
    )


async def _changed(record: Record, id: str, version: int, change: Resource) -> Written | Refusal:
    standing = await cases(record)
    if isinstance(standing, Refusal):
        return standing
    if not any(one.id == id and one.open for one in standing):
        return refused(Kind.NOT_FOUND, "not-found", "There is no such question to answer.", key="record.not-found")
    inner = acting(record)
    there = await inner.read("Task", id)
    if isinstance(there, Refusal):
        return there
    changed = there.resource() | {"lastModified": instant(record.context.now)} | change
    return await inner.update("Task", id, changed, version)


def case_of(stored: Stored, now: datetime) -> Case:
    """A stored Task as a case."""
    task = stored.resource()
    due = moment_of(task["restriction"]["period"]["end"])
    is_open = task["status"] in OPEN
    ended = task.get("executionPeriod", {}).get("end")
    outputs = task.get("output", ())
    return Case(
        id=stored.id,
        version=stored.version,
        person=task["requester"]["reference"].removeprefix("Patient/"),
        visit=int(task["focus"]["identifier"]["value"]),
        unit=_reference(task["input"], "unit").removeprefix("Organization/"),
        looked_by=_reference(task["input"], "looked-by"),
        role=str(_value(task["input"], codes.TASK_INPUT, "role").get("valueCode", "")),
        looked=moment_of(_value(task["input"], codes.TASK_INPUT, "visit")["valueDateTime"]),
        owner=task["owner"]["reference"].removeprefix("Organization/"),
        words=task.get("description", ""),
        asked=authored(task),
        due=due,
        open=is_open,
        late=is_open and due < now,
        with_officer=codes.code_of(task.get("businessStatus"), CASE) == WITH_OFFICER,
        answer=str(_value(outputs, codes.TASK_OUTPUT, "answer").get("valueString", "")),
        answered_by=str(
            _value(outputs, codes.TASK_OUTPUT, "answered-by").get("valueReference", {}).get("reference", "")
        ),
        answered=moment_of(ended) if ended else None,
    )


def _value(parts: Sequence[Resource], system: str, code: str) -> Resource:
    return next((one for one in parts if codes.code_of(one["type"], system) == code), {})


def _reference(parts: Sequence[Resource], code: str) -> str:
    return str(_value(parts, codes.TASK_INPUT, code).get("valueReference", {}).get("reference", ""))
