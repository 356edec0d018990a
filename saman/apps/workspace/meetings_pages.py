"""From a meeting to the page of its agenda and minutes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from saman.apps.ui.locales import mark
from saman.apps.workspace.bodies_pages import action_line
from saman.apps.workspace.changes_pages import who
from saman.apps.workspace.desk import Desk
from saman.apps.workspace.meetings_views import ChairShown, DecisionShown, MeetingPage, Option, PointShown
from saman.apps.workspace.meetings_words import PRESENT, RULES
from saman.flows.governance.changes import CHANGES
from saman.flows.governance.mandate import Matter
from saman.flows.governance.meetings import MEETINGS, Decision, Meeting, Open, actions, body_of, is_later, seated
from saman.flows.governance.voting import Choice, chairs
from saman.kernel.outcome import Refusal
from saman.model.care.governance import Body, Voting
from saman.record import not_found
from saman.record.workspace import Item

NUMBERED = mark("%(name)s, seat %(number)s")


async def meeting_page(desk: Desk, item: Item[Meeting]) -> MeetingPage | Refusal:
    """A meeting with all that is known of it."""
    meeting, body = item.body, body_of(desk.model, item.body.body)
    if body is None:
        return not_found()
    held = await MEETINGS.all(desk.record.store)
    todo = [one for one in await actions(desk.record.store) if one.meeting == item.id]
    subjects = {one.id: one.body.subject for one in await CHANGES.all(desk.record.store)}
    names = await desk.names([meeting.approved.by] if meeting.approved else [])
    table = tuple(_chairs(desk, seated(body, meeting), meeting))
    at = next((one.body.on for one in held if meeting.approved and one.id == meeting.approved.meeting), None)
    return MeetingPage(
        id=item.id,
        version=item.version,
        body=body.id,
        name=desk.said(body.name),
        on=meeting.on,
        time=meeting.time,
        place=meeting.place,
        link=meeting.place if meeting.place.startswith("https://") and " " not in meeting.place else "",
        rule=desk.t(RULES[body.voting]),
        is_rule_known=body.voting is not Voting.NOT_KNOWN,
        points=tuple(_points(desk, meeting, table, todo, subjects)),
        chairs=table,
        there=sum(bool(one.presence) for one in table),
        voting=sum(bool(one.presence) and one.has_vote for one in table),
        loose=tuple(action_line(desk, one) for one in todo if not one.action.point),
        approved_at=at,
        approved_by=who(desk, names, meeting.approved.by) if meeting.approved else "",
        approved=meeting.approved.at if meeting.approved else None,
        may=desk.may(Matter.BODIES),
        parties=_parties(desk, body),
        roles=(("", "–"), *((one.id, desk.said(one.name)) for one in desk.model.roles)),
        changes=(("", "–"), *subjects.items()),
        later=tuple((one.id, desk.words.full_date(one.body.on)) for one in held if is_later(one, item)),
    )


def _parties(desk: Desk, body: Body) -> tuple[Option, ...]:
    """The parties, those that sit in the body first."""
    seated = dict.fromkeys(seat.party for seat in body.seats if seat.party)
    others = sorted((one for one in desk.model.parties if one.id not in seated), key=lambda one: one.name)
    return (("", "–"), *((id, desk.party(id)) for id in seated), *((one.id, one.name) for one in others))


def _chairs(desk: Desk, body: Body, meeting: Meeting) -> Iterator[ChairShown]:
    for one in chairs(body):
        presence = meeting.present.get(one.key)
        name = desk.said(one.seat.name)
        yield ChairShown(
            key=one.key,
            name=desk.t(NUMBERED, name=name, number=one.number) if one.number else name,
            party=desk.party(one.seat.party) if one.seat.party else "",
            has_vote=one.has_vote,
            presence=presence.value if presence else "",
            words=desk.t(PRESENT[presence]) if presence else "",
            deputy=desk.said(one.seat.deputy),
        )


def _points(
    desk: Desk, meeting: Meeting, table: Sequence[ChairShown], todo: Sequence[Open], subjects: Mapping[str, str]
) -> Iterator[PointShown]:
    decisions = [
        (one.point, _decision(desk, one, number, table, subjects)) for number, one in enumerate(meeting.decisions, 1)
    ]
    for number, point in enumerate(meeting.points, 1):
        yield PointShown(
            number=number,
            title=point.title,
            background=point.background,
            party=desk.party(point.party) if point.party else "",
            said=point.said,
            decisions=tuple(one for of, one in decisions if of == number),
            actions=tuple(action_line(desk, one) for one in todo if one.action.point == number),
        )


def _decision(
    desk: Desk, one: Decision, number: int, table: Sequence[ChairShown], subjects: Mapping[str, str]
) -> DecisionShown:
    voters = tuple(tuple(at.name for at in table if one.votes.get(at.key) is choice) for choice in Choice)
    return DecisionShown(
        number=number,
        text=one.text,
        reason=one.reason,
        carried=one.carried,
        rule=desk.t(RULES[one.rule]),
        votes_for=one.count.votes_for,
        against=one.count.against,
        abstained=one.count.abstained,
        voters=voters,
        change=one.change,
        subject=subjects.get(one.change, ""),
    )
