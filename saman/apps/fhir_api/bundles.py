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
    done = await process(call.record, bundle, rule=call.admits, told=call.mended)
    return done if isinstance(done, Refusal) else Answer(200, done.encode())
