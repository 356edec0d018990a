"""`$export`: what is asked for is kept for the worker, and answered with where to look for it.

Source: https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request
"""

from __future__ import annotations

import msgspec

from saman.apps.auth.smart.noting import app_of
from saman.apps.fhir_api.answer import Answer, information
from saman.apps.fhir_api.bulk.asking import members_of, read_asked
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import resource_number
from saman.record import Context
from saman.record.audit import REFUSED, Entry
from saman.record.bulk.asked import EVERYTHING, EXPORT, PATIENTS
from saman.record.bulk.jobs import Jobs
from saman.record.bulk.slices import QUERY
from saman.record.narrowing import insufficient


async def export_everything(call: Call, given: Given) -> Answer | Refusal:
    """`[base]/$export`: everything that the caller may see."""
    return await _begun(call, given, EVERYTHING, None)


async def export_patients(call: Call, given: Given) -> Answer | Refusal:
    """`Patient/$export`: what is about people."""
    return await _begun(call, given, PATIENTS, None)


async def export_group(call: Call, given: Given) -> Answer | Refusal:
    """`Group/[id]/$export`: what is about the people who are in a group now."""
    members = await members_of(call.record, call.id)
    return members if isinstance(members, Refusal) else await _begun(call, given, PATIENTS, members)


def owner_of(context: Context) -> str:
    """Whose an export is: the app or system, and for whom it acts."""
    patient = context.narrowing.patient if context.narrowing else ""
    return "\n".join((app_of(context.request), context.actor, context.role, context.party, context.purpose, patient))


async def _begun(call: Call, given: Given, level: str, members: tuple[str, ...] | None) -> Answer | Refusal:
    if call.method == "HEAD":
        return refused(Kind.METHOD, "not-supported", "Only GET, POST can be used here.", allow="GET, POST")
    context = call.record.context
    asked = read_asked(call, given, level, members)
    if isinstance(asked, Refusal):
        if asked == insufficient():
            await call.record.log(_entry(context, call, REFUSED))
        return asked
    client = app_of(context.request)
    jobs = Jobs(call.record.store.pool)
    id = await jobs.begin(EXPORT, owner_of(context), client, context, msgspec.json.encode(asked))
    if isinstance(id, Refusal):
        return id
    await call.record.log(_entry(context, call))
    place = f"{call.base}/$export-status/{id}".encode()
    told = information("The export has begun. Content-Location says where it is.")
    return Answer(202, told, ((b"content-location", place),))


def _entry(context: Context, call: Call, outcome: int = 0) -> Entry:
    return Entry(context, "E", resource_number(call.type or "Patient"), call.id, outcome=outcome, query=QUERY)
