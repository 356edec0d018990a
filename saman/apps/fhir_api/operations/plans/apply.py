"""`$apply` of a PlanDefinition and of an ActivityDefinition (https://hl7.org/fhir/R4/plandefinition-operation-apply.html)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir.applying import Applying, Unfit, activity, canonicals, faults, planned
from saman.model.fhir.document import local_place
from saman.model.fhir.evaluating import Evaluator
from saman.record.narrow_reading import allowed

Tree = dict[str, Any]

MOST_DEFINITIONS = 50
_DEFINING = ("ActivityDefinition", "PlanDefinition", "Questionnaire")
_ABOUT = {
    "subject": "Patient",
    "encounter": "Encounter",
    "practitioner": "Practitioner",
    "organization": "Organization",
}
_ESCAPED = str.maketrans({one: f"\\{one}" for one in "\\,|$"})


async def apply_plan(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """The CarePlan that a plan makes for somebody, with all that its actions make in it."""
    plan = await _definition(call, given, "planDefinition")
    if isinstance(plan, Refusal):
        return plan
    to, definitions = await _applying(call, given), await _definitions(call, plan)
    if isinstance(to, Refusal):
        return to
    if isinstance(definitions, Refusal):
        return definitions
    return await asyncio.to_thread(_made, lambda: planned(plan, definitions, to))


async def apply_activity(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """The request that an activity makes for somebody."""
    definition = await _definition(call, given, "activityDefinition")
    if isinstance(definition, Refusal):
        return definition
    to = await _applying(call, given)
    if isinstance(to, Refusal):
        return to
    return await asyncio.to_thread(_made, lambda: activity(definition, to))


def _made(make: Callable[[], Tree]) -> Tree | Refusal:
    try:
        made = make()
    except Unfit as fault:
        kind = Kind.TOO_COSTLY if fault.issue.code == "too-costly" else Kind.UNPROCESSABLE
        return Refusal(kind, (fault.issue,))
    wrong: tuple[Issue, ...] = faults(made)
    return Refusal(Kind.UNPROCESSABLE, wrong) if wrong else made


async def _definition(call: Call, given: Given, name: str) -> Tree | Refusal:
    """The definition of the address, or the one that was sent."""
    if bool(call.id) is given.has(name):
        text = "Give one definition: in the address, or by sending it."
        return refused(Kind.INVALID, "invalid" if call.id else "required", text, given.place(name))
    if not call.id:
        found: Tree = given.one(name)
        return found
    read = await call.record.read(call.type, call.id)
    return read if isinstance(read, Refusal) else read.resource()


async def _applying(call: Call, given: Given) -> Applying | Refusal:
    """The subject and those around it, as far as the caller may see them."""
    about: dict[str, Tree] = {}
    for name, kind in _ABOUT.items():
        if not given.has(name):
            continue
        place = local_place({"reference": given.text(name)}, call.base)
        if place is None or place[0] != kind:
            return refused(Kind.INVALID, "value", f"'{name}' is a {kind} here, as {kind}/id.", given.place(name))
        found = await call.record.read(*place)
        if isinstance(found, Refusal):
            return found
        about[name] = found.resource()
    return Applying(about, Evaluator(call.record.context.now), call.record.context.now)


async def _definitions(call: Call, plan: Tree) -> dict[str, Tree] | Refusal:
    """All definitions that a plan leads to, those that are here, by their canonical URLs."""
    found: dict[str, Tree] = {}
    waiting = dict(canonicals(plan))
    while waiting:
        if len(found) + len(waiting) > MOST_DEFINITIONS:
            text = f"A plan may lead to {MOST_DEFINITIONS} definitions."
            return refused(Kind.TOO_COSTLY, "too-costly", text, "PlanDefinition.action")
        canonical, place = waiting.popitem()
        one = await _defined(call, canonical)
        if one is None:
            text = "There is no such definition, or you may not see it."
            return refused(Kind.UNPROCESSABLE, "not-found", text, place)
        if isinstance(one, Refusal):
            return one
        found[canonical] = one
        waiting |= {name: at for name, at in canonicals(one) if name not in found} if "action" in one else {}
    return found


async def _defined(call: Call, canonical: str) -> Tree | Refusal | None:
    """The newest definition under a canonical URL that the caller may see."""
    url, _, version = canonical.partition("|")
    asked = [("url", url.translate(_ESCAPED)), ("_count", "1")]
    asked += [("version", version.translate(_ESCAPED))] if version else []
    for kind in _DEFINING:
        if not allowed(call.record, kind, "s"):
            continue
        page = await call.record.search(kind, asked, strict=True)
        if isinstance(page, Refusal):
            return page
        if page.matches:
            return page.matches[0].resource()
    return None
