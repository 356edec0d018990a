"""From bodies, meetings and actions to what their pages show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from saman.apps.ui.locales import mark
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.meetings_views import (
    ActionLine,
    ActionsPage,
    BodiesPage,
    BodyLine,
    BodyPage,
    MeetingLine,
    SeatLine,
)
from saman.apps.workspace.meetings_words import KINDS, RULES
from saman.flows.governance.mandate import Matter
from saman.flows.governance.meetings import MEETINGS, Meeting, Open, actions, body_of
from saman.flows.governance.voting import chairs
from saman.kernel.outcome import Refusal
from saman.model.care.governance import Body, Standing
from saman.record import not_found
from saman.record.workspace import Item

IN_ROLE = mark("%(party)s, %(role)s")


async def bodies_page(desk: Desk) -> BodiesPage:
    """All bodies of the region, each with its next meeting."""
    held = await MEETINGS.all(desk.record.store)
    return BodiesPage(region=desk.region, bodies=tuple(_body(desk, one, held) for one in desk.model.bodies))


def _body(desk: Desk, body: Body, held: Iterable[Item[Meeting]]) -> BodyLine:
    own = [one.body.on for one in held if one.body.body == body.id]
    seats = chairs(body)
    members = sum(one.has_vote for one in seats)
    return BodyLine(
        id=body.id,
        name=desk.said(body.name),
        kind=desk.t(KINDS[body.kind]),
        members=0 if any(seat.not_known and seat.standing is Standing.MEMBER for seat in body.seats) else members,
        observers=len(seats) - members,
        rule=desk.t(RULES[body.voting]),
        next=min((day for day in own if day >= desk.words.today), default=None),
        meetings=len(own),
    )


async def body_page(desk: Desk, id: str) -> BodyPage | Refusal:
    """A body: who sits there, when it meets, what is still to be done."""
    body = body_of(desk.model, id)
    if body is None:
        return not_found()
    held = sorted(await MEETINGS.all(desk.record.store), key=lambda one: (one.body.on, one.id), reverse=True)
    todo = [one for one in await actions(desk.record.store) if one.body == id and not one.is_done]
    return BodyPage(
        id=id,
        name=desk.said(body.name),
        kind=desk.t(KINDS[body.kind]),
        purpose=desk.said(body.purpose),
        rule=desk.t(RULES[body.voting]),
        members=tuple(_seats(desk, body, Standing.MEMBER)),
        observers=tuple(_seats(desk, body, Standing.OBSERVER)),
        meetings=tuple(_meeting(desk, one) for one in held if one.body.body == id),
        actions=tuple(action_line(desk, one) for one in todo),
        may=desk.may(Matter.BODIES),
    )


def _seats(desk: Desk, body: Body, standing: Standing) -> Iterator[SeatLine]:
    for seat in body.seats:
        if seat.standing is standing:
            party = desk.party(seat.party) if seat.party else ""
            name = desk.said(seat.name)
            shown = "" if party == name else party
            yield SeatLine(name=name, party=shown, deputy=desk.said(seat.deputy), seats=seat.seats)


def _meeting(desk: Desk, item: Item[Meeting]) -> MeetingLine:
    meeting = item.body
    return MeetingLine(
        id=item.id,
        on=meeting.on,
        time=meeting.time,
        place=meeting.place,
        points=len(meeting.points),
        decisions=len(meeting.decisions),
        is_approved=meeting.approved is not None,
        is_past=meeting.on < desk.words.today,
    )


async def actions_page(desk: Desk) -> ActionsPage:
    """What is to be done, over all meetings."""
    lines = [action_line(desk, one) for one in await actions(desk.record.store)]
    return ActionsPage(
        region=desk.region,
        open=tuple(one for one in lines if not one.is_done),
        done=tuple(one for one in lines if one.is_done),
    )


def action_line(desk: Desk, one: Open) -> ActionLine:
    """An action as a line."""
    action, body = one.action, body_of(desk.model, one.body)
    party = desk.party(action.party)
    return ActionLine(
        id=one.id,
        text=action.text,
        who=desk.t(IN_ROLE, party=party, role=desk.role(action.role)) if action.role else party,
        due=action.due,
        body=desk.said(body.name) if body else one.body,
        meeting=one.meeting,
        version=one.version,
        is_done=one.is_done,
        is_late=is_late(action.due, desk.words.today) and not one.is_done,
        note=one.note,
        may=desk.may(Matter.BODIES) or action.party == desk.record.context.party,
    )


def is_late(due: date, today: date) -> bool:
    """Whether a day is over."""
    return due < today
