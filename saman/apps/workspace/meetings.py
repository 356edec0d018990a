"""A meeting: its agenda before, its minutes after, and each step of writing them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.workspace.bodies import read_day
from saman.apps.workspace.changes_editor import MENDED
from saman.apps.workspace.changes_words import worded
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import BASE, At, attached, refusal_page, show
from saman.apps.workspace.meetings_minutes import minutes_file
from saman.apps.workspace.meetings_pages import meeting_page
from saman.flows.governance import meetings as flow
from saman.flows.governance.changes import CHANGES
from saman.flows.governance.meetings import Action, Meeting, Point, Presence, Step, Wanted, found
from saman.flows.governance.voting import Choice
from saman.kernel.outcome import Kind, Refusal
from saman.model.care.governance import Body
from saman.record import not_found
from saman.record.workspace import Item

Fields = Mapping[str, str]
Made = Step | Refusal
Reading = Callable[[Desk, Body, Fields], Awaitable[Made]]


def meeting_routes(at: At) -> list[Route]:
    """Everything under `/region/work/meetings`."""
    return [
        at("/meetings/{id}", one),
        at("/meetings/{id}/minutes.pdf", minutes),
        at("/meetings/{id}/{act}", step, "POST"),
    ]


async def one(request: Request, desk: Desk) -> Response:
    """The page of a meeting."""
    item = await found(desk.record.store, request.path_params["id"])
    return refusal_page(request, item) if isinstance(item, Refusal) else await _page(request, desk, item, None, {})


async def minutes(request: Request, desk: Desk) -> Response:
    """The minutes as PDF, for whoever reads the page."""
    item = await found(desk.record.store, request.path_params["id"])
    made = item if isinstance(item, Refusal) else await minutes_file(desk, item)
    if isinstance(made, Refusal):
        return refusal_page(request, worded(made))
    return attached(made.name, made.body, "application/pdf")


async def _page(request: Request, desk: Desk, item: Item[Meeting], errors: Refusal | None, typed: Fields) -> Response:
    view = await meeting_page(desk, item)
    return show(request, "meeting.html", view, errors.status if errors else 200, errors=errors, typed=typed)


async def step(request: Request, desk: Desk) -> Response:
    """Write one thing into the minutes, or approve them."""
    fields = await posted(request)
    if isinstance(fields, Refusal):
        return refusal_page(request, fields)
    seen, act = fields.get("seen", ""), request.path_params["act"]
    item = await found(
        desk.record.store, request.path_params["id"], int(seen) if seen.isdigit() and len(seen) < 8 else -1
    )
    done = item if isinstance(item, Refusal) else await _done(desk, item, act, fields)
    if not isinstance(done, Refusal):
        return see(f"{BASE}/meetings/{done.id}")
    newest = await found(desk.record.store, request.path_params["id"])
    if isinstance(newest, Refusal) or done.kind not in (*MENDED, Kind.CONFLICT):
        return refusal_page(request, worded(done))
    return await _page(request, desk, newest, worded(done), fields)


async def _done(desk: Desk, item: Item[Meeting], act: str, fields: Fields) -> Item[Meeting] | Refusal:
    body = flow.body_of(desk.model, item.body.body)
    if act == "approve":
        return await flow.approve(desk.record, item, fields.get("at", ""))
    if body is None or act not in ACTS:
        return not_found()
    made = await ACTS[act](desk, body, fields)
    return made if isinstance(made, Refusal) else await flow.change(desk.record, item, made, act)


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 4 else 0


async def _point(desk: Desk, body: Body, fields: Fields) -> Made:
    party = fields.get("brings", "")
    known = party if desk.model.party(party) else ""
    title, background = fields.get("title", "").strip(), fields.get("background", "").strip()
    return flow.with_point(Point(title=title, background=background, party=known))


async def _said(desk: Desk, body: Body, fields: Fields) -> Made:
    return flow.with_said(_number(fields.get("point", "")), fields.get("said", ""))


async def _present(desk: Desk, body: Body, fields: Fields) -> Made:
    words = {one.value: one for one in Presence}
    here = {
        name.removeprefix("seat-"): words[value]
        for name, value in fields.items()
        if name.startswith("seat-") and value in words
    }
    return flow.with_present(body, here)


async def _decision(desk: Desk, body: Body, fields: Fields) -> Made:
    words = {one.value: one for one in Choice}
    votes = {
        name.removeprefix("vote-"): words[value]
        for name, value in fields.items()
        if name.startswith("vote-") and value in words
    }
    change = fields.get("change", "")
    is_known = change != "" and await CHANGES.one(desk.record.store, change) is not None
    wanted = Wanted(
        point=_number(fields.get("point", "")),
        text=fields.get("decision", ""),
        reason=fields.get("why", ""),
        votes=votes,
        carried={"yes": True, "no": False}.get(fields.get("carried", "")),
        change=change if is_known else "",
    )
    return flow.with_decision(body, wanted)


async def _undecided(desk: Desk, body: Body, fields: Fields) -> Made:
    return flow.without_decision(_number(fields.get("number", "")))


async def _action(desk: Desk, body: Body, fields: Fields) -> Made:
    due = read_day(fields.get("due", ""), "due")
    if isinstance(due, Refusal):
        return due
    action = Action(
        text=fields.get("action", "").strip(),
        party=fields.get("party", ""),
        role=fields.get("role", ""),
        due=due,
        point=_number(fields.get("point", "")),
    )
    return flow.with_action(desk.model, action)


ACTS: Mapping[str, Reading] = MappingProxyType(
    {
        "point": _point,
        "said": _said,
        "present": _present,
        "decision": _decision,
        "undecide": _undecided,
        "action": _action,
    }
)
