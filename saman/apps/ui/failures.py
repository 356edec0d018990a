"""What a reader sees when a page broke or no page has that address; the log never hears a word of data.

Frames and the error's type are logged, never its text: texts of databases quote what was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from traceback import walk_tb
from types import MappingProxyType

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send

from saman.apps.ui.locales import mark
from saman.apps.ui.pages import render, render_refusal
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.outage import OUTAGES, outage

_log = structlog.get_logger("saman.pages")
WRONG_METHOD = mark("The page was too old. Open it again and send once more.")
AWAY = mark("The record does not answer just now. Nothing was changed. Try again soon.")


class FailurePages:
    """Answers what its application raises: 503, 507 or 409 when the database is away or busy, else 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; an error after the answer has begun is raised, for nothing can be said any more."""
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            await _failure_page(Request(scope, receive), error)(scope, receive, send)


def _failure_page(request: Request, error: Exception) -> Response:
    number = getattr(request.state, "request_id", "")
    refusal = _outage(error)
    _log.error(
        "the page broke",
        request=number,
        status=refusal.status if refusal else 500,
        error=type(error).__name__,
        frames=[f"{frame.f_globals['__name__']}:{line}" for frame, line in walk_tb(error.__traceback__)],
    )
    if refusal is not None:
        return render_refusal(request, refusal)
    return render(request, "ui/broken.html", number, 500)


def _outage(error: Exception) -> Refusal | None:
    if not isinstance(error, OUTAGES):
        return None
    try:
        found = outage(error)
    except Exception:  # it gives a bug of ours back by raising it
        return None
    return refused(found.kind, found.issues[0].code, found.issues[0].text, key=AWAY)


async def _unknown(request: Request, error: Exception) -> Response:
    return render_refusal(request, refused(Kind.NOT_FOUND, "not-found", "There is no such page."))


async def _wrong_method(request: Request, error: Exception) -> Response:
    refusal = refused(Kind.METHOD, "not-supported", "This page does not take that.", key=WRONG_METHOD)
    response = render_refusal(request, refusal)
    response.headers.update(getattr(error, "headers", None) or {})
    return response


UNKNOWN: Mapping[int, ExceptionHandler] = MappingProxyType({404: _unknown, 405: _wrong_method})
"""Handlers for what no page answers, by status."""
