"""View models of the pages of substitutes and members. All texts in them are in the reader's language already."""

from __future__ import annotations

from datetime import datetime

import msgspec

Option = tuple[str, str]
"""Value and words of a choice."""


class MemberLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's role in a unit; nothing can be done with the reader's `own`."""

    id: str
    version: int
    name: str
    role: str
    unit: str
    since: datetime | None
    until: datetime | None
    by: str = ""
    reason: str = ""
    substitute: bool = False
    begun: bool = True
    own: bool = False


class ColleagueLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the directory who can be chosen: where they work now, and their licence numbers."""

    id: str
    name: str
    works: str = ""
    licences: str = ""


class Done(msgspec.Struct, frozen=True):
    """What was just done, and the version that undoing takes back."""

    words: str
    id: str
    version: int
    undoable: bool = True


class MembersPage(msgspec.Struct, frozen=True, kw_only=True):
    """The members of a unit and the units within it; `found` is None when nobody was searched for."""

    base: str
    substitutes: bool
    unit: str
    lines: tuple[MemberLine, ...]
    query: str = ""
    found: tuple[ColleagueLine, ...] | None = None
    done: Done | None = None


class MemberForm(msgspec.Struct, frozen=True, kw_only=True):
    """A role to be given; `of` is the Practitioner id, empty for somebody who is not in the directory."""

    base: str
    substitutes: bool
    key: str
    roles: tuple[Option, ...]
    units: tuple[Option, ...]
    licensed: tuple[str, ...]
    since: str
    until: str
    of: str = ""
    name: str = ""
    works: str = ""
    licences: str = ""


class DatesForm(msgspec.Struct, frozen=True, kw_only=True):
    """From and until when somebody holds a role."""

    base: str
    substitutes: bool
    line: MemberLine
    since: str
    until: str
