"""What guards the pages: headers on every answer, and a check that a form was sent from one of our own pages.

Sources: https://www.w3.org/TR/CSP3/, https://www.w3.org/TR/fetch-metadata/, OWASP's CSRF Prevention Cheat Sheet.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saman.apps.ui.locales import mark
from saman.kernel.outcome import Kind, Refusal, refused

CONTENT_SECURITY_POLICY: Final = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
))  # fmt: skip
STRICT_TRANSPORT: Final = "max-age=63072000; includeSubDomains"
"""Two years of https alone; browsers pass over it where the page came by plain http, as in the demo."""
HEADERS: Final = {
    "strict-transport-security": STRICT_TRANSPORT,
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
}
SAFE_METHODS: Final = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
FORM_TYPE: Final = "application/x-www-form-urlencoded"
MOST_BYTES: Final = 64_000
MOST_FIELDS: Final = 200


class Session(Protocol):
    """What the pages need to know of who is signed in; `saman.apps.auth` makes it."""

    @property
    def csrf(self) -> str:
        """The secret that forms carry, masked."""
        ...

    @property
    def actor(self) -> str:
        """Who acts, as the record names them; never shown."""
        ...

    @property
    def user_name(self) -> str:
        """The name shown at the top."""
        ...

    @property
    def role(self) -> str:
        """The role's id in the care model."""
        ...

    @property
    def organization_name(self) -> str:
        """The unit that is acted for; empty for citizens."""
        ...

    @property
    def several(self) -> bool:
        """Whether they are, or take part for, more than one person, among whom they can change."""
        ...

    @property
    def language(self) -> str:
        """The user's own language, or empty."""
        ...


class SecurityHeaders:
    """Puts `HEADERS` on every answer that does not set its own, and `no-store` where nothing else was said."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the call on and completes the headers of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_guarded)


def session_of(request: Request) -> Session | None:
    """Who is signed in, or None."""
    return getattr(request.state, "session", None)


def masked(token: str) -> str:
    """`token` under a fresh mask, so that compressed pages never repeat the secret (BREACH)."""
    raw = token.encode()
    mask = secrets.token_bytes(len(raw))
    return base64.urlsafe_b64encode(mask + bytes(a ^ b for a, b in zip(mask, raw, strict=True))).decode()


def unmasked(sent: str) -> str:
    """The token under the mask, or empty when `sent` is not a masked token."""
    try:
        raw = base64.urlsafe_b64decode(sent.encode())
    except (binascii.Error, ValueError):
        return ""
    half = len(raw) // 2
    return bytes(a ^ b for a, b in zip(raw[:half], raw[half:], strict=False)).decode(errors="replace")


def from_elsewhere(method: str, headers: Mapping[str, str], host: str) -> bool:
    """Whether a browser says that an unsafe request began on another site.

    `Origin: null` says nothing: our own pages send it, whose referrer policy is `no-referrer`. The token decides.
    """
    if method in SAFE_METHODS:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin", "null")
    return origin != "null" and urlsplit(origin).netloc != host


async def posted(request: Request, most: int = MOST_BYTES) -> Mapping[str, str] | Refusal:
    """The fields of a form sent from one of our own pages in this session; a Refusal says why not.

    The last of equal names counts. At most `most` bytes and 200 fields; files are not taken.
    """
    session = session_of(request)
    if from_elsewhere(request.method, request.headers, request.headers.get("host", "")):
        return _not_ours()
    if not request.headers.get("content-type", "").startswith(FORM_TYPE):
        return refused(Kind.MEDIA, "not-supported", f"A form is sent as {FORM_TYPE}")
    fields = await _fields(request, most)
    if isinstance(fields, Refusal):
        return fields
    sent = fields.pop("csrf", "") or request.headers.get("x-csrf-token", "")
    if session is not None and not secrets.compare_digest(unmasked(sent).encode(), session.csrf.encode()):
        return _not_ours()
    return fields


async def _fields(request: Request, most: int) -> dict[str, str] | Refusal:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            text = f"A form may hold at most {most} bytes"
            return refused(Kind.TOO_LARGE, "too-long", text, key=mark("This is too long. Write less."))
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return refused(
            Kind.INVALID,
            "structure",
            "The form could not be read",
            key=mark("The form could not be read. Open the page again."),
        )


def _not_ours() -> Refusal:
    text = "The form did not come from an open page of this session"
    return refused(
        Kind.FORBIDDEN, "security", text, key=mark("The page was too old. Open it again and send once more.")
    )
