"""A Task as a line of a worklist: what kind of work, whose, since when, until when."""

from __future__ import annotations

from datetime import datetime

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.care.codes import CLAIMED_BY, SENT_FOR, TASK, Resource, code_of, extension_of
from saman.model.fhir import date_range

OPEN = frozenset({"requested", "received", "accepted", "ready", "in-progress", "on-hold"})
"""Task statuses in which somebody still has something to do (http://hl7.org/fhir/R4/valueset-task-status.html)."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One open Task.

    `kind` is its code in `urn:saman:task`, `owner` and `requester` are references, `sent_for` is the party that asked,
    `claimed_by` who has taken it, `focus` what it is about, `due` the end of its restriction period.
    """

    kind: str
    status: str
    owner: str
    requester: str
    sent_for: str
    claimed_by: str
    focus: str
    received: datetime
    due: datetime | None


def work_of(task: Resource) -> Work | None:
    """The line of an open Task that Saman's own flows made; None for others and when it is closed."""
    kind = code_of(task.get("code"), TASK)
    if not kind or task.get("status") not in OPEN or "authoredOn" not in task or "owner" not in task:
        return None
    requester = task.get("requester", {}).get("reference", "")
    due = task.get("restriction", {}).get("period", {}).get("end")
    return Work(
        kind=kind,
        status=task["status"],
        owner=task["owner"].get("reference", ""),
        requester=requester,
        sent_for=extension_of(task, SENT_FOR).get("valueReference", {}).get("reference", "") or requester,
        claimed_by=extension_of(task, CLAIMED_BY).get("valueReference", {}).get("reference", ""),
        focus=task.get("focus", {}).get("reference", ""),
        received=_moment(task["authoredOn"]),
        due=_moment(due) if due else None,
    )


def _moment(text: str) -> datetime:
    span = date_range(text)
    assert not isinstance(span, Refusal)
    return span[0]
