"""The one sequencer: numbers entries, signs checkpoints and has them witnessed. It runs in the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog

from saman.kernel.outcome import Refusal
from saman.record.database import Pool
from saman.record.ledger import proofs
from saman.record.ledger.note import Checkpoint, Signer
from saman.record.ledger.witness import FORKED, Witness

BATCH = 5000
"""Entries that are numbered in one transaction."""

SWEPT = 1_000_000
"""Of the last so many entries, those that have no number are looked for now and then."""

_LAST = "SELECT coalesce(max(size), 0) FROM ledger_checkpoint"
_SIGNED = """INSERT INTO ledger_checkpoint (size, root, note, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (size) DO NOTHING"""
_COSIGNED = """INSERT INTO ledger_cosigned (size, witness, line, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (size, witness) DO NOTHING"""
_DIFFERS = """INSERT INTO ledger_difference (at, kind, request, entry, mark) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (mark) DO NOTHING RETURNING number"""

log = structlog.get_logger()


async def extend(pool: Pool) -> int:
    """Give every entry that waits its place; how many there were. Nothing happens while another sequencer is at it."""
    numbered = 0
    while True:
        added: int = await pool.fetchval("SELECT ledger_extend($1)", BATCH)
        numbered += max(0, added)
        if added < BATCH:
            return numbered


async def sweep(pool: Pool) -> int:
    """Find entries that were committed so late that nobody looked for them any more; they are numbered next."""
    found: int = await pool.fetchval("SELECT ledger_sweep($1)", SWEPT)
    return found


async def differs(pool: Pool, now: datetime, kind: str, mark: str, request: str = "", entry: int | None = None) -> None:
    """Note a difference for whoever answers for the log, once."""
    if await pool.fetchval(_DIFFERS, now, kind, request, entry, mark) is not None:
        log.error("the log is not what it should be", kind=kind, request=request, entry=entry)


class Checkpoints:
    """Signs what the ledger holds, and gives it to witnesses; the first of them is near and must take it."""

    def __init__(self, signer: Signer, near: Witness, witnesses: Sequence[Witness]) -> None:
        self._signer = signer
        self._near = near
        self._witnesses = witnesses

    async def make(self, pool: Pool, now: datetime) -> Checkpoint | Refusal | None:
        """The next checkpoint, None when nothing has come since the last; refused when it would not follow from it."""
        size = await proofs.size_of(pool)
        if size <= await pool.fetchval(_LAST):
            return None
        checkpoint = Checkpoint(self._signer.name, size, await proofs.root_of(pool, size))
        note = self._signer.sign(checkpoint)
        prove = partial(proofs.consistency, pool)
        taken = await self._near.add(checkpoint, note, prove, now)
        if isinstance(taken, Refusal):
            await differs(pool, now, "fork", f"fork {self._near.name}")
            return taken
        await pool.execute(_SIGNED, size, checkpoint.root, note, now)
        for witness in self._witnesses:
            await self._give(pool, witness, checkpoint, note, now)
        return checkpoint

    async def _give(self, pool: Pool, witness: Witness, checkpoint: Checkpoint, note: str, now: datetime) -> None:
        """A witness that cannot be reached misses a checkpoint and no more: the next one covers it."""
        try:
            line = await witness.add(checkpoint, note, partial(proofs.consistency, pool), now)
        except OSError as error:
            log.warning("a witness cannot be reached", witness=witness.name, error=type(error).__name__)
            return
        if not isinstance(line, Refusal):
            await pool.execute(_COSIGNED, checkpoint.size, witness.name, line, now)
        elif line.issues[0].key == FORKED:
            await differs(pool, now, "fork", f"fork {witness.name}")
        else:
            log.warning("a witness did not take a checkpoint", witness=witness.name, why=line.issues[0].text)
