"""A request between two units as a closed loop: its state, its steps, what happened, and what may be answered. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from saman.apps.team.desk import Desk
from saman.apps.team.views import ActShown, Event, LoopShown, State
from saman.apps.ui.locales import mark
from saman.apps.ui.views import Step
from saman.flows.directory import Named
from saman.flows.reading import authored, in_language, modified, moment_of
from saman.flows.tasks import claimed_by
from saman.model.care import codes
from saman.model.care.handover import DECLINING, DISPUTING, RULES, Act, Reason, Side, allowed, is_duty

Resource = dict[str, Any]

WAITING = ("requested", "received")
KINDS = {
    codes.READ_REPORT: mark("Report from home"),
    codes.MISSING_REPORT: mark("No report has come"),
    codes.CONTACT_WISH: mark("Wants to be contacted"),
    codes.HOME_VISIT: mark("Home visit"),
    codes.LIMIT_CHANGED: mark("A limit was changed"),
    codes.NO_ANSWER: mark("Has not heard back"),
    codes.MESSAGE: mark("Message to answer"),
}
MODES = {
    "phone": mark("Wants a phone call"),
    "video": mark("Wants a video visit"),
    "chat": mark("Wants a message"),
    "home": mark("Wants a visit"),
    "clinic": mark("Wants a visit at the clinic"),
}
STATES = {
    "requested": ("waiting", mark("Waiting for an answer")),
    "received": ("waiting", mark("Received, not answered")),
    "accepted": ("todo", mark("Accepted")),
    "in-progress": ("todo", mark("Begun")),
    "on-hold": ("waiting", mark("Answered, on hold")),
    "completed": ("done", mark("Done and answered back")),
    "rejected": ("done", mark("Declined")),
    "cancelled": ("done", mark("Cancelled")),
}
REASONS = {
    Reason.NOT_ELIGIBLE: mark("It is not for this kind of help"),
    Reason.NOT_REACHED: mark("The person was not reached"),
    Reason.WRONG_PLACE: mark("It belongs somewhere else"),
    Reason.DONE_ELSEWHERE: mark("Somebody else has done it"),
    Reason.NO_CAPACITY: mark("No capacity in time"),
    Reason.NOT_READY: mark("The person is not ready"),
    Reason.NOT_OUR_RESIDENT: mark("The person does not live with us"),
    Reason.INFORMATION_MISSING: mark("Information is missing"),
}
ACTS = {
    Act.RECEIVE: mark("We have received it"),
    Act.ACCEPT: mark("We come at …"),
    Act.DECLINE: mark("We cannot do it"),
    Act.DELAY: mark("We cannot start before …"),
    Act.DISPUTE: mark("We do not agree"),
    Act.START: mark("The visit has begun"),
    Act.REPORT_BACK: mark("Visit done: report back"),
    Act.CANCEL: mark("It is no longer needed"),
    Act.REMIND: mark("Remind them"),
}
OPEN_REASONS = (Reason.DONE_ELSEWHERE, Reason.NOT_REACHED, Reason.WRONG_PLACE)


def kind_of(task: Resource) -> str:
    """What kind of work a task is."""
    return codes.code_of(task.get("code"), codes.TASK)


def due_of(task: Resource) -> datetime | None:
    """When the answer is due."""
    end = task.get("restriction", {}).get("period", {}).get("end")
    return moment_of(end) if end else None


def is_late(task: Resource, now: datetime) -> bool:
    """Whether an answer was due and none has come."""
    due = due_of(task)
    return due is not None and due < now and task["status"] in WAITING


def title_of(desk: Desk, task: Resource) -> str:
    """What a task is called: a wish by its mode, a message by who wrote it, else its kind."""
    kind = kind_of(task)
    if kind == codes.MESSAGE and task.get("requester", {}).get("reference", "").startswith("RelatedPerson/"):
        return desk.t(mark("Message to answer, from somebody close"))
    wished = next((one.get("valueCode", "") for one in task.get("input", ()) if "valueCode" in one), "")
    return desk.t(MODES[wished] if kind == codes.CONTACT_WISH and wished in MODES else KINDS.get(kind, mark("Task")))


def state_of(desk: Desk, task: Resource) -> State:
    """The state of a request as a shape and words."""
    now = desk.record.context.now
    due = due_of(task)
    if is_late(task, now) and due is not None:
        return State("overdue", overdue(desk, now, due))
    shape, words = STATES.get(task["status"], ("todo", mark("Open")))
    start = task.get("executionPeriod", {}).get("start")
    if task["status"] == "accepted" and start:
        return State("todo", desk.t(mark("Comes %(moment)s"), moment=desk.words.at(moment_of(start))))
    return State(shape, desk.t(words))  # type: ignore[arg-type]


def overdue(desk: Desk, now: datetime, due: datetime) -> str:
    """How long something is overdue, in words."""
    return desk.t(mark("Overdue %(time)s"), time=desk.words.duration(now - due))


def visit_before(task: Resource) -> datetime | None:
    """By when a visit is wanted."""
    wanted = (
        one["valueDateTime"]
        for one in task.get("input", ())
        if codes.code_of(one.get("type"), codes.TASK_INPUT) == "visit-before" and "valueDateTime" in one
    )
    return next((moment_of(one) for one in wanted), None)


def sent_for(task: Resource) -> str:
    """The reference of the unit that asked, else of who did."""
    extension = codes.extension_of(task, codes.SENT_FOR).get("valueReference", {}).get("reference")
    return str(extension or task.get("requester", {}).get("reference", ""))


def loop_of(
    desk: Desk, task: Resource, names: dict[str, Named], versions: Sequence[Resource] | None = None
) -> LoopShown:
    """The loop of one request; its `versions`, oldest first, say when it was answered."""
    now = desk.record.context.now
    owner, sender = task.get("owner", {}).get("reference", ""), sent_for(task)
    receiver, asking = desk.model.party(owner.partition("/")[2]), desk.model.party(sender.partition("/")[2])
    return LoopShown(
        task=task["id"],
        title=desk.t(mark("%(what)s: %(who)s"), what=title_of(desk, task), who=desk.called(owner)),
        duty=is_duty(task),
        steps=tuple(_steps(desk, task, names, answered_at(versions or (task,)))),
        state=state_of(desk, task),
        due=due_of(task),
        waiting=task["status"] in WAITING,
        late=is_late(task, now),
        receiver=desk.called(owner),
        receiver_phone=receiver.phone if receiver else "",
        sender=desk.called(sender),
        sender_phone=asking.phone if asking else "",
        text=in_language(task, "description", desk.language),
        before=visit_before(task),
    )


def answered_at(versions: Iterable[Resource]) -> datetime | None:
    """When somebody first gave an answer, from the versions of a task, oldest first."""
    answered = (one for one in versions if one["status"] not in WAITING)
    return next((modified(one) for one in answered), None)


def _steps(desk: Desk, task: Resource, names: dict[str, Named], answered: datetime | None) -> Iterator[Step]:
    owner = desk.called(task.get("owner", {}).get("reference", ""))
    status, sent = task["status"], authored(task)
    asked = _with_unit(_who(task.get("requester", {}), names), desk.called(sent_for(task)))
    yield _step(desk, "done", mark("Sent"), sent, asked)
    yield _step(desk, "done", mark("Received"), sent, desk.t(mark("system of %(unit)s"), unit=owner))
    if status in ("rejected", "cancelled"):
        changed = modified(task)
        title = mark("Declined") if status == "rejected" else mark("Cancelled")
        yield _step(desk, "done", title, changed, reason_of(desk, task))
        return
    due, waiting = due_of(task), status in WAITING
    late = is_late(task, desk.record.context.now)
    start, end = (task.get("executionPeriod", {}).get(one) for one in ("start", "end"))
    if waiting:
        yield _step(desk, "late" if late else "at", mark("Answer due"), due, by=True)
    else:
        begun = moment_of(start) if start else None
        at_latest = bool(begun and answered and begun < answered)
        yield _step(desk, "done", mark("Answered"), begun if at_latest else answered, owner, by=at_latest)
    before = visit_before(task)
    done = status == "completed"
    visit = "done" if done else "todo" if waiting else "at"
    when = moment_of(start) if start and not waiting else before
    yield _step(desk, visit, mark("Visit"), when, by=not (start and not waiting))
    by = _with_unit(reported_by(task, names), owner) if done else ""
    yield _step(desk, "done" if done else "todo", mark("Answered back"), moment_of(end) if end else None, by)


def _step(desk: Desk, state: Any, title: str, when: datetime | None, who: str = "", *, by: bool = False) -> Step:
    shown = ""
    if when is not None:
        moment = desk.words.short_moment(when)
        shown = desk.t(mark("by %(moment)s"), moment=moment) if by else moment
    return Step(state, desk.t(title), ", ".join(part for part in (shown, who) if part), when)


def _who(reference: Resource, names: dict[str, Named]) -> str:
    named = names.get(reference.get("reference", ""))
    return named.name if named else str(reference.get("display", ""))


def reason_of(desk: Desk, task: Resource) -> str:
    """Why something was declined or cancelled: the coded reason and the words said with it."""
    said = task.get("statusReason", {})
    code = codes.code_of(said, codes.REASON)
    coded = next((desk.t(words) for reason, words in REASONS.items() if reason.value == code), "")
    own = in_language(said, "text", desk.language, task)
    return Markup(". ").join(desk.words.spoken(part) for part in (coded, own) if part)


def report_back(desk: Desk, task: Resource) -> str:
    """What was reported back in words."""
    said = (one for one in task.get("output", ()) if "valueString" in one)
    return next((in_language(one, "valueString", desk.language, task) for one in said), "")


def events_of(desk: Desk, versions: list[Resource], names: dict[str, Named]) -> tuple[Event, ...]:
    """What happened, oldest first, from the versions of a task (oldest first); a missed deadline is an event too."""
    events = [_event(desk, before, after, names) for before, after in zip([None, *versions], versions, strict=False)]
    found = [event for event in events if event is not None]
    latest = versions[-1]
    due, now = due_of(latest), desk.record.context.now
    if due is not None and is_late(latest, now):
        missed = Event(
            when=due,
            what=desk.t(mark("An answer was due")),
            who=desk.called(latest.get("owner", {}).get("reference", "")),
            state=State("overdue", desk.t(mark("No answer"))),
        )
        found.append(missed)
    return tuple(sorted(found, key=lambda event: event.when))


def reported_by(task: Resource, names: dict[str, Named]) -> str:
    """Who reported back or acknowledged, as far as the task says so."""
    references = (
        one.get("valueReference", {}).get("reference", "")
        for one in task.get("output", ())
        if codes.code_of(one.get("type"), codes.TASK_OUTPUT) in ("done-by", "acknowledged-by")
    )
    return next((names[one].name for one in references if one in names), "")


def _with_unit(person: str, unit: str) -> str:
    return ", ".join(one for one in (person, unit) if one)


def _changed_by(before: Resource, after: Resource, names: dict[str, Named]) -> str:
    """Who made a version of a task, where it says so: somebody took it, reported back or reminded."""
    if len(after.get("note", ())) > len(before.get("note", ())):
        return _who(after["note"][-1].get("authorReference", {}), names)
    if len(after.get("output", ())) > len(before.get("output", ())):
        return reported_by(after, names)
    taken = claimed_by(after)
    return names[taken].name if taken in names and taken != claimed_by(before) else ""


def _event(desk: Desk, before: Resource | None, after: Resource, names: dict[str, Named]) -> Event | None:
    owner, sender = desk.called(after.get("owner", {}).get("reference", "")), desk.called(sent_for(after))
    when = modified(after)
    if before is None:
        who = _with_unit(_who(after.get("requester", {}), names), sender)
        received = State("done", desk.t(mark("Received by the system")))
        text = in_language(after, "description", desk.language)
        return Event(when=authored(after), what=desk.t(mark("Sent")), who=who, state=received, sub=text)
    person = _changed_by(before, after, names)
    if len(after.get("note", ())) > len(before.get("note", ())):
        delivered = State("waiting", desk.t(mark("Delivered")))
        return Event(when=when, what=desk.t(mark("Reminder")), who=_with_unit(person, sender), state=delivered)
    if before["status"] == after["status"] and before.get("executionPeriod") == after.get("executionPeriod"):
        return None
    shape, words = STATES.get(after["status"], ("todo", mark("Open")))
    return Event(
        when=when,
        what=desk.t(words),
        who=_with_unit(person, sender if after["status"] == "cancelled" else owner),
        state=State(shape, _answer(desk, after)),  # type: ignore[arg-type]
        sub=report_back(desk, after) if after["status"] == "completed" else reason_of(desk, after),
    )


def _answer(desk: Desk, task: Resource) -> str:
    start = task.get("executionPeriod", {}).get("start")
    if task["status"] in ("accepted", "on-hold") and start:
        return desk.t(mark("Comes %(moment)s"), moment=desk.words.at(moment_of(start)))
    return desk.t(mark("Done")) if task["status"] in ("completed", "rejected", "cancelled") else desk.t(mark("Open"))


def acts_of(desk: Desk, task: Resource, side: Side) -> tuple[ActShown, ...]:
    """What one side may do with a task now, by `saman.model.care.handover`."""
    offered = allowed(task, side)
    main = next((act for act in (Act.REPORT_BACK, Act.ACCEPT, Act.REMIND) if act in offered), None)
    return tuple(
        ActShown(
            act=act.value,
            words=desk.t(ACTS[act]),
            needs=RULES[act].needs,
            reasons=tuple((reason.value, desk.t(REASONS[reason])) for reason in _reasons(act)),
            main=act is main,
        )
        for act in sorted(offered, key=lambda act: act is not main)
    )


def _reasons(act: Act) -> tuple[Reason, ...]:
    if act is Act.DECLINE:
        return DECLINING
    if act is Act.DISPUTE:
        return DISPUTING
    return (Reason.INFORMATION_MISSING, Reason.NOT_READY) if act is Act.DELAY else OPEN_REASONS
