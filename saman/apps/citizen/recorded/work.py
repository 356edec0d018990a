"""What became of reports: the task of reading each, what was asked of others, and what came back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.views import Happened, Reply, ReportState
from saman.apps.ui.locales import mark
from saman.apps.ui.views import Step
from saman.flows.directory import Named
from saman.flows.message.thread import Message, thread_of
from saman.flows.monitoring.report import COMMENT
from saman.flows.monitoring.series import Reading, readings_of
from saman.flows.reading import in_language, moment_of
from saman.flows.writing import once
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care import codes
from saman.model.care.combine import quantity
from saman.record import Change, Stored

SHOWN = 6
RELATED = timedelta(days=7)
SENT, RECEIVED = mark("You sent the report"), mark("Received by %(who)s")
WAS_SENT = mark("The report was sent")
READ, TO_READ = mark("Read by %(who)s"), mark("To be read and answered")
VISIT_ASKED, VISIT_ANSWERED = mark("Home care was asked for a visit"), mark("Home care answered")
VISIT_DONE, VISIT_WAITS = mark("Home care has visited"), mark("Home care is to answer")
VISIT_DECLINED = mark("Home care could not come")

Resource = dict[str, Any]


async def tasks_of(own: Own, kind: str) -> list[Stored] | Refusal:
    """Every task of a kind about the citizen, newest first."""
    return await own.all("Task", ("code", f"{codes.TASK}|{kind}"))


async def latest_report(own: Own) -> ReportState | Refusal | None:
    """The newest report and whether it has been answered; looked up once for a request."""
    if "latest report" not in own.kept:
        own.kept["latest report"] = await _latest_report(own)
    found: ReportState | Refusal | None = own.kept["latest report"]
    return found


async def _latest_report(own: Own) -> ReportState | Refusal | None:
    code = f"{codes.TASK}|{codes.READ_REPORT}"
    page = await own.record.search("Task", [("patient", f"Patient/{own.person}"), ("code", code), ("_count", "1")])
    if isinstance(page, Refusal):
        return page
    return next((_state(own, one.resource()) for one in page.matches), None)


def _state(own: Own, task: Resource) -> ReportState:
    answered = task["status"] == "completed"
    due = task.get("restriction", {}).get("period", {}).get("end")
    late = not answered and due is not None and moment_of(due) < own.record.context.now
    return ReportState(id=_report(task), sent=moment_of(task["authoredOn"]), answered=answered, late=late)


def _report(task: Resource) -> str:
    return str(task.get("focus", {}).get("reference", "")).partition("/")[2]


async def happened(own: Own, report: str | None) -> Happened | Refusal:
    """What became of one report, the latest when none is named."""
    tasks = await tasks_of(own, codes.READ_REPORT)
    visits = await tasks_of(own, codes.HOME_VISIT)
    readings = await readings_of(own.record, own.model, own.person)
    thread = await thread_of(own.record, own.person, own.language)
    if isinstance(tasks, Refusal):
        return tasks
    if isinstance(visits, Refusal) or isinstance(readings, Refusal) or isinstance(thread, Refusal):
        return next(one for one in (visits, readings, thread) if isinstance(one, Refusal))
    resources = [one.resource() for one in tasks]
    task = next((one for one in resources if report in (None, _report(one))), None)
    if task is None:
        return refused(Kind.NOT_FOUND, "not-found", "There is no such report.", key=mark("There is no such report."))
    return await _happened(own, task, resources, [one.resource() for one in visits], readings, thread)


async def _happened(
    own: Own,
    task: Resource,
    tasks: Sequence[Resource],
    visits: Sequence[Resource],
    readings: Sequence[Reading],
    thread: Sequence[Message],
) -> Happened:
    state = _state(own, task)
    following = [one for one in visits if state.sent <= moment_of(one["authoredOn"]) < state.sent + RELATED]
    names = await own.names(
        *_actors(task), *(a for one in following for a in _actors(one)), *(m.sender for m in thread)
    )
    reply = _reply(own, state.sent, thread, names)
    answers = await own.record.read("QuestionnaireResponse", state.id)
    response: Resource = {} if isinstance(answers, Refusal) else answers.resource()
    items = response.get("item", [])
    visited = [step for one in following for step in _visit_steps(own, one, names)]
    return Happened(
        report=state.id,
        sent=state.sent,
        rows=(*_values(own, readings, state.id), *_answers(own, items)),
        comment=_comment(own, response),
        steps=(*_reading_steps(own, task, names), *visited),
        reply=reply,
        late=state.late,
        reminded=any(note.get("text") == "reminder" for note in task.get("note", ())),
        earlier=tuple(_state(own, one) for one in tasks if _report(one) != state.id)[:SHOWN],
    )


def _comment(own: Own, response: Resource) -> str:
    items = response.get("item", ())
    said = (one["answer"][0] for one in items if one["linkId"] == COMMENT and one.get("answer"))
    return next((in_language(answer, "valueString", own.language, response) for answer in said), "")


def _actors(task: Resource) -> Iterator[str]:
    yield task.get("owner", {}).get("reference", "")
    for output in task.get("output", ()):
        yield output.get("valueReference", {}).get("reference", "")


def _values(own: Own, readings: Sequence[Reading], report: str) -> Iterator[tuple[str, str]]:
    for one in readings:
        if one.report == report:
            asked = next((q for s in own.model.every_service if (q := quantity(s, one.quantity)) is not None), None)
            yield (own.said(asked.name) if asked else one.quantity), f"{own.words.number(one.value)} {one.unit}"


def _answers(own: Own, items: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    known = {question.id: question for one in reversed(own.model.every_question) for question in one.questions}
    for item in items:
        question = known.get(item["linkId"])
        chosen = item.get("answer", [{}])[0].get("valueCoding", {}).get("code", "")
        answer = next((a for a in question.answers if a.id == chosen), None) if question else None
        if question is not None and answer is not None:
            yield own.said(question.short), own.said(answer.text)


def _reading_steps(own: Own, task: Resource, names: dict[str, Named]) -> Iterator[Step]:
    unit = _unit(own, task)
    sent = moment_of(task["authoredOn"])
    yield Step("done", own.tell(SENT if own.record.context.kind == "citizen" else WAS_SENT), when=sent)
    yield Step("done", own.tell(RECEIVED, who=unit), when=sent)
    if task["status"] == "completed":
        who = _output(task, "acknowledged-by", names) or unit
        end = str(task.get("executionPeriod", {}).get("end", task.get("lastModified", task["authoredOn"])))
        yield Step("done", own.tell(READ, who=who), when=moment_of(end))
    else:
        state = _state(own, task)
        due = task.get("restriction", {}).get("period", {}).get("end")
        when: datetime | None = moment_of(due) if due else None
        yield Step("late" if state.late else "at", own.tell(TO_READ), unit, when)


def _visit_steps(own: Own, task: Resource, names: dict[str, Named]) -> Iterator[Step]:
    unit = _unit(own, task)
    yield Step("done", own.tell(VISIT_ASKED), unit, moment_of(task["authoredOn"]))
    changed = moment_of(str(task.get("lastModified", task["authoredOn"])))
    if task["status"] == "rejected":
        why = in_language(task.get("statusReason", {}), "text", own.language, task)
        yield Step("done", own.tell(VISIT_DECLINED), why, changed)
    elif task["status"] == "completed":
        yield Step("done", own.tell(VISIT_DONE), _told(own, task) or _output(task, "done-by", names), changed)
    elif task["status"] in ("accepted", "in-progress"):
        start = str(task.get("executionPeriod", {}).get("start", ""))
        yield Step("at", own.tell(VISIT_ANSWERED), unit, moment_of(start) if start else changed)
    else:
        due = task.get("restriction", {}).get("period", {}).get("end")
        late = due is not None and moment_of(due) < own.record.context.now
        yield Step("late" if late else "at", own.tell(VISIT_WAITS), unit, moment_of(due) if due else None)


def _told(own: Own, task: Resource) -> str:
    outputs = (one for one in task.get("output", ()) if "valueString" in one)
    return next((in_language(one, "valueString", own.language, task) for one in outputs), "")


def _unit(own: Own, task: Resource) -> str:
    party = own.model.party(task.get("owner", {}).get("reference", "").removeprefix("Organization/"))
    return (own.said(party.called) or party.name) if party else ""


def _output(task: Resource, kind: str, names: dict[str, Named]) -> str:
    for output in task.get("output", ()):
        reference = output.get("valueReference", {}).get("reference", "")
        if codes.code_of(output.get("type"), codes.TASK_OUTPUT) == kind and reference in names:
            return names[reference].name
    return ""


def _reply(own: Own, sent: datetime, thread: Sequence[Message], names: dict[str, Named]) -> Reply | None:
    ours = ("Patient/", "RelatedPerson/")
    for one in thread:
        if not one.sender.startswith(ours) and sent <= one.sent < sent + RELATED:
            return Reply(sender=names[one.sender].name if one.sender in names else "", when=one.sent, text=one.text)
    return None


async def not_heard_back(own: Own, report: str) -> Refusal | None:
    """Ask the unit again, and say so at both ends; once for each report."""
    enrolment = await own.enrolled()
    if isinstance(enrolment, Refusal):
        return enrolment
    now = own.record.context.now
    key = f"no-answer-{report}"
    task: Resource = {
        "resourceType": "Task",
        "identifier": [{"system": codes.TASK, "value": key}],
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.TASK, codes.NO_ANSWER),
        "focus": codes.reference(f"QuestionnaireResponse/{report}"),
        "for": codes.reference(f"Patient/{own.person}"),
        "authoredOn": instant(now),
        "lastModified": instant(now),
        "requester": codes.reference(f"Patient/{own.person}"),
        "owner": codes.reference(enrolment.owner),
        "restriction": {"period": {"end": instant(now)}},
    }
    done = await once(own.record, "Task", f"identifier={codes.TASK}|{key}", lambda inner: [Change(task)])
    return done if isinstance(done, Refusal) else None
