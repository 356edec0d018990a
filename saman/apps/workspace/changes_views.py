"""What the pages of files and their changes show."""

from __future__ import annotations

from datetime import datetime

import msgspec

from saman.flows.governance.changes_texts import Clash, DiffLine


class FileLine(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the region: what it holds, from which day, how long it is, how many proposals change it."""

    path: str
    holds: str
    since: str
    lines: int
    proposals: int


class ChangeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal in a list."""

    id: str
    subject: str
    shape: str
    state: str
    files: tuple[str, ...]
    who: str
    at: datetime


class FilesPage(msgspec.Struct, frozen=True, kw_only=True):
    """All files of the region."""

    region: str
    files: tuple[FileLine, ...]
    may: bool


class FilePage(msgspec.Struct, frozen=True, kw_only=True):
    """One file to read, and the proposals that change it."""

    path: str
    holds: str
    lines: tuple[str, ...]
    proposals: tuple[ChangeLine, ...]
    may: bool


class ChangesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Proposals, those that are open first."""

    region: str
    open: tuple[ChangeLine, ...]
    closed: tuple[ChangeLine, ...]
    may: bool


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, with its place and where that can be seen; in English, as `saman model check` says it."""

    place: str
    text: str
    address: str = ""


class Clashed(msgspec.Struct, frozen=True, kw_only=True):
    """What others wrote meanwhile, what I wrote, and where both wrote the same lines."""

    theirs: tuple[DiffLine, ...]
    mine: tuple[DiffLine, ...]
    clashes: tuple[Clash, ...]


class Editor(msgspec.Struct, frozen=True, kw_only=True):
    """One text to be changed, with what has to come back with it."""

    id: str
    path: str
    holds: str
    text: str
    base: str
    is_based: bool
    onto: str
    subject: str
    reason: str
    is_new: bool
    files: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    is_checked: bool = False
    clashed: Clashed | None = None

    @property
    def address(self) -> str:
        """Where the form goes."""
        return f"/region/work/changes/{self.id}/files/{self.path}"

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text, to be numbered."""
        return tuple(self.text.splitlines())


class EditShown(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one file."""

    path: str
    what: str
    lines: tuple[DiffLine, ...]
    is_outdated: bool


class DifferenceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One difference for those who work by it: in which part, where in it, before and after; `+` is a whole part."""

    part: str
    of: str
    where: str
    before: str
    after: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said or did, and when."""

    who: str
    at: datetime
    text: str
    number: int = 0


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """What an open proposal would lead to."""

    findings: tuple[Finding, ...]
    differences: tuple[DifferenceLine, ...]
    sight: tuple[str, ...]
    made: int
    changed: int
    left: int
    outdated: tuple[str, ...]


class ChangePage(msgspec.Struct, frozen=True, kw_only=True):
    """One proposal. `acts` are what the reader may do with it; `seconds` who could approve it."""

    id: str
    version: int
    subject: str
    shape: str
    state: str
    writers: tuple[str, ...]
    edits: tuple[EditShown, ...]
    meant: Meant | None
    approved: Said | None
    approval_holds: bool
    seconds: tuple[str, ...]
    acts: frozenset[str]
    undoes: str
    comments: tuple[Said, ...]
    history: tuple[Said, ...]
    others: tuple[str, ...]
