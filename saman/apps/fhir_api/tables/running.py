"""`ViewDefinition/$run`: rows of a view as a table.

Source: https://sql-on-fhir.org/ig/latest/OperationDefinition-ViewDefinitionRun.html. A run holds a connection to the
database; so it has an end in time and size, few go on at once, and its rows are put aside before any of them leaves:
a client that reads slowly holds nothing up, and one that is refused gets no half table.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from tempfile import SpooledTemporaryFile
from typing import IO

import msgspec

from saman.apps.fhir_api.answer import Answer, Streamed
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.routes import Interaction, Policy, Route
from saman.apps.fhir_api.tables.asking import Run, read_run
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import Record
from saman.record.views import Pace, run_view
from saman.record.views.parquet import Parquet, Unfit
from saman.record.views.writing import FORMATS, Ndjson

NAMES = ("$run", "$viewdefinition-run")
AT_ONCE = 2
"""Runs of one process at the same time."""
PIECE = 256 * 1024


class Bounds(msgspec.Struct, frozen=True):
    """How long a run may take, in seconds, and how large its table may become, in bytes."""

    seconds: float = 120.0
    most: int = 64 * 1024 * 1024
    in_memory: int = 1024 * 1024


class Tables:
    """Runs views for whoever calls, a few at a time."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        self._running = 0

    def routes(self) -> tuple[Route, ...]:
        """Where a view is run: on the type, and for R4, which has no such type, on everything."""
        places = (*(f"ViewDefinition/{name}" for name in NAMES), NAMES[1])
        return tuple(
            Route(method, place, Interaction.OPERATION, self.run, Policy.RECORD, own_form=True)
            for place in places
            for method in ("GET", "POST")
        )

    async def run(self, call: Call) -> Answer | Refusal:
        """The rows of a view that the caller may see."""
        asked = await read_run(call)
        if isinstance(asked, Refusal):
            return asked
        if self._running >= AT_ONCE:
            text = f"At most {AT_ONCE} views are run at the same time. Try again soon."
            return refused(Kind.TOO_MANY, "throttled", text, key="views.many", seconds="5")
        self._running += 1
        try:
            return await self._table(call.record, asked)
        finally:
            self._running -= 1

    def _aside(self) -> IO[bytes]:
        """Where a table is put until it is whole; it is closed, and gone, with the stream."""
        return SpooledTemporaryFile(self._bounds.in_memory)

    async def _table(self, record: Record, asked: Run) -> Answer | Refusal:
        writer = FORMATS[asked.form](asked.view.columns)
        out = self._aside()
        try:
            async with asyncio.timeout(self._bounds.seconds):
                wrong = await _filled(out, record, asked, writer, self._bounds.most)
        except TimeoutError:
            wrong = _too_much()
        except Unfit:
            text = "A number or a time is beyond what Parquet holds of its type. Choose another format."
            wrong = refused(Kind.UNPROCESSABLE, "processing", text, "_format")
        except BaseException:
            out.close()
            raise
        if wrong is not None:
            out.close()
            return wrong
        out.seek(0)
        return Answer(200, content_type=writer.media_type, streamed=Streamed(None, _pieces(out)))


async def _filled(out: IO[bytes], record: Record, asked: Run, writer: Ndjson | Parquet, most: int) -> Refusal | None:
    """Put the whole table into a file; what was wrong instead."""
    out.write(writer.begin() if asked.header or asked.form != "csv" else b"")
    pace = Pace(batch=min(asked.most, 1000) or 1000, most=asked.most)
    async with aclosing(run_view(record, asked.view, pace, asked.only)) as batches:
        async for rows in batches:
            if isinstance(rows, Refusal):
                return rows
            out.write(writer.rows(rows))
            if out.tell() > most:
                return _too_much()
    out.write(writer.end())
    return None


def _too_much() -> Refusal:
    text = "The table takes too long or is too large. Ask with '_limit', for fewer people, or for fewer columns."
    return refused(Kind.TOO_COSTLY, "too-costly", text, "_limit")


async def _pieces(source: IO[bytes]) -> AsyncGenerator[bytes, None]:
    with source:
        while piece := source.read(PIECE):
            yield piece
