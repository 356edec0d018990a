"""Review of openings: what was opened although the person had closed it, or without ordinary access, in an emergency.

An opening is a FHIR Task (code `urn:saman:task|opening`) that `flows.opening` makes. It belongs to the organisation
whose log reviewer goes through it; what she found is added to its outputs, and nothing else of it changes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from saman.flows.reading import all_of, authored, moment_of
from saman.flows.review.acting import acting, is_reviewer, not_yours, own_citizen, own_units
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access.terms import OverrideAfter, of_kind
from saman.model.access.terms_time import later
from saman.model.care import codes
from saman.record import Record, Stored, Written
from saman.record.membership import controller_of

OPENING = "opening"
REVIEW, REVIEW_NOTE, REVIEWED_BY, REVIEWED_AT = "review", "review-note", "reviewed-by", "reviewed-at"
VERDICTS = ("approved", "asked", "serious")
WITHIN = timedelta(days=1)
"""The time for a review where the country's row says none (T28: an unreviewed opening after a day fails)."""

LONGEST = 1000

Resource = dict[str, Any]


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """One opening of one practitioner (`actor`) at a unit, from `since` until `until`, with ground and reason.

    `found` is the newest finding, empty before. It `waits` until it was approved or called serious; when it waits past
    its date it is `late`.
    """

    id: str
    version: int
    person: str
    actor: str
    unit: str
    owner: str
    ground: str
    reason: str
    since: datetime
    until: datetime | None
    due: datetime
    found: str
    note: str
    reviewed_by: str
    waits: bool
    late: bool


async def openings(record: Record) -> tuple[Opening, ...] | Refusal:
    """Those that the reviewer's organisation goes through, waiting ones first, by the date they are due.

    Nobody reviews an opening of one's own.
    """
    if not is_reviewer(record):
        return not_yours()
    found = await openings_within(record, await own_units(record))
    if isinstance(found, Refusal):
        return found
    own = (one for one in found if one.actor != record.context.actor)
    return tuple(sorted(own, key=lambda one: (not one.waits, one.due, one.id)))


async def openings_within(record: Record, units: Collection[str]) -> list[Opening] | Refusal:
    """Openings that one of `units` owns, or whose unit is one of them while the organisation over it owns them."""
    context = record.context
    over = await controller_of(record.store.statements, context.party, context.now)
    owners = ",".join(f"Organization/{one}" for one in sorted({*units, over}))
    pairs = [("code", f"{codes.TASK}|{OPENING}"), ("owner", owners)]
    tasks = await all_of(acting(record), "Task", pairs)
    if isinstance(tasks, Refusal):
        return tasks
    found = [opening_of(one, context.now, due_of(record, one)) for one in tasks if is_opening(one)]
    return [one for one in found if one.owner in units or one.unit in units]


def is_opening(stored: Stored) -> bool:
    """Whether something was opened; the first of two steps opens nothing."""
    task = stored.resource()
    return task["status"] not in ("draft", "entered-in-error") and "restriction" in task


async def own_openings(record: Record) -> dict[str, Opening]:
    """What was opened of the citizen who asks, by reference (`Task/1`); nothing for anybody else."""
    person = own_citizen(record)
    if person is None:
        return {}
    pairs = [("code", f"{codes.TASK}|{OPENING}"), ("patient", f"Patient/{person}")]
    tasks = await all_of(acting(record), "Task", pairs)
    if isinstance(tasks, Refusal):
        return {}
    return {one.reference: opening_of(one, record.context.now) for one in tasks if is_opening(one)}


def due_of(record: Record, stored: Stored) -> datetime:
    """When a review is due: as the opening says, else as the country's row R11 has it."""
    task = stored.resource()
    said = _output(task.get("input", ()), codes.TASK_INPUT, "review-by").get("valueDateTime")
    if said:
        return moment_of(said)
    after = of_kind(record.store.policy, OverrideAfter, record.context.now)
    start = authored(task)
    return later(start, after.review_within, record.store.policy.zone) if after else start + WITHIN


async def review(record: Record, id: str, version: int, found: str, note: str) -> Written | Refusal:
    """Add what the reviewer found of an opening."""
    if found not in VERDICTS:
        return refused(Kind.UNPROCESSABLE, "value", "Choose what you found.", "found", key="review.choose")
    if len(note) > LONGEST or (found != "approved" and not note.strip()):
        return refused(Kind.UNPROCESSABLE, "required", "Write what it is about.", "note", key="review.note")
    standing = await openings(record)
    if isinstance(standing, Refusal):
        return standing
    if not any(one.id == id for one in standing):
        return refused(Kind.NOT_FOUND, "not-found", "There is no such opening.", key="record.not-found")
    inner = acting(record)
    there = await inner.read("Task", id)
    if isinstance(there, Refusal):
        return there
    task = there.resource()
    outputs = [*task.get("output", ()), *_said(record, found, note.strip())]
    changed: Resource = {"lastModified": instant(record.context.now), "output": outputs}
    return await inner.update("Task", id, task | changed, version)


def _said(record: Record, found: str, note: str) -> list[Resource]:
    now, actor = instant(record.context.now), record.context.actor
    parts: list[Resource] = [
        {"type": codes.concept(codes.TASK_OUTPUT, REVIEW), "valueCode": found},
        {"type": codes.concept(codes.TASK_OUTPUT, REVIEWED_BY), "valueReference": codes.reference(actor)},
        {"type": codes.concept(codes.TASK_OUTPUT, REVIEWED_AT), "valueDateTime": now},
    ]
    return [*parts, {"type": codes.concept(codes.TASK_OUTPUT, REVIEW_NOTE), "valueString": note}] if note else parts


def opening_of(stored: Stored, now: datetime, due: datetime | None = None) -> Opening:
    """A stored Task as an opening; the newest finding counts."""
    task = stored.resource()
    period = task.get("restriction", {}).get("period", {})
    start = moment_of(period["start"]) if "start" in period else authored(task)
    outputs = tuple(reversed(task.get("output", ())))
    found = str(_output(outputs, codes.TASK_OUTPUT, REVIEW).get("valueCode", ""))
    by = due or start + WITHIN
    waits = found in ("", "asked")
    sent_for = codes.extension_of(task, codes.SENT_FOR).get("valueReference", {}).get("reference", "")
    reviewer = _output(outputs, codes.TASK_OUTPUT, REVIEWED_BY).get("valueReference", {})
    return Opening(
        id=stored.id,
        version=stored.version,
        person=task.get("for", {}).get("reference", "").removeprefix("Patient/"),
        actor=task.get("requester", {}).get("reference", ""),
        unit=sent_for.removeprefix("Organization/"),
        owner=task.get("owner", {}).get("reference", "").removeprefix("Organization/"),
        ground=next((str(one.get("code", "")) for one in task.get("reasonCode", {}).get("coding", ())), ""),
        reason=str(task.get("reasonCode", {}).get("text", "") or task.get("description", "")),
        since=start,
        until=moment_of(period["end"]) if "end" in period else None,
        due=by,
        found=found,
        note=str(_output(outputs, codes.TASK_OUTPUT, REVIEW_NOTE).get("valueString", "")) if found else "",
        reviewed_by=str(reviewer.get("reference", "")),
        waits=waits,
        late=waits and by < now,
    )


def _output(parts: Sequence[Resource], system: str, code: str) -> Resource:
    return next((one for one in parts if codes.code_of(one["type"], system) == code), {})
