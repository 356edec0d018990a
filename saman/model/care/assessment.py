"""How a region looks at its own cooperation: statements that leaders, staff and citizens each answer.

Components, context factors and success factors are those of the Nordic publications, the statements and the scale ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from saman.model.care.basis import Node, Slug, Source, Text, said

STEPS = 5
"""Answers from 1 (do not agree at all) to this (agree fully)."""
MOST_FOR_CITIZENS = 12
"""Statements that citizens are asked at most."""


class Audience(Enum):
    """Who answers; relatives answer with the citizens."""

    LEADER = "leader"
    STAFF = "staff"
    CITIZEN = "citizen"


class Topic(Node, frozen=True, kw_only=True):
    """A component, a context factor or a success factor, with the sources that name it."""

    id: Slug
    name: Text
    source: tuple[Slug, ...]


class Statement(Node, frozen=True, kw_only=True):
    """One statement, about a component under a context factor, or about a success factor.

    `leader`: what leaders are asked instead, else the same as staff; without `citizen` citizens are not asked.
    """

    id: Slug
    component: Slug | None = None
    factor: Slug | None = None
    success: Slug | None = None
    staff: Text
    leader: Text = msgspec.field(default_factory=dict)
    citizen: Text = msgspec.field(default_factory=dict)

    @property
    def part(self) -> Slug:
        """What it is listed under: its component, or its success factor."""
        return self.component or self.success or ""

    def asks(self, audience: Audience) -> bool:
        """Whether they are asked about it."""
        return audience is not Audience.CITIZEN or bool(self.citizen)

    def wording(self, audience: Audience, language: str) -> str:
        """What it says to them."""
        own = {Audience.LEADER: self.leader or self.staff, Audience.STAFF: self.staff, Audience.CITIZEN: self.citizen}
        return said(own[audience] or self.staff, language)


class AssessmentFile(Node, frozen=True, kw_only=True):
    """`regions/assessment.yaml`: `ours` says whose statements and scale these are, `leaders` are roles.

    `scale` has the words of each step, `unknown` those of who cannot say.
    """

    schema: int
    ours: Text
    sources: tuple[Source, ...]
    leaders: tuple[Slug, ...]
    scale: tuple[Text, ...]
    unknown: Text
    components: tuple[Topic, ...]
    factors: tuple[Topic, ...]
    successes: tuple[Topic, ...]
    statements: tuple[Statement, ...]

    def asked(self, audience: Audience) -> tuple[Statement, ...]:
        """What somebody is asked, in the order of the file."""
        return tuple(one for one in self.statements if one.asks(audience))

    def cell(self, component: Slug, factor: Slug) -> tuple[Statement, ...]:
        """The statements about a component under a factor."""
        return tuple(one for one in self.statements if (one.component, one.factor) == (component, factor))

    def usual(self, role: str) -> Audience:
        """As whom somebody at work answers who says nothing else."""
        return Audience.LEADER if role in self.leaders else Audience.STAFF

    def understood(self, audience: Audience, answers: Mapping[str, str]) -> dict[str, int]:
        """Answers that count, by statement: steps of the scale; whatever else was sent says nothing."""
        steps = {str(step): step for step in range(1, STEPS + 1)}
        asked = {one.id for one in self.asked(audience)}
        return {id: steps[said] for id, said in answers.items() if id in asked and said in steps}
