"""Files named by the SHA-256 of what they hold, each kept once, below one folder that all servers share.

A content is written to a file of its own, brought to the disk and moved to its place, also when the same is there
already: how long that takes tells nobody what others have stored. What is moved is as new for the sweep, which holds
a lock while it removes.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused

PIECE = 3 * 64 * 1024
"""Bytes read and written at a time; base64 makes whole groups of it."""

MOST_BYTES = 20 * 1024 * 1024
MOST_ATTACHED = 1024 * 1024

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Content(msgspec.Struct, frozen=True):
    """What a Binary holds: the SHA-256 in hexadecimal, and the number of bytes."""

    digest: str
    size: int


class Limits(NamedTuple):
    """The most bytes of a Binary, and of an attachment within another resource."""

    most: int = MOST_BYTES
    attached: int = MOST_ATTACHED


class Contents:
    """The folder of one installation."""

    def __init__(self, folder: Path, limits: Limits = Limits()) -> None:  # noqa: B008
        self.folder = folder
        self.limits = limits
        self._incoming = folder / "incoming"

    def file(self, digest: str) -> Path:
        """Where the content with this digest is, or would be."""
        return self.folder / digest[:2] / digest[2:4] / digest

    async def take_in(self, pieces: AsyncIterator[bytes | Refusal]) -> Content | Refusal:
        """What `pieces` give, once it is on the disk; refused with the first refusal among them, and beyond the limit.

        Nothing is left of what is refused or breaks off.
        """
        try:
            arriving = await asyncio.to_thread(self._begin)
        except OSError as error:
            return _unwritten(error)
        try:
            async for piece in pieces:
                if isinstance(piece, Refusal):
                    return piece
                if arriving.size + len(piece) > self.limits.most:
                    return too_large(self.limits.most)
                if arriving.add(piece):
                    await asyncio.to_thread(arriving.write)
            return await asyncio.to_thread(self._settle, arriving)
        except OSError as error:
            return _unwritten(error)
        finally:
            arriving.drop()

    def put(self, pieces: Iterable[bytes]) -> Refusal | None:
        """The same for what an operator brings back, of any length."""
        try:
            arriving = self._begin()
            try:
                for piece in pieces:
                    if arriving.add(piece):
                        arriving.write()
                self._settle(arriving)
            finally:
                arriving.drop()
        except OSError as error:
            return _unwritten(error)
        return None

    def is_there(self, content: Content) -> bool:
        """Whether the file is there, in its full length."""
        try:
            return self.file(content.digest).stat().st_size == content.size
        except OSError:
            return False

    async def read(self, content: Content, start: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """`length` bytes from `start` on, in pieces; raises EOFError when the file ends before."""
        left = content.size - start if length is None else length
        source = await asyncio.to_thread(self.file(content.digest).open, "rb")
        try:
            source.seek(start)
            while left:
                piece = await asyncio.to_thread(source.read, min(left, PIECE))
                if not piece:
                    raise EOFError
                left -= len(piece)
                yield piece
        finally:
            source.close()

    def all(self) -> Iterator[Path]:
        """Every content that is in its place."""
        return (one for one in self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*") if _DIGEST.fullmatch(one.name))

    def unfinished(self) -> Iterator[Path]:
        """What is arriving, or was when its process was killed."""
        return self._incoming.glob("*")

    def remove(self, file: Path, before: float) -> bool:
        """Remove a file that nobody has moved there or written to since `before` (seconds of the machine's clock)."""
        with self._locked(fcntl.LOCK_EX):
            try:
                if came_before(file, before):
                    file.unlink()
                    return True
            except FileNotFoundError:
                pass
        return False

    def _begin(self) -> Arriving:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self.folder, self._incoming):
            folder.mkdir(mode=0o700, exist_ok=True)
        return Arriving(self._incoming / secrets.token_hex(16))

    def _settle(self, arriving: Arriving) -> Content:
        content = arriving.finished()
        target = self.file(content.digest)
        for folder in (target.parent.parent, target.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        with self._locked(fcntl.LOCK_SH):
            os.utime(arriving.path)
            arriving.path.replace(target)
        for folder in (target.parent, target.parent.parent, self.folder):
            _bring_to_disk(folder)
        return content

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Keep the sweep from removing what is being moved to its place just then."""
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)


class Arriving:
    """A content on its way in, in a file of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self._file: BinaryIO = open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)  # noqa: SIM115

    def add(self, piece: bytes) -> bool:
        """Take a piece; whether enough has come together to be written."""
        self.size += len(piece)
        self._waiting += piece
        return len(self._waiting) >= PIECE

    def write(self) -> None:
        """Write what has come together."""
        self._digest.update(self._waiting)
        left = memoryview(self._waiting)
        while left:
            left = left[self._file.write(left) :]
        left.release()
        self._waiting = bytearray()

    def finished(self) -> Content:
        """What has arrived, once it is on the disk."""
        self.write()
        os.fsync(self._file.fileno())
        return Content(self._digest.hexdigest(), self.size)

    def drop(self) -> None:
        """Close the file, and remove it unless it was moved."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def came_before(file: Path, moment: float) -> bool:
    """Whether a file that is still there was last written or moved before `moment`."""
    try:
        return file.stat().st_mtime < moment
    except FileNotFoundError:
        return False


def too_large(most: int) -> Refusal:
    """Refuse what is larger than a Binary may be."""
    return refused(Kind.TOO_LARGE, "too-long", f"A Binary may hold at most {most} bytes.")


def _unwritten(error: OSError) -> Refusal:
    if error.errno in _FULL:
        return refused(Kind.STORAGE_FULL, "no-store", "The storage is full. Nothing was changed.", key="record.full")
    text = "The content cannot be written, so nothing was changed. Try again soon."
    return refused(Kind.UNAVAILABLE, "transient", text, key="record.unavailable")


def _bring_to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
