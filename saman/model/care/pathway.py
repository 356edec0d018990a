"""A pathway: who does what, for whom, within how long, and what happens if it is late; the same for all services.

Steps stand in lanes, one for each role that takes part. What is sent asks for an answer: a request may be declined, a
duty-bound task only received, dated or disputed (`saman.model.care.handover`).
"""

from __future__ import annotations

from enum import Enum

import msgspec

from saman.model.care.basis import Grounded, Node, Slug, Text
from saman.model.care.handover import Act
from saman.model.care.party import PartyKind
from saman.model.care.service_model import DataKind
from saman.model.care.timing import Span


class PathwayKind(Enum):
    """Which way through the system it is."""

    INTAKE = "intake"
    PLAN = "plan"
    HOSPITAL = "hospital"
    NURSING_HOME = "nursing-home"
    END_OF_SERVICE = "end-of-service"


class Lane(Grounded, frozen=True, kw_only=True):
    """Somebody who takes part: a role in a kind of party; the citizen and relatives belong to no party."""

    id: Slug
    name: Text
    role: Slug
    party_kind: PartyKind | None = None


class Asks(Enum):
    """What a step asks of the lane that it goes to."""

    NOTHING = "nothing"
    REQUEST = "request"
    DUTY = "duty-bound"


class Message(Node, frozen=True, kw_only=True):
    """What is sent: what people call it, which kinds of person data it holds, and the legal ground it rests on."""

    id: Slug
    name: Text
    data: tuple[DataKind, ...]
    legal_bases: tuple[Slug, ...] = ()


class Within(Node, frozen=True, kw_only=True):
    """How long a step may take, by a deadline of the country or by a length of time, from the end of `since`.

    `since` names a step; without it the time runs from the end of the steps before, or from the start.
    """

    deadline: Slug | None = None
    span: Span | None = None
    since: Slug | None = None


class Late(Grounded, frozen=True, kw_only=True):
    """What happens when the time has passed: which lanes are told, in which words."""

    tells: tuple[Slug, ...]
    text: Text


class PathwayStep(Grounded, frozen=True, kw_only=True):
    """One thing done by one lane; `hands_over` moves responsibility to `to`, and shows until it is acknowledged.

    `after` names the steps that have to be done before; `only_if` says in words when the step is taken at all.
    """

    id: Slug
    lane: Slug
    name: Text
    text: Text
    after: tuple[Slug, ...] = ()
    only_if: Text = msgspec.field(default_factory=dict)
    to: Slug | None = None
    asks: Asks = Asks.NOTHING
    answers: tuple[Act, ...] = ()
    sends: Message | None = None
    within: Within | None = None
    late: Late | None = None
    hands_over: bool = False
    service: Slug | None = None
    plan: Slug | None = None


class Pathway(Grounded, frozen=True, kw_only=True):
    """`pathways/<id>.yaml`: lanes, and the steps that lead from what starts it to what ends it."""

    schema: int
    id: Slug
    version: str
    kind: PathwayKind
    name: Text
    summary: Text
    starts: Text
    ends: Text
    lanes: tuple[Lane, ...]
    steps: tuple[PathwayStep, ...]
    indicators: tuple[Slug, ...] = ()

    def lane(self, id: str | None) -> Lane | None:
        """A lane by its id."""
        return next((lane for lane in self.lanes if lane.id == id), None)

    def step(self, id: str | None) -> PathwayStep | None:
        """A step by its id."""
        return next((step for step in self.steps if step.id == id), None)
