"""What the servers answered, noted apart from the database: a line for each answer that rests on the log.

A line holds digests and numbers of entries, and what was written; of whom it was about only for writes, by id. Files
are short-lived: the worker holds them against the log and removes them once a checkpoint covers what they name.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import structlog

from saman.record.audit import ELSEWHERE, Entry
from saman.record.ledger.text import entry_digest, wrote_digest
from saman.record.traffic import Settled

TURN = 10.0
"""Seconds after which a new file is begun."""

ENDING = ".jsonl"

log = structlog.get_logger()


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """One entry as it was handed to the log: its number, 0 when the log gave none, and its digest."""

    number: int
    digest: bytes


class Version(msgspec.Struct, frozen=True, array_like=True):
    """One version that was written, and the digest of the entry that it must have."""

    type: int
    id: str
    version: int
    person: str | None
    digest: bytes
    request: str


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One answer, or a part of one; `unlogged` is how many people it showed whom no entry of it names.

    `meant` are the digests of entries that are about to be handed to the log. One that is `spoilt` cannot be read; its
    `request` names file and line.
    """

    at: float
    request: str
    entries: tuple[Kept, ...]
    wrote: tuple[Version, ...]
    unlogged: int
    spoilt: bool = False
    meant: tuple[bytes, ...] = ()


class Journal:
    """Writes the lines of one process to files below `folder`."""

    def __init__(
        self, folder: Path, clock: Callable[[], float] = time.time, told: Callable[[], None] = lambda: None
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._clock = clock
        self._told = told
        self._file = -1
        self._until = 0.0
        self._encoder = msgspec.json.Encoder()
        self.lost = 0

    def __call__(self, settled: Settled) -> None:
        """Note what an answer rests on, before it leaves. A disk that takes no more stops nothing; it is counted."""
        self._write(line_of(settled, now := self._clock()), now)

    def mean(self, entries: Sequence[Entry]) -> Sequence[bytes]:
        """Note what is about to be handed to the log, so that it is known should this process end in between."""
        digests = tuple(map(entry_digest, entries))
        if entries:
            now = self._clock()
            self._write(Line(now, entries[0].context.request, (), (), 0, meant=digests), now)
        return digests

    def _write(self, noted: Line, now: float) -> None:
        line = self._encoder.encode(noted) + b"\n"
        try:
            if now >= self._until:
                self._turn(now)
            if os.write(self._file, line) != len(line):
                raise OSError("the line was cut")
        except OSError as error:
            self.lost += 1
            self._told()
            self._until = 0.0
            if self.lost == 1:
                log.error("answers cannot be noted beside the log", error=type(error).__name__)

    def _turn(self, now: float) -> None:
        self.close()
        name = f"{int(now * 1000):014d}-{os.getpid()}-{secrets.token_hex(4)}{ENDING}"
        self._file = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._until = now + TURN

    def close(self) -> None:
        """Write no more to the present file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def line_of(settled: Settled, now: float) -> Line:
    """What is noted of an answer; entries in the emergency log have no number yet, and are proven there."""
    numbers = [*settled.numbers, *[0] * (len(settled.entries) - len(settled.numbers))]
    digests = settled.digests or tuple(map(entry_digest, settled.entries))
    entries = tuple(
        Kept(number, digest) for number, digest in zip(numbers, digests, strict=True) if number != ELSEWHERE
    )
    wrote = tuple(
        Version(one.type, one.id, one.version, one.person, wrote_digest(one), one.context.request)
        for one in settled.wrote
    )
    contexts = [one.context for one in settled.entries] + [one.context for one in settled.wrote]
    return Line(now, contexts[0].request if contexts else "", entries, wrote, settled.unlogged)


def files_of(folder: Path) -> list[Path]:
    """The files of a folder, oldest first."""
    return sorted(folder.glob(f"*{ENDING}"))


def lines_of(file: Path) -> Iterator[Line]:
    """The lines of a file; a last line that a crash has cut short is no line."""
    decoder = msgspec.json.Decoder(Line)
    with file.open("rb") as source:
        for number, text in enumerate(source, 1):
            if text.endswith(b"\n"):
                yield _read(decoder, text) or Line(begun(file), f"{file.name}:{number}", (), (), 0, spoilt=True)


def _read(decoder: msgspec.json.Decoder[Line], text: bytes) -> Line | None:
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def begun(file: Path) -> float:
    """When a file was begun, in seconds since 1970."""
    return int(file.name.partition("-")[0]) / 1000


def is_over(file: Path, now: float) -> bool:
    """Whether nothing will be added to a file any more."""
    return now - begun(file) > TURN + 5
