"""Batch and transaction at the base (https://hl7.org/fhir/R4/http.html#transaction)."""

from __future__ import annotations

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.kernel.outcome import Refusal
from saman.record import process


async def process_bundle(call: Call) -> Answer | Refusal:
    """What became of each entry; a transaction with any fault changes nothing and names the entry."""
    bundle = await call.resource()
    if isinstance(bundle, Refusal):
        return bundle
    wanted = call.prefers.answer
    done = await process(call.record, bundle, rule=call.admits, told=call.mended, wants=wanted)
    applied = ((b"preference-applied", f"return={wanted}".encode()),) if wanted else ()
    return done if isinstance(done, Refusal) else Answer(200, done.encode(), applied)
