"""Changing a file: a plain text, checked before it is kept; what others wrote meanwhile is shown, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.workspace.changes_pages import findings, holds
from saman.apps.workspace.changes_views import Clashed, Editor
from saman.apps.workspace.changes_words import worded
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import BASE, At, refusal_page, show
from saman.flows.governance.changes import Change, Clashing, Edit, Write, after, closed, found, own, write
from saman.flows.governance.changes_meaning import meaning
from saman.flows.governance.changes_texts import difference, digest_of, merged, name_refused, text_refused
from saman.flows.governance.mandate import Matter, barred
from saman.kernel.outcome import Kind, Refusal
from saman.record import not_found
from saman.record.workspace import CHANGED, Item

NEW = "new"
"""In the place of an id: a change that is not kept yet."""
MOST_FORM = 1_700_000
"""Two texts of a file, and what is typed of them percent-encoded."""
MENDED = frozenset({Kind.INVALID, Kind.UNPROCESSABLE})


def editor_routes(at: At) -> list[Route]:
    """`/region/work/changes/<id>/files/<path>`, and the way there for a file whose name is typed."""
    return [
        at("/changes/{id}/add", add),
        at("/changes/{id}/files/{path:path}", edit),
        at("/changes/{id}/files/{path:path}", sent, "POST"),
    ]


async def add(request: Request, desk: Desk) -> Response:
    """To the editor of the file that was chosen."""
    path = request.query_params.get("place", "").strip()
    refusal = name_refused(path)
    if refusal is not None:
        return refusal_page(request, worded(refusal))
    return see(f"{BASE}/changes/{request.path_params['id']}/files/{path}")


async def _item(request: Request, desk: Desk) -> Item[Change] | Refusal | None:
    """The change of the address, None for a new one; refused without a mandate and when it is closed."""
    refusal = barred(desk.record.context, Matter.FILES)
    if refusal is not None or request.path_params["id"] == NEW:
        return refusal
    item = await found(desk.record.store, request.path_params["id"])
    return item if isinstance(item, Refusal) or item.body.is_open else closed()


async def edit(request: Request, desk: Desk) -> Response:
    """The text as it is now, or as the proposal has it."""
    item, path = await _item(request, desk), request.path_params["path"]
    if isinstance(item, Refusal):
        return refusal_page(request, worded(item))
    there = own(await desk.files.now(desk.record.store), desk.files.folder)
    held = item.body.edit(path) if item else None
    if held is None and path not in there and name_refused(path) is not None:
        return refusal_page(request, not_found())
    view = _editor(desk, item, path, there, held.after if held else there.get(path))
    if held is not None and held.before != there.get(path):
        view = await _on_top(view, held, there.get(path))
    return show(request, "editor.html", view, errors=None)


def _editor(desk: Desk, item: Item[Change] | None, path: str, there: Mapping[str, str], present: str | None) -> Editor:
    return Editor(
        id=item.id if item else NEW,
        path=path,
        holds=holds(desk, path),
        text=present or "",
        base=present or "",
        is_based=present is not None,
        onto=digest_of(there.get(path)),
        subject=item.body.subject if item else "",
        reason="",
        is_new=path not in there,
        files=tuple(one.path for one in item.body.edits) if item else (),
    )


async def _on_top(view: Editor, held: Edit, now: str | None) -> Editor:
    """The proposal's text together with what was applied since it was written."""
    both = await _both(held.before, now, held.after)
    return msgspec.structs.replace(view, text=both[0], clashed=both[1])


async def _both(base: str | None, theirs: str | None, mine: str | None) -> tuple[str, Clashed]:
    old, other, own_ = base or "", theirs or "", mine or ""
    both = await asyncio.to_thread(merged, old, other, own_)
    shown = Clashed(theirs=difference(old, other), mine=difference(old, own_), clashes=both.clashes)
    return both.text, shown


async def sent(request: Request, desk: Desk) -> Response:
    """Check a text, keep it in the proposal, or take the file away."""
    fields = await posted(request, MOST_FORM)
    item = await _item(request, desk) if not isinstance(fields, Refusal) else None
    if isinstance(fields, Refusal) or isinstance(item, Refusal):
        refusal = fields if isinstance(fields, Refusal) else item
        assert isinstance(refusal, Refusal)
        return refusal_page(request, worded(refusal))
    files = await desk.files.now(desk.record.store)
    there, wanted = own(files, desk.files.folder), _wanted(request, fields)
    view = _typed(_editor(desk, item, wanted.path, there, wanted.base), wanted)
    if fields.get("act") == "check":
        return await _checked(request, desk, item, files, view)
    done = await write(desk.record, item, there, wanted)
    if isinstance(done, Item):
        return see(f"{BASE}/changes/{done.id}")
    if isinstance(done, Refusal) and done.issues[0].key == CHANGED and item is not None:
        newest = await found(desk.record.store, item.id)
        held = newest.body.edit(wanted.path) if isinstance(newest, Item) else None
        done = Clashing(held.after if held else there.get(wanted.path))
    if isinstance(done, Clashing):
        return await _clashing(request, view, wanted, done)
    if done.kind in MENDED:
        return show(request, "editor.html", view, done.status, errors=worded(done))
    return refusal_page(request, worded(done))


def _wanted(request: Request, fields: Mapping[str, str]) -> Write:
    text = _lines(fields.get("text", ""))
    return Write(
        path=request.path_params["path"],
        text=None if fields.get("act") == "remove" else text,
        base=_lines(fields.get("base", "")) if fields.get("based") else None,
        onto=fields.get("onto", "")[:40],
        subject=fields.get("subject", ""),
        reason=fields.get("reason", ""),
    )


def _lines(text: str) -> str:
    """A text as files hold it: browsers end lines with two signs, and the last line has an end."""
    plain = text.replace("\r\n", "\n")
    return plain if not plain or plain.endswith("\n") else f"{plain}\n"


def _typed(view: Editor, wanted: Write) -> Editor:
    text = wanted.text if wanted.text is not None else view.base
    return msgspec.structs.replace(
        view, text=text, subject=wanted.subject, reason=wanted.reason, onto=wanted.onto or view.onto
    )


async def _checked(
    request: Request, desk: Desk, item: Item[Change] | None, files: Mapping[str, str], view: Editor
) -> Response:
    """Everything that is wrong with the files as they would be with this text; nothing is kept."""
    refusal = text_refused(view.path, view.text)
    if refusal is not None:
        return show(request, "editor.html", view, refusal.status, errors=worded(refusal))
    change = Change(subject="", edits=(Edit(view.path, None, view.text),), writers=())
    then = after(after(files, item.body, desk.files.folder) if item else files, change, desk.files.folder)
    means = await asyncio.to_thread(meaning, files, then, desk.files.folder, desk.now, desk.words.language)
    found = findings(desk, means.wrong, view.id, view.path)
    view = msgspec.structs.replace(view, findings=found, is_checked=True)
    return show(request, "editor.html", view, 422 if found else 200, errors=None)


async def _clashing(request: Request, view: Editor, wanted: Write, there: Clashing) -> Response:
    """What somebody else wrote meanwhile, and both together where they go together."""
    text, shown = await _both(wanted.base, there.now, view.text)
    view = msgspec.structs.replace(view, text=text, base=there.now or "", is_based=there.now is not None, clashed=shown)
    return show(request, "editor.html", view, 409, errors=None)
