"""Parties: organisations, and units within them, that can hold a task, a list and a clock."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

from saman.model.care.basis import END, Grounded, Node, Slug, Text

Interval = Annotated[str, Meta(pattern=f"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00){END}")]
"""A part of a day on the local clock, end not included: `08:00-15:30`. Nights are written on two days."""


class PartyKind(Enum):
    """What sort of organisation or unit a party is."""

    MUNICIPALITY = "municipality"
    COUNTY = "county"
    REGION = "region"
    HOSPITAL_TRUST = "hospital-trust"
    HOSPITAL = "hospital"
    GP_PRACTICE = "gp-practice"
    HOME_CARE = "home-care"
    NURSING_HOME = "nursing-home"
    CASE_OFFICE = "case-office"
    TELEMEDICINE_CENTRE = "telemedicine-centre"
    RESPONSE_CENTRE = "response-centre"
    OUT_OF_HOURS_CLINIC = "out-of-hours-clinic"
    ASSOCIATION = "association"
    REGIONAL_COUNCIL = "regional-council"
    MUNICIPAL_UNION = "municipal-union"
    STATE_AGENCY = "state-agency"
    UNIVERSITY = "university"
    WELLBEING_COUNTY = "wellbeing-county"
    CARE_COMPANY = "care-company"
    HEALTH_INSTITUTION = "health-institution"
    HEALTH_CENTRE = "health-centre"
    CLINIC = "clinic"
    VIRTUAL_CENTRE = "virtual-centre"
    MOBILE_UNIT = "mobile-unit"
    ASSESSMENT_TEAM = "assessment-team"
    REHABILITATION_TEAM = "rehabilitation-team"
    HEALTH_CLUSTER = "health-cluster"
    PHARMACY = "pharmacy"
    FOUNDATION = "foundation"
    MINISTRY = "ministry"
    BUSINESS_CLUSTER = "business-cluster"
    SUPPLIER = "supplier"


class ExceptionDay(Node, frozen=True, kw_only=True):
    """A date with hours of its own; no hours means closed."""

    date: date
    hours: tuple[Interval, ...] = ()


class Hours(Grounded, frozen=True, kw_only=True):
    """When a party is open, by weekday on the local clock; `always` means day and night, holidays too."""

    always: bool = False
    mon: tuple[Interval, ...] = ()
    tue: tuple[Interval, ...] = ()
    wed: tuple[Interval, ...] = ()
    thu: tuple[Interval, ...] = ()
    fri: tuple[Interval, ...] = ()
    sat: tuple[Interval, ...] = ()
    sun: tuple[Interval, ...] = ()
    open_on_holidays: bool = False
    exceptions: tuple[ExceptionDay, ...] = ()

    def of_weekday(self, weekday: int) -> tuple[Interval, ...]:
        """The hours of a weekday, Monday being 0."""
        if self.always:
            return ("00:00-24:00",)
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)[weekday]


class Parent(Node, frozen=True, kw_only=True):
    """An organisation that a unit belongs to for a time; both days are counted, none means from or until whenever."""

    party: Slug
    since: date | None = None
    until: date | None = None


class Party(Grounded, frozen=True, kw_only=True):
    """An organisation, or a unit within one (`parent`).

    `parents` says, with dates, which organisations it has belonged to and will; whoever is responsible for its data
    follows from them. `place` is the code of the municipality it stands in, `area` the codes it serves (empty: its
    place), `roles` the ids of the roles its people hold, `called` how pages speak of it when a name is too long.
    """

    id: Slug
    name: str
    kind: PartyKind
    parent: Slug | None = None
    parents: tuple[Parent, ...] = ()
    place: str
    area: tuple[str, ...] = ()
    roles: tuple[Slug, ...] = ()
    hours: Hours | None = None
    phone: str = ""
    called: Text = msgspec.field(default_factory=dict)
    identifiers: tuple[PartyIdentifier, ...] = ()

    @property
    def serves(self) -> tuple[str, ...]:
        """The codes of the municipalities it works for."""
        return self.area or (self.place,)

    @property
    def is_practice(self) -> bool:
        """Whether people have their general practitioner here: a practice, or a health centre with such doctors."""
        return self.kind in PRACTICES and GENERAL_PRACTITIONER in self.roles


PRACTICES = (PartyKind.GP_PRACTICE, PartyKind.HEALTH_CENTRE)
GENERAL_PRACTITIONER = "general-practitioner"


class PartyIdentifier(Node, frozen=True, kw_only=True):
    """An official number of an organisation, with the name of its system in the country profile."""

    system: Slug
    value: str


class PartiesFile(Node, frozen=True, kw_only=True):
    """`parties.yaml`: everyone who works together."""

    schema: int
    parties: tuple[Party, ...]
