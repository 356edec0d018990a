"""Search by GET and by POST (https://hl7.org/fhir/R4/http.html#search): of a type, of several, of a compartment."""

from __future__ import annotations

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call, Pairs
from saman.kernel.outcome import Refusal
from saman.record.asking import Where, search_text


async def search(call: Call) -> Answer | Refusal:
    """One page of matches for the parameters of the address, or for those sealed in its `_page`."""
    pairs = call.pairs()
    return pairs if isinstance(pairs, Refusal) else await _answered(call, pairs, is_posted=False)


async def search_posted(call: Call) -> Answer | Refusal:
    """The same for parameters in a form; those of the address count too."""
    pairs, form = call.pairs(), await call.form()
    if isinstance(form, Refusal):
        return form
    return pairs if isinstance(pairs, Refusal) else await _answered(call, pairs + form, is_posted=True)


async def _answered(call: Call, pairs: Pairs, *, is_posted: bool) -> Answer | Refusal:
    where = Where(call.last, f"{call.type}/{call.id}") if call.id else Where(call.type)
    found = await search_text(call.record, where, pairs, strict=call.prefers.strict, is_posted=is_posted)
    return found if isinstance(found, Refusal) else Answer(200, found.encode())
