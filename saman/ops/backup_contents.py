"""The contents of Binaries in a backup: one archive beside the dump, in which each file is named by its SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.contents import Contents

_PIECE = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


def archive_of(backup: Path) -> Path:
    """The archive that belongs to a backup, when there were contents."""
    return backup.with_name(f"{backup.name}.contents.tar")


def pack(contents: Contents, target: Path) -> None:
    """Write every content to an archive. What is swept meanwhile is in no version that a dump made before holds."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for file in sorted(contents.all()):
            try:
                archive.add(file, file.name, filter=_plain)
            except FileNotFoundError:
                continue
    with target.open("rb") as written:
        os.fsync(written.fileno())


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing but name and length: whose files they were is no part of a backup."""
    plain = tarfile.TarInfo(member.name)
    plain.size, plain.mode, plain.mtime = member.size, 0o600, int(member.mtime)
    return plain


def unsound(backup: Path) -> Refusal | None:
    """Why the archive of a backup is not taken: a file in it is not what its name says."""
    for name, source in _members(archive_of(backup)):
        if source is None or not _DIGEST.fullmatch(name) or _digest(source) != name:
            text = f"{archive_of(backup)} holds something that is not what was backed up."
            return refused(Kind.INVALID, "invalid", text, "FILE")
    return None


def unpack(backup: Path, contents: Contents) -> Refusal | None:
    """Put every content of a checked backup where it was; what is there already stays."""
    for name, source in _members(archive_of(backup)):
        if source is not None and not contents.file(name).exists():
            refusal = contents.put(iter(lambda source=source: source.read(_PIECE), b""))  # type: ignore[misc]
            if refusal is not None:
                return refusal
    return None


def _members(file: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    if file.exists():
        with tarfile.open(file, "r:") as archive:
            for member in archive:
                yield member.name, archive.extractfile(member) if member.isreg() else None


def _digest(source: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := source.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()
