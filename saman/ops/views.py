"""Reads ViewDefinitions from files, and writes the rows of their views to files or to standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Record
from saman.record.views import View, read_view, run_view
from saman.record.views.parquet import Parquet, Unfit
from saman.record.views.writing import Ndjson

Tell = Callable[[str], None]
Put = Callable[[bytes], object]


def view_of(path: Path) -> View | Refusal:
    """The view that a file holds as JSON."""
    try:
        tree = json.decode(path.read_bytes())
    except OSError as error:
        return refused(Kind.NOT_FOUND, "not-found", f"{path} cannot be read: {error.strerror}.", "FILE")
    return tree if isinstance(tree, Refusal) else read_view(tree)


def put_into(out: Path | None, fill: Callable[[Put], int | Refusal]) -> int | Refusal:
    """What `fill` answers, once it has put its lines into a file that appears whole or not at all; None: on stdout."""
    try:
        return _into_file(out, fill) if out else _into_stdout(fill)
    except OSError as error:
        kind = Kind.STORAGE_FULL if error.errno == 28 else Kind.UNAVAILABLE
        return refused(kind, "exception", f"The rows cannot be written: {error.strerror}.", "out")


def _into_stdout(fill: Callable[[Put], int | Refusal]) -> int | Refusal:
    answer = fill(sys.stdout.buffer.write)
    sys.stdout.buffer.flush()
    return answer


def _into_file(out: Path, fill: Callable[[Put], int | Refusal]) -> int | Refusal:
    unfinished = out.absolute().with_name(f".{out.name}.new-{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            answer = fill(file.write)
            file.flush()
            os.fsync(descriptor)
        if not isinstance(answer, Refusal):
            unfinished.rename(out)
        return answer
    finally:
        unfinished.unlink(missing_ok=True)


async def write_view(record: Record, view: View, writer: Ndjson | Parquet, put: Put, tell: Tell) -> int | Refusal:
    """How many rows of a view were put; refused when one does not fit the types of the format."""
    try:
        return await _put(record, view, writer, put, tell)
    except Unfit:
        text = "A number or a time is beyond what Parquet holds of its type. Choose another format."
        return refused(Kind.UNPROCESSABLE, "processing", text, "format")


async def _put(record: Record, view: View, writer: Ndjson | Parquet, put: Put, tell: Tell) -> int | Refusal:
    count = 0
    put(writer.begin())
    async with aclosing(run_view(record, view)) as batches:
        async for rows in batches:
            if isinstance(rows, Refusal):
                return rows
            put(writer.rows(rows))
            count += len(rows)
            tell(f"{count} rows written")
    put(writer.end())
    return count
