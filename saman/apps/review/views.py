"""What the review pages show. Texts are in the reader's language already; times are aware. No care data anywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

State = Literal["open", "late", "done"]


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A citizen's question in the list."""

    id: str
    person: str
    who: str
    unit: str
    looked: datetime
    due: datetime
    state: State
    with_officer: bool = False


class Cases(msgspec.Struct, frozen=True, kw_only=True):
    """The questions of an organisation; `deputies` are the others who can answer."""

    organisation: str
    cases: tuple[CaseLine, ...]
    deputies: tuple[str, ...]
    openings_waiting: int
    openings_late: int


class LookLine(msgspec.Struct, frozen=True, kw_only=True):
    """One look as the log has it."""

    number: int
    who: str
    unit: str
    person: str
    start: datetime
    end: datetime | None
    kinds: str
    grounds: tuple[str, ...]
    refused: bool = False
    wrote: bool = False
    emergency: bool = False


class CasePage(msgspec.Struct, frozen=True, kw_only=True):
    """One question, with what the log says around it."""

    line: CaseLine
    version: int
    words: str
    asked: datetime
    answer: str
    answered: datetime | None
    answered_by: str
    looks: tuple[LookLine, ...]


class SampledLook(msgspec.Struct, frozen=True, kw_only=True):
    """A look that was drawn; `found` is what was said of it in words, empty before."""

    look: LookLine
    found: str = ""
    note: str = ""
    by: str = ""
    at: datetime | None = None


class UnitSample(msgspec.Struct, frozen=True, kw_only=True):
    """The sample of a unit: `total` looks in the week, those drawn, and how many nobody has been through."""

    unit: str
    total: int
    left: int
    looks: tuple[SampledLook, ...]


class SamplePage(msgspec.Struct, frozen=True, kw_only=True):
    """The sample of a week; `seed` is what it was drawn with."""

    week: str
    first: datetime
    last: datetime
    over: bool
    seed: str
    weeks: tuple[str, ...]
    units: tuple[UnitSample, ...]


class PatternLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern worth asking about: who, whom (empty: several people), the numbers as sentences, the looks."""

    who: str
    unit: str
    person: str
    numbers: tuple[str, ...]
    looks: tuple[LookLine, ...]
    more: int = 0


class RuleFound(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, what it compares, and what it found."""

    id: str
    name: str
    means: str
    lines: tuple[PatternLine, ...]


class PatternPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules find since a day, among so many looks."""

    since: datetime
    looks: int
    rules: tuple[RuleFound, ...]


class OpeningLine(msgspec.Struct, frozen=True, kw_only=True):
    """An opening of what was closed, to be reviewed."""

    id: str
    version: int
    person: str
    who: str
    unit: str
    ground: str
    reason: str
    since: datetime
    until: datetime | None
    due: datetime
    state: State
    found: str = ""
    note: str = ""
    by: str = ""


class OpeningPage(msgspec.Struct, frozen=True, kw_only=True):
    """Openings, those that wait first."""

    openings: tuple[OpeningLine, ...]


class NumbersLine(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one unit."""

    unit: str
    looks: int
    people: int
    staff: int
    lists: int
    refused: int
    cases_open: int
    cases_late: int
    with_officer: int
    openings_open: int
    openings_late: int


class NumbersPage(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of an organisation and its units since a day; `checked`, `asked` and `serious` are sampled looks."""

    organisation: str
    since: datetime
    lines: tuple[NumbersLine, ...]
    checked: int
    asked: int
    serious: int
    weeks: tuple[str, ...]
    unreviewed: tuple[str, ...]
