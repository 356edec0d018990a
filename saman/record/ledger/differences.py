"""Where what the servers noted of their answers and the log differ. Nothing here reads anything but the notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from saman.record.ledger.journal import Line, Version

UNLOGGED, MISSING, CHANGED, UNWRITTEN, UNSEEN, FORK = "unlogged", "missing", "changed", "unwritten", "unseen", "fork"
SPOILT, EXTRA = "spoilt", "extra"
"""Somebody was shown whom no entry names · an entry is gone · an entry is not what was logged · a write has no entry
or another one · an entry that the person it is about would not find · the ledger does not follow from what was seen ·
a note of a server that nobody can read · an entry that no server noted."""


class Difference(msgspec.Struct, frozen=True):
    """One of them; `mark` is the same each time it is found."""

    kind: str
    request: str
    entry: int | None = None

    @property
    def mark(self) -> str:
        """What it is known by."""
        return f"{self.kind} {self.request} {self.entry or ''}".strip()


class Found(NamedTuple):
    """The entry of a write as the log has it."""

    entry: int
    digest: bytes


Digests = Mapping[int, bytes]
Written = Mapping[tuple[int, str, int], Found]


def differences(lines: Iterable[Line], digests: Digests, written: Written) -> Iterator[Difference]:
    """What the log, given as digests by number and the entries of writes by version, lacks of these lines."""
    for line in lines:
        if line.spoilt:
            yield Difference(SPOILT, line.request)
        if line.unlogged:
            yield Difference(UNLOGGED, line.request)
        for kept in line.entries:
            there = digests.get(kept.number)
            if there != kept.digest:
                yield Difference(CHANGED if there else MISSING, line.request, kept.number or None)
        for one in line.wrote:
            found = written.get(version_of(one))
            if found is None or found.digest != one.digest:
                yield Difference(UNWRITTEN, one.request, found.entry if found else None)


def version_of(one: Version) -> tuple[int, str, int]:
    """What a write is known by."""
    return one.type, one.id, one.version


def numbers_of(lines: Iterable[Line]) -> list[int]:
    """The numbers of all entries that lines name."""
    return [kept.number for line in lines for kept in line.entries if kept.number]
