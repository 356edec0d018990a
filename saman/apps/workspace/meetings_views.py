"""What the pages of bodies and their meetings show."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

Option = tuple[str, str]


class SeatLine(msgspec.Struct, frozen=True, kw_only=True):
    """A place at the table as the model has it."""

    name: str
    party: str
    deputy: str
    seats: int


class MeetingLine(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting in a list."""

    id: str
    on: date
    time: str
    place: str
    points: int
    decisions: int
    is_approved: bool
    is_past: bool


class BodyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A body in a list."""

    id: str
    name: str
    kind: str
    members: int
    observers: int
    rule: str
    next: date | None
    meetings: int


class ActionLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who does what until when. `may` tells whether the reader may say that it is done."""

    id: str
    text: str
    who: str
    due: date
    body: str
    meeting: str
    version: int
    is_done: bool
    is_late: bool
    note: str
    may: bool


class BodiesPage(msgspec.Struct, frozen=True, kw_only=True):
    """All bodies."""

    region: str
    bodies: tuple[BodyLine, ...]


class BodyPage(msgspec.Struct, frozen=True, kw_only=True):
    """A body with its seats, meetings and open actions."""

    id: str
    name: str
    kind: str
    purpose: str
    rule: str
    members: tuple[SeatLine, ...]
    observers: tuple[SeatLine, ...]
    meetings: tuple[MeetingLine, ...]
    actions: tuple[ActionLine, ...]
    may: bool


class ActionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Actions of all meetings."""

    region: str
    open: tuple[ActionLine, ...]
    done: tuple[ActionLine, ...]


class DecisionShown(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with its votes; `voters` are the places at the table that voted for, against, or abstained."""

    number: int
    text: str
    reason: str
    carried: bool
    rule: str
    votes_for: int
    against: int
    abstained: int
    voters: tuple[tuple[str, ...], ...]
    change: str
    subject: str


class PointShown(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the agenda with what came of it."""

    number: int
    title: str
    background: str
    party: str
    said: str
    decisions: tuple[DecisionShown, ...]
    actions: tuple[ActionLine, ...]


class ChairShown(msgspec.Struct, frozen=True, kw_only=True):
    """A place at the table, and who sits on it."""

    key: str
    name: str
    party: str
    has_vote: bool
    presence: str
    words: str
    deputy: str


class MeetingPage(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting: its agenda, who is there, its minutes. `later` are meetings at which these may be approved."""

    id: str
    version: int
    body: str
    name: str
    on: date
    time: str
    place: str
    link: str
    rule: str
    is_rule_known: bool
    points: tuple[PointShown, ...]
    chairs: tuple[ChairShown, ...]
    there: int
    voting: int
    loose: tuple[ActionLine, ...]
    approved_at: date | None
    approved_by: str
    approved: datetime | None
    may: bool
    parties: tuple[Option, ...]
    roles: tuple[Option, ...]
    changes: tuple[Option, ...]
    later: tuple[Option, ...]

    @property
    def is_open(self) -> bool:
        """Whether the minutes can still be changed."""
        return self.may and self.approved is None
