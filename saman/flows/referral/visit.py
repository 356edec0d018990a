"""The telemedicine centre asks home care in the citizen's own municipality for a visit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from saman.flows.reading import all_of
from saman.flows.writing import Once, once
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care import codes
from saman.model.care.calendar import deadline
from saman.model.care.caremodel import CareModel
from saman.model.care.party import Party, PartyKind
from saman.model.care.service_model import Activity, ModeKind, ServiceModel
from saman.record import Change, Record

Resource = dict[str, Any]


async def home_care_of(record: Record, model: CareModel, person: str) -> Party | Refusal:
    """The home-care unit in a person's care team; refused when there is none to ask."""
    teams = await all_of(record, "CareTeam", [("patient", f"Patient/{person}"), ("status", "active")])
    if isinstance(teams, Refusal):
        return teams
    members = (
        member.get(element, {}).get("reference", "").removeprefix("Organization/")
        for team in teams
        for member in team.resource().get("participant", ())
        for element in ("member", "onBehalfOf")
    )
    parties = (model.party(id) for id in members)
    found = next((party for party in parties if party is not None and party.kind is PartyKind.HOME_CARE), None)
    if found is None:
        return refused(Kind.CONFLICT, "business-rule", "No home care is part of the team.", key="visit.no-home-care")
    return found


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What a visit is for, before when it is to be done, and which of `asked_of_home_care` it is, if any."""

    text: str
    before: datetime
    activity: str = ""


def asked_of_home_care(service: ServiceModel) -> tuple[Activity, ...]:
    """The activities of a service that home care does at home and that require a competence."""
    roles = {one.role for one in service.roles if one.party_kind is PartyKind.HOME_CARE}
    return tuple(one for one in service.activities if one.requires and one.role in roles and ModeKind.HOME in one.modes)


async def ask_for_visit(
    record: Record, model: CareModel, service: ServiceModel, person: str, wanted: Visit, key: str
) -> Once | Refusal:
    """Ask for a visit that is done in time; stored once for its key. The answer is due as the service says."""
    text, before = wanted.text.strip(), wanted.before
    if not text:
        return refused(Kind.UNPROCESSABLE, "required", "Say what the visit is for.", "text", key="visit.needs-text")
    if before <= record.context.now:
        return refused(Kind.UNPROCESSABLE, "value", "Choose a time from now on.", "before", key="visit.past")
    unit = await home_care_of(record, model, person)
    if isinstance(unit, Refusal):
        return unit
    due = deadline(service.response.request_answered, unit, model.country, record.context.now)
    task = visit_task(record, person, unit, text, before, min(due or before, before))
    if wanted.activity in {one.id for one in asked_of_home_care(service)}:
        task["code"]["coding"].append(codes.coding(codes.ACTIVITY, wanted.activity))
    task["identifier"] = [{"system": codes.TASK, "value": key}]
    return await once(record, "Task", f"identifier={codes.TASK}|{key}", lambda inner: [Change(task)])


def visit_task(record: Record, person: str, unit: Party, text: str, before: datetime, due: datetime) -> Resource:
    """The task of a visit; home care may decline it with a reason."""
    now = instant(record.context.now)
    sent_for = {"url": codes.SENT_FOR, "valueReference": codes.reference(f"Organization/{record.context.party}")}
    return {
        "resourceType": "Task",
        "extension": [sent_for],
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": {
            "coding": [
                codes.coding(codes.TASK, codes.HOME_VISIT),
                codes.coding(codes.ACTIVITY, codes.HOME_VISIT),
            ]
        },
        "description": text,
        "for": codes.reference(f"Patient/{person}"),
        "authoredOn": now,
        "lastModified": now,
        "requester": codes.reference(record.context.actor),
        "owner": codes.reference(f"Organization/{unit.id}", unit.name),
        "restriction": {"period": {"end": instant(due)}},
        "input": [{"type": codes.concept(codes.TASK_INPUT, "visit-before"), "valueDateTime": instant(before)}],
    }
