"""The emergency log: entries on another disk while the log takes none, for a time that an operator sets.

Without it, a log that cannot be written stops all reading. Whoever has the machine may switch it on for some hours
(`saman emergency-log on`): then an entry that the database does not take is written, encrypted, to a file of this
process below the folder, and is on the disk before the answer leaves. `taking_in` brings the files into the log.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saman.record.audit import Entry

ENDING = ".entries"
MODE = "mode.json"
NONCE = 12


class Mode(msgspec.Struct, frozen=True):
    """Since and until when (seconds since 1970) an operator lets entries be kept here, and why."""

    since: float
    until: float
    reason: str


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One entry: when it was written, seconds since 1970, and its columns in the order of the table."""

    written: float
    row: tuple[Any, ...]

    @property
    def values(self) -> tuple[Any, ...]:
        """The columns as the database takes them."""
        return (datetime.fromisoformat(self.row[0]), *self.row[1:])


class Tampered(Exception):
    """A line is not what was written there; it names the file and the line, from 1."""

    def __init__(self, file: Path, number: int) -> None:
        super().__init__(f"line {number} of {file.name} is not what was written there")
        self.file, self.number = file, number


class EmergencyLog:
    """The folder of one installation, and the file of this process in it."""

    def __init__(self, folder: Path, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._cipher = cipher_of(secret)
        self._clock = clock
        self._file = -1
        self._name = ""
        self._lines = self._bytes = 0
        self._last = 0.0

    @property
    def mode(self) -> Mode | None:
        """The mode while it is on. It ends by itself; what cannot be read is off."""
        found = read_mode(self._folder)
        return found if found is not None and found.since <= self._clock() < found.until else None

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries and return once they are on the disk; OSError when they are not, and then none counts."""
        if self._file < 0:
            self._begin()
        self._last = now = max(self._last, self._clock())
        text = b"".join(self._sealed(self._lines + at, now, entry) for at, entry in enumerate(entries))
        try:
            if os.write(self._file, text) != len(text):
                raise OSError("an entry was cut")
            os.fsync(self._file)
        except OSError:
            self._give_up()
            raise
        self._lines += len(entries)
        self._bytes += len(text)

    def close(self) -> None:
        """Write no more to the present file, so that it can be removed once it is taken in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _begin(self) -> None:
        self._name = f"{int(self._clock() * 1000):014d}-{secrets.token_hex(6)}{ENDING}"
        self._file = os.open(self._folder / self._name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._lines = self._bytes = 0
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            _sync(self._folder)
        except OSError:
            self.close()
            raise

    def _give_up(self) -> None:
        """Take back what was cut: nobody was answered upon it. The next entries begin a file of their own."""
        try:
            os.ftruncate(self._file, self._bytes)
        finally:
            self.close()

    def _sealed(self, at: int, now: float, entry: Entry) -> bytes:
        first, *others = entry.row()
        line = Line(now, (first.isoformat(), *others))
        nonce = secrets.token_bytes(NONCE)
        return b64encode(nonce + self._cipher.encrypt(nonce, msgspec.json.encode(line), _place(self._name, at))) + b"\n"


def _sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cipher_of(secret: bytes) -> AESGCM:
    """The cipher of emergency files: who has the files and not the database reads nothing."""
    return AESGCM(hashlib.blake2s(b"emergency log", key=secret).digest())


def _place(name: str, at: int) -> bytes:
    """What a line is bound to, so that none can be moved, left out from the middle or put into another file."""
    return f"{name} {at}".encode()


def files_of(folder: Path) -> list[Path]:
    """The files of all processes, oldest first."""
    return sorted(folder.glob(f"*{ENDING}"))


def lines_of(file: Path, cipher: AESGCM, after: int = 0) -> Iterator[Line]:
    """The lines of a file after the first so many; one that a crash has cut is no line. Raises Tampered."""
    with file.open("rb") as source:
        for at, text in enumerate(source):
            if at >= after and text.endswith(b"\n"):
                yield _opened(file, at, text, cipher)


def _opened(file: Path, at: int, text: bytes, cipher: AESGCM) -> Line:
    try:
        raw = b64decode(text[:-1], validate=True)
        return msgspec.json.decode(cipher.decrypt(raw[:NONCE], raw[NONCE:], _place(file.name, at)), type=Line)
    except (ValueError, InvalidTag, msgspec.MsgspecError) as error:
        raise Tampered(file, at + 1) from error


def read_mode(folder: Path) -> Mode | None:
    """What an operator has set, whether its time is over or not."""
    try:
        return msgspec.json.decode((folder / MODE).read_bytes(), type=Mode)
    except (OSError, msgspec.MsgspecError):
        return None


def write_mode(folder: Path, mode: Mode | None) -> None:
    """Switch it on, or off (None), for every process at once."""
    file = folder / MODE
    if mode is None:
        file.unlink(missing_ok=True)
        return
    fresh = file.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as target:
        target.write(msgspec.json.encode(mode))
        target.flush()
        os.fsync(target.fileno())
    fresh.replace(file)


def moment(seconds: float) -> datetime:
    """A time of these files as a moment."""
    return datetime.fromtimestamp(seconds, UTC)
