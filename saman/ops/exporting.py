"""Writes the record as NDJSON, a file for each resource type, as it is stored: ids, versions and digits kept.

Source: https://hl7.org/fhir/R4/nd-json.html. Each type is read in the order of its ids, page by page, so that a
resource that changes meanwhile is written once; deleted ones and earlier versions are not written.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES
from saman.record import Page, Record
from saman.record.contents import Contents
from saman.record.contents.source import source_of
from saman.record.search.query import read_query

PAGE = 1000

_OURS = re.compile(r"[A-Z][A-Za-z]+\.ndjson")

Tell = Callable[[str], None]


def unfit(folder: Path, *, force: bool) -> Refusal | None:
    """Refuse a folder that holds something; with `force` only one that holds anything but an earlier export."""
    if not folder.exists():
        return None
    if not folder.is_dir():
        return refused(Kind.INVALID, "value", f"{folder} is a file. Name a folder.", "DIR")
    names = [one.name for one in folder.iterdir()]
    if names and not force:
        text = f"{folder} is not empty. Name another folder, or replace an earlier export with --force."
        return refused(Kind.CONFLICT, "duplicate", text, "DIR")
    if not all(_OURS.fullmatch(name) for name in names):
        text = f"{folder} holds more than an earlier export, so it is left as it is. Name another folder."
        return refused(Kind.CONFLICT, "duplicate", text, "DIR")
    return None


async def export(record: Record, folder: Path, tell: Tell, *, force: bool = False) -> Counter[str] | Refusal:
    """How many resources of each type were written to `folder`, which appears whole or not at all."""
    refusal = unfit(folder, force=force)
    if refusal is not None:
        return refusal
    unfinished = _beside(folder, "new")
    try:
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
        written = await _write(record, unfinished, tell)
        if not isinstance(written, Refusal):
            _settle(unfinished, folder)
        return written
    except OSError as error:
        kind = Kind.STORAGE_FULL if error.errno == 28 else Kind.UNAVAILABLE
        return refused(kind, "exception", f"{folder} cannot be written: {error.strerror}.", "DIR")
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _beside(folder: Path, word: str) -> Path:
    """A hidden folder on the same disk, of this process alone."""
    target = folder.absolute()
    return target.with_name(f".{target.name}.{word}-{os.getpid()}")


async def _write(record: Record, folder: Path, tell: Tell) -> Counter[str] | Refusal:
    written: Counter[str] = Counter()
    for kind in RESOURCE_TYPES:
        async for page in _pages(record, kind):
            if isinstance(page, Refusal):
                return page
            if page.matches:
                wrong = await _append(folder / f"{kind}.ndjson", page, record.store.contents)
                if wrong is not None:
                    return wrong
                written[kind] += len(page.matches)
                tell(f"{kind}, {written[kind]} written")
    return written


async def _pages(record: Record, kind: str) -> AsyncIterator[Page | Refusal]:
    cursor: list[tuple[str, str]] = []
    while True:
        query = read_query(kind, [("_sort", "_id"), ("_count", str(PAGE)), *cursor])
        page = query if isinstance(query, Refusal) else await record.find_stored(query)
        yield page
        if isinstance(page, Refusal) or page.next is None:
            return
        cursor = [("_cursor", page.next)]


async def _append(file: Path, page: Page, contents: Contents | None) -> Refusal | None:
    """Add a page of resources to a file; Binaries with what they hold, or refused when that is lost."""
    with _added_to(file) as out:
        for one in page.matches:
            if one.type == "Binary":
                source = source_of(one.resource(), contents)
                if isinstance(source, Refusal):
                    return refused(source.kind, "exception", "The content of a Binary is lost.", one.reference)
                async for piece in source.in_resource()[1]:
                    out.write(piece)
            else:
                out.write(one.text().encode())
            out.write(b"\n")
    return None


@contextmanager
def _added_to(file: Path) -> Iterator[BinaryIO]:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with open(descriptor, "wb") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())


def _settle(unfinished: Path, target: Path) -> None:
    """Put the finished folder in place; an earlier export is moved aside first and removed last."""
    aside = _beside(target, "old")
    if target.exists():
        target.rename(aside)
    unfinished.rename(target)
    shutil.rmtree(aside, ignore_errors=True)
