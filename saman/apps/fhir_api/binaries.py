"""Binaries as what they hold, and as resources (https://hl7.org/fhir/R4/binary.html#rest)."""

from __future__ import annotations

import re

from saman.apps.fhir_api.answer import Answer, Header, Streamed, version_headers
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.negotiation import OTHER_FORMS, media_type, unreadable
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.record import Stored, Written
from saman.record.contents.bringing import bring
from saman.record.contents.files import too_large
from saman.record.contents.keeping import is_media_type
from saman.record.contents.source import Source, source_of
from saman.record.render import outcome_text
from saman.record.rows import Resource

_SHOWN = re.compile(
    r"(?:image/(?:png|jpeg|gif|webp|bmp)|text/plain|(?:audio|video)/[a-z0-9.+-]+)(?:;.*)?", re.IGNORECASE
)
"""What a browser may show where it is; everything else it is to save."""

_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})")
_SANDBOX: Header = (b"x-content-security-policy", b"default-src 'none'; sandbox")


def brings_content(call: Call) -> bool:
    """Whether the body is what a Binary is to hold, and not a resource."""
    content_type = call.header(b"content-type")
    is_other = media_type(content_type)[0] in OTHER_FORMS
    return call.type == "Binary" and content_type != "" and not is_other and unreadable(content_type) is not None


async def brought(call: Call, expected: int | None) -> Written | Refusal:
    """What became of a Binary whose content is the body; whose it is stands in `X-Security-Context`."""
    contents = call.record.store.contents
    told = call.header(b"content-length")
    if contents is not None and told.isdigit() and int(told) > contents.limits.most:
        return too_large(contents.limits.most)
    content_type = call.header(b"content-type").strip()
    if not is_media_type(content_type):
        return refused(Kind.MEDIA, "value", "Content-Type is a media type such as application/pdf.", "Content-Type")
    binary: Resource = {"resourceType": "Binary", "contentType": content_type}
    if call.id:
        binary["id"] = call.id
    whose = call.header(b"x-security-context").strip()
    if whose:
        binary["securityContext"] = {"reference": whose.removeprefix(f"{call.base}/")}
    return await bring(call.record, binary, expected, call.pieces())


def binary_answer(found: Stored, call: Call) -> Answer | Refusal:
    """A Binary as its content, or as a resource that holds it, in pieces either way."""
    source = source_of(found.resource(), call.record.store.contents)
    if isinstance(source, Refusal):
        return source
    if call.wants_content:
        return _raw(found, source, call)
    return Answer(200, headers=version_headers(found), streamed=Streamed(*source.in_resource()))


def _raw(found: Stored, source: Source, call: Call) -> Answer:
    content_type = str(source.resource.get("contentType"))
    content_type = content_type if is_media_type(content_type) else "application/octet-stream"
    headers = (*version_headers(found), (b"accept-ranges", b"bytes"), _SANDBOX, *_security_context(source.resource))
    if not _SHOWN.fullmatch(content_type):
        headers += ((b"content-disposition", b"attachment"),)
    status, start, length = 200, 0, source.size
    part = _part(call, source.size)
    if part is not None:
        start, length = part
        if not length:
            return _unsatisfiable(source.size)
        status = 206
        headers += ((b"content-range", b"bytes %d-%d/%d" % (start, start + length - 1, source.size)),)
    streamed = Streamed(length, source.read(start, length))
    return Answer(status, headers=headers, content_type=content_type, streamed=streamed)


def _security_context(resource: Resource) -> tuple[Header, ...]:
    whose = resource.get("securityContext", {}).get("reference", "")
    plain = re.fullmatch(r"[A-Za-z]{1,40}/[A-Za-z0-9.-]{1,64}", whose)
    return ((b"x-security-context", whose.encode()),) if plain else ()


def _part(call: Call, size: int) -> tuple[int, int] | None:
    """Start and length of the one range that is asked for; None for all of it, length 0 when there is no such part.

    Several ranges, and those under a condition, are answered with the whole, as RFC 9110 lets us (section 14.2).
    """
    found = _RANGE.fullmatch(call.header(b"range").strip()) if call.method == "GET" else None
    if found is None or b"if-range" in call.headers or not (found[1] or found[2]):
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        return size - length, length
    start, end = int(found[1]), int(found[2]) if found[2] else size - 1
    if found[2] and end < start:
        return None
    return start, max(0, min(end, size - 1) - start + 1)


def _unsatisfiable(size: int) -> Answer:
    text = "The content has no such part."
    body = outcome_text([Issue("value", text, "Range")]).encode()
    return Answer(416, body, ((b"content-range", b"bytes */%d" % size),))
