"""What can be imported from a disk: documents of one resource, and NDJSON with one resource a line, also as gzip."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.record.rows import Resource, checked

MOST_BYTES = 256 * 1024 * 1024
"""Of one document, unpacked: it is read whole."""

MOST_LINE = 32 * 1024 * 1024
"""Of one line of NDJSON; a Binary of the usual limit fits in base64."""

_LINES = (".ndjson", ".jsonl")
_KNOWN = (".json", *_LINES)
_BROKEN = (OSError, EOFError, zlib.error)


class Line(msgspec.Struct, frozen=True):
    """A valid resource, and the number of its line from 1 (0: it is the whole document)."""

    number: int
    resource: Resource

    @property
    def key(self) -> tuple[str, str]:
        """Type and id; the id is empty when the resource has none."""
        return self.resource["resourceType"], self.resource.get("id", "")


class Document(msgspec.Struct, frozen=True):
    """Any JSON, and the SHA-256 of its text."""

    content: Any
    digest: str


def files_in(paths: Iterable[Path]) -> list[Path] | Refusal:
    """Every file named, and those below the folders named that end in .json, .ndjson or .jsonl, perhaps with .gz."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            below = (one for one in sorted(path.rglob("*")) if one.is_file() and _ending(one) in _KNOWN)
            found |= dict.fromkeys(below)
        elif path.is_file():
            found[path] = None
        else:
            return refused(Kind.NOT_FOUND, "not-found", f"There is no file or folder {path}.", "PATH")
    if not found:
        text = "There is nothing to import: no file ends in .json, .ndjson or .jsonl (or one of these with .gz)."
        return refused(Kind.NOT_FOUND, "not-found", text, "PATH")
    return list(found)


def has_lines(file: Path) -> bool:
    """Whether the name says that each line is a resource of its own."""
    return _ending(file) in _LINES


def _ending(file: Path) -> str:
    return Path(file.name.lower().removesuffix(".gz")).suffix


def read_document(file: Path) -> Document | Refusal:
    """The one JSON value of a file; refused when it is damaged, too large or not JSON."""
    try:
        with _unpacked(file) as source:
            text = source.read(MOST_BYTES + 1)
    except _BROKEN as error:
        return _unreadable(error)
    if len(text) > MOST_BYTES:
        most = f"It is longer than {MOST_BYTES // 1024**2} MB. Split it, or write it as NDJSON, a resource a line."
        return refused(Kind.TOO_LARGE, "too-long", most)
    content = json.decode(text)
    return content if isinstance(content, Refusal) else Document(content, hashlib.sha256(text).hexdigest())


def read_lines(file: Path, marks: array[int] | None = None) -> Iterator[Line | Refusal]:
    """The valid resource on each line that is not empty, or why the reading ended there, one at a time.

    `marks` is filled while it is empty; given again, lines that are still the same are not checked once more.
    """
    known = marks if marks else ()
    number = 0
    try:
        with _unpacked(file) as source:
            while text := source.readline(MOST_LINE + 1):
                number += 1
                mark = hash(text)
                if marks is not None and not known:
                    marks.append(mark)
                if text.strip():
                    same = number <= len(known) and known[number - 1] == mark
                    read = Line(number, json.decode_kept(text)) if same else _line(text, number)
                    yield read
                    if isinstance(read, Refusal):
                        return
    except _BROKEN as error:
        yield placed(f"line {number + 1}", _unreadable(error))


class Lines(msgspec.Struct, frozen=True):
    """Some lines that follow each other, `until` the number of the last; whether the file ends there."""

    lines: tuple[Line | Refusal, ...]
    numbers: tuple[int, ...]
    until: int
    is_last: bool

    def each(self) -> Iterator[Lines]:
        """The same lines, each alone."""
        for place, one in enumerate(self.lines):
            is_end = place == len(self.lines) - 1
            until = self.until if is_end else self.numbers[place]
            yield Lines((one,), self.numbers[place : place + 1], until, self.is_last and is_end)

    def refused(self, refusal: Refusal) -> Lines:
        """The one line, as one that was refused."""
        told = placed(f"line {self.numbers[0]}", Refusal(refusal.kind, tuple(map(_without_path, refusal.issues))))
        return msgspec.structs.replace(self, lines=(told,))


def _without_path(issue: Issue) -> Issue:
    return msgspec.structs.replace(issue, path="") if issue.path.startswith("line") else issue


def read_some(file: Path, after: int, most: int) -> Lines:
    """At most `most` lines behind the first `after`: of each that is not empty the resource, or why it is none."""
    with file.open("rb") as source:
        for _ in range(after):
            source.readline()
        texts = [text for _ in range(most) if (text := source.readline())]
    numbered = [(number, text) for number, text in enumerate(texts, after + 1) if text.strip()]
    lines = tuple(_line(text, number) for number, text in numbered)
    return Lines(lines, tuple(number for number, _ in numbered), after + len(texts), len(texts) < most)


def _line(text: bytes, number: int) -> Line | Refusal:
    if len(text) > MOST_LINE:
        most = refused(Kind.TOO_LARGE, "too-long", f"It is longer than {MOST_LINE // 1024**2} MB.")
        return placed(f"line {number}", most)
    content = json.decode(text)
    resource = content if isinstance(content, Refusal) else checked(content)
    return placed(f"line {number}", resource) if isinstance(resource, Refusal) else Line(number, resource)


def placed(place: str, refusal: Refusal) -> Refusal:
    """The refusal with `place` in front of each path."""
    issues = (
        msgspec.structs.replace(one, path=f"{place}, {one.path}" if one.path else place) for one in refusal.issues
    )
    return Refusal(refusal.kind, tuple(issues))


def _unpacked(file: Path) -> IO[bytes]:
    return gzip.open(file, "rb") if file.name.lower().endswith(".gz") else file.open("rb")  # type: ignore[return-value]


def _unreadable(error: Exception) -> Refusal:
    if isinstance(error, OSError) and error.strerror:
        return Refusal(Kind.INVALID, (Issue("exception", f"It cannot be read: {error.strerror}."),))
    return Refusal(Kind.INVALID, (Issue("structure", "It is damaged: the compressed file ends early or has errors."),))
