"""Create, update, patch and delete (https://hl7.org/fhir/R4/http.html#create), with conditions on what is there."""

from __future__ import annotations

from typing import Any

from saman.apps.fhir_api.answer import Answer, Header, information, resource_answer, version_headers
from saman.apps.fhir_api.binaries import brings_content, brought
from saman.apps.fhir_api.call import Call
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Written, conditioned
from saman.record.conditional import condition_of, read_condition
from saman.record.etag import read_etag
from saman.record.narrow_reading import may_be_told
from saman.record.presence import expected_there, unless_made
from saman.record.refusals import is_absent
from saman.record.search.asked import Query

_FORM_OF_ANSWER = frozenset({"_format", "_pretty"})


async def create(call: Call) -> Answer | Refusal:
    """A new resource; with `If-None-Exist` only if none fulfils it, otherwise the one that does."""
    if brings_content(call):
        return await _brought_new(call)
    resource = _unconditioned(call) or await _body(call)
    if isinstance(resource, Refusal):
        return resource
    condition = _condition(call)
    if isinstance(condition, Refusal):
        return condition
    return _written(await call.record.create(resource, condition), call)


async def _brought_new(call: Call) -> Answer | Refusal:
    """A new Binary that holds the body."""
    refusal = _unconditioned(call)
    if refusal is None and b"if-none-exist" in call.headers:
        text = "A Binary that is sent as it is takes no condition. Send it as FHIR JSON."
        refusal = refused(Kind.INVALID, "not-supported", text, "If-None-Exist")
    return refusal or _written(await brought(call, 0), call)


async def update(call: Call) -> Answer | Refusal:
    """A new version, at the version that `If-Match` names, or only if there is (`If-Match: *`) or is not one."""
    expected = await _expected_there(call) if _asks_whether(call) else _expected(call)
    if isinstance(expected, Refusal):
        return expected
    if brings_content(call):
        result = await brought(call, expected)
    else:
        resource = await _body(call)
        if isinstance(resource, Refusal):
            return resource
        result = await call.record.update(call.type, call.id, resource, expected)
    return _written(unless_made(result, expected), call)


async def update_where(call: Call) -> Answer | Refusal:
    """A new version of the one that fulfils the condition in the address, or a new resource when none does."""
    asked = _asked(call)
    resource = asked if isinstance(asked, Refusal) else await _body(call)
    if isinstance(asked, Refusal) or isinstance(resource, Refusal):
        return resource
    return _written(await conditioned.update_where(call.record, asked[0], resource, asked[1]), call)


async def patch(call: Call) -> Answer | Refusal:
    """A new version with the changes that the patch lists, at the version that `If-Match` names."""
    expected = _expected(call)
    if isinstance(expected, Refusal):
        return expected
    changes = await call.patch()
    if isinstance(changes, Refusal):
        return changes
    return _written(await call.record.patch(call.type, call.id, changes, expected), call)


async def patch_where(call: Call) -> Answer | Refusal:
    """The same for the one that fulfils the condition in the address."""
    asked = _asked(call)
    if isinstance(asked, Refusal):
        return asked
    changes = await call.patch()
    if isinstance(changes, Refusal):
        return changes
    return _written(await conditioned.patch_where(call.record, asked[0], changes, asked[1]), call)


async def delete(call: Call) -> Answer | Refusal:
    """Mark as deleted; 204 also for what is gone, unknown or hidden, as the specification says."""
    expected = _expected(call)
    if isinstance(expected, Refusal):
        return expected
    return _deleted(await call.record.delete(call.type, call.id, expected), call)


async def delete_where(call: Call) -> Answer | Refusal:
    """The same for the one that fulfils the condition in the address; 204 also when none does."""
    asked = _asked(call)
    if isinstance(asked, Refusal):
        return asked
    return _deleted(await conditioned.delete_where(call.record, *asked), call)


async def _body(call: Call) -> Any | Refusal:
    """The resource sent, which must be of the type that the address names."""
    resource = await call.resource()
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if isinstance(kind, str) and kind != call.type:
        return refused(Kind.INVALID, "invalid", f"The address asks for a {call.type}.", f"{call.type}.resourceType")
    return resource


def _unconditioned(call: Call) -> Refusal | None:
    """Refuse conditions in the address: a client that sends them there would get a second resource."""
    pairs = call.pairs()
    if isinstance(pairs, Refusal):
        return pairs
    if any(name not in _FORM_OF_ANSWER for name, _ in pairs):
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


def _asked(call: Call) -> tuple[Query, int | None] | Refusal:
    """The condition that stands in the address, and the version that `If-Match` names."""
    if b"if-none-match" in call.headers:
        return refused(
            Kind.INVALID, "not-supported", "A condition in the address takes If-Match alone.", "If-None-Match"
        )
    pairs, expected = call.pairs(), _expected(call)
    if isinstance(pairs, Refusal):
        return pairs
    condition = condition_of(call.type, [pair for pair in pairs if pair[0] not in _FORM_OF_ANSWER], "url")
    if isinstance(condition, Refusal):
        return condition
    return expected if isinstance(expected, Refusal) else (condition, expected)


def _expected(call: Call) -> int | Refusal | None:
    """The version that `If-Match` names; what is changed has to be there anyway, so that `*` asks for nothing more."""
    if b"if-match" not in call.headers or call.header(b"if-match").strip() == "*":
        return None
    return read_etag(call.header(b"if-match"))


def _asks_whether(call: Call) -> bool:
    return b"if-none-match" in call.headers or call.header(b"if-match").strip() == "*"


async def _expected_there(call: Call) -> int | Refusal | None:
    """For `If-Match: *` and `If-None-Match: *`: refused when it is not there, or is."""
    tag = call.header(b"if-none-match").strip()
    if tag not in ("", "*") or (tag and b"if-match" in call.headers):
        text = "A PUT takes If-Match with a version, or If-None-Match: *."
        return refused(Kind.INVALID, "not-supported", text, "If-None-Match")
    return await expected_there(call.record, call.type, call.id, there=not tag)


def _deleted(result: Written | Refusal | None, call: Call) -> Answer | Refusal:
    if isinstance(result, Refusal) and not is_absent(result):
        return result
    if call.prefers.answer == "OperationOutcome":
        return Answer(200, information("It is deleted."))
    return Answer(204)


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
    if wanted in ("", "representation") and may_be_told(call.record.context, stored, call.method):
        return resource_answer(stored, status, headers)
    text = "Nothing was made: this is there already." if result.found else "It is stored."
    body = information(text, *call.mended) if wanted == "OperationOutcome" else b""
    return Answer(status, body, (*version_headers(stored), *headers))
