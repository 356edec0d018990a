"""One call as it came in: address, headers, body, and the standing of who makes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from saman.apps.auth.identity import request_id
from saman.apps.fhir_api.identify import Identify
from saman.apps.fhir_api.negotiation import FORM, Preferences, media_type, preferences, unreadable
from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir.patch import Held, Patch, read_fhirpath_patch, read_json_patch
from saman.model.fhir.sanitising import sanitise
from saman.record import Record, Store
from saman.record.step import JSON_PATCH

MAX_FIELDS = 200

Pairs = list[tuple[str, str]]

Admit = Callable[[Any], Refusal | None]
"""Says of a decoded body why the region does not take it, before anything else is asked."""


def everything(_body: Any) -> Refusal | None:
    """Take whatever the record takes."""
    return None


class Call:
    """A call under way; `type`, `id` and `last` are what its path names: `last` a version, or a type in a compartment.

    `admits` is what the region says of bodies, and of what patches make; `mended` what was changed in them.
    `wants_content` says that a Binary is asked for as what it holds.
    """

    __slots__ = (
        "_most", "_receive", "_record", "_request", "_scope", "admits", "base", "headers", "id", "last",
        "mended", "method", "parts", "query", "type", "wants_content",
    )  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive, base: str, most: int, admit: Admit) -> None:
        self._scope = scope
        self.method: str = scope["method"]
        self.headers = _headers(scope["headers"])
        self.query: bytes = scope["query_string"]
        self.base = base
        self.parts = _parts(scope)
        self.type = self.id = self.last = ""
        self._request = ""
        self._record: Record | None = None
        self._receive = receive
        self._most = most
        self.admits = admit
        self.mended: tuple[Issue, ...] = ()
        self.wants_content = False

    async def enter(self, store: Store, identify: Identify) -> Refusal | None:
        """Open the record for whoever calls; refused when that is nobody."""
        context = await identify(self._scope["headers"])
        if isinstance(context, Refusal):
            return context
        self._request = context.request
        self._record = Record(store, context, self.base)
        return None

    @property
    def record(self) -> Record:
        """The record as far as the caller may see it; there once `enter` was not refused."""
        assert self._record is not None
        return self._record

    @property
    def request(self) -> str:
        """The id of this call: the one that the record logs, for a caller who is not known a new one."""
        self._request = self._request or request_id(self._scope["headers"])
        return self._request

    def header(self, name: bytes) -> str:
        """A header's value, empty when it is not there; several are joined with commas."""
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def prefers(self) -> Preferences:
        """What the `Prefer` header asks for."""
        return preferences(self.header(b"prefer"))

    def pairs(self) -> Pairs | Refusal:
        """The parameters of the address, decoded, in order."""
        return _pairs(self.query)

    def form_of_answer(self) -> dict[str, str]:
        """`_format` and `_pretty`, where the address has them."""
        if b"_format" not in self.query and b"_pretty" not in self.query:
            return {}
        pairs = self.pairs()
        return {} if isinstance(pairs, Refusal) else dict(pairs)

    async def resource(self) -> Any | Refusal:
        """The JSON value of the body; refused as unsupported, too large, malformed or not admitted."""
        refusal = unreadable(self.header(b"content-type"))
        body = refusal or await self.body()
        value = body if isinstance(body, Refusal) else json.decode(body)
        if isinstance(value, Refusal) or isinstance(body, Refusal):
            return value
        return (self._taken(value) if b"div" in body else self.admits(value)) or value

    def _taken(self, tree: Any) -> Refusal | None:
        """Sanitise the narratives in `tree`, unless handling is strict, and say why the region does not take it."""
        if not self.prefers.strict:
            self.mended = sanitise(tree)
        return self.admits(tree)

    async def patch(self) -> Patch | Refusal:
        """The patch in the body, by its Content-Type: JSON Patch, or FHIRPath Patch as a Parameters resource."""
        name = media_type(self.header(b"content-type"))[0]
        refusal = None if name == JSON_PATCH else unreadable(self.header(b"content-type"))
        if refusal is not None:
            text = f"A patch is sent as {JSON_PATCH}, or as a Parameters resource in application/fhir+json."
            return refused(Kind.MEDIA, "not-supported", text, "Content-Type")
        body = await self.body()
        value = body if isinstance(body, Refusal) else json.decode(body)
        if isinstance(value, Refusal):
            return value
        patch = read_json_patch(value) if name == JSON_PATCH else read_fhirpath_patch(value)
        return patch if isinstance(patch, Refusal) else Held(patch, self._taken)

    async def form(self) -> Pairs | Refusal:
        """The fields of a form in the body, decoded, in order; none when there is no body."""
        if b"content-type" not in self.headers and not await self.body():
            return []
        if media_type(self.header(b"content-type"))[0] != FORM:
            return refused(Kind.MEDIA, "not-supported", f"A search is posted as {FORM}.", "Content-Type")
        body = await self.body()
        return body if isinstance(body, Refusal) else _pairs(body)

    async def body(self) -> bytes | Refusal:
        """The body, at most as large as the setting allows."""
        if self.header(b"content-encoding") not in ("", "identity"):
            return refused(Kind.MEDIA, "not-supported", "Send the body as it is, without Content-Encoding.")
        told = self.headers.get(b"content-length", b"")
        if told.isdigit() and int(told) > self._most:
            return self._too_large()
        message = await self._receive()
        body: bytes = message.get("body", b"")
        if message.get("more_body"):
            return await self._rest(bytearray(body))
        return body if len(body) <= self._most else self._too_large()

    async def _rest(self, body: bytearray) -> bytes | Refusal:
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return refused(Kind.INVALID, "incomplete", "The connection ended before the body did.")
            body += message.get("body", b"")
            if len(body) > self._most:
                return self._too_large()
            more = message.get("more_body", False)
        return bytes(body)

    async def pieces(self) -> AsyncIterator[bytes | Refusal]:
        """The body as it comes, at last a refusal when it is not whole."""
        if self.header(b"content-encoding") not in ("", "identity"):
            yield refused(Kind.MEDIA, "not-supported", "Send the body as it is, without Content-Encoding.")
            return
        told, size, more = self.headers.get(b"content-length", b""), 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                yield refused(Kind.INVALID, "incomplete", "The connection ended before the body did.")
                return
            size += len(message.get("body", b""))
            yield message.get("body", b"")
            more = message.get("more_body", False)
        if told.isdigit() and int(told) != size:
            yield refused(Kind.INVALID, "incomplete", "The body is not as long as Content-Length says.")

    def _too_large(self) -> Refusal:
        return refused(Kind.TOO_LARGE, "too-long", f"A body may hold at most {self._most} bytes.")


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    headers = dict(raw)
    if len(headers) < len(raw):
        headers = {}
        for name, value in raw:
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def _parts(scope: Scope) -> list[str]:
    """The steps of the path below the place the interface is mounted at."""
    path: str = scope["path"]
    root = scope.get("root_path", "")
    inside = path[len(root) :] if root and path.startswith(root) else path
    inside = inside.strip("/")
    return inside.split("/") if inside else []


def _pairs(text: bytes) -> Pairs | Refusal:
    """Decoded parameters; refused when they are too many or not UTF-8."""
    try:
        return parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        return refused(Kind.INVALID, "structure", "Parameters are percent-encoded UTF-8.")
    except ValueError:
        return refused(Kind.INVALID, "too-costly", f"At most {MAX_FIELDS} parameters fit in one call.")
