"""A country profile: numbers to call, holidays, identifiers, plan names and deadlines, all as dated data."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

from saman.model.care.basis import END, Address, Count, Grounded, Node, Note, Slug, Status, Text

Month = Annotated[int, Meta(ge=1, le=12)]
Day = Annotated[int, Meta(ge=1, le=31)]


class Weekday(Enum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """Monday is 0, as in `datetime.date.weekday`."""
        return _NUMBERS[self]


_NUMBERS = {day: number for number, day in enumerate(Weekday)}


class PhoneNumber(Grounded, frozen=True, kw_only=True):
    """A number people call: as dialled, as written, and what it is for."""

    id: Slug
    dial: str
    shown: str
    text: Text


class Holiday(Grounded, frozen=True, kw_only=True):
    """A day off by one of three rules.

    `month` and `day` alone: the same date each year. With `weekday`: the first such weekday on or after that date.
    `easter`: days from Easter Sunday (Gregorian). `closes_at` makes it a half day from that time.
    """

    id: Slug
    name: Note
    month: Month | None = None
    day: Day | None = None
    weekday: Weekday | None = None
    easter: Annotated[int, Meta(ge=-366, le=366)] | None = None
    closes_at: Annotated[str, Meta(pattern=f"^([01][0-9]|2[0-3]):[0-5][0-9]{END}")] | None = None
    from_year: int = 1
    to_year: int = 9999


class IdentifierSystem(Grounded, frozen=True, kw_only=True):
    """A system of numbers: its URI, how it is shown, and how an official test number is told from a real one."""

    id: Slug
    uri: str
    name: Note
    test_series: Note = msgspec.field(default_factory=dict)


class PlanName(Grounded, frozen=True, kw_only=True):
    """What a plan is called in the country's own law and language."""

    id: Slug
    name: str
    text: Note
    law: str = ""
    status: Status
    valid_from: date | None = None
    valid_to: date | None = None


class NationalKind(Enum):
    """What a country has for all its regions, beside what Saman holds."""

    MESSAGE = "message"
    MEDICINE_LIST = "medicine-list"
    SUMMARY = "summary"
    LOG = "log"
    WILL = "will"
    LANGUAGE = "language"
    INSTRUMENT = "instrument"


class National(Grounded, frozen=True, kw_only=True):
    """One national message, list, log or right: what stays there, comes from there or holds everywhere."""

    id: Slug
    kind: NationalKind
    name: str
    text: Note
    law: str = ""
    status: Status
    valid_from: date | None = None
    valid_to: date | None = None


class Term(Grounded, frozen=True, kw_only=True):
    """What something is called in the country's own language (`other`: in its other languages), not translated.

    `reviewed` says that somebody who works there has read it.
    """

    id: Slug
    name: str
    other: dict[str, str] = msgspec.field(default_factory=dict)
    reviewed: bool = False


class Deadline(Node, frozen=True, kw_only=True):
    """One rule about time at a transition; a row of status U is a local setting, never what the law says.

    `body`: to whom one turns within that time, where somebody decides over it.
    """

    id: Slug
    transition: Slug
    text: Note
    amount: Count | None = None
    unit: Slug | None = None
    counted: Slug | None = None
    body: Note = msgspec.field(default_factory=dict)
    law: str = ""
    source: str
    status: Status
    valid_from: date | None = None
    valid_to: date | None = None


class PaperKind(Enum):
    """Papers that some countries ask for besides those of European law; see `saman.model.care.papers`."""

    NEED_AND_RISK_ANALYSIS = "need-and-risk-analysis"
    RISK_ASSESSMENT = "risk-assessment"


class CountryPaper(Node, frozen=True, kw_only=True):
    """A paper of the country: what it is called there, and which rule asks for it."""

    kind: PaperKind
    name: str
    law: str
    source: str
    status: Status


class Country(Node, frozen=True, kw_only=True):
    """`countries/<cc>.yaml`: everything about a country that is not a region's own."""

    schema: int
    code: str
    name: Text
    time_zone: str
    currency: str
    language: str
    languages: tuple[str, ...]
    numbers: tuple[PhoneNumber, ...]
    holidays: tuple[Holiday, ...]
    identifiers: tuple[IdentifierSystem, ...]
    plans: tuple[PlanName, ...] = ()
    national: tuple[National, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    terms: tuple[Term, ...] = ()
    papers: tuple[CountryPaper, ...] = ()
    sources: tuple[CountrySource, ...] = ()

    def deadline(self, id: str | None) -> Deadline | None:
        """A deadline by its id."""
        return next((one for one in self.deadlines if one.id == id), None)


class CountrySource(Node, frozen=True, kw_only=True):
    """Where rows of a country profile come from, in a person's words, and when it was read for them."""

    id: Slug
    title: str
    url: Address = ""
    status: Status = Status.UNCHECKED
    checked_on: date | None = None


REQUIRED_NUMBERS = ("emergency", "out-of-hours")
REQUIRED_TERMS = (
    "citizen", "relative", "home-care", "home-nursing", "nursing-home", "case-officer", "coordinator", "shared-plan",
    "individual-plan", "assessment", "decision", "appeal", "referral", "discharge", "ready-for-discharge", "admission",
    "home-monitoring", "self-treatment-plan", "video-visit", "virtual-home-care-visit", "medicine-dispenser",
    "night-camera", "safety-alarm", "response-centre", "virtual-health-room", "access-log", "deviation",
)  # fmt: skip
"""What every country has a word of its own for."""
