"""A service model: one service described as data, from who it is for to how it is measured."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Literal

from saman.model.care.basis import Grounded, Node, Note, Slug, Text
from saman.model.care.distance import Distance
from saman.model.care.measurement import Measurement
from saman.model.care.monitoring import Module, Monitoring
from saman.model.care.party import Hours, PartyKind
from saman.model.care.region import Sector
from saman.model.care.timing import Span


class Category(Enum):
    """The four categories of distance-spanning solutions (VOPD)."""

    REMOTE_TREATMENT = "remote-treatment"
    REMOTE_MONITORING = "remote-monitoring"
    REMOTE_MEETING = "remote-meeting"
    OTHER = "other"


class ModeKind(Enum):
    """How a contact happens."""

    CLINIC = "clinic"
    HOME = "home"
    VIDEO = "video"
    PHONE = "phone"
    CHAT = "chat"
    MEASURED_AT_HOME = "measured-at-home"
    DEVICE = "device"
    HEALTH_ROOM = "health-room"
    MOBILE_UNIT = "mobile-unit"


class Limit(Enum):
    """What can rule out a mode; within it the citizen chooses."""

    NEED = "need"
    DIGITAL_ABILITY = "digital-ability"
    LINE = "line"
    DISTANCE = "distance"


class Mode(Grounded, frozen=True, kw_only=True):
    """One way the service can be given, whether each municipality gets it, and what limits it."""

    mode: ModeKind
    optional: bool = False
    limited_by: tuple[Limit, ...] = ()
    instead: ModeKind | None = None


class Criterion(Grounded, frozen=True, kw_only=True):
    """Who the service is for, or not for, or when it ends."""

    id: Slug
    text: Text


class RoleInService(Grounded, frozen=True, kw_only=True):
    """A role the service needs and the kind of party that fills it."""

    role: Slug
    party_kind: PartyKind | None = None
    may_change_limits: bool = False
    told_of_changed_limits: bool = False


class Activity(Grounded, frozen=True, kw_only=True):
    """One thing done in the service, by whom and how; health and social activities stand side by side.

    `requires` are ids of `regions/competences.yaml`: without them nobody takes, begins or finishes such a task.
    """

    id: Slug
    sector: Sector
    name: Text
    role: Slug
    modes: tuple[ModeKind, ...]
    requires: tuple[Slug, ...] = ()


class ResponseTimes(Node, frozen=True, kw_only=True):
    """How soon: what the citizen asks, and what parties ask each other, is answered; what was asked for is done."""

    own_request_answered: Span
    request_answered: Span
    request_done: Span


class Occasion(Enum):
    """What a step follows: what was agreed for a time, what is asked for or comes in, and what does not."""

    REPORTED = "reported"
    MISSED = "missed"
    WRONG = "wrong"
    ALARMED = "alarmed"
    ASKED = "asked"
    AGREED = "agreed"


class Step(Grounded, frozen=True, kw_only=True):
    """What happens next, by which role (empty: by the system), within how many hours, in words."""

    on: Occasion
    activity: Slug | None = None
    role: Slug | None = None
    within: Span | None = None
    text: Text


class Receiver(Grounded, frozen=True, kw_only=True):
    """Who takes it when the citizen turns to someone: a role in a kind of party, or a number of the country.

    `hours` empty means the opening hours of every such party; the chain together must leave no gap in the week.
    """

    takes: Text
    role: Slug | None = None
    party_kind: PartyKind | None = None
    number: Slug | None = None
    hours: Hours | None = None


DataKind = Literal["person", "plan", "readings", "health", "social", "consent"]
"""Kinds of person data, in the words of the access files."""


class Flow(Grounded, frozen=True, kw_only=True):
    """Person data that goes from one role to another, what it is, and the legal ground it rests on."""

    id: Slug
    sender: Slug
    receiver: Slug
    data: tuple[DataKind, ...]
    text: Note
    legal_bases: tuple[Slug, ...] = ()


class Equipment(Grounded, frozen=True, kw_only=True):
    """A thing at the citizen's home, and how it gets there and back."""

    id: Slug
    name: Text
    logistics: Note


class Assumption(Grounded, frozen=True, kw_only=True):
    """A planning assumption: value and range in a unit, where and when it was seen. Samples are to be replaced."""

    id: Slug
    text: Note
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str
    country: str = ""
    year: int | None = None


class ServiceModel(Grounded, frozen=True, kw_only=True):
    """`services/<id>.yaml`: one service from who it is for to how it is measured."""

    schema: int
    id: Slug
    version: str
    name: Text
    category: Category
    summary: Text
    target_group: Text
    inclusion: tuple[Criterion, ...]
    exclusion: tuple[Criterion, ...] = ()
    ends: tuple[Criterion, ...] = ()
    citizen_chooses_mode: bool = True
    modes: tuple[Mode, ...]
    roles: tuple[RoleInService, ...]
    activities: tuple[Activity, ...]
    monitoring: Monitoring | None = None
    distance: Distance | None = None
    response: ResponseTimes
    steps: tuple[Step, ...]
    receivers: tuple[Receiver, ...]
    flows: tuple[Flow, ...]
    citizen_sees: tuple[Criterion, ...]
    relative_sees: tuple[Criterion, ...]
    equipment: tuple[Equipment, ...] = ()
    indicators: tuple[Slug, ...] = ()
    assumptions: tuple[Assumption, ...] = ()

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """What is measured at home, if anything is."""
        return self.monitoring.measurements if self.monitoring else ()

    @property
    def modules(self) -> tuple[Module, ...]:
        """The conditions that are followed at home, if any are."""
        return self.monitoring.modules if self.monitoring else ()

    @property
    def questionnaire(self) -> Slug | None:
        """The id of the questions that are asked at home, if any are."""
        return self.monitoring.questionnaire if self.monitoring else None

    def measurement(self, id: str) -> Measurement | None:
        """A measurement by its id."""
        return next((one for one in self.measurements if one.id == id), None)

    def module(self, id: str) -> Module | None:
        """A module by its id."""
        return next((one for one in self.modules if one.id == id), None)
