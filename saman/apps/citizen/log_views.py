"""What the citizen's page of looks shows. Texts are in the reader's language already; times are aware."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from saman.apps.citizen.views import Side

LogKind = Literal["", "looks", "lists", "machines", "refused"]
QuestionState = Literal["none", "open", "late", "answered"]


class LookStep(msgspec.Struct, frozen=True, kw_only=True):
    """One thing asked for during a look; not `shown` when there was nothing to show."""

    when: datetime
    what: str
    shown: bool = True


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Someone opened something: who, where, when, what they saw, what they `asked` for and did not see, and why.

    `question` is the id of the citizen's question about it, `state` how that stands; `at` names the look in a form.
    `through` names the app of the look; `own` says that it acted for the citizen, who then has nobody to ask.
    """

    id: str
    who: str
    initials: str
    side: Side
    unit: str
    start: datetime
    end: datetime | None
    what: str
    asked: str = ""
    grounds: tuple[str, ...] = ()
    emergency: bool = False
    reason: str = ""
    review: str = ""
    at: str = ""
    steps: tuple[LookStep, ...] = ()
    question: str = ""
    state: QuestionState = "none"
    through: str = ""
    own: bool = False


class ListReads(msgspec.Struct, frozen=True, kw_only=True):
    """Times a citizen's name stood on lists of a unit in one day."""

    unit: str
    lists: int


class Unseen(msgspec.Struct, frozen=True, kw_only=True):
    """Someone (name, role and unit) asked for something about a citizen, and nothing was shown."""

    who: str
    when: datetime
    what: str
    id: str = ""
    at: str = ""
    question: str = ""
    state: QuestionState = "none"


class MachineAct(msgspec.Struct, frozen=True, kw_only=True):
    """What a computer did with a citizen's information, as a sentence, and how many times in one day.

    `unit` names the organisation behind it, empty where it is Saman itself.
    """

    what: str
    times: int
    unit: str = ""


class LogDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day of the access log, newest first; lists are grouped by unit, acts of computers by what was done."""

    day: date
    entries: tuple[LogEntry, ...]
    unseen: tuple[Unseen, ...] = ()
    grouped: tuple[ListReads, ...] = ()
    machine: tuple[MachineAct, ...] = ()


class LogAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the log: the last `days`, one kind (empty: every), one organisation (empty: every), what lies
    before a moment (None: now); `reason` is what `give_reason` gave to whoever looks further back than is shown freely.
    """

    days: int = 30
    kind: LogKind = ""
    party: str = ""
    before: datetime | None = None
    reason: str = ""


class QuestionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A question of the citizen's about a look: at whom, of when, how it stands and when an answer is due."""

    id: str
    who: str
    looked: datetime
    state: QuestionState
    due: datetime


class LogQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """One question with its answer.

    `owner` is the organisation that answers, `phone` where to call it, or empty; `nobody` says that it has no log
    reviewer here.
    """

    line: QuestionLine
    unit: str
    owner: str
    phone: str
    words: str
    asked: datetime
    days: int
    answer: str = ""
    answered: datetime | None = None
    with_officer: bool = False
    nobody: bool = False


class AccessLog(msgspec.Struct, frozen=True, kw_only=True):
    """Who has looked at my information, as far as `asked` goes.

    `parties` are organisations to choose from (id and name), `earlier` the moment before which there is more to see
    (None: that is all). The log is shown from `since` on, to somebody who gives a reason from `with_reason` on (None:
    no further); `further` says that a reason was given. `law`: this may be told as law; `named`: staff are named;
    `wish` is what the citizen wants to be told of.
    """

    days: tuple[LogDay, ...]
    asked: LogAsked
    since: datetime
    parties: tuple[tuple[str, str], ...] = ()
    earlier: datetime | None = None
    with_reason: datetime | None = None
    further: bool = False
    law: bool = False
    named: bool = True
    answer_days: int = 10
    questions: tuple[QuestionLine, ...] = ()
    wish: str = ""
