"""Read, vread and history (https://hl7.org/fhir/R4/http.html#read), with conditional reads (#cread)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from saman.apps.fhir_api.answer import Answer, resource_answer, version_headers
from saman.apps.fhir_api.call import Call, Pairs
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Stored
from saman.record.refusals import not_found
from saman.record.render import history_set

MAX_VERSION_DIGITS = 18
MOST_VERSIONS = 1000
_TAKEN = frozenset({"_count", "_cursor", "_format", "_pretty"})


async def read(call: Call) -> Answer | Refusal:
    """The current version, or 304 when the client has it."""
    found = await call.record.read(call.type, call.id)
    return found if isinstance(found, Refusal) else _unless_known(found, call)


async def vread(call: Call) -> Answer | Refusal:
    """One version."""
    if not (call.version.isascii() and call.version.isdigit() and len(call.version) <= MAX_VERSION_DIGITS):
        return not_found()
    found = await call.record.vread(call.type, call.id, int(call.version))
    return found if isinstance(found, Refusal) else _unless_known(found, call)


def _unless_known(found: Stored, call: Call) -> Answer:
    if b"if-none-match" in call.headers:
        known = _names(call.header(b"if-none-match"), found)
    elif b"if-modified-since" in call.headers:
        known = _is_older(found.updated, call.header(b"if-modified-since"))
    else:
        known = False
    return Answer(304, headers=version_headers(found)) if known else resource_answer(found)


def _names(tags: str, found: Stored) -> bool:
    """Whether one of the tags is this version, compared weakly (https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.2)."""
    given = {tag.strip().removeprefix("W/").strip('"') for tag in tags.split(",")}
    return "*" in given or str(found.version) in given


def _is_older(updated: datetime, since: str) -> bool:
    """Whether nothing changed since; a date that cannot be read asks for nothing (RFC 9110, section 13.1.3)."""
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    return updated.replace(microsecond=0) <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


async def history(call: Call) -> Answer | Refusal:
    """Versions of one resource or of a type, newest first, page by page."""
    pairs = call.pairs()
    asked = pairs if isinstance(pairs, Refusal) else _paging(pairs, strict=call.prefers.strict)
    if isinstance(asked, Refusal):
        return asked
    count, cursor = asked
    page = await call.record.history(call.type, call.id, count=count, cursor=cursor)
    if isinstance(page, Refusal):
        return page
    url = "/".join((call.base, *call.parts))
    following = None if page.next is None else f"{url}?{urlencode({'_count': count, '_cursor': page.next})}"
    here = f"{url}?{urlencode({'_count': count} | ({'_cursor': cursor} if cursor else {}))}"
    return Answer(200, history_set(page, call.base, here, following).encode())


def _paging(pairs: Pairs, *, strict: bool) -> tuple[int, str] | Refusal:
    """Page size and page marker; `_since` and `_at` are refused, for passing over them would mislead."""
    given = dict(pairs)
    for name in given:
        if name in ("_since", "_at") or (strict and name not in _TAKEN):
            return refused(Kind.INVALID, "not-supported", f"A history takes _count and _cursor, not '{name}'.", name)
    count = given.get("_count", "20")
    if not (count.isascii() and count.isdigit() and len(count) <= 6 and int(count) > 0):
        return refused(Kind.INVALID, "value", "'_count' is a whole number from 1.", "_count")
    return min(int(count), MOST_VERSIONS), given.get("_cursor", "")
