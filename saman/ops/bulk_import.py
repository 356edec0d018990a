"""The worker's part of `$import`: lines that were sent are stored some at a time, and each that can't be is told why.

What is stored and that it is done are one transaction, so that a worker that is killed stores nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.bulk_files import append
from saman.ops.importing_batches import Admit, Batch, Reading, Ready, line_of, outcome
from saman.ops.importing_done import Done
from saman.ops.importing_files import Line
from saman.ops.importing_lanes import HALTING, Lanes
from saman.ops.importing_storing import keep
from saman.record import Context, Record, Store
from saman.record.bulk.asked import INPUT, File, Import, grown
from saman.record.bulk.jobs import Job, Jobs
from saman.record.change import judging
from saman.record.traffic import Before, Settled, answering

BATCHES = 20
"""Batches in one step: after it is looked up whether whoever sent them may still import."""
_LOST = refused(Kind.CONFLICT, "conflict", "Another worker is at it.")


class Importing:
    """Stores what was sent, in the name of whoever sent it, as far as `admit` lets it."""

    def __init__(
        self, store: Store, folder: Path, clock: Clock, admit: Admit, noted: Callable[[Settled], None], meant: Before
    ) -> None:
        self.store = store
        self.folder = folder
        self.clock = clock
        self.admit = admit
        self.noted = noted
        self.meant = meant
        self.jobs = Jobs(store.pool)

    async def step(self, job: Job, context: Context) -> Job | Refusal | None:
        """The job some batches further, None when there is no more to do; refused while the database is away."""
        base = msgspec.json.decode(job.asked, type=Import).base
        with (self.folder / job.id / INPUT).open("rb") as source:
            step = _Step(self, job, Record(self.store, context, base), Reading(source, Done.read(job.place)))
            await Lanes(step.draw, step.take).run()
        return step.outcome()


class _Step:
    """Some batches of a job; `job` is how far it is, as the database knows it."""

    def __init__(self, importing: Importing, job: Job, record: Record, reading: Reading) -> None:
        self._importing = importing
        self._job = job
        self._record = record
        self._reading = reading
        self._ready = Ready(record, importing.admit)
        self._left = BATCHES
        self._end: int | None = None
        self._halt: Refusal | None = None
        self._over = False
        self._telling = asyncio.Lock()

    def outcome(self) -> Job | Refusal | None:
        """What came of it."""
        return self._halt or (None if self._over else self._job)

    async def draw(self) -> Batch | None:
        """The next lines, ready to be stored."""
        if not self._left or self._end is not None or self._halt is not None or self._over:
            return None
        self._left -= 1
        validation = await judging(self._record)
        batch = await asyncio.to_thread(self._reading.next, self._ready, validation)
        self._end = batch.until if batch.is_last else None
        return batch

    async def take(self, batch: Batch) -> Refusal | None:
        """Store lines and that they are done, or neither; why that is to be tried otherwise."""
        if self._halt is not None or self._over:
            return None
        importing = self._importing
        with answering() as made:
            async with AsyncExitStack() as turn:
                further = await self._record.atomically(lambda inner: self._kept(inner, batch, turn))
                if not isinstance(further, Refusal):
                    self._job = further
            importing.noted(await made.settle(importing.store.audit, importing.meant))
        if not isinstance(further, Refusal):
            self._over = self._is_whole(further)
            return None
        if further is _LOST:
            self._over = True
        elif further.kind in HALTING:
            self._halt = further
        else:
            return further
        return None

    async def _kept(self, inner: Record, batch: Batch, turn: AsyncExitStack) -> Job | Refusal:
        """How far the job is when the batch is stored. The `turn` to say so is kept until it is committed."""
        await turn.aclose()
        kept = await keep(inner, [one for one in batch.lines if isinstance(one, Line)])
        if isinstance(kept, Refusal):
            return kept
        wrong = sorted([*kept.wrong, *(one for one in batch.lines if isinstance(one, Refusal))], key=line_of)
        await turn.enter_async_context(self._telling)
        job, jobs = self._job, self._importing.jobs
        files = await asyncio.to_thread(self._told, wrong) if wrong else job.files
        done = Done.read(job.place).with_lines(batch.after, batch.until)
        further = msgspec.structs.replace(job, place=done.text, done=job.done + kept.done.total(), files=files)
        if self._is_whole(further):
            is_ours = await jobs.finish(further, self._importing.clock(), connection=inner.connection)
        else:
            is_ours = await jobs.advance(further, inner.connection)
        return further if is_ours else _LOST

    def _is_whole(self, job: Job) -> bool:
        return job.place == str(self._end)

    def _told(self, wrong: Sequence[Refusal]) -> tuple[File, ...]:
        name = f"errors.{self._job.attempt}.ndjson"
        fresh = File(name, "OperationOutcome", 0, 0, "error")
        known = next((one for one in self._job.files if one.name == name), fresh)
        folder = self._importing.folder / self._job.id
        return grown(self._job.files, [append(folder, known, [outcome(one) for one in wrong])])
