"""Reports that were asked for and did not come: one open task for a person, so that somebody finds out how they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from saman.flows.monitoring.enrolment import Enrolment, enrolments_of
from saman.flows.reading import all_of, moment_of
from saman.flows.writing import Once, once
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal
from saman.model.care import codes
from saman.model.care.calendar import Due, deadline, due_times, local
from saman.model.care.caremodel import CareModel
from saman.model.care.work import OPEN
from saman.record import Change, Record, Stored

LOOKED_BACK = timedelta(days=3)

Resource = dict[str, Any]


async def note_missing(record: Record, model: CareModel) -> int | Refusal:
    """Note every report that counts as missed by now and is not noted yet; says how many it noted."""
    episodes = await all_of(record, "EpisodeOfCare", [("status", "active")])
    if isinstance(episodes, Refusal):
        return episodes
    persons = sorted({one.person for one in episodes if one.person is not None})
    made = 0
    for person in persons:
        enrolled = await enrolments_of(record, model, person, "en")
        if isinstance(enrolled, Refusal):
            return enrolled
        for enrolment in enrolled:
            noted = await _note(record, model, enrolment)
            if isinstance(noted, Refusal):
                return noted
            made += noted
    return made


async def _note(record: Record, model: CareModel, enrolment: Enrolment) -> int | Refusal:
    since = record.context.now - LOOKED_BACK
    sent = await _sent(record, enrolment.person, since)
    if isinstance(sent, Refusal):
        return sent
    asked = [
        missing_task(model, enrolment, due, record.context.now)
        for due in missed(model, enrolment, sent, since, record.context.now)
    ]
    standing = await _standing(record, enrolment) if asked else None
    if isinstance(standing, Refusal):
        return standing
    made = 0
    for task in asked:
        done = await _asked(record, task, standing)
        if isinstance(done, Refusal):
            return done if done.kind is not Kind.PRECONDITION else made
        standing = standing if done.already else done.stored
        made += not done.already
    return made


async def _standing(record: Record, enrolment: Enrolment) -> Stored | Refusal | None:
    """The open task about earlier missed reports of the same person and service."""
    pairs = [
        ("patient", f"Patient/{enrolment.person}"),
        ("code", f"{codes.TASK}|{codes.MISSING_REPORT}"),
        ("focus", enrolment.episode),
        ("status", ",".join(sorted(OPEN))),
    ]
    found = await all_of(record, "Task", pairs)
    return found if isinstance(found, Refusal) else next(iter(found), None)


async def _asked(record: Record, task: Resource, standing: Stored | None) -> Once | Refusal:
    """The task, or its day added to the one that stands; `PRECONDITION` when somebody acts on that one now."""
    key = task["identifier"][0]["value"]
    change = Change(task)
    if standing is not None:
        change = Change(also_missed(standing.resource(), task), standing.id, standing.version)
    return await once(record, "Task", f"identifier={codes.TASK}|{key}", lambda inner: [change])


def also_missed(standing: Resource, task: Resource) -> Resource:
    """The open task with one more day on which nothing came; it is to be answered when it was before."""
    added = {name: [*standing.get(name, ()), *task[name]] for name in ("identifier", "input")}
    return standing | added | {"lastModified": task["lastModified"]}


async def _sent(record: Record, person: str, since: datetime) -> list[datetime] | Refusal:
    pairs = [("patient", f"Patient/{person}"), ("authored", f"ge{instant(since)}")]
    found = await all_of(record, "QuestionnaireResponse", pairs)
    return found if isinstance(found, Refusal) else [moment_of(one.resource()["authored"]) for one in found]


def missed(
    model: CareModel, enrolment: Enrolment, sent: list[datetime], since: datetime, now: datetime
) -> Iterator[Due]:
    """The times, one a day, at which something was asked for and nothing came before it counted as missed."""
    every = {
        local(model.country, due.opens).date(): due
        for _, schedule in enrolment.asked.measurements
        for due in due_times(schedule, model.country, since, now)
    }
    for due in every.values():
        if since <= due.opens and due.missed_at <= now and not any(due.opens <= one < due.missed_at for one in sent):
            yield due


def missing_key(episode: str, day: str) -> Resource:
    """The identifier of a missed report: the id of the episode and the day on which it was asked for."""
    return {"system": codes.TASK, "value": f"missing-{episode}-{day}"}


def missing_task(model: CareModel, enrolment: Enrolment, due: Due, now: datetime) -> Resource:
    """The task of finding out why nothing came; the same day gives the same identifier."""
    day = local(model.country, due.opens).date().isoformat()
    answer = deadline(enrolment.monitoring.report_answered, enrolment.receiver, model.country, now)
    end = answer or now + timedelta(days=1)
    return {
        "resourceType": "Task",
        "identifier": [missing_key(enrolment.episode.partition("/")[2], day)],
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": codes.concept(codes.TASK, codes.MISSING_REPORT),
        "focus": codes.reference(enrolment.episode),
        "for": codes.reference(f"Patient/{enrolment.person}"),
        "authoredOn": instant(now),
        "lastModified": instant(now),
        "requester": codes.reference(enrolment.owner),
        "owner": codes.reference(enrolment.owner),
        "restriction": {"period": {"end": instant(end)}},
        "input": [{"type": codes.concept(codes.TASK_INPUT, "asked-for"), "valueDate": day}],
    }
