"""Writing a paper of a way: read, sent, and what happens when somebody else wrote it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import BASE, show
from saman.apps.workspace.way_finding import Found, found
from saman.apps.workspace.way_paper_views import PaperView, Version, may_write, pen
from saman.apps.workspace.way_texts import worded
from saman.flows.governance.ways import PAPERS, Sheet, absent, is_overtaken, paper_id, paper_seen, write_paper
from saman.kernel.outcome import Refusal
from saman.model.care.basis import said
from saman.model.care.way import Template
from saman.model.care.way_papers import Paper, read_paper, together
from saman.record.workspace import Item

WRITTEN = "Written on the way."


class Place(msgspec.Struct, frozen=True):
    """A paper's place: the way it belongs to, and its template."""

    found: Found
    template: Template

    @property
    def id(self) -> str:
        """The id of the paper."""
        return paper_id(self.found.item.id, self.template.id)

    @property
    def empty(self) -> Paper:
        """The paper before anybody wrote in it."""
        return Paper(way=self.found.item.id, template=self.template.id)


async def page(request: Request, desk: Desk) -> Response:
    """A paper to read, print and write in."""
    place = await _place(request, desk)
    if isinstance(place, Refusal):
        return show(request, "way_paper.html", place)
    return show(request, "way_paper.html", await _view(desk, place))


async def send(request: Request, desk: Desk) -> Response:
    """Keep what was written, or show both texts when somebody else wrote meanwhile."""
    place = await _place(request, desk)
    fields = await posted(request)
    if isinstance(place, Refusal) or isinstance(fields, Refusal):
        refusal = place if isinstance(place, Refusal) else fields
        return show(request, "way_paper.html", refusal)
    writer = pen(desk, place.found.way)
    paper = read_paper(place.found.item.id, place.template, fields, writer.offered)
    if isinstance(paper, Refusal):
        view = await _view(desk, place, _raw(place, fields))
        told = msgspec.structs.replace(view, refusal=worded(desk, paper), seen=_number(fields.get("version", "")))
        return show(request, "way_paper.html", told, paper.status)
    paper = msgspec.structs.replace(paper, language=desk.words.language)
    seen = _number(fields.get("version", ""))
    written = await write_paper(desk.record, Sheet(paper=paper, seen=seen, reason=WRITTEN))
    if is_overtaken(written):
        return show(request, "way_paper.html", await _both(desk, place, paper, seen), 409)
    if isinstance(written, Refusal):
        return show(request, "way_paper.html", worded(desk, written))
    return see(f"{BASE}/ways/{place.found.item.id}/papers/{place.template.id}")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _raw(place: Place, fields: Mapping[str, str]) -> Paper:
    """What was sent, right or wrong, so that nobody has to write it again."""
    rows: dict[str, tuple[dict[str, str], ...]] = {}
    for field in (one for one in place.template.fields if one.columns):
        found: dict[int, dict[str, str]] = {}
        for name, text in fields.items():
            parts = name.split(".")
            if len(parts) == 3 and parts[0] == field.id and parts[1].isdigit() and text.strip():
                found.setdefault(_number(parts[1]), {})[parts[2]] = text
        rows[field.id] = tuple(found[index] for index in sorted(found))
    values = {one.id: fields.get(one.id, "") for one in place.template.fields if not one.columns}
    return msgspec.structs.replace(place.empty, values=values, rows=rows)


async def _place(request: Request, desk: Desk) -> Place | Refusal:
    way = await found(request, desk)
    if isinstance(way, Refusal):
        return way
    template = way.way.template(request.path_params["paper"])
    return Place(way, template) if template else absent()


async def _view(desk: Desk, place: Place, instead: Paper | None = None) -> PaperView:
    past = await PAPERS.past(desk.record.store, place.id)
    paper = past[0].body if past else place.empty
    writer, language = pen(desk, place.found.way), desk.words.language
    closed = place.found.item.body.finished is not None
    return PaperView(
        way=place.found.item.id,
        title=place.found.item.body.title,
        template=place.template.id,
        name=said(place.template.name, language),
        seen=past[0].version if past else 0,
        may=may_write(desk, closed),
        is_closed=closed,
        blocks=writer.blocks(place.template, instead or paper),
        shown=writer.shown(place.template, paper),
        steps=tuple((x.id, said(x.name, language)) for x in place.found.way.steps if place.template.id in x.templates),
        versions=tuple(_version(desk, item) for item in past),
        sources=place.found.way.sources_of(place.template),
    )


def _version(desk: Desk, item: Item[Paper]) -> Version:
    return Version(number=item.version, party=desk.party(item.party), at=item.at, reason=item.reason)


async def _both(desk: Desk, place: Place, mine: Paper, seen: int) -> PaperView:
    """The newest version beside what was sent; the form holds both writers' changes where they do not collide."""
    newest = await PAPERS.one(desk.record.store, place.id)
    theirs = newest.body if newest else place.empty
    before = await paper_seen(desk.record, place.id, seen) or place.empty
    merged = together(before, theirs, mine)
    view = await _view(desk, place, merged)
    both = tuple(pen(desk, place.found.way).both(place.template, theirs, mine))
    return msgspec.structs.replace(view, both=both)
