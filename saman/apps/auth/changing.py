"""What a form that was posted by somebody signed in begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from saman.apps.ui.pages import render_refusal, see
from saman.apps.ui.security import posted
from saman.kernel.outcome import Refusal
from saman.record.sessions import SignedIn


class Changing(NamedTuple):
    """Who changes something, and what they sent."""

    session: SignedIn
    fields: Mapping[str, str]


async def changing(request: Request, may: Callable[[SignedIn], bool] = lambda _: True) -> Changing | Response:
    """The session and the fields; the answer where nobody is signed in who `may`, or the form is not one of ours."""
    session: SignedIn | None = request.state.session
    fields = await posted(request)
    if session is None or not may(session):
        return see("/")
    return render_refusal(request, fields) if isinstance(fields, Refusal) else Changing(session, fields)
