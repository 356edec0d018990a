"""`Composition/[id]/$document` (https://hl7.org/fhir/R4/composition-operation-document.html)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import literal
from saman.model.fhir.document import document, needed
from saman.record.documents import content

QUERY = "$document"


async def document_of(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """The Composition and what it refers to; stored as a Bundle when that is asked for."""
    is_kept = given.one("persist") is True
    if is_kept and call.method != "POST":
        text = "A document is stored by POST only."
        return refused(Kind.METHOD, "not-supported", text, given.place("persist"), allow="POST")
    id = _asked(call, given)
    found = id if isinstance(id, Refusal) else await call.record.read("Composition", id)
    if isinstance(found, Refusal):
        return found
    composition = found.resource()
    others = await content(call.record, [found], needed(composition, call.base), QUERY)
    if isinstance(others, Refusal):
        return others
    resources = [one.resource() for one in others]
    made = document(composition, resources, call.base, str(uuid4()), call.record.context.now)
    return await _kept(call, made) if is_kept else made


def _asked(call: Call, given: Given) -> str | Refusal:
    """The id of the Composition: that of the address, or of `id`, which may be written as an address here."""
    if call.id and given.has("id"):
        return refused(Kind.INVALID, "invalid", "The address says already which Composition.", given.place("id"))
    if call.id:
        return call.id
    text = given.text("id")
    found = literal(text)
    if found is not None and found.type == "Composition" and found.base in ("", f"{call.base}/"):
        return found.id
    if not text or "/" in text:
        told = "'id' is the id of a Composition here, or its address."
        return refused(Kind.INVALID, "value" if text else "required", told, given.place("id"))
    return text


async def _kept(call: Call, made: dict[str, Any]) -> Answer | Refusal:
    """The document once it is stored: whether the caller may do that is for the record to say."""
    written = await call.record.create(made)
    if isinstance(written, Refusal):
        return written
    location = f"{call.base}/{written.stored.reference}".encode()
    return Answer(200, json.encode(written.stored.resource()), ((b"location", location),))
