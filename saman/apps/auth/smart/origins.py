"""Which web pages elsewhere may call this server from a browser (https://fetch.spec.whatwg.org/#http-cors-protocol).

What says nothing about anybody may be read by all. The FHIR interface and the token endpoint answer the pages of
registered apps alone, and never with cookies.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saman.kernel.clock import Clock
from saman.record.apps.clients import Client, Clients

OPEN = frozenset(
    {
        "/.well-known/smart-configuration",
        "/.well-known/openid-configuration",
        "/auth/jwks",
        "/fhir/.well-known/smart-configuration",
        "/fhir/metadata",
    }
)
GUARDED = frozenset({"/auth/token", "/auth/introspect", "/auth/revoke", "/fhir"})
KNOWN_FOR = timedelta(seconds=30)

_MAY_SEND = b"accept, authorization, content-type, if-match, if-modified-since, if-none-exist, if-none-match, prefer"
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, DELETE"),
    (b"access-control-allow-headers", _MAY_SEND),
    (b"access-control-max-age", b"600"),
    (b"content-length", b"0"),
)
_SHOWN = (b"access-control-expose-headers", b"content-location, etag, last-modified, location, x-request-id")


class Origins:
    """Adds to answers what lets a page of a registered app read them, and answers the question before the call."""

    def __init__(self, app: ASGIApp, clients: Clients, clock: Clock) -> None:
        self._app = app
        self._clients = clients
        self._clock = clock
        self._known: frozenset[str] = frozenset()
        self._until: datetime | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; calls that come from no page of another site are left alone."""
        origin = Headers(scope=scope).get("origin", "") if scope["type"] == "http" else ""
        allowed = await self._allowed(scope["path"], origin) if origin else ""
        if not allowed:
            await self._app(scope, receive, send)
            return
        said = ((b"access-control-allow-origin", allowed.encode()), (b"vary", b"origin"))
        if scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": [*said, *_PREFLIGHT]})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_said(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *said, _SHOWN]
            await send(message)

        await self._app(scope, receive, send_said)

    async def _allowed(self, path: str, origin: str) -> str:
        if path in OPEN:
            return "*"
        if path not in GUARDED and not path.startswith("/fhir/"):
            return ""
        now = self._clock()
        if self._until is None or not self._until - KNOWN_FOR <= now < self._until:
            self._known = frozenset(origins_of(await self._clients.listed()))
            self._until = now + KNOWN_FOR
        return origin if origin in self._known else ""


def origins_of(clients: Iterable[Client]) -> Iterable[str]:
    """Where the pages of these clients stand, by their addresses for answers."""
    for client in clients:
        for parts in map(urlsplit, client.redirects):
            if parts.scheme in ("https", "http"):
                yield f"{parts.scheme}://{parts.netloc}"
