"""View models of the professional pages. All texts in them are in the reader's language already."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec
from markupsafe import Markup

from saman.apps.team.delegation.views import NeedShown
from saman.apps.team.opening.views import AppLine
from saman.apps.ui.charts import Week
from saman.apps.ui.views import PersonBanner, Step

Shape = Literal["asked", "over", "under", "overdue", "done", "waiting", "unread", "todo"]


class State(msgspec.Struct, frozen=True):
    """A shape and a word; `since` adds how long it has been late."""

    shape: Shape
    words: str


class MarkShown(msgspec.Struct, frozen=True):
    """A mark in words: `shape` and short words beside the value, and the whole sentence of what was compared."""

    shape: Shape
    words: str
    why: str


class ReadingShown(msgspec.Struct, frozen=True, kw_only=True):
    """One measure: name, value with unit, own limit and who set it, marks, whether the value was confirmed."""

    name: str
    value: str
    limit: str = ""
    set_by: str = ""
    set_on: date | None = None
    marks: tuple[MarkShown, ...] = ()
    confirmed: bool = False
    measure: str = ""


class PersonLine(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a list: address of the person page (empty when it may not be opened), name, year, sex, place."""

    id: str
    name: str
    year: str = ""
    sex: str = ""
    place: str = ""
    dead: bool = False


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be done with a row: `act` is the last part of the address it is posted to."""

    act: str
    words: str
    key: str = ""
    main: bool = False


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a worklist. `version` goes with every act; `marks` are those that are about no reading."""

    task: str
    version: int
    kind: str
    address: str
    person: PersonLine
    state: State
    unread: bool
    readings: tuple[ReadingShown, ...] = ()
    marks: tuple[MarkShown, ...] = ()
    text: str = ""
    sub: str = ""
    comment: str = ""
    received: datetime | None = None
    due: datetime | None = None
    late: bool = False
    holder: str = ""
    mine: bool = False
    buttons: tuple[Button, ...] = ()
    needs: tuple[NeedShown, ...] = ()
    barred: str = ""
    """Why the reader is not offered to take it; what is missing and who can instead stands in `needs`."""


class Section(msgspec.Struct, frozen=True):
    """Rows under one heading; the heading is empty where another order is shown."""

    title: str
    rows: tuple[Row, ...]


class FilterShown(msgspec.Struct, frozen=True):
    """A filter with its count, whether there are more than that, and its address."""

    name: str
    count: int
    beyond: bool
    address: str
    current: bool


class Undoable(msgspec.Struct, frozen=True):
    """What was just done, and where undoing it is posted to with which version."""

    words: str
    task: str
    version: int


class MarksNote(msgspec.Struct, frozen=True):
    """That marks are made here, under which version; `on` is the user's own choice."""

    version: str
    on: bool
    first: bool


class Worklist(msgspec.Struct, frozen=True, kw_only=True):
    """The worklist of the user's unit.

    `in_place` counts what is open in the chosen municipality up to the end of the page, `unanswered` is what the unit
    asked of others and was not answered in time.
    """

    title: str
    unit: str
    made: datetime
    since: str
    total: int
    beyond: bool
    filters: tuple[FilterShown, ...]
    places: tuple[str, ...]
    place: str
    in_place: int
    more_in_place: bool
    chosen: str
    sections: tuple[Section, ...]
    first: int
    last: int
    next: str
    marks: MarksNote | None
    follows: tuple[PersonLine, ...] = ()
    unanswered: tuple[Row, ...] = ()
    more_unanswered: bool = False


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What the unit asked of others: what is not answered in time, and the rest."""

    late: tuple[Row, ...]
    others: tuple[Row, ...]
    unit: str


class LoopShown(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a closed loop."""

    task: str
    title: str
    duty: bool
    steps: tuple[Step, ...]
    state: State
    due: datetime | None
    waiting: bool
    late: bool
    receiver: str
    receiver_phone: str
    sender: str
    sender_phone: str
    text: str
    before: datetime | None = None


class ReportShown(msgspec.Struct, frozen=True, kw_only=True):
    """The newest report with its values and answers, and the task of reading it when it is open."""

    sent: datetime
    state: State
    readings: tuple[ReadingShown, ...]
    answers: tuple[tuple[str, str], ...]
    comment: str
    task: str = ""
    version: int = 0
    open: bool = False
    holder: str = ""
    mine: bool = False
    read_by: str = ""
    read_at: datetime | None = None
    on_behalf: str = ""


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One small picture with its table twin and what stands above it."""

    reading: ReadingShown
    svg: Markup
    weeks: tuple[Week, ...]
    has_limit: bool
    pair: bool


class PlanLine(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the shared plan."""

    side: Literal["health", "social"]
    what: str
    who: str
    answer: str


class Around(msgspec.Struct, frozen=True):
    """Somebody around the person: name, what they are, and how to reach them or what they see."""

    name: str
    what: str
    note: str = ""


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Why the user may see this: sentences, what cannot be seen and why not."""

    grounds: tuple[str, ...]
    hidden: tuple[tuple[str, str], ...]


class PersonPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on a person's page that the user may see; parts are empty or None where they may not."""

    id: str
    name: str
    banner: PersonBanner
    protected: bool
    dead: bool
    report: ReportShown | None
    sees_readings: bool
    loop: LoopShown | None
    curves: tuple[Curve, ...]
    comments: tuple[tuple[date, str], ...]
    goals: tuple[tuple[str, date | None], ...]
    plan: tuple[PlanLine, ...]
    around: tuple[Around, ...]
    why: Why
    marks: MarksNote | None
    may_message: bool = False
    may_ask_visit: bool = False
    may_change_limits: bool = False
    keeps_visits: bool = False
    tables: bool = False
    open_tasks: tuple[Row, ...] = ()
    restricted: bool = False
    apps: tuple[AppLine, ...] = ()


class LimitChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that can be changed."""

    quantity: str
    name: str
    unit: str
    low: str
    high: str
    set_by: str
    set_on: date
    reason: str
    version: int


class LimitForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form for changing a limit: which can be, which is chosen, and who will be told."""

    person: str
    banner: PersonBanner
    limits: tuple[LimitChoice, ...]
    chosen: LimitChoice | None
    told: str


class Bubble(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a thread."""

    sender: str
    initials: str
    ours: bool
    when: datetime
    text: str
    read: datetime | None


class ThreadPage(msgspec.Struct, frozen=True, kw_only=True):
    """The messages about a person, and the open tasks that an answer closes."""

    person: str
    banner: PersonBanner
    messages: tuple[Bubble, ...]
    waiting: tuple[tuple[str, int], ...]
    may_write: bool
    key: str


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened with a request."""

    when: datetime
    what: str
    who: str
    state: State
    sub: str = ""


class Conflict(msgspec.Struct, frozen=True):
    """Somebody was first: who, what it is now, and since when."""

    who: str
    now: str
    when: datetime


class ActShown(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may be answered: its name, what must be said with it, and whether it is the main one."""

    act: str
    words: str
    needs: tuple[str, ...]
    reasons: tuple[tuple[str, str], ...] = ()
    main: bool = False


class RequestPage(msgspec.Struct, frozen=True, kw_only=True):
    """One request between two units, at either end."""

    task: str
    version: int
    person: PersonLine
    loop: LoopShown
    lanes: Markup
    events: tuple[Event, ...]
    acts: tuple[ActShown, ...]
    soon: str
    is_owner: bool
    mine: bool
    holder: str
    open: bool
    needs: tuple[NeedShown, ...] = ()


class SummaryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One measure over 30 days."""

    name: str
    unit: str
    limit: str
    set_by: str
    lowest: str
    median: str
    highest: str
    latest: str
    outside: int
    days: int


class SummaryPage(msgspec.Struct, frozen=True, kw_only=True):
    """The last 30 days on one page."""

    id: str
    banner: PersonBanner
    first: date
    last: date
    service: str
    agreed: int
    missed: tuple[date, ...]
    lines: tuple[SummaryLine, ...]
    done: tuple[tuple[datetime, str, str], ...]
    comments: tuple[tuple[date, str], ...]
    plan: tuple[PlanLine, ...]
    made: datetime


class PeoplePage(msgspec.Struct, frozen=True, kw_only=True):
    """People whom the unit follows."""

    query: str
    people: tuple[PersonLine, ...]
    more: bool
    follows_anyone: bool
    emergency: bool = False
    """Whether the reader could open somebody in an emergency."""
