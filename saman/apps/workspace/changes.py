"""Proposals: the list, the page of one, and what is done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.ui.locales import mark
from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.workspace.changes_editor import MENDED
from saman.apps.workspace.changes_pages import change_page, changes_page
from saman.apps.workspace.changes_words import worded
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import BASE, At, refusal_page, show
from saman.flows.governance import changes as flow
from saman.flows.governance.changes import Change, found
from saman.flows.governance.changes_applying import apply, approve
from saman.kernel.outcome import Kind, Refusal
from saman.record import not_found
from saman.record.workspace import Item

Done = Item[Any] | Refusal
Act = Callable[[Desk, Item[Change], str], Awaitable[Done]]

TAKES_BACK = mark("Takes back: %(subject)s")


def change_routes(at: At) -> list[Route]:
    """Everything under `/region/work/changes` but the editor."""
    return [
        at("/changes", overview),
        at("/changes/{id}", one),
        at("/changes/{id}/{act}", step, "POST"),
    ]


async def overview(request: Request, desk: Desk) -> Response:
    """All proposals."""
    return show(request, "changes.html", await changes_page(desk))


async def one(request: Request, desk: Desk) -> Response:
    """One proposal: what it changes, what that means, who may do what, and what was said."""
    item = await found(desk.record.store, request.path_params["id"])
    return refusal_page(request, item) if isinstance(item, Refusal) else await _page(request, desk, item, None)


async def _page(
    request: Request, desk: Desk, item: Item[Change], errors: Refusal | None, typed: Mapping[str, str] | None = None
) -> Response:
    status = errors.status if errors else 200
    view = await change_page(desk, item)
    return show(request, "change.html", view, status, errors=errors, typed=typed or {})


async def step(request: Request, desk: Desk) -> Response:
    """Comment, withdraw, bring up to date, approve, apply or take back."""
    fields = await posted(request)
    act = ACTS.get(request.path_params["act"])
    if isinstance(fields, Refusal) or act is None:
        return refusal_page(request, worded(fields) if isinstance(fields, Refusal) else not_found())
    seen = fields.get("seen", "")
    is_said = request.path_params["act"] == "comment"
    version = None if is_said else int(seen) if seen.isdigit() and len(seen) < 8 else -1
    item = await found(desk.record.store, request.path_params["id"], version)
    done = item if isinstance(item, Refusal) else await act(desk, item, fields.get("reason", ""))
    if isinstance(done, Refusal):
        return await _refused(request, desk, worded(done), fields)
    return see(f"{BASE}/changes/{done.id}")


async def _refused(request: Request, desk: Desk, refusal: Refusal, fields: Mapping[str, str]) -> Response:
    item = await found(desk.record.store, request.path_params["id"])
    if isinstance(item, Refusal) or refusal.kind not in (*MENDED, Kind.CONFLICT):
        return refusal_page(request, refusal)
    return await _page(request, desk, item, refusal, fields)


async def _update(desk: Desk, item: Item[Change], reason: str) -> Done:
    there = flow.own(await desk.files.now(desk.record.store), desk.files.folder)
    return await flow.bring_up_to_date(desk.record, item, there, reason)


async def _undo(desk: Desk, item: Item[Change], reason: str) -> Done:
    there = flow.own(await desk.files.now(desk.record.store), desk.files.folder)
    return await flow.undo(desk.record, item, there, (desk.t(TAKES_BACK, subject=item.body.subject), reason))


async def _withdraw(desk: Desk, item: Item[Change], reason: str) -> Done:
    return await flow.withdraw(desk.record, item, reason)


async def _approve(desk: Desk, item: Item[Change], reason: str) -> Done:
    return await approve(desk.record, desk.files, item, reason)


async def _apply(desk: Desk, item: Item[Change], reason: str) -> Done:
    return await apply(desk.record, desk.files, item, reason)


async def _comment(desk: Desk, item: Item[Change], reason: str) -> Done:
    return await flow.comment(desk.record, item.id, reason)


ACTS: Mapping[str, Act] = MappingProxyType(
    {
        "update": _update,
        "undo": _undo,
        "withdraw": _withdraw,
        "approve": _approve,
        "apply": _apply,
        "comment": _comment,
    }
)
