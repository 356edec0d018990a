"""The ledger of this installation: its key, its witnesses, and the worker that keeps it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import structlog

from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.settings import Settings
from saman.record import Store
from saman.record.ledger.emergency import EmergencyLog
from saman.record.ledger.note import COSIGNATURE, Signer, Verifier, own_signer, read_verifier
from saman.record.ledger.reconcile import Reconciliation
from saman.record.ledger.sequence import Checkpoints, extend, sweep
from saman.record.ledger.taking_in import take_in
from saman.record.ledger.witness import FileWitness, HttpWitness, Witness
from saman.record.outage import OUTAGES

BEAT = 0.5
"""Seconds between two looks for entries that have no place yet."""
SIGNED_EVERY, COMPARED_EVERY, SWEPT_EVERY = 30.0, 5.0, 3600.0

log = structlog.get_logger()


class Ledger(msgspec.Struct, frozen=True):
    """What keeping the ledger takes. `near` is the witness on this machine, `journals` the folder of servers' notes,
    `emergency` that of the emergency log.
    """

    signer: Signer
    near: FileWitness
    near_file: Path
    witnesses: tuple[Witness, ...]
    neighbours: dict[str, Verifier]
    journals: Path
    emergency: Path | None = None


def journals_of(settings: Settings) -> Path:
    """The folder in which the servers of this machine note what they answered."""
    return settings.data_dir / "ledger" / "journal"


def emergency_of(settings: Settings) -> Path | None:
    """The folder of the emergency log, None where there is none."""
    return Path(settings.emergency_log) if settings.emergency_log else None


def keep_beside(store: Store, settings: Settings) -> None:
    """Let the log of this process go elsewhere while an operator says so."""
    folder = emergency_of(settings)
    store.audit.beside = EmergencyLog(folder, store.secret) if folder is not None else None


def open_ledger(settings: Settings) -> Ledger | Refusal:
    """The ledger by these settings; its key is made when there is none."""
    name = settings.ledger_name or urlsplit(settings.address).netloc
    folder = settings.data_dir / "ledger"
    signer = own_signer(name, Path(settings.ledger_key) if settings.ledger_key else folder / "key")
    if isinstance(signer, Refusal):
        return signer
    witnesses = [_witness(text) for text in _listed(settings.ledger_witnesses)]
    neighbours = [read_verifier(text) for text in _listed(settings.ledger_neighbours)]
    for one in (*witnesses, *neighbours):
        if isinstance(one, Refusal):
            return one
    near = folder / f"checkpoints-{signer.verifier.id.hex()}.jsonl"
    return Ledger(
        signer,
        FileWitness(near),
        near,
        tuple(one for one in witnesses if not isinstance(one, Refusal)),
        {one.name: one for one in neighbours if not isinstance(one, Refusal)},
        journals_of(settings),
        emergency_of(settings),
    )


def _listed(text: str) -> Sequence[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _witness(text: str) -> Witness | Refusal:
    """`file:/path`, or an address and the key of the witness there."""
    where, _, key = text.partition(" ")
    if where.startswith("file:/"):
        return FileWitness(Path(where.removeprefix("file:")))
    verifier = read_verifier(key)
    near = urlsplit(where).hostname in ("localhost", "127.0.0.1", "::1")
    if isinstance(verifier, Refusal) or verifier.kind != COSIGNATURE or not (where.startswith("https://") or near):
        what = "SAMAN_LEDGER_WITNESSES lists file:/path, or https://address and the second key of its /ledger/key."
        return refused(Kind.INVALID, "value", what, "SAMAN_LEDGER_WITNESSES")
    return HttpWitness(where, verifier)


async def keep(store: Store, ledger: Ledger, clock: Clock) -> None:
    """Number entries, sign checkpoints and compare, until cancelled. What the database refuses is tried again."""
    checkpoints = Checkpoints(ledger.signer, ledger.near, ledger.witnesses)
    reconciliation = Reconciliation(store, ledger.journals)
    due = dict.fromkeys((SIGNED_EVERY, COMPARED_EVERY, SWEPT_EVERY), 0.0)
    while True:
        try:
            await extend(store.pool)
            if _is_due(due, COMPARED_EVERY):
                if ledger.emergency is not None:
                    await take_in(store.pool, ledger.emergency, store.secret)
                await reconciliation.run(clock(), time.time())
            if _is_due(due, SIGNED_EVERY):
                await checkpoints.make(store.pool, clock())
            if _is_due(due, SWEPT_EVERY):
                await sweep(store.pool)
        except OUTAGES as error:
            log.warning("the ledger waits for the database", error=type(error).__name__)
        await asyncio.sleep(BEAT)


def _is_due(due: dict[float, float], every: float) -> bool:
    now = time.monotonic()
    if now < due[every]:
        return False
    due[every] = now + every
    return True
