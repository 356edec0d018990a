"""Bodies at work: which there are, who sits in each, its meetings, and what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.workspace.bodies_pages import actions_page, bodies_page, body_page
from saman.apps.workspace.changes_editor import MENDED
from saman.apps.workspace.changes_words import worded
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import BASE, At, refusal_page, show
from saman.flows.governance import meetings as flow
from saman.flows.governance.meetings import Meeting, Progress
from saman.kernel.outcome import Kind, Refusal, refused


def body_routes(at: At) -> list[Route]:
    """Everything under `/region/work/bodies` and `/region/work/actions`."""
    return [
        at("/bodies", overview),
        at("/bodies/{body}", one),
        at("/bodies/{body}", call, "POST"),
        at("/actions", todo),
        at("/actions/{action}", reported, "POST"),
    ]


async def overview(request: Request, desk: Desk) -> Response:
    """All bodies."""
    return show(request, "bodies.html", await bodies_page(desk))


async def one(request: Request, desk: Desk) -> Response:
    """One body."""
    return await _page(request, desk, None, {})


async def _page(request: Request, desk: Desk, errors: Refusal | None, typed: Mapping[str, str]) -> Response:
    view = await body_page(desk, request.path_params["body"])
    return show(request, "body.html", view, errors.status if errors else 200, errors=errors, typed=typed)


async def call(request: Request, desk: Desk) -> Response:
    """Call a meeting."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    on = read_day(fields.get("on", ""), "on")
    made: object = on
    if not isinstance(on, Refusal):
        meeting = Meeting(
            body=request.path_params["body"], on=on, time=fields.get("time", ""), place=fields.get("place", "").strip()
        )
        made = done = await flow.call(desk.record, desk.model, meeting)
        if not isinstance(done, Refusal):
            return see(f"{BASE}/meetings/{done.id}")
    assert isinstance(made, Refusal)
    if made.kind in MENDED:
        return await _page(request, desk, worded(made), fields)
    return refusal_page(request, worded(made))


def read_day(text: str, name: str) -> date | Refusal:
    """The day of a field."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if 2000 <= day.year < 2200:
        return day
    return refused(Kind.UNPROCESSABLE, "value", "Write a day.", name, key="meetings.day")


async def todo(request: Request, desk: Desk) -> Response:
    """Open actions over all meetings."""
    return show(request, "actions.html", await actions_page(desk), errors=None)


async def reported(request: Request, desk: Desk) -> Response:
    """Say that an action is done, or not after all."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    seen = fields.get("seen", "")
    progress = Progress(fields.get("done") == "yes", fields.get("note", "").strip())
    number = int(seen) if seen.isdigit() and len(seen) < 8 else -1
    done = await flow.report(desk.record, request.path_params["action"], number, progress)
    if not isinstance(done, Refusal):
        return see(f"{BASE}/actions")
    if done.kind in (*MENDED, Kind.CONFLICT):
        return show(request, "actions.html", await actions_page(desk), done.status, errors=worded(done))
    return refusal_page(request, worded(done))
