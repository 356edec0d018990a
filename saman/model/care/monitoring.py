"""What is measured and asked at home in a service: modules for conditions, which combine without asking twice."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated

from msgspec import Meta

from saman.model.care.basis import Grounded, Node, Slug, Text
from saman.model.care.measurement import Code, Measurement, Schedule
from saman.model.care.timing import Span


class Asked(Grounded, frozen=True, kw_only=True):
    """A measurement or question that a module asks for, and when."""

    id: Slug
    schedule: Schedule


class Rule(Grounded, frozen=True, kw_only=True):
    """A rule for marks. Only `model/triage` reads it, and only when a manufacturer has adopted that module.

    `own-limit` compares one reading with the person's own limit; `rise` compares readings of `quantity` over `days`
    with `amount`; `missed` counts days on which what was agreed did not come.
    """

    id: Slug
    kind: RuleKind
    quantity: Slug | None = None
    amount: Decimal | None = None
    days: Annotated[int, Meta(ge=1, le=366)] | None = None
    text: Text


class RuleKind(Enum):
    """The plain comparisons there are."""

    OWN_LIMIT = "own-limit"
    RISE = "rise"
    MISSED = "missed"


class PlanStep(Node, frozen=True, kw_only=True):
    """One part of a self-treatment plan, in the citizen's words."""

    heading: Text
    text: Text


class SelfTreatment(Grounded, frozen=True, kw_only=True):
    """The template a doctor fills in together with the citizen; `{emergency}` and `{out-of-hours}` become numbers."""

    title: Text
    steps: tuple[PlanStep, ...]


class Module(Grounded, frozen=True, kw_only=True):
    """One condition within the service; a person may have several and is asked for each thing once."""

    id: Slug
    name: Text
    codes: tuple[Code, ...]
    measurements: tuple[Asked, ...]
    questions: tuple[Asked, ...] = ()
    rules: tuple[Rule, ...] = ()
    self_treatment: SelfTreatment


class Statement(Node, frozen=True, kw_only=True):
    """The fixed words that stand by every report, whatever the values."""

    title: Text
    text: Text


class Monitoring(Grounded, frozen=True, kw_only=True):
    """What a person measures and answers at home, and how soon somebody reads it; a report is never an alarm."""

    measurements: tuple[Measurement, ...]
    questionnaire: Slug | None = None
    modules: tuple[Module, ...]
    report_answered: Span
    not_an_alarm: Statement
