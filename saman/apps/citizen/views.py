"""What each citizen page shows. Texts that come from data are in the reader's language already; times are aware."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from saman.apps.ui.advice import Advice
from saman.apps.ui.readings import Note, Outside, Series
from saman.apps.ui.views import Reader, Step

Side = Literal["health", "social", "kin"]
"""Whose colour a person or an item has; the words say it too."""
Mode = Literal["video", "home", "clinic", "phone", "chat", "device", "room"]
OwnAnswer = Literal["wants", "does-not-want", "not-asked", "could-not-say"]


class DemoPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Someone the demo lets one sign in as; `detail` says role and place, never health."""

    id: str
    name: str
    detail: str


class PersonGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Demo people of one role."""

    role: str
    people: tuple[DemoPerson, ...]


class SignInWay(msgspec.Struct, frozen=True, kw_only=True):
    """A way to sign in: what it is called, and where it begins."""

    name: str
    address: str
    passkey: bool = False


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """The front page: ways to sign in for oneself and for work; in the demo also people to be, as many as fit.

    `total` people match `query`.
    """

    groups: tuple[PersonGroup, ...]
    query: str = ""
    total: int = 0
    region: str = ""
    demo: bool = True
    own_ways: tuple[SignInWay, ...] = ()
    work_ways: tuple[SignInWay, ...] = ()


class AskedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to measure or answer; `note` stands at its right (`SpO₂`)."""

    icon: str
    name: str
    note: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The report asked of a citizen today. `answered` of `total` questions are already in the draft."""

    title: str
    items: tuple[AskedItem, ...]
    minutes: int
    answered: int
    total: int
    reader: Reader


class ContactLine(msgspec.Struct, frozen=True, kw_only=True):
    """A planned contact: `until` when it is a window; `what` in one sentence."""

    mode: Mode
    who: str
    start: datetime
    until: datetime | None = None
    what: str = ""


class MessageLine(msgspec.Struct, frozen=True, kw_only=True):
    """The newest unread words of someone."""

    sender: str
    initials: str
    excerpt: str
    side: Side = "health"


class PersonAround(msgspec.Struct, frozen=True, kw_only=True):
    """One of the people around a citizen: what they do and may see; `dial` and `hours` when they can be called."""

    name: str
    initials: str
    what: str
    side: Side
    dial: str = ""
    hours: str = ""


class ReportState(msgspec.Struct, frozen=True, kw_only=True):
    """The latest report that has an open loop or was closed in the last days."""

    id: str
    sent: datetime
    answered: bool
    late: bool


class LookNews(msgspec.Struct, frozen=True, kw_only=True):
    """A look that the citizen wants to be told of and has not seen."""

    who: str
    unit: str
    when: datetime


class OpenedNews(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody opened what I have restricted: `id` of the notice, and the look (its number and beginning)."""

    id: str
    who: str
    unit: str
    since: datetime
    until: datetime | None
    reason: str
    look: str
    at: str
    emergency: bool = False
    """That they had no tie to me: it was an emergency, and I had restricted nothing."""


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of me, what comes next, who is around me."""

    given_name: str
    asked: Asked | None
    next_report: date | None
    latest: ReportState | None
    contacts: tuple[ContactLine, ...]
    messages: tuple[MessageLine, ...]
    people: tuple[PersonAround, ...]
    news: tuple[LookNews, ...] = ()
    opened: tuple[OpenedNews, ...] = ()
    measures: bool = True
    """Whether anything is measured or asked at home, so that a report can be sent."""


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """A goal in the citizen's own words."""

    words: str
    since: date | None = None


class PlanItem(msgspec.Struct, frozen=True, kw_only=True):
    """One activity of the shared plan: who does it, how often, and what the citizen says to it."""

    id: str
    side: Literal["health", "social"]
    what: str
    who: str
    rhythm: str
    answer: OwnAnswer
    answered_on: date | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """My plan: goals in own words, health and social activities as equals."""

    goals: tuple[Goal, ...]
    items: tuple[PlanItem, ...]
    coordinator: PersonAround | None
    self_treatment: bool
    plan_name: str = ""
    agreed_on: date | None = None


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Lowest and highest value of something; either may be open."""

    low: Decimal | None = None
    high: Decimal | None = None

    def holds(self, value: Decimal) -> bool:
        """Whether `value` lies within, edges included."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a question. Blood pressure has two parts.

    Outside `accepted` it cannot be stored and the page says the mend; outside `possible` no body has it, and outside
    `usual` this person has not had it: both ask for a confirmation, which is stored with the value.
    """

    id: str
    label: str
    unit: str
    digits: int
    accepted: Range
    possible: Range = Range()
    usual: Range = Range()
    example: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered to one question: numbers by part, or a choice, or that it cannot be done today."""

    values: tuple[Decimal, ...] = ()
    choice: str = ""
    not_today: bool = False
    confirmed: bool = False


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a report. `parts` for measurements, `options` (code and words) for symptom questions."""

    id: str
    icon: str
    name: str
    text: str
    hint: str = ""
    advice: str = ""
    parts: tuple[Part, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    last: Answer | None = None
    last_on: date | None = None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A report that is being written. `id` is its idempotency key: one draft becomes at most one report.

    `fixed` is the service's own title and text of that this is no alarm.
    """

    id: str
    questions: tuple[Question, ...]
    answers: dict[str, Answer]
    reader: Reader
    receiver: str
    self_treatment: bool
    comment: str = ""
    fixed: tuple[Advice, Advice] | None = None

    def question(self, name: str) -> Question | None:
        """The question of a step, or None."""
        return next((question for question in self.questions if question.id == name), None)

    def open_step(self) -> str:
        """The first question without an answer, else `check`."""
        return next((question.id for question in self.questions if question.id not in self.answers), "check")


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A report was sent; `already` when it had been sent before and nothing was sent again."""

    report: str
    sent: datetime
    reader: Reader
    self_treatment: bool
    already: bool = False
    fixed: tuple[Advice, Advice] | None = None


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """The newest reading of a measure, written out with its unit."""

    shown: str
    when: datetime
    outside: Outside = ""
    confirmed: bool = False


class OwnLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A citizen's own limit in words (`90 or higher`), who set it, when, and why."""

    shown: str
    set_by: str
    set_on: date
    reason: str = ""


class ReadingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One measure in the list of readings."""

    code: str
    icon: str
    name: str
    latest: Latest | None
    limit: OwnLimit | None = None


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """My readings, one line a measure."""

    measures: tuple[ReadingLine, ...]


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment of the citizen and what became of it."""

    note: Note
    reply: str = ""


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """One measure from `first` to `last`. `series` are oldest first, in the reader's local time."""

    code: str
    name: str
    unit: str
    others: tuple[tuple[str, str], ...]
    latest: Latest | None
    series: tuple[Series, ...]
    limit: OwnLimit | None
    first: date
    last: date
    comments: tuple[Comment, ...] = ()
    rhythm: int = 1


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the self-treatment plan: how one feels, and what one does then."""

    level: Literal["usual", "worse", "emergency"]
    title: str
    signs: tuple[str, ...]
    actions: tuple[str, ...]


class SelfTreatment(msgspec.Struct, frozen=True, kw_only=True):
    """The citizen's own plan for worse days, made together with a clinician."""

    title: str
    zones: tuple[Zone, ...]
    made_with: str
    made_on: date
    version: str = ""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a thread; `read` is when the other side, `read_by`, opened what was written to it.

    `mine` is what the reader wrote, `ours` what the citizen or somebody close did.
    """

    sender: str
    initials: str
    mine: bool
    when: datetime
    text: str
    ours: bool = False
    side: Side = "health"
    read: datetime | None = None
    read_by: str = ""


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """Messages with a unit, oldest first. `key` makes a message be stored once; not everybody close `may_write`."""

    counterpart: str
    messages: tuple[Message, ...]
    reader: Reader
    key: str
    may_write: bool = True


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What someone answered to a report."""

    sender: str
    when: datetime
    text: str


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one report, as a closed loop; `rows` are the answers sent."""

    report: str
    sent: datetime
    rows: tuple[tuple[str, str], ...]
    comment: str
    steps: tuple[Step, ...]
    reply: Reply | None
    late: bool
    reminded: bool
    earlier: tuple[ReportState, ...] = ()
