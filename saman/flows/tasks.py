"""Tasks between parties: taken, answered, done, each step with the version it was taken on.

What may be done when is `saman.model.care.handover`; who may do it is the record's to say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from saman.kernel.clock import instant
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.care import codes
from saman.model.care.handover import RULES, Act, Reason, Side, allowed
from saman.model.care.work import OPEN
from saman.model.fhir.moments import date_range
from saman.record import Record, Stored, Written

Resource = dict[str, Any]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says with an act: a coded reason, free words, a time from which, a report of what was done."""

    reason: Reason | None = None
    text: str = ""
    starts: datetime | None = None

    def lacks(self, need: str) -> bool:
        """Whether a needed field is missing."""
        return {"reason": self.reason is None, "starts": self.starts is None, "report": not self.text.strip()}[need]


async def act(record: Record, task: str, version: int, doing: Act, said: Said) -> Written | Refusal:
    """Do something with a task as its owner or sender; refused when it has changed since or its state forbids it."""
    there = await record.read("Task", task)
    if isinstance(there, Refusal):
        return there
    resource = there.resource()
    refusal = _forbidden(record, resource, doing) or _lacking(doing, said)
    if refusal is not None:
        return refusal
    return await record.update("Task", task, acted(record, resource, doing, said), version)


def side_of(record: Record, task: Resource) -> Side | None:
    """On which side of a task the one who asks stands."""
    own = f"Organization/{record.context.party}"
    if task.get("owner", {}).get("reference") == own:
        return Side.OWNER
    sent_for = codes.extension_of(task, codes.SENT_FOR).get("valueReference", {}).get("reference")
    return Side.SENDER if own in (sent_for, task.get("requester", {}).get("reference")) else None


def _forbidden(record: Record, task: Resource, doing: Act) -> Refusal | None:
    side = side_of(record, task)
    if side is None or doing not in allowed(task, side):
        return refused(
            Kind.CONFLICT, "business-rule", "This cannot be answered so in its present state.", "act", key="task.state"
        )
    return None


def _lacking(doing: Act, said: Said) -> Refusal | None:
    missing = [need for need in RULES[doing].needs if said.lacks(need)]
    issues = tuple(Issue("required", f"Say the {need}.", need, key=f"task.needs-{need}") for need in missing)
    return Refusal(Kind.UNPROCESSABLE, issues) if issues else None


def acted(record: Record, task: Resource, doing: Act, said: Said) -> Resource:
    """The task after an act."""
    now = instant(record.context.now)
    changed: Resource = {**task, "lastModified": now, **_status(doing)}
    if said.reason is not None:
        changed["statusReason"] = codes.concept(codes.REASON, said.reason.value, said.text)
    period: dict[str, str] = dict(changed.get("executionPeriod", {}))
    if said.starts is not None:
        period["start"] = instant(said.starts)
    elif doing is Act.START:
        period["start"] = now
    if doing is Act.REPORT_BACK:
        period["end"] = now
        if is_later(period.get("start"), record.context.now):
            period["start"] = now  # it was done before the time that it was planned for
        changed["output"] = [*changed.get("output", ()), *_outputs(record, said)]
    if doing is Act.REMIND:
        note = {"time": now, "text": "reminder", "authorReference": codes.reference(record.context.actor)}
        changed["note"] = [*changed.get("note", ()), note]
    return changed | ({"executionPeriod": period} if period else {})


def is_later(time: str | None, now: datetime) -> bool:
    """Whether a date or moment that a resource holds is still to come."""
    moment = None if time is None else date_range(time)
    return moment is not None and not isinstance(moment, Refusal) and moment[0] > now


def _status(doing: Act) -> Resource:
    after = RULES[doing].after
    return {"status": after} if after else {}


def _outputs(record: Record, said: Said) -> list[Resource]:
    return [
        {"type": codes.concept(codes.TASK_OUTPUT, "report-back"), "valueString": said.text.strip()},
        {
            "type": codes.concept(codes.TASK_OUTPUT, "done-by"),
            "valueReference": codes.reference(record.context.actor),
        },
    ]


async def claim(record: Record, task: str, version: int) -> Written | Refusal:
    """Take a task in hand; refused when somebody else was first."""
    return await _changed(record, task, version, _claimed)


async def release(record: Record, task: str, version: int) -> Written | Refusal:
    """Let go of a task that one has taken."""
    return await _changed(record, task, version, _released)


async def acknowledge(record: Record, task: str, version: int) -> Written | Refusal:
    """Say that a report has been read and needs nothing more."""
    return await _changed(record, task, version, _acknowledged)


async def undo(record: Record, task: str, version: int) -> Written | Refusal:
    """Put a task back as it was before its last change, as long as that change is the one at `version`."""
    before = await record.vread("Task", task, version - 1)
    if isinstance(before, Refusal):
        return before
    restored = before.resource() | {"lastModified": instant(record.context.now)}
    return await record.update("Task", task, restored, version)


async def _changed(record: Record, task: str, version: int, change: Any) -> Written | Refusal:
    there: Stored | Refusal = await record.read("Task", task)
    if isinstance(there, Refusal):
        return there
    changed = change(record, there.resource())
    return changed if isinstance(changed, Refusal) else await record.update("Task", task, changed, version)


def _claimed(record: Record, task: Resource) -> Resource | Refusal:
    holder = claimed_by(task)
    if holder and holder != record.context.actor:
        return refused(Kind.CONFLICT, "conflict", "Somebody else has taken it.", key="task.taken")
    if task["status"] not in OPEN:
        return _closed()
    taken = {"url": codes.CLAIMED_BY, "valueReference": codes.reference(record.context.actor)}
    now = instant(record.context.now)
    changed = task | {"extension": [*_without_claim(task), taken], "lastModified": now}
    if is_visit(task):
        return changed | ({"status": "received"} if task["status"] == "requested" else {})
    return changed | {"status": "in-progress", "executionPeriod": task.get("executionPeriod", {"start": now})}


def _released(record: Record, task: Resource) -> Resource | Refusal:
    if claimed_by(task) != record.context.actor or task["status"] not in OPEN:
        return refused(Kind.CONFLICT, "conflict", "You have not taken it.", key="task.not-yours")
    rest = {name: value for name, value in task.items() if name != "extension"}
    kept = _without_claim(task)
    changed = rest | {"lastModified": instant(record.context.now)} | ({"extension": kept} if kept else {})
    if is_visit(task):
        return changed | ({"status": "requested"} if task["status"] == "received" else {})
    return {name: value for name, value in changed.items() if name != "executionPeriod"} | {"status": "requested"}


def is_visit(task: Resource) -> bool:
    """Whether the status of a task is the receiver's answer, which taking it in hand must not give for them."""
    return codes.code_of(task.get("code"), codes.TASK) == codes.HOME_VISIT


def _closed() -> Refusal:
    return refused(Kind.CONFLICT, "conflict", "It is closed already.", key="task.closed")


def _acknowledged(record: Record, task: Resource) -> Resource | Refusal:
    if task["status"] not in OPEN or is_visit(task):
        return _closed()
    now = instant(record.context.now)
    said = {
        "type": codes.concept(codes.TASK_OUTPUT, "acknowledged-by"),
        "valueReference": codes.reference(record.context.actor),
    }
    period: dict[str, str] = {"start": now} | task.get("executionPeriod", {}) | {"end": now}
    if is_later(period["start"], record.context.now):
        period["start"] = now
    return task | {
        "status": "completed",
        "lastModified": now,
        "executionPeriod": period,
        "output": [*task.get("output", ()), said],
    }


def claimed_by(task: Resource) -> str:
    """The reference of who has taken a task, empty when nobody has."""
    return str(codes.extension_of(task, codes.CLAIMED_BY).get("valueReference", {}).get("reference", ""))


def _without_claim(task: Resource) -> list[Resource]:
    return [one for one in task.get("extension", ()) if one.get("url") != codes.CLAIMED_BY]
