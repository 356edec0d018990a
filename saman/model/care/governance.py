"""Bodies that decide together, and the goals that several parties share."""

from __future__ import annotations

from datetime import date
from enum import Enum

import msgspec

from saman.model.care.basis import Count, Grounded, Node, Note, Slug, Text


class BodyKind(Enum):
    """What a body is for."""

    STEERING = "steering"
    COORDINATION = "coordination"
    REFERENCE = "reference"
    POLITICAL = "political"
    PROFESSIONAL = "professional"
    OWNER = "owner"


class Standing(Enum):
    """Members decide; observers speak."""

    MEMBER = "member"
    OBSERVER = "observer"


class Voting(Enum):
    """How a body decides."""

    ONE_PARTY_ONE_VOTE = "one-party-one-vote"
    MAJORITY = "majority"
    CONSENSUS = "consensus"
    NOT_KNOWN = "not-known"


class Seat(Grounded, frozen=True, kw_only=True):
    """A place at the table: who sits there in words, the party if it is one of ours, how many seats, who stands in."""

    name: Note
    standing: Standing
    party: Slug | None = None
    seats: Count = 1
    deputy: Note = msgspec.field(default_factory=dict)


class Body(Grounded, frozen=True, kw_only=True):
    """A group that decides, advises or coordinates."""

    id: Slug
    name: Text
    kind: BodyKind
    purpose: Note
    voting: Voting
    equal_say: bool = False
    since: date | int | None = None
    seats: tuple[Seat, ...]


class Direction(Enum):
    """Which way an indicator should go."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class SharedGoal(Grounded, frozen=True, kw_only=True):
    """A goal with its owner, those who signed up, and the indicator it is followed by."""

    id: Slug
    text: Text
    owner: Slug
    signatories: tuple[Slug, ...] = ()
    indicator: Slug
    target: Note


class GovernanceFile(Node, frozen=True, kw_only=True):
    """`governance.yaml`."""

    schema: int
    bodies: tuple[Body, ...] = ()
    goals: tuple[SharedGoal, ...] = ()


class Indicator(Grounded, frozen=True, kw_only=True):
    """A defined figure: what is counted over what, from which source, how often, and which way is better."""

    id: Slug
    name: Text
    numerator: Note
    denominator: Note
    drawn_from: Note
    period: str
    direction: Direction
    unit: str
    baseline: Note = msgspec.field(default_factory=dict)
    target: Note = msgspec.field(default_factory=dict)


class IndicatorsFile(Node, frozen=True, kw_only=True):
    """`indicators.yaml`."""

    schema: int
    indicators: tuple[Indicator, ...]
