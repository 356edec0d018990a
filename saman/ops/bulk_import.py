"""The worker's part of `$import`: lines that were sent are stored some at a time, and each that can't be is told why.

What is stored and how far that is are one transaction, so that a worker that is killed stores nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from saman.kernel import json
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal
from saman.ops.bulk_files import append
from saman.ops.importing import chunks, store
from saman.ops.importing_files import Line, Lines, placed, read_some
from saman.record import Context, Record, Store
from saman.record.bulk.asked import INPUT, File, Import, grown
from saman.record.bulk.jobs import Job, Jobs
from saman.record.traffic import Before, Settled, answering

TOGETHER = 500
"""Lines that are stored together."""
_HALTING = (Kind.UNAVAILABLE, Kind.STORAGE_FULL)

Admit = Callable[[Any], Refusal | None]
"""Says of a resource why the region does not take it."""


class Importing:
    """Stores what was sent, in the name of whoever sent it, as far as `admit` lets it."""

    def __init__(
        self, store: Store, folder: Path, clock: Clock, admit: Admit, noted: Callable[[Settled], None], meant: Before
    ) -> None:
        self._store = store
        self._folder = folder
        self._clock = clock
        self._admit = admit
        self._noted = noted
        self._meant = meant
        self._jobs = Jobs(store.pool)

    async def step(self, job: Job, context: Context) -> Job | Refusal | None:
        """The job some lines further, None when there is no more to do; refused while the database is away.

        When lines can't be stored together each is tried alone.
        """
        read = await asyncio.to_thread(read_some, self._folder / job.id / INPUT, int(job.place or "0"), TOGETHER)
        taken = await self._take(job, context, read)
        if not isinstance(taken, Refusal) or taken.kind in _HALTING:
            return taken
        for one in read.each():
            alone = await self._take(job, context, one)
            if isinstance(alone, Refusal) and alone.kind not in _HALTING:
                alone = await self._take(job, context, one.refused(alone))
            if not isinstance(alone, Job):
                return alone
            job = alone
        return job

    async def _take(self, job: Job, context: Context, read: Lines) -> Job | Refusal | None:
        """Store lines and how far that is, or neither."""
        good, wrong = self._sorted(read)
        files = await asyncio.to_thread(self._told, job, wrong) if wrong else job.files
        further = msgspec.structs.replace(job, place=str(read.until), done=job.done + len(good), files=files)
        base = msgspec.json.decode(job.asked, type=Import).base

        async def work(inner: Record) -> bool | Refusal:
            for some in chunks(good):
                stored = await store(inner, some)
                if isinstance(stored, Refusal):
                    return stored
            if read.is_last:
                return await self._jobs.finish(further, self._clock(), connection=inner.connection)
            return await self._jobs.advance(further, inner.connection)

        with answering() as made:
            kept = await Record(self._store, context, base).atomically(work)
            self._noted(await made.settle(self._store.audit, self._meant))
        if isinstance(kept, Refusal):
            return kept
        return further if kept and not read.is_last else None

    def _sorted(self, read: Lines) -> tuple[list[Line], list[Refusal]]:
        """Lines that may be stored, and why others may not."""
        good: list[Line] = []
        wrong: list[Refusal] = []
        for one in read.lines:
            refusal = one if isinstance(one, Refusal) else self._admit(one.resource)
            if isinstance(one, Line) and refusal is None:
                good.append(one)
            elif refusal is not None:
                wrong.append(placed(f"line {one.number}", refusal) if isinstance(one, Line) else refusal)
        return good, wrong

    def _told(self, job: Job, wrong: Sequence[Refusal]) -> tuple[File, ...]:
        name = f"errors.{job.attempt}.ndjson"
        fresh = File(name, "OperationOutcome", 0, 0, "error")
        known = next((one for one in job.files if one.name == name), fresh)
        return grown(job.files, [append(self._folder / job.id, known, [_outcome(one) for one in wrong])])


def _outcome(refusal: Refusal) -> str:
    """Why a line was refused, as an OperationOutcome; `location` begins with the line."""
    listed = [
        {"severity": one.severity, "code": one.code, "diagnostics": one.text, "location": [one.path]}
        for one in refusal.issues
    ]
    return json.encode({"resourceType": "OperationOutcome", "issue": listed}).decode()
