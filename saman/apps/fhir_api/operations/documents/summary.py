"""`Patient/[id]/$summary` (https://hl7.org/fhir/uv/ips/STU2/OperationDefinition-summary.html)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.document import document, needed
from saman.model.fhir.patient_summary import KINDS, MOST, PROFILE, VERSION, as_summary, summarised
from saman.record import Stored, not_found
from saman.record.documents import content
from saman.record.narrow_reading import allowed

QUERY = "$summary"
_PROFILES = ("", PROFILE, f"{PROFILE}|{VERSION}")
_RIGHT = (("status:not", "entered-in-error"), ("status:not", "cancelled"))


async def summary_of(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """The summary of one person: what the caller may see of them now."""
    if given.text("profile") not in _PROFILES:
        text = f"A summary is made by the profile {PROFILE}, version {VERSION}."
        return refused(Kind.INVALID, "not-supported", text, given.place("profile"))
    patient = await _patient(call, given)
    if isinstance(patient, Refusal):
        return patient
    found = await _found(call, patient.id)
    if isinstance(found, Refusal):
        return found
    trees = {kind: [one.resource() for one in each] for kind, each in found.items()}
    ids = str(uuid4()), str(uuid4())
    summed = summarised(patient.id, trees, ids, call.record.context.now)
    listed = _listed(found.values(), summed.listed)
    others = await content(call.record, [patient, *listed], _parts(call, summed.listed), QUERY)
    if isinstance(others, Refusal):
        return others
    resources = [patient.resource(), summed.author, *summed.listed, *(one.resource() for one in others)]
    made = document(summed.composition, resources, call.base, str(uuid4()), call.record.context.now)
    return as_summary(made)


async def _patient(call: Call, given: Given) -> Stored | Refusal:
    """The Patient of the address, or the one who has an identifier."""
    if call.id and given.has("identifier"):
        return refused(Kind.INVALID, "invalid", "The address says already whose summary.", given.place("identifier"))
    if call.id:
        return await call.record.read("Patient", call.id)
    if not given.has("identifier"):
        return refused(Kind.INVALID, "required", "Say whose summary, by 'identifier'.", "identifier")
    asked = [("identifier", given.text("identifier")), ("_count", "2")]
    page = await call.record.search("Patient", asked, strict=True)
    if isinstance(page, Refusal):
        return page
    if len(page.matches) > 1:
        text = "More than one Patient has this identifier. Say its system as well, as system|value."
        return refused(Kind.PRECONDITION, "multiple-matches", text, given.place("identifier"))
    return page.matches[0] if page.matches else not_found()


async def _found(call: Call, person: str) -> dict[str, tuple[Stored, ...]] | Refusal:
    """What there is of each type, newest first; of observations the newest of each code."""
    kinds = [one for one in KINDS if allowed(call.record, one, "s")]
    found = await call.record.about(person, {one: MOST for one in kinds if one != "Observation"})
    if isinstance(found, Refusal) or "Observation" not in kinds:
        return found
    observed = await call.record.latest("Observation", [("patient", person), *_RIGHT], 1)
    return observed if isinstance(observed, Refusal) else found | {"Observation": observed[:MOST]}


def _listed(found: Iterable[Iterable[Stored]], listed: Iterable[dict[str, Any]]) -> list[Stored]:
    wanted = {(one["resourceType"], one["id"]) for one in listed}
    return [one for each in found for one in each if (one.type, one.id) in wanted]


def _parts(call: Call, listed: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    return [place for one in listed for place in needed(one, call.base)]
