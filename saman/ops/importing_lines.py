"""Takes in a file of lines from a disk: what is good is stored, and a file beside says why other lines are not."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from saman.kernel.outcome import Refusal
from saman.ops.importing_batches import Batch, Reading, Ready, outcome
from saman.ops.importing_done import Done
from saman.ops.importing_files import Line, unpacked, unreadable
from saman.ops.importing_lanes import HALTING, Lanes
from saman.ops.importing_storing import Outcomes, keep
from saman.record import Record
from saman.record.change import judging

Tell = Callable[[str], None]
"""Told what is being done."""


class Lines:
    """What became of the lines of a file: by type and what was done, and how many were refused.

    `first` says why the first of these was, `halt` why the import ended early. With `stop` it ends when a line is.
    """

    def __init__(self, record: Record, file: Path, tell: Tell, *, stop: bool) -> None:
        self.done: Outcomes = Counter()
        self.wrong = 0
        self.first: Refusal | None = None
        self.halt: Refusal | None = None
        self._record = record
        self._file = file
        self._tell = tell
        self._stop = stop
        self._is_over = False
        self._ready = Ready(record, _anything)

    @property
    def told(self) -> Path:
        """Where it is told of each line that was refused why."""
        return self._file.with_name(f"{self._file.name}.errors")

    async def take_in(self) -> Refusal | None:
        """Store what can be; refused when the file or the one beside cannot be opened."""
        try:
            with suppress(FileNotFoundError):
                self.told.unlink()
            with unpacked(self._file) as source:
                self._reading = Reading(source, Done())
                await Lanes(self._draw, self._take).run()
        except OSError as error:
            return unreadable(error)
        return None

    async def _draw(self) -> Batch | None:
        if self._is_over or self.halt is not None or (self._stop and self.wrong):
            return None
        validation = await judging(self._record)
        batch = await asyncio.to_thread(self._reading.next, self._ready, validation)
        self._is_over = batch.is_last
        self._tell(f"storing line {batch.after + 1}")
        return batch

    async def _take(self, batch: Batch) -> Refusal | None:
        if self.halt is not None:
            return None
        good = [one for one in batch.lines if isinstance(one, Line)]
        kept = await self._record.atomically(lambda inner: keep(inner, good))
        if isinstance(kept, Refusal):
            self.halt = kept if kept.kind in HALTING else None
            return None if self.halt else kept
        self.done += kept.done
        wrong = [*kept.wrong, *(one for one in batch.lines if isinstance(one, Refusal))]
        if wrong:
            self.first = self.first or wrong[0]
            self.wrong += len(wrong)
            self._write(wrong)
        return None

    def _write(self, wrong: Sequence[Refusal]) -> None:
        descriptor = os.open(self.told, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "w", encoding="utf-8") as out:
            out.writelines(f"{outcome(one)}\n" for one in wrong)


def _anything(_resource: object) -> None:
    """Whoever imports from a disk speaks for the installation."""
