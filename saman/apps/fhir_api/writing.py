"""Create, update and delete (https://hl7.org/fhir/R4/http.html#create), with conditions on what is there already."""

from __future__ import annotations

from typing import Any

from saman.apps.fhir_api.answer import Answer, Header, information, resource_answer, version_headers
from saman.apps.fhir_api.call import Call
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Written
from saman.record.conditional import read_condition
from saman.record.etag import read_etag
from saman.record.search.query import Query


async def create(call: Call) -> Answer | Refusal:
    """A new resource; with `If-None-Exist` only if none fulfils it, otherwise the one that does."""
    resource = _conditioned(call) or await _body(call)
    if isinstance(resource, Refusal):
        return resource
    condition = _condition(call)
    if isinstance(condition, Refusal):
        return condition
    return _written(await call.record.create(resource, condition), call)


async def update(call: Call) -> Answer | Refusal:
    """A new version, at the version that `If-Match` names."""
    if b"if-none-match" in call.headers:
        return refused(Kind.INVALID, "not-supported", "A PUT takes If-Match. To create under a condition use POST.")
    expected = _expected(call)
    resource = expected if isinstance(expected, Refusal) else await _body(call)
    if isinstance(expected, Refusal) or isinstance(resource, Refusal):
        return resource
    return _written(await call.record.update(call.type, call.id, resource, expected), call)


async def delete(call: Call) -> Answer | Refusal:
    """Mark as deleted; 204 also for what is gone, unknown or hidden, as the specification says."""
    expected = _expected(call)
    if isinstance(expected, Refusal):
        return expected
    result = await call.record.delete(call.type, call.id, expected)
    if isinstance(result, Refusal) and result.kind not in (Kind.NOT_FOUND, Kind.GONE):
        return result
    if call.prefers.answer == "OperationOutcome":
        return Answer(200, information("It is deleted."))
    return Answer(204)


async def _body(call: Call) -> Any | Refusal:
    """The resource sent, which must be of the type that the address names."""
    resource = await call.resource()
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if isinstance(kind, str) and kind != call.type:
        return refused(Kind.INVALID, "invalid", f"The address asks for a {call.type}.", f"{call.type}.resourceType")
    return resource


def _conditioned(call: Call) -> Refusal | None:
    """Refuse conditions in the address: a client that sends them there would get a second resource."""
    pairs = call.pairs()
    if isinstance(pairs, Refusal):
        return pairs
    if any(name not in ("_format", "_pretty") for name, _ in pairs):
        return refused(Kind.INVALID, "not-supported", "A POST takes its condition in If-None-Exist.", "If-None-Exist")
    return None


def _condition(call: Call) -> Query | Refusal | None:
    if b"if-none-exist" not in call.headers:
        return None
    try:
        text = call.headers[b"if-none-exist"].decode()
    except UnicodeDecodeError:
        return refused(Kind.INVALID, "structure", "The condition is percent-encoded UTF-8.", "If-None-Exist")
    return read_condition(call.type, text.removeprefix("?"))


def _expected(call: Call) -> int | Refusal | None:
    return read_etag(call.header(b"if-match")) if b"if-match" in call.headers else None


def _written(result: Written | Refusal, call: Call) -> Answer | Refusal:
    if isinstance(result, Refusal):
        return result
    stored = result.stored
    status = 201 if result.created else 200
    wanted = call.prefers.answer
    location = f"{call.base}/{stored.reference}/_history/{stored.version}".encode()
    headers: tuple[Header, ...] = ((b"location", location),)
    if wanted:
        headers += ((b"preference-applied", f"return={wanted}".encode()),)
    if wanted in ("", "representation"):
        return resource_answer(stored, status, headers)
    text = "Nothing was made: this is there already." if result.found else "It is stored."
    body = b"" if wanted == "minimal" else information(text)
    return Answer(status, body, (*version_headers(stored), *headers))
