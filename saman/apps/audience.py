"""Whom each address is for. An address that is for nobody in particular does not start.

What somebody sees at an address is decided by the record; this only keeps people out of rooms that are not theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from saman.apps.ui.pages import render_refusal, see
from saman.kernel.outcome import Kind, refused


class Audience(Enum):
    """Who may come to an address."""

    EVERYBODY = "everybody"
    CLIENT = "client"
    """Whoever sends an access token; checked by the interface itself."""
    SIGNED_IN = "signed in"
    CITIZEN = "citizen"
    STAFF = "staff"


AUDIENCES: Mapping[str, Audience] = MappingProxyType(
    {
        "": Audience.EVERYBODY,
        "static": Audience.EVERYBODY,
        "health": Audience.EVERYBODY,
        "metrics": Audience.EVERYBODY,
        "ledger": Audience.EVERYBODY,
        "about": Audience.EVERYBODY,
        "region": Audience.EVERYBODY,
        "region/work": Audience.STAFF,
        ".well-known": Audience.EVERYBODY,
        "auth": Audience.EVERYBODY,
        "fhir": Audience.CLIENT,
        "citizen": Audience.CITIZEN,
        "team": Audience.STAFF,
        "centre": Audience.STAFF,
        "review": Audience.STAFF,
    }
)
"""Audience by the first part of an address, or by its first two where those are for others."""

_KINDS = {
    Audience.CITIZEN: frozenset({"citizen", "relative"}),
    Audience.STAFF: frozenset({"staff"}),
    Audience.SIGNED_IN: frozenset({"citizen", "relative", "staff"}),
}


def audience_of(path: str) -> Audience | None:
    """Whom an address is for, None when nobody has said."""
    first, _, rest = path.strip("/").partition("/")
    return AUDIENCES.get(f"{first}/{rest.partition('/')[0]}", AUDIENCES.get(first))


def undeclared(routes: Iterable[BaseRoute]) -> tuple[str, ...]:
    """Addresses without a declared audience; the application does not start with any."""
    paths = [route.path if isinstance(route, Route | Mount) else repr(route) for route in routes]
    return tuple(path for path in paths if audience_of(path) is None)


class AudienceMiddleware:
    """Sends whoever is not signed in to the front page, and tells others that a room is not theirs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer it."""
        answer = _kept_out(Request(scope, receive)) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)


def _kept_out(request: Request) -> Response | None:
    kinds = _KINDS.get(audience_of(request.url.path) or Audience.SIGNED_IN)
    if kinds is None:
        return None
    session = request.state.session
    if session is None and request.headers.get("hx-request"):
        return Response(status_code=401, headers={"hx-redirect": "/"})
    if session is None:
        wants_page = "text/html" in request.headers.get("accept", "text/html")
        return see("/") if wants_page else Response(status_code=401)
    if session.kind in kinds:
        return None
    return render_refusal(
        request, refused(Kind.FORBIDDEN, "forbidden", "This page is for others.", key="auth.not-yours")
    )
