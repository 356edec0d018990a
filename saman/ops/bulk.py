"""The worker's part of Bulk Data: takes what was asked for, and writes its files a slice at a time.

Everything that is in a file is in the log first. How far it is stands in the database, with the length of each file:
what a worker that was killed wrote behind that is passed over, and whoever goes on has files of its own.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from saman.apps.fhir_api.call import Admit, everything
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal
from saman.ops.bulk_files import append
from saman.ops.bulk_import import Importing
from saman.ops.settings import Settings
from saman.record import Context, Store
from saman.record.bulk.asked import EXPORT, Asked, File, grown
from saman.record.bulk.jobs import Job, Jobs
from saman.record.bulk.slices import Export, Slice
from saman.record.bulk.standing import stands
from saman.record.outage import OUTAGES
from saman.record.traffic import Before, Settled, answering, nobody

BEAT = 1.0
"""Seconds between two looks for something to do."""
SWEPT_EVERY = 60
"""Beats between two looks for files whose time is over."""
SLICE = 1000
"""Resources that are looked at together."""
SPARED = 600.0
"""Seconds for which a folder stays that belongs to nothing: its job may be about to begin."""
MOST_ATTEMPTS = 50
"""Workers that may take one export; then it is given up."""
_FULL = 28

log = structlog.get_logger()


def exports_of(settings: Settings) -> Path:
    """The folder of exports, which server and worker share."""
    return settings.data_dir / "exports"


def _unnoted(_settled: Settled) -> None:
    """Nothing is noted beside the log."""


class Unwritable(Exception):
    """The disk does not take the files, and why: `full` or `broken`."""

    def __init__(self, why: str) -> None:
        self.why = why


class Bulk:
    """Carries out exports and imports in folders below `folder`; `noted` and `meant` keep notes of what was logged.

    `admit` is what the region says of each resource that is imported.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        clock: Clock,
        noted: Callable[[Settled], None] = _unnoted,
        meant: Before = nobody,
        admit: Admit = everything,
    ) -> None:
        self._store = store
        self._folder = folder
        self._clock = clock
        self._noted = noted
        self._meant = meant
        self._jobs = Jobs(store.pool)
        self._importing = Importing(store, folder, clock, admit, noted, meant)

    async def keep(self) -> None:
        """Do what there is to do, until cancelled. What the database refuses is tried again."""
        beats = 0
        while True:
            try:
                if beats % SWEPT_EVERY == 0:
                    await self.sweep()
                while await self.once():
                    pass
            except OUTAGES as error:
                log.warning("exports and imports wait for the database", error=type(error).__name__)
            beats += 1
            await asyncio.sleep(BEAT)

    async def once(self) -> bool:
        """Carry out one job that waits; False when there is none."""
        job = await self._jobs.take(self._clock())
        if job is None:
            return False
        if job.attempt > MOST_ATTEMPTS:
            await self._fail(job, "broken")
            return True
        try:
            await self._carry_out(job)
        except asyncio.CancelledError:
            await self._jobs.leave(job)
            raise
        except OUTAGES:
            raise
        except Exception as error:  # one that breaks must not keep the worker from all others
            log.error("a job broke", error=type(error).__name__)
            await self._fail(job, "broken")
        return True

    async def sweep(self) -> None:
        """Remove what is over, and files that belong to nothing."""
        there = await asyncio.to_thread(_folders, self._folder)
        over, left = await self._jobs.sweep(self._clock())
        for one in (*(self._folder / id for id in over), *(one for one in there if one.name not in left)):
            await asyncio.to_thread(_remove, one)

    async def _carry_out(self, job: Job) -> None:
        asker = msgspec.json.decode(job.context, type=Context)
        step = self._export if job.kind == EXPORT else self._importing.step
        at: Job | None = job
        while at is not None:
            context = msgspec.structs.replace(asker, now=self._clock())
            if not await stands(self._store, context, job.client):
                return await self._fail(at, "ended")
            try:
                further = await step(at, context)
            except Unwritable as unwritable:
                return await self._fail(at, unwritable.why)
            if isinstance(further, Refusal):
                return await self._put_off(at, further)
            at = further
        return None

    async def _export(self, job: Job, context: Context) -> Job | Refusal | None:
        """The export one slice further; None when there is no more to do."""
        asked = msgspec.json.decode(job.asked, type=Asked)
        found = await self._logged(context, asked, job.place)
        if isinstance(found, Refusal):
            return found
        files = await asyncio.to_thread(self._write, job, found)
        further = msgspec.structs.replace(job, place=found.place, done=job.done + found.count, files=files)
        is_last = not found.place
        kept = await (self._jobs.finish(further, self._clock()) if is_last else self._jobs.advance(further))
        if not kept:
            await asyncio.to_thread(_remove_attempt, self._folder / job.id, job.attempt)
        elif is_last:
            log.info("an export is done", resources=further.done, files=len(files))
        return further if kept and not is_last else None

    async def _logged(self, context: Context, asked: Asked, place: str) -> Slice | Refusal:
        """The next slice, once everything that it shows is durable in the log."""
        with answering() as made:
            found = await Export(self._store, context, asked.base).next(asked, place, SLICE)
            self._noted(await made.settle(self._store.audit, self._meant))
        return found

    def _write(self, job: Job, found: Slice) -> tuple[File, ...]:
        """The files once the lines are on the disk, each at its end as this worker knows it."""
        try:
            return self._appended(job, found)
        except OSError as error:
            raise Unwritable("full" if error.errno == _FULL else "broken") from error

    def _appended(self, job: Job, found: Slice) -> tuple[File, ...]:
        folder = self._folder / job.id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = {one.name: one for one in job.files}
        grew: list[File] = []
        for kind, lines in found.lines.items():
            one = File(f"{kind}.{job.attempt}.ndjson", kind, 0, 0)
            grew.append(append(folder, known.get(one.name, one), lines))
        if found.deleted:
            one = File(f"deleted.{job.attempt}.ndjson", "Bundle", 0, 0, "deleted")
            grew.append(append(folder, known.get(one.name, one), found.deleted))
        return grown(job.files, grew)

    async def _put_off(self, job: Job, refusal: Refusal) -> None:
        """What the database refuses for a while is tried again when this worker's time with the job is over."""
        if refusal.kind not in (Kind.UNAVAILABLE, Kind.CONFLICT):
            await self._fail(job, "full" if refusal.kind is Kind.STORAGE_FULL else "broken")

    async def _fail(self, job: Job, why: str) -> None:
        await self._jobs.finish(job, self._clock(), why)
        await asyncio.to_thread(_remove, self._folder / job.id)
        log.warning("a job failed", why=why)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _remove_attempt(folder: Path, attempt: int) -> None:
    """Remove what a worker wrote for a job that is not its own any more, and the folder if nothing else is there."""
    for one in folder.glob(f"*.{attempt}.ndjson"):
        one.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _folders(folder: Path) -> list[Path]:
    """The folders of jobs, without those that have just been made."""
    old = time.time() - SPARED
    return [one for one in folder.iterdir() if one.stat().st_mtime < old] if folder.is_dir() else []
