"""An app's request that waits in the browser while somebody signs in, chooses and decides."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.auth.middleware import cookie_name
from saman.apps.auth.smart.asking import LASTS

CONSENT = "/auth/consent"
"""Where somebody who was sent here by an app decides."""


def waiting_name(*, secure: bool) -> str:
    """The name of the cookie that holds the request, sealed."""
    return f"{cookie_name(secure=secure)}-app"


def resumed(request: Request) -> str:
    """Where somebody goes on who signed in because an app had sent them here; empty when none had."""
    return CONSENT if any(waiting_name(secure=secure) in request.cookies for secure in (True, False)) else ""


def keep(response: Response, sealed: str, *, secure: bool) -> Response:
    """Let the browser hold a sealed request, as long as it counts."""
    seconds = int(LASTS / timedelta(seconds=1))
    name = waiting_name(secure=secure)
    response.set_cookie(name, sealed, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")
    return response


def forget(response: Response, *, secure: bool) -> Response:
    """Take the request away."""
    response.delete_cookie(waiting_name(secure=secure), path="/", secure=secure, httponly=True, samesite="lax")
    return response
