"""The newest report of a person as professionals read it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from saman.apps.team.desk import Desk
from saman.apps.team.loop import due_of, kind_of, overdue
from saman.apps.team.shown import marks_of, readings_shown
from saman.apps.team.views import ReportShown, State
from saman.apps.ui.locales import mark
from saman.flows.directory import Named
from saman.flows.monitoring.enrolment import Enrolment
from saman.flows.monitoring.report import COMMENT
from saman.flows.monitoring.series import Reading
from saman.flows.reading import in_language, moment_of
from saman.flows.tasks import claimed_by
from saman.model.care import codes
from saman.model.care.work import OPEN
from saman.record import Stored

Resource = dict[str, Any]


def newest_report(
    desk: Desk,
    tasks: Sequence[Stored],
    reports: Sequence[Resource],
    readings: Sequence[Reading],
    enrolment: Enrolment | None,
    names: dict[str, Named],
) -> ReportShown | None:
    """The newest report with values, answers and marks; None when none came in 90 days or none may be seen."""
    if not reports:
        return None
    report = reports[0]
    own = [one for one in readings if one.report == report["id"]]
    limits = enrolment.limits if enrolment else ()
    modules = enrolment.modules if enrolment else ()
    earlier = tuple(one for one in readings if one.report != report["id"])
    services = (enrolment.service,) if enrolment else ()
    marks = marks_of(desk, modules, own, earlier, limits, services)
    stored = next((one for one in tasks if _focus(one) == f"QuestionnaireResponse/{report['id']}"), None)
    task = stored.resource() if stored else None
    reader, read_at = _read_by(task, names)
    return ReportShown(
        sent=moment_of(report["authored"]),
        state=_state(desk, task),
        readings=readings_shown(desk, own, limits, marks.marks),
        answers=tuple(_answers(desk, report)),
        comment=_comment(desk, report),
        task=stored.id if stored else "",
        version=stored.version if stored else 0,
        open=_open_to(desk, task),
        holder=_holder(desk, task, names),
        mine=bool(task) and claimed_by(task or {}) == desk.record.context.actor,
        read_by=reader,
        read_at=moment_of(read_at) if read_at else None,
    )


def _focus(stored: Stored) -> str:
    task = stored.resource()
    return str(task.get("focus", {}).get("reference", "")) if kind_of(task) == codes.READ_REPORT else ""


def _state(desk: Desk, task: Resource | None) -> State:
    if task is None:
        return State("todo", desk.t(mark("Sent")))
    now, due = desk.record.context.now, due_of(task)
    if task["status"] not in OPEN:
        return State("done", desk.t(mark("Read")))
    if due is not None and due < now:
        return State("overdue", overdue(desk, now, due))
    claimed = bool(claimed_by(task))
    return State("todo", desk.t(mark("Claimed"))) if claimed else State("unread", desk.t(mark("Unread")))


def _open_to(desk: Desk, task: Resource | None) -> bool:
    if task is None or task["status"] not in OPEN or task.get("owner", {}).get("reference") != desk.unit:
        return False
    return claimed_by(task) in ("", desk.record.context.actor)


def _holder(desk: Desk, task: Resource | None, names: dict[str, Named]) -> str:
    holder = claimed_by(task) if task else ""
    if not holder:
        return ""
    if holder == desk.record.context.actor:
        return desk.t(mark("you"))
    return names[holder].name if holder in names else desk.t(mark("Somebody"))


def _read_by(task: Resource | None, names: dict[str, Named]) -> tuple[str, str]:
    for output in (task or {}).get("output", ()):
        reference = output.get("valueReference", {})
        if codes.code_of(output.get("type"), codes.TASK_OUTPUT) == "acknowledged-by":
            who = names.get(reference.get("reference", ""))
            end = (task or {}).get("executionPeriod", {}).get("end", "")
            return who.name if who else str(reference.get("display", "")), str(end)
    return "", ""


def _answers(desk: Desk, report: Resource) -> Iterator[tuple[str, str]]:
    known = {question.id: question for one in reversed(desk.model.every_question) for question in one.questions}
    for item in report.get("item", ()):
        question = known.get(item["linkId"])
        given: Resource = next(iter(item.get("answer", ())), {})
        chosen = given.get("valueCoding", {}).get("code", "")
        answer = next((one for one in question.answers if one.id == chosen), None) if question else None
        if question is not None and answer is not None:
            yield desk.said(question.short), desk.said(answer.text)


def _comment(desk: Desk, report: Resource) -> str:
    said = (one["answer"][0] for one in report.get("item", ()) if one["linkId"] == COMMENT and one.get("answer"))
    return next((in_language(one, "valueString", desk.language, report) for one in said), "")
