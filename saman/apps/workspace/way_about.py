"""Beginning a way, and changing what it is about."""

from __future__ import annotations

import secrets

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from saman.apps.ui.pages import see
from saman.apps.ui.security import posted
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.handling import BASE, show
from saman.apps.workspace.way_finding import Reading, found, guide
from saman.apps.workspace.way_texts import worded
from saman.apps.workspace.way_views import Pairs, list_view, party_choices
from saman.flows.governance.mandate import Matter, barred
from saman.flows.governance.ways import WAYS, absent, begin, change, is_overtaken
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.way_going import Going
from saman.model.care.way_going import barred as closed
from saman.record.workspace import CHANGED, Item


class AboutView(msgspec.Struct, frozen=True, kw_only=True):
    """The form of what a way is about; `way` is empty for a new one, `theirs` what another wrote meanwhile."""

    way: str
    seen: int
    going: Going
    choices: Pairs
    theirs: Going | None = None
    refusal: Refusal | None = None


async def ways(request: Request, desk: Desk) -> Response:
    """All ways."""
    way = guide(desk)
    return show(request, "ways.html", way if isinstance(way, Refusal) else await list_view(desk, way))


async def new(request: Request, desk: Desk) -> Response:
    """The form for a new way."""
    way = guide(desk)
    refusal = way if isinstance(way, Refusal) else barred(desk.record.context, Matter.WAYS)
    if refusal:
        return show(request, "way_about.html", worded(desk, refusal))
    going = Going(title="", challenge="", owner=desk.record.context.party)
    return show(request, "way_about.html", AboutView(way="", seen=0, going=going, choices=party_choices(desk)))


async def add(request: Request, desk: Desk) -> Response:
    """Begin a way."""
    way, fields = guide(desk), await posted(request)
    if isinstance(way, Refusal) or isinstance(fields, Refusal):
        return show(request, "way_about.html", way if isinstance(way, Refusal) else fields)
    reading = Reading(fields)
    going = _read(reading, desk, Going(title="", challenge="", owner=""))
    if reading.refusal:
        view = AboutView(
            way="", seen=0, going=going, choices=party_choices(desk), refusal=worded(desk, reading.refusal)
        )
        return show(request, "way_about.html", view, view_status(view))
    id = f"w{secrets.token_hex(6)}"
    begun = await begin(desk.record, id, going)
    if isinstance(begun, Refusal):
        return show(request, "way_about.html", worded(desk, begun))
    return see(f"{BASE}/ways/{id}")


def view_status(view: AboutView) -> int:
    """The status of a page with something to put right."""
    return view.refusal.status if view.refusal else 200


async def edit(request: Request, desk: Desk) -> Response:
    """The form of what a way is about."""
    way = await found(request, desk)
    refusal = way if isinstance(way, Refusal) else barred(desk.record.context, Matter.WAYS) or closed(way.item.body)
    if isinstance(way, Refusal) or refusal:
        return show(request, "way_about.html", worded(desk, refusal or absent()))
    return show(request, "way_about.html", _view(desk, way.item))


def _view(desk: Desk, item: Item[Going]) -> AboutView:
    return AboutView(way=item.id, seen=item.version, going=item.body, choices=party_choices(desk))


async def send(request: Request, desk: Desk) -> Response:
    """Keep what a way is about; when another wrote that meanwhile, both texts are shown."""
    way, fields = await found(request, desk), await posted(request)
    if isinstance(way, Refusal) or isinstance(fields, Refusal):
        return show(request, "way_about.html", way if isinstance(way, Refusal) else fields)
    reading, view = Reading(fields), _view(desk, way.item)
    mine = _read(reading, desk, way.item.body)
    if reading.refusal:
        view = msgspec.structs.replace(view, going=mine, refusal=worded(desk, reading.refusal))
        return show(request, "way_about.html", view, view_status(view))
    past = await WAYS.past(desk.record.store, way.item.id)
    seen = next((item.body for item in past if str(item.version) == fields.get("version")), None)

    def rewritten(going: Going) -> Going | Refusal:
        if refusal := closed(going):
            return refusal
        if seen is None or _about(seen) != _about(going):
            return refused(Kind.CONFLICT, "conflict", "Another wrote this meanwhile.", key=CHANGED)
        return msgspec.structs.replace(
            going,
            title=mine.title,
            challenge=mine.challenge,
            owner=mine.owner,
            parties=mine.parties,
            language=mine.language,
        )

    written = await change(desk.record, way.item.id, "What the way is about.", rewritten)
    if is_overtaken(written):
        view = msgspec.structs.replace(view, going=mine, theirs=way.item.body)
        return show(request, "way_about.html", view, 409)
    if isinstance(written, Refusal):
        return show(request, "way_about.html", worded(desk, written))
    return see(f"{BASE}/ways/{way.item.id}")


def _about(going: Going) -> tuple[object, ...]:
    return going.title, going.challenge, going.owner, going.parties


def _read(reading: Reading, desk: Desk, going: Going) -> Going:
    parties = {one.id: one for one in desk.model.parties}
    return msgspec.structs.replace(
        going,
        title=reading.line("title", required=True),
        challenge=reading.text("challenge", required=True),
        owner=reading.one_of("owner", parties),
        parties=reading.some_of("party", parties),
        language=desk.words.language,
    )
