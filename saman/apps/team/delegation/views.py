"""View models of the pages of delegations. All texts in them are in the reader's language already."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from saman.apps.team.members_views import Done, Option


class DelegationLine(msgspec.Struct, frozen=True, kw_only=True):
    """A delegation; `acts` are what the reader can do with it: value and words. `state` is empty when it counts."""

    id: str
    version: int
    what: str
    giver: str
    receiver: str
    unit: str
    about: str
    since: datetime
    until: datetime
    follow_up: date | None
    state: str = ""
    acts: tuple[Option, ...] = ()


class GapLine(msgspec.Struct, frozen=True):
    """Tasks that nobody is competent for when they are due; `due` None: at any time."""

    what: str
    unit: str
    due: datetime | None
    tasks: int


class DelegationsPage(msgspec.Struct, frozen=True, kw_only=True):
    """What was offered to the reader, what they may do, what they gave, and for a leader what holds in the unit."""

    unit: str
    may_give: bool
    leads: bool
    offered: tuple[DelegationLine, ...]
    own: tuple[DelegationLine, ...]
    given: tuple[DelegationLine, ...]
    everybody: tuple[DelegationLine, ...] = ()
    ending: int = 0
    gaps: tuple[GapLine, ...] = ()
    done: Done | None = None


class DelegationForm(msgspec.Struct, frozen=True, kw_only=True):
    """A delegation to be offered; each competence with its longest time in days."""

    unit: str
    key: str
    competences: tuple[Option, ...]
    longest: tuple[tuple[str, int], ...]
    colleagues: tuple[Option, ...]
    citizens: tuple[Option, ...]
    since: str
    until: str
    follow_up: str


class DelegationList(msgspec.Struct, frozen=True, kw_only=True):
    """The list on paper, with room for names by hand."""

    unit: str
    made: datetime
    lines: tuple[DelegationLine, ...]


class NeedShown(msgspec.Struct, frozen=True):
    """What a task needs, in words; `fine` says whether whoever has it, else the reader, may do it in time."""

    words: str
    fine: bool
    more: str = ""
    lacks: bool = False
    """Whether whoever has it, else the reader, may not do it at all."""
