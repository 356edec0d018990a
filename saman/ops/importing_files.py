"""What can be imported from a disk: documents of one resource, and NDJSON with one resource a line, also as gzip."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.record.rows import Resource, Row, checked

MOST_BYTES = 256 * 1024 * 1024
"""Of one document, unpacked: it is read whole."""

MOST_LINE = 32 * 1024 * 1024
"""Of one line of NDJSON; a Binary of the usual limit fits in base64."""

_LINES = (".ndjson", ".jsonl")
_KNOWN = (".json", *_LINES)
BROKEN = (OSError, EOFError, zlib.error)
"""What the reading of a damaged file raises."""


class Line(msgspec.Struct, frozen=True):
    """A valid resource, and the number of its line from 1 (0: it is the whole document).

    Where it was got ready before: `row` is what it is written as, `unfit` why it is not, unless it is stored already.
    """

    number: int
    resource: Resource
    row: Row | None = None
    unfit: Refusal | None = None

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
        with unpacked(file) as source:
            text = source.read(MOST_BYTES + 1)
    except BROKEN as error:
        return unreadable(error)
    if len(text) > MOST_BYTES:
        most = f"It is longer than {MOST_BYTES // 1024**2} MB. Split it, or write it as NDJSON, a resource a line."
        return refused(Kind.TOO_LARGE, "too-long", most)
    content = json.decode(text)
    return content if isinstance(content, Refusal) else Document(content, hashlib.sha256(text).hexdigest())


def read_line(text: bytes, number: int) -> Line | Refusal:
    """The valid resource on a line, or why there is none."""
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


def unpacked(file: Path) -> IO[bytes]:
    """What a file holds; reading it may raise one of BROKEN."""
    return gzip.open(file, "rb") if file.name.lower().endswith(".gz") else file.open("rb")  # type: ignore[return-value]


def unreadable(error: Exception) -> Refusal:
    """Why a file is not read on."""
    if isinstance(error, OSError) and error.strerror:
        return Refusal(Kind.INVALID, (Issue("exception", f"It cannot be read: {error.strerror}."),))
    return Refusal(Kind.INVALID, (Issue("structure", "It is damaged: the compressed file ends early or has errors."),))
