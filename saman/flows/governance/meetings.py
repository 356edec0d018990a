"""Meetings of bodies: what is on the agenda, who is there, what is decided by which votes, who does what until when.

Minutes are approved at a later meeting of the body and stand from then on; what is done of actions is kept beside them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum

import msgspec

from saman.flows.governance.mandate import Matter, barred
from saman.flows.governance.voting import Choice, Count, chairs, counted
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care.caremodel import CareModel
from saman.model.care.governance import Body, Seat, Voting
from saman.record import Record, Store, not_found
from saman.record.workspace import CHANGED, Draft, Item, Workspace

MOST_WORDS = 4_000
"""Characters of a text."""
MOST_POINTS = 100
"""Points of an agenda, decisions and actions, each."""


class Presence(Enum):
    """Who sits on a chair."""

    MEMBER = "member"
    DEPUTY = "deputy"
    OBSERVER = "observer"


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Something on the agenda: its background, which party brings it, and what was said of it."""

    title: str
    background: str = ""
    party: str = ""
    said: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided of a point (its number from 1) and why, by which rule and votes; `change`: a proposal of it."""

    point: int
    text: str
    reason: str = ""
    rule: Voting
    votes: dict[str, Choice]
    count: Count
    carried: bool
    change: str = ""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Who does what until when: a party, or a role in it."""

    text: str
    party: str
    role: str = ""
    due: date
    point: int = 0


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """At which meeting the minutes were approved, who noted it, when."""

    meeting: str
    by: str
    at: datetime


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """One meeting of a body. `present` says who sits on which chair; what is not in it is empty.

    `seats` are those that the body had when it was noted who is there: they stay when its files change later.
    """

    body: str
    on: date
    time: str = ""
    place: str = ""
    points: tuple[Point, ...] = ()
    seats: tuple[Seat, ...] = ()
    present: dict[str, Presence] = msgspec.field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    actions: tuple[Action, ...] = ()
    approved: Approved | None = None


class Progress(msgspec.Struct, frozen=True):
    """Whether an action is done."""

    is_done: bool
    note: str = ""


MEETINGS = Workspace("meeting", Meeting)
PROGRESS = Workspace("action-progress", Progress)

Step = Callable[[Meeting], Meeting | Refusal]


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """An action of some meeting, and whether it is done."""

    id: str
    meeting: str
    body: str
    action: Action
    version: int
    is_done: bool
    note: str


async def found(store: Store, id: str, seen: int | None = None) -> Item[Meeting] | Refusal:
    """A meeting by its id; refused when `seen` is not its newest version."""
    item = await MEETINGS.one(store, id)
    if item is None:
        return not_found()
    if seen in (None, item.version):
        return item
    text = "Somebody else has changed this meanwhile. Look at what they wrote."
    return refused(Kind.CONFLICT, "conflict", text, key=CHANGED)


async def call(record: Record, model: CareModel, meeting: Meeting) -> Item[Meeting] | Refusal:
    """Call a meeting of a body."""
    refusal = barred(record.context, Matter.BODIES)
    if refusal is None and body_of(model, meeting.body) is None:
        refusal = not_found()
    if refusal is None:
        refusal = long("place", meeting.place) or long("time", meeting.time)
    if refusal is not None:
        return refusal
    draft = Draft(id=secrets.token_hex(8), seen=0, body=meeting, reason="called")
    return await MEETINGS.write(record.store, record.context, draft)


async def change(record: Record, item: Item[Meeting], step: Step, reason: str) -> Item[Meeting] | Refusal:
    """The next version of a meeting; refused once its minutes are approved."""
    refusal = barred(record.context, Matter.BODIES)
    if refusal is None and item.body.approved is not None:
        refusal = refused(Kind.CONFLICT, "conflict", "The minutes are approved.", key="meetings.approved")
    made = refusal or step(item.body)
    if isinstance(made, Refusal):
        return made
    draft = Draft(id=item.id, seen=item.version, body=made, reason=reason)
    return await MEETINGS.write(record.store, record.context, draft)


def body_of(model: CareModel, id: str) -> Body | None:
    """A body of the model."""
    return next((one for one in model.bodies if one.id == id), None)


def seated(body: Body, meeting: Meeting) -> Body:
    """The body with the seats that it had at a meeting."""
    return msgspec.structs.replace(body, seats=meeting.seats) if meeting.seats else body


def with_point(point: Point) -> Step:
    """Puts something on the agenda."""

    def step(meeting: Meeting) -> Meeting | Refusal:
        refusal = required("title", point.title) or long("background", point.background) or full(meeting.points)
        return refusal or msgspec.structs.replace(meeting, points=(*meeting.points, point))

    return step


def with_said(number: int, said: str) -> Step:
    """Writes down what was said of a point."""

    def step(meeting: Meeting) -> Meeting | Refusal:
        if not 0 < number <= len(meeting.points):
            return not_found()
        refusal = long("said", said)
        points = list(meeting.points)
        points[number - 1] = msgspec.structs.replace(points[number - 1], said=said.strip())
        return refusal or msgspec.structs.replace(meeting, points=tuple(points))

    return step


def with_present(body: Body, present: Mapping[str, Presence]) -> Step:
    """Notes who is there: on members' chairs members or deputies, on observers' observers."""

    def step(meeting: Meeting) -> Meeting | Refusal:
        sat = seated(body, meeting) if meeting.decisions else body
        for one in chairs(sat):
            here = present.get(one.key)
            if here is not None and (here is Presence.OBSERVER) == one.has_vote:
                return refused(Kind.UNPROCESSABLE, "value", "Not so.", f"seat-{one.key}", key="meetings.presence")
        voted = {key for decision in meeting.decisions for key in decision.votes}
        if voted - present.keys():
            text = "Who has voted was there. Take the decision out first."
            return refused(Kind.UNPROCESSABLE, "value", text, "present", key="meetings.voted")
        known = {one.key for one in chairs(sat)}
        kept = {key: one for key, one in present.items() if key in known}
        return msgspec.structs.replace(meeting, seats=sat.seats, present=kept)

    return step


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it is put down: `carried` is what the chair says, which counts where the rule is not known."""

    point: int
    text: str
    reason: str = ""
    votes: Mapping[str, Choice]
    carried: bool | None
    change: str = ""


def with_decision(body: Body, wanted: Wanted) -> Step:
    """Notes what was decided, by the body's rule."""

    def step(meeting: Meeting) -> Meeting | Refusal:
        refusal = required("decision", wanted.text) or long("why", wanted.reason) or full(meeting.decisions)
        if refusal is None and not 0 < wanted.point <= len(meeting.points):
            refusal = refused(Kind.UNPROCESSABLE, "value", "Which point?", "point", key="meetings.point")
        count = refusal or counted(seated(body, meeting), frozenset(meeting.present), wanted.votes)
        if isinstance(count, Refusal):
            return count
        carried = wanted.carried if count.carried is None else count.carried
        if carried is None:
            text = "How this body votes is not known: say whether it was carried."
            return refused(Kind.UNPROCESSABLE, "required", text, "carried", key="meetings.carried")
        made = Decision(
            point=wanted.point, text=wanted.text.strip(), reason=wanted.reason.strip(), rule=body.voting,
            votes=dict(wanted.votes), count=count, carried=carried, change=wanted.change,
        )  # fmt: skip
        return msgspec.structs.replace(meeting, decisions=(*meeting.decisions, made))

    return step


def without_decision(number: int) -> Step:
    """Takes out a decision that was put down wrongly; it stays in the version before."""

    def step(meeting: Meeting) -> Meeting | Refusal:
        if not 0 < number <= len(meeting.decisions):
            return not_found()
        left = meeting.decisions[: number - 1] + meeting.decisions[number:]
        return msgspec.structs.replace(meeting, decisions=left)

    return step


def with_action(model: CareModel, action: Action) -> Step:
    """Notes who does what until when."""

    def step(meeting: Meeting) -> Meeting | Refusal:
        party = model.party(action.party)
        refusal = required("action", action.text) or full(meeting.actions)
        if refusal is None and party is None:
            refusal = refused(Kind.UNPROCESSABLE, "value", "Who?", "party", key="meetings.party")
        if refusal is None and action.role and model.role(action.role) is None:
            refusal = refused(Kind.UNPROCESSABLE, "value", "Which role?", "role", key="meetings.role")
        if refusal is None and action.due < meeting.on:
            refusal = refused(Kind.UNPROCESSABLE, "value", "Not before the meeting.", "due", key="meetings.due")
        return refusal or msgspec.structs.replace(meeting, actions=(*meeting.actions, action))

    return step


async def approve(record: Record, item: Item[Meeting], at: str) -> Item[Meeting] | Refusal:
    """Approve the minutes at a later meeting of the same body."""
    later = await MEETINGS.one(record.store, at)
    if later is None or not is_later(later, item):
        text = "Minutes are approved at a later meeting of the same body."
        return refused(Kind.UNPROCESSABLE, "value", text, "at", key="meetings.later")
    done = Approved(meeting=at, by=record.context.actor, at=record.context.now)
    return await change(record, item, lambda meeting: msgspec.structs.replace(meeting, approved=done), "approved")


def is_later(other: Item[Meeting], item: Item[Meeting]) -> bool:
    """Whether a meeting is one of the same body after another."""
    return other.id != item.id and other.body.body == item.body.body and other.body.on > item.body.on


def required(name: str, text: str) -> Refusal | None:
    """Why a text that must be there is not taken."""
    if not text.strip():
        return refused(Kind.UNPROCESSABLE, "required", "Write something.", name, key="meetings.required")
    return long(name, text)


def long(name: str, text: str) -> Refusal | None:
    """Why a text is not taken for its length or signs."""
    if len(text) <= MOST_WORDS and "\x00" not in text:
        return None
    return refused(Kind.UNPROCESSABLE, "too-long", "Write less.", name, key="changes.words")


def full(there: tuple[object, ...]) -> Refusal | None:
    """Why nothing more goes into a list."""
    if len(there) < MOST_POINTS:
        return None
    return refused(Kind.UNPROCESSABLE, "too-long", "No more goes in here.", key="meetings.full")


async def actions(store: Store) -> tuple[Open, ...]:
    """The actions of all meetings, those that are due first before others."""
    done = {one.id: one for one in await PROGRESS.all(store)}
    found = [one for item in await MEETINGS.all(store) for one in _actions(item, done)]
    return tuple(sorted(found, key=lambda one: (one.action.due, one.id)))


def _actions(item: Item[Meeting], done: Mapping[str, Item[Progress]]) -> Iterator[Open]:
    for number, action in enumerate(item.body.actions, 1):
        id = f"{item.id}-{number}"
        there = done.get(id)
        yield Open(
            id=id,
            meeting=item.id,
            body=item.body.body,
            action=action,
            version=there.version if there else 0,
            is_done=there.body.is_done if there else False,
            note=there.body.note if there else "",
        )


async def report(record: Record, id: str, seen: int, progress: Progress) -> Item[Progress] | Refusal:
    """Say that an action is done, or not after all: by who has the mandate, or works for the party that does it."""
    one = next((one for one in await actions(record.store) if one.id == id), None)
    if one is None:
        return not_found()
    refusal = long("note", progress.note)
    if refusal is None and one.action.party != record.context.party:
        refusal = barred(record.context, Matter.BODIES)
    if refusal is not None:
        return refusal
    reason = progress.note or ("done" if progress.is_done else "not done")
    return await PROGRESS.write(record.store, record.context, Draft(id=id, seen=seen, body=progress, reason=reason))
