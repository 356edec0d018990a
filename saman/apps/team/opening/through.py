"""While somebody's opening of a person lasts, every page about that person is seen through it, and says so."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.requests import Request

from saman.apps.team.desk import Desk
from saman.apps.team.opening.views import AppLine, OpeningNote
from saman.flows.opening.opening import opened_record, openings_now
from saman.flows.opening.standing import entry_of, told_of
from saman.model.access import Relation, RelationKind
from saman.model.access.relation import EMERGENCY
from saman.record.apps.clients import Clients
from saman.record.openings import Lasting, opened_of_task


async def through(request: Request, desk: Desk) -> Desk:
    """The desk for the person or Task of the address: through the user's own opening while it lasts."""
    opened = await noted(request, desk)
    if opened is None:
        return desk
    record = await opened_record(desk.record, opened.person)
    return desk if record is None else msgspec.structs.replace(desk, record=record, opened=_tie(desk, opened))


def _tie(desk: Desk, opened: Lasting) -> Relation:
    """An opening as the rules see it."""
    context = desk.record.context
    return Relation(
        person=opened.person,
        kind=RelationKind.OPENING,
        ground=f"Task/{opened.id}",
        party=context.party,
        actor=context.actor,
        topic=EMERGENCY if opened.emergency else None,
        start=opened.since,
        end=opened.until,
    )


async def noted(request: Request, desk: Desk) -> Lasting | None:
    """The opening that lasts of the person or Task of the address; the page will say so."""
    person, task = (str(request.path_params.get(name, "")) for name in ("person", "task"))
    if not person and not task:
        return None
    mine = sorted(await openings_now(desk.record), key=lambda one: one.holder is not None)
    found = next((one for one in mine if one.person == person), None)
    if found is None and task:
        found = await opened_of_task(desk.record.store, desk.record.context, task, mine)
        found = next((one for one in mine if found is not None and one.person == found.person), None)
    if found is not None:
        request.state.opening = _note(desk, found, mine)
    return found


def _note(desk: Desk, found: Lasting, mine: Sequence[Lasting]) -> OpeningNote:
    same = [one for one in mine if one.person == found.person]
    units = [desk.called(f"Organization/{one.holder}") or one.holder for one in same if one.holder]
    whose = ", ".join(dict.fromkeys(units)) if found.holder is not None else ""
    return OpeningNote(found.person, found.until, whose, any(one.emergency for one in same))


async def shows_restriction(request: Request, desk: Desk, person: str) -> bool:
    """Whether the person's page says that something is restricted: where the law lets it be known, and it is closed."""
    note = note_of(request)
    if note is not None and not note.holder:
        return False
    told, hidden = await told_of(desk.record, person)
    if not told or not hidden:
        return False
    await desk.record.log(entry_of(desk.record, person, "restrictions"))
    return True


def note_of(request: Request) -> OpeningNote | None:
    """What was noted of the request."""
    found: OpeningNote | None = getattr(request.state, "opening", None)
    return found


async def apps_for(desk: Desk) -> tuple[AppLine, ...]:
    """The registered apps that can be opened from a person's page."""
    listed = await Clients(desk.record.store.pool).listed()
    return tuple(AppLine(one.id, one.name) for one in listed if one.launch)
