"""The worker's part of Bulk Data: takes what was asked for, and writes its files a slice at a time.

Everything that is in a file is in the log first. How far it is stands in the database, with the length of each file:
what a worker that was killed wrote behind that is passed over, and whoever goes on has files of its own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal
from saman.ops.settings import Settings
from saman.record import Context, Store
from saman.record.bulk.asked import Asked, File, grown
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
MOST_ATTEMPTS = 50
"""Workers that may take one export; then it is given up."""
_FULL = 28

log = structlog.get_logger()


def exports_of(settings: Settings) -> Path:
    """The folder of exports, which server and worker share."""
    return settings.data_dir / "exports"


def _unnoted(_settled: Settled) -> None:
    """Nothing is noted beside the log."""


class Exporting:
    """Carries out exports into folders below `folder`; `noted` and `meant` keep notes of what was logged."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        clock: Clock,
        noted: Callable[[Settled], None] = _unnoted,
        meant: Before = nobody,
    ) -> None:
        self._store = store
        self._folder = folder
        self._clock = clock
        self._noted = noted
        self._meant = meant
        self._jobs = Jobs(store.pool)

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
                log.warning("exports wait for the database", error=type(error).__name__)
            beats += 1
            await asyncio.sleep(BEAT)

    async def once(self) -> bool:
        """Carry out one export that waits; False when there is none."""
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
            log.error("an export broke", error=type(error).__name__)
            await self._fail(job, "broken")
        return True

    async def sweep(self) -> None:
        """Remove what is over, and files that belong to nothing."""
        there = await asyncio.to_thread(_folders, self._folder)
        known = await self._jobs.sweep(self._clock())
        for one in there:
            if one.name not in known:
                await asyncio.to_thread(_remove, one)

    async def _carry_out(self, job: Job) -> None:
        asked = msgspec.json.decode(job.asked, type=Asked)
        asker = msgspec.json.decode(job.context, type=Context)
        at: Job | None = job
        while at is not None:
            at = await self._step(at, asked, asker)

    async def _step(self, job: Job, asked: Asked, asker: Context) -> Job | None:
        """The job one slice further; None when there is no more to do."""
        context = msgspec.structs.replace(asker, now=self._clock())
        if not await stands(self._store, context, job.client):
            await self._fail(job, "ended")
            return None
        found = await self._logged(context, asked, job.place)
        if isinstance(found, Refusal):
            await self._put_off(job, found)
            return None
        try:
            files = await asyncio.to_thread(self._write, job, found)
        except OSError as error:
            await self._fail(job, "full" if error.errno == _FULL else "broken")
            return None
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
        folder = self._folder / job.id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = {one.name: one for one in job.files}
        grew: list[File] = []
        for kind, lines in found.lines.items():
            grew.append(_append(folder, known, File(f"{kind}.{job.attempt}.ndjson", kind, 0, 0), lines))
        if found.deleted:
            name = f"deleted.{job.attempt}.ndjson"
            grew.append(_append(folder, known, File(name, "Bundle", 0, 0, "deleted"), found.deleted))
        return grown(job.files, grew)

    async def _put_off(self, job: Job, refusal: Refusal) -> None:
        """What the database refuses for a while is tried again when this worker's time with the job is over."""
        if refusal.kind not in (Kind.UNAVAILABLE, Kind.CONFLICT):
            await self._fail(job, "broken")

    async def _fail(self, job: Job, why: str) -> None:
        await self._jobs.finish(job, self._clock(), why)
        await asyncio.to_thread(_remove, self._folder / job.id)
        log.warning("an export failed", why=why)


def _append(folder: Path, known: dict[str, File], fresh: File, lines: Iterable[str]) -> File:
    one = known.get(fresh.name, fresh)
    text = [f"{line}\n".encode() for line in lines]
    descriptor = os.open(folder / one.name, os.O_WRONLY | os.O_CREAT, 0o600)
    with open(descriptor, "wb") as out:
        out.seek(one.bytes)
        out.writelines(text)
        out.flush()
        os.fsync(out.fileno())
    more = sum(map(len, text))
    return msgspec.structs.replace(one, bytes=one.bytes + more, count=one.count + len(text))


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _remove_attempt(folder: Path, attempt: int) -> None:
    """Remove what a worker wrote for a job that is not its own any more, and the folder if nothing else is there."""
    for one in folder.glob(f"*.{attempt}.ndjson"):
        one.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _folders(folder: Path) -> list[Path]:
    """The folders of exports."""
    return list(folder.iterdir()) if folder.is_dir() else []
