"""What goes back: status, headers and body, said once for all interactions."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from email.utils import formatdate
from functools import lru_cache

import brotli  # type: ignore[import-untyped]
import msgspec
from starlette.types import Send

from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.negotiation import FHIR_JSON, content_encoding
from saman.apps.ui.security import STRICT_TRANSPORT
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.record import Stored
from saman.record.narrowing import KEY as NO_SCOPE
from saman.record.render import outcome_text

Header = tuple[bytes, bytes]

LEAST_COMPRESSED = 2048
REMEMBERED = 1024
"""Seconds that a process has written as a date last."""
THREADED = 256 * 1024
"""From this size on, compressing would hold up the other calls of the process."""

PRIVATE: Header = (b"cache-control", b"no-store")
_ALWAYS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"accept, accept-encoding"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"),
    (b"strict-transport-security", STRICT_TRANSPORT.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""A browser that is led here by an address shows data as text at most: it runs, loads and frames nothing of it."""
_BODILESS = frozenset({204, 304})


class Streamed(msgspec.Struct, frozen=True):
    """A body that is sent piece by piece, and how many bytes it has, None where that is not known."""

    length: int | None
    pieces: AsyncGenerator[bytes, None]


class Answer(msgspec.Struct):
    """An answer to send; `cache` says who may keep it, and `streamed` stands in for `body`."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()
    content_type: str = FHIR_JSON
    cache: Header = PRIVATE
    streamed: Streamed | None = None


def resource_answer(stored: Stored, status: int = 200, headers: tuple[Header, ...] = ()) -> Answer:
    """One version of a resource with its entity tag and time."""
    return Answer(status, stored.text().encode(), (*version_headers(stored), *headers))


def version_headers(stored: Stored) -> tuple[Header, Header]:
    """`ETag` and `Last-Modified` of a version."""
    return (b"etag", stored.etag.encode()), (b"last-modified", http_date(stored.updated))


def http_date(moment: datetime) -> bytes:
    """`Sat, 21 Nov 2026 20:51:14 GMT`."""
    return _http_date(int(moment.timestamp()))


@lru_cache(REMEMBERED)
def _http_date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


def refusal_answer(refusal: Refusal, call: Call) -> Answer:
    """An OperationOutcome with the status of the refusal, and the headers that belong to it."""
    headers: tuple[Header, ...] = ()
    if refusal.kind is Kind.UNAUTHENTICATED:
        headers = ((b"www-authenticate", _challenge(call)),)
    elif refusal.kind is Kind.FORBIDDEN and any(issue.key == NO_SCOPE for issue in refusal.issues):
        headers = ((b"www-authenticate", b'Bearer realm="saman", error="insufficient_scope"'),)
    elif refusal.kind is Kind.METHOD:
        headers = ((b"allow", dict(refusal.issues[0].args)["allow"].encode()),)
    elif refusal.kind is Kind.TOO_LARGE:
        headers = ((b"connection", b"close"),)
    elif refusal.kind is Kind.TOO_MANY:
        headers = ((b"retry-after", dict(refusal.issues[0].args)["seconds"].encode()),)
    elif refusal.kind is Kind.UNAVAILABLE:
        headers = ((b"retry-after", b"5"),)
    return Answer(refusal.status, outcome_text(refusal.issues).encode(), headers)


def _challenge(call: Call) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc6750#section-3: an error is named only when something was sent."""
    sent = b"authorization" in call.headers
    return b'Bearer realm="saman", error="invalid_token"' if sent else b'Bearer realm="saman"'


def information(text: str, *more: Issue) -> bytes:
    """An OperationOutcome that says that all went well, and what else there is to know."""
    return outcome_text([Issue("informational", text, severity="information"), *more]).encode()


async def send_answer(answer: Answer, call: Call, send: Send) -> None:
    """Send `answer`, compressed when asked for and worth it; to HEAD its headers alone."""
    headers = [*answer.headers, answer.cache, (b"x-request-id", call.request.encode()), *_ALWAYS]
    body = answer.body
    if body or answer.streamed:
        headers.append((b"content-type", answer.content_type.encode()))
    if len(body) >= LEAST_COMPRESSED:
        encoding = content_encoding(call.header(b"accept-encoding"))
        if encoding:
            body = await _compressed(body, encoding)
            headers.append((b"content-encoding", encoding.encode()))
    length = len(body) if answer.streamed is None else answer.streamed.length
    if answer.status not in _BODILESS and length is not None:
        headers.append((b"content-length", b"%d" % length))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.streamed is not None:
        await _send_pieces(answer.streamed.pieces, call, send)
        return
    await send({"type": "http.response.body", "body": b"" if call.method == "HEAD" else body})


async def _send_pieces(pieces: AsyncGenerator[bytes, None], call: Call, send: Send) -> None:
    async with aclosing(pieces):
        piece = await anext(pieces, None)
        while piece is not None and call.method != "HEAD":
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            piece = await anext(pieces, None)
    await send({"type": "http.response.body", "body": b""})


def _brotli(body: bytes) -> bytes:
    packed: bytes = brotli.compress(body, quality=1)
    return packed


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(body) + packer.flush()


_PACK: Mapping[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip}


async def _compressed(body: bytes, encoding: str) -> bytes:
    pack = _PACK[encoding]
    return await asyncio.to_thread(pack, body) if len(body) >= THREADED else pack(body)
