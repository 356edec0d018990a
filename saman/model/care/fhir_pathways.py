"""Pathways as PlanDefinitions: a step is an action, with who does it, after what, within how long and for whom.

Source: https://hl7.org/fhir/R4/plandefinition.html
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from saman.model.care.caremodel import CareModel
from saman.model.care.codes import ASKS, GOES_TO, ROLE
from saman.model.care.fhir_words import Resource, concept, definition, words
from saman.model.care.pathway import Asks, Lane, Pathway, PathwayStep
from saman.model.care.timing import Span

PLAN_TYPE = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
UCUM = "http://unitsofmeasure.org"
PARTICIPANTS = {"citizen": "patient", "relative": "related-person"}


def resources(model: CareModel) -> Iterator[Resource]:
    """Every pathway of a region."""
    for pathway in model.pathways:
        made = definition(model, "PlanDefinition", pathway.id, pathway.version, pathway)
        made |= words(model, "title", pathway.name)
        made["type"] = concept(PLAN_TYPE, "workflow-definition", display="Workflow Definition")
        made |= words(model, "description", pathway.summary)
        made["jurisdiction"] = [concept("urn:iso:std:iso:3166", model.country.code)]
        made["action"] = [_action(model, pathway, step) for step in pathway.steps]
        yield made


def _action(model: CareModel, pathway: Pathway, step: PathwayStep) -> Resource:
    action: Resource = {"id": step.id} | words(model, "title", step.name) | words(model, "description", step.text)
    extensions = [{"url": GOES_TO, "valueCode": lane.role} for lane in [pathway.lane(step.to)] if lane is not None]
    if step.asks is not Asks.NOTHING:
        extensions.append({"url": ASKS, "valueCode": step.asks.value})
    if extensions:
        action["extension"] = extensions
    if step.only_if:
        expression = {"language": "text/plain", "expression": step.only_if["en"]}
        action["condition"] = [{"kind": "applicability", "expression": expression}]
    if step.after:
        action["relatedAction"] = [{"actionId": name, "relationship": "after-end"} for name in step.after]
    span = _within(model, step)
    if span is not None:
        unit = {"value": span, "unit": "h", "system": UCUM, "code": "h"}
        action["timingDuration"] = unit
    lane = pathway.lane(step.lane)
    action["participant"] = [_participant(lane)] if lane is not None else []
    return action


def _participant(lane: Lane) -> Resource:
    return {"type": PARTICIPANTS.get(lane.role, "practitioner"), "role": concept(ROLE, lane.role)}


HOURS = {"hours": 1, "days": 24, "weeks": 168}
"""Units of deadlines that are as many hours, whatever the calendar; working days and months are not."""


def _within(model: CareModel, step: PathwayStep) -> Decimal | int | None:
    if step.within is None:
        return None
    span: Span | None = step.within.span
    if span is not None:
        return span.hours
    deadline = model.country.deadline(step.within.deadline)
    if deadline is None or deadline.amount is None or deadline.unit not in HOURS:
        return None
    return deadline.amount * HOURS[deadline.unit]
