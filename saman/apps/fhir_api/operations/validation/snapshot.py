"""`$snapshot`: a profile with all that it says of each element, where it is written as what it changes.

Source: https://hl7.org/fhir/R4/structuredefinition-operation-snapshot.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.validating import Known
from saman.model.fhir.validating.snapshots import Unmade
from saman.model.fhir.validating.snapshots.shown import with_snapshot
from saman.record.threads import beside


async def show_snapshot(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """The profile of the address, of `definition` or `url`, with its snapshot made anew."""
    known = (await call.record.store.definitions.known(call.record.context)).known
    found = await _told(call, given, known)
    return found if isinstance(found, Refusal) else await beside(_made, found, known)


async def _told(call: Call, given: Given, known: Known) -> Mapping[str, Any] | Refusal:
    if sum((bool(call.id), given.has("definition"), given.has("url"))) != 1:
        text = "Say once which StructureDefinition is meant: in the address, by 'url', or by sending it."
        return refused(Kind.INVALID, "required", text, given.place("url"))
    if call.id:
        stored = await call.record.read(call.type, call.id)
        return stored if isinstance(stored, Refusal) else stored.resource()
    if given.has("definition"):
        sent: Mapping[str, Any] = given.one("definition")
        return sent
    url = given.text("url")
    named = known.definition(url)
    if named is None or known.is_other_version(url):
        text = "There is no such StructureDefinition here."
        return refused(Kind.NOT_FOUND, "not-found", text, given.place("url"))
    return named


def _made(definition: Mapping[str, Any], known: Known) -> dict[str, Any] | Refusal:
    try:
        return with_snapshot(definition, known.snapshot(definition))
    except Unmade as why:
        return refused(Kind.UNPROCESSABLE, "processing", str(why), "StructureDefinition.differential")
