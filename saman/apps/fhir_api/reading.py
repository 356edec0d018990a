"""Read, vread and history (https://hl7.org/fhir/R4/http.html#read), with conditional reads (#cread)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from saman.apps.fhir_api.answer import Answer, resource_answer, version_headers
from saman.apps.fhir_api.binaries import binary_answer
from saman.apps.fhir_api.call import Call
from saman.kernel.outcome import Refusal
from saman.model.fhir.summary import Part
from saman.record import Stored
from saman.record.etag import names_version
from saman.record.getting import history_text, version
from saman.record.parts import WHOLE, cut, read_part


async def read(call: Call) -> Answer | Refusal:
    """The current version, or 304 when the client has it."""
    part = _part(call)
    if isinstance(part, Refusal):
        return part
    return _unless_known(await call.record.read(call.type, call.id), part, call)


async def vread(call: Call) -> Answer | Refusal:
    """One version."""
    part = _part(call)
    if isinstance(part, Refusal):
        return part
    return _unless_known(await version(call.record, call.type, call.id, call.last), part, call)


def _part(call: Call) -> Part | Refusal:
    """Which part of the resource is asked for; nothing is looked at for calls without parameters."""
    if not call.query:
        return WHOLE
    pairs = call.pairs()
    return pairs if isinstance(pairs, Refusal) else read_part(pairs)


def _unless_known(found: Stored | Refusal, part: Part, call: Call) -> Answer | Refusal:
    if isinstance(found, Refusal):
        return found
    if b"if-none-match" in call.headers:
        known = names_version(call.header(b"if-none-match"), found.version)
    elif b"if-modified-since" in call.headers:
        known = _is_older(found.updated, call.header(b"if-modified-since"))
    else:
        known = False
    if known:
        return Answer(304, headers=version_headers(found))
    if found.type == "Binary" and part.is_whole:
        return binary_answer(found, call)
    return resource_answer(cut(found, part))


def _is_older(updated: datetime, since: str) -> bool:
    """Whether nothing changed since; a date that cannot be read asks for nothing (RFC 9110, section 13.1.3)."""
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    return updated.replace(microsecond=0) <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


async def history(call: Call) -> Answer | Refusal:
    """Versions of one resource, of a type or of everything, newest first, page by page."""
    pairs = call.pairs()
    if isinstance(pairs, Refusal):
        return pairs
    steps = [one for one in (call.type, call.id) if one]
    found = await history_text(call.record, steps, pairs, strict=call.prefers.strict)
    return found if isinstance(found, Refusal) else Answer(200, found.encode())
