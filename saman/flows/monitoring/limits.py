"""Changing a personal limit, with a reason, and telling the doctor who is responsible."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from saman.flows.monitoring.enrolment import Enrolment, OwnLimit
from saman.flows.reading import all_of
from saman.kernel.clock import instant
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.care import codes
from saman.model.care.caremodel import CareModel
from saman.model.care.combine import quantity
from saman.model.care.measurement import Quantity
from saman.record import Change, Record, Written

UCUM = "http://unitsofmeasure.org"
TOLD_WITHIN = timedelta(days=7)

Resource = dict[str, Any]


class NewLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit as wanted: either end may be open, not both; a reason in words."""

    quantity: str
    low: Decimal | None
    high: Decimal | None
    reason: str
    version: int


async def change_limit(
    record: Record, model: CareModel, enrolment: Enrolment, wanted: NewLimit, name: str
) -> Written | Refusal:
    """Replace an own limit at the version that was shown, and tell the responsible practice, in one transaction.

    `name` is who changes it, as it is shown to the citizen. Whether the role may do so is the service model's to say.
    """
    asked = quantity(enrolment.service, wanted.quantity)
    own = enrolment.limit(wanted.quantity)
    refusal = _unfit(asked, own, wanted)
    if refusal is not None or asked is None or own is None:
        return refusal or _unknown()
    there = await record.read("Goal", own.goal)
    if isinstance(there, Refusal):
        return there
    changed = _changed(record, there.resource(), asked, wanted, name)
    changes = [Change(changed, own.goal, wanted.version)]
    practice = await practice_of(record, model, enrolment.person)
    if isinstance(practice, Refusal):
        return practice
    if practice and practice != record.context.party:
        changes.append(Change(_told(record, enrolment.person, own.goal, practice, wanted.reason)))
    written = await record.commit(changes)
    return written if isinstance(written, Refusal) else written[0]


def _unfit(asked: Quantity | None, own: OwnLimit | None, wanted: NewLimit) -> Refusal | None:
    if asked is None or own is None:
        return _unknown()
    issues: list[Issue] = []
    if wanted.low is None and wanted.high is None:
        issues.append(Issue("required", "Give a lowest or a highest value.", "low", key="limit.empty"))
    if wanted.low is not None and wanted.high is not None and wanted.low >= wanted.high:
        issues.append(Issue("value", "The lowest value must be under the highest.", "low", key="limit.crossed"))
    ends = (("low", wanted.low), ("high", wanted.high))
    issues += [
        Issue("value", "No meter shows this value.", end, key="limit.impossible")
        for end, value in ends
        if value is not None and not asked.possible.holds(value)
    ]
    if not wanted.reason.strip():
        issues.append(Issue("required", "Say why the limit is changed.", "reason", key="limit.reason"))
    return Refusal(Kind.UNPROCESSABLE, tuple(issues)) if issues else None


def _unknown() -> Refusal:
    return Refusal(Kind.NOT_FOUND, (Issue("not-found", "There is no such limit.", "quantity", key="limit.unknown"),))


def _changed(record: Record, goal: Resource, asked: Quantity, wanted: NewLimit, name: str) -> Resource:
    day = instant(record.context.now)[:10]
    ends = {"low": wanted.low, "high": wanted.high}
    bounds = {
        end: {"value": value, "unit": asked.unit.text, "system": UCUM, "code": asked.unit.code}
        for end, value in ends.items()
        if value is not None
    }
    target = [one | {"detailRange": bounds} if "detailRange" in one else one for one in goal["target"]]
    note = {
        "authorReference": codes.reference(record.context.actor),
        "time": instant(record.context.now),
        "text": wanted.reason.strip(),
    }
    kept = {key: value for key, value in goal.items() if key != "_description"}
    return kept | {
        "description": {"text": asked.name["en"]},
        "target": target,
        "startDate": day,
        "statusDate": day,
        "expressedBy": codes.reference(record.context.actor, name),
        "note": [note],
    }


async def practice_of(record: Record, model: CareModel, person: str) -> str | Refusal:
    """The id of the general practice in a person's team, empty when there is none."""
    teams = await all_of(record, "CareTeam", [("patient", f"Patient/{person}"), ("status", "active")])
    if isinstance(teams, Refusal):
        return teams
    for team in teams:
        for member in team.resource().get("participant", ()):
            for element in ("member", "onBehalfOf"):
                id = member.get(element, {}).get("reference", "").removeprefix("Organization/")
                party = model.party(id)
                if party is not None and party.is_practice:
                    return party.id
    return ""


def _told(record: Record, person: str, goal: str, practice: str, reason: str) -> Resource:
    now = record.context.now
    return {
        "resourceType": "Task",
        "extension": [
            {"url": codes.SENT_FOR, "valueReference": codes.reference(f"Organization/{record.context.party}")}
        ],
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": codes.concept(codes.TASK, codes.LIMIT_CHANGED),
        "description": reason.strip(),
        "focus": codes.reference(f"Goal/{goal}"),
        "for": codes.reference(f"Patient/{person}"),
        "authoredOn": instant(now),
        "lastModified": instant(now),
        "requester": codes.reference(record.context.actor),
        "owner": codes.reference(f"Organization/{practice}"),
        "restriction": {"period": {"end": instant(now + TOLD_WITHIN)}},
    }
