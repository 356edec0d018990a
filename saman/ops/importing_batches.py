"""The lines of a file by batches, each as ready to be stored as it can be without the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Issue, Refusal
from saman.model.fhir.validating import Validation
from saman.ops.importing_done import Done
from saman.ops.importing_files import BROKEN, MOST_LINE, Line, placed, read_line, unreadable
from saman.record import Change
from saman.record.change import unfit
from saman.record.definitions import KINDS
from saman.record.door import Door
from saman.record.parameters.settling import TYPE as SEARCH_PARAMETER
from saman.record.writing import FOLLOWED, row_of

TOGETHER = 500
"""Lines that are stored together."""
MOST_BYTES = 4 * 1024 * 1024
"""Of text that is taken together, but for the last line of it."""

Admit = Callable[[Any], Refusal | None]
"""Says of a resource why the region does not take it."""
Key = tuple[str, str]

_APART = FOLLOWED | {"Encounter"}
"""Types from which more follows, such as who may see what: one batch of them after the other."""
_ALONE = frozenset(KINDS.values()) | {SEARCH_PARAMETER}
"""Types by which others are checked and found."""


class Batch(msgspec.Struct, frozen=True):
    """The lines after number `after` up to `until`: what each brings, or why it is not taken; whether the file ends."""

    lines: tuple[Line | Refusal, ...]
    numbers: tuple[int, ...]
    after: int
    until: int
    is_last: bool

    @property
    def keys(self) -> frozenset[Key]:
        """Type and id of all that keep theirs."""
        return frozenset(one.key for one in self.lines if isinstance(one, Line) and one.key[1])

    @property
    def is_apart(self) -> bool:
        """Whether it is stored while no other is."""
        return not self._types.isdisjoint(_APART)

    @property
    def is_alone(self) -> bool:
        """Whether what comes after it can be got ready only once it is stored."""
        return not self._types.isdisjoint(_ALONE)

    @property
    def _types(self) -> frozenset[str]:
        return frozenset(one.key[0] for one in self.lines if isinstance(one, Line))

    def each(self) -> Iterator[Batch]:
        """The same lines, each alone."""
        last, after = len(self.lines) - 1, self.after
        for place, (line, number) in enumerate(zip(self.lines, self.numbers, strict=True)):
            until = self.until if place == last else number
            yield Batch((line,), (number,), after, until, self.is_last and place == last)
            after = until

    def refused(self, refusal: Refusal) -> Batch:
        """The one line, as one that was refused."""
        told = placed(f"line {self.numbers[0]}", Refusal(refusal.kind, tuple(map(_without_line, refusal.issues))))
        return msgspec.structs.replace(self, lines=(told,))


def _without_line(issue: Issue) -> Issue:
    return msgspec.structs.replace(issue, path="") if issue.path.startswith("line") else issue


class Ready:
    """Gets lines ready for a door: checked, judged, and worked out as the rows that they become."""

    def __init__(self, door: Door, admit: Admit) -> None:
        self._door = door
        self._admit = admit

    def line(self, text: bytes, number: int, validation: Validation) -> Line | Refusal:
        """The line as it can be stored, or why not; what is stored already may break a rule that came later."""
        read = read_line(text, number)
        if isinstance(read, Refusal):
            return read
        refusal = self._admit(read.resource)
        if refusal is not None:
            return placed(f"line {number}", refusal)
        broken = unfit(self._door, read.resource, validation)
        row = row_of(self._door, Change(read.resource, read.key[1]))
        return Line(
            number,
            read.resource,
            None if isinstance(row, Refusal) else row,
            None if broken is None else placed(f"line {number}", broken),
        )


class Reading:
    """Reads a file batch by batch, without the lines that are done."""

    def __init__(self, source: IO[bytes], done: Done) -> None:
        self._source = source
        self._done = done
        self._at = 0
        self._texts: list[bytes] = []
        self._is_over = False

    def next(self, ready: Ready, validation: Validation) -> Batch:
        """The next lines that are not done; after the last one a batch of none."""
        target = self._done.after(self._at)
        while self._at < target:
            self._source.readline(MOST_LINE + 1)
            self._at += 1
        after = self._at
        broken = self._take(self._done.most(after, TOGETHER))
        numbered = [(number, text) for number, text in enumerate(self._texts, after + 1) if text.strip()]
        lines = [ready.line(text, number, validation) for number, text in numbered]
        numbers = [number for number, _ in numbered]
        self._at += len(self._texts)
        if broken is not None:
            self._at += 1
            lines.append(placed(f"line {self._at}", broken))
            numbers.append(self._at)
        return Batch(tuple(lines), tuple(numbers), after, self._at, self._is_over)

    def _take(self, most: int) -> Refusal | None:
        """Read at most so many lines; why the file cannot be read to its end."""
        self._texts, size = [], 0
        try:
            while len(self._texts) < most and size < MOST_BYTES:
                text = self._source.readline(MOST_LINE + 1)
                if not text:
                    self._is_over = True
                    break
                self._texts.append(text)
                size += len(text)
        except BROKEN as error:
            self._is_over = True
            return unreadable(error)
        return None


def outcome(refusal: Refusal) -> str:
    """Why a line was refused, as an OperationOutcome; `location` begins with the line."""
    listed = [
        {"severity": one.severity, "code": one.code, "diagnostics": one.text, "location": [one.path]}
        for one in refusal.issues
    ]
    return json.encode({"resourceType": "OperationOutcome", "issue": listed}).decode()


def line_of(refusal: Refusal) -> int:
    """The number of the line that was refused."""
    return int(refusal.issues[0].path.removeprefix("line ").partition(",")[0])
