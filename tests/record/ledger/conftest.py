"""A ledger over entries that were put into the log as the servers put them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest

from saman.kernel.outcome import Refusal
from saman.record.audit import AuditWriter, Entry
from saman.record.context import Context
from saman.record.ledger.anchors import Anchor, Finding, Unsigned, copied_anchors, stored_anchors
from saman.record.ledger.journal import Journal
from saman.record.ledger.note import Checkpoint, Signer, own_signer
from saman.record.ledger.sequence import Checkpoints, extend
from saman.record.ledger.verify import Verdict, verify
from saman.record.ledger.witness import FileWitness
from saman.record.traffic import Settled
from tests.conftest import Database

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NASTY = 'Patient?name=a b,"c"\\d\t(e)\n\r\x0b\x0c\x08 æøå \U0001f600'


def context(number: int = 0) -> Context:
    now = NOW + timedelta(microseconds=number * 1_000_003)
    return Context(7, f"Practitioner/{number % 5}", "nurse", "unit-1", "TREAT", now, f"r{number:x}")


def entry(number: int) -> Entry:
    """One of several kinds, with every column in use somewhere and text of every kind."""
    person = f"p{number % 11}" if number % 3 else None
    read = ("Observation/a/1", "Observation/b/2", "Task/c/1") if number % 4 == 0 else ()
    query = NASTY if number % 7 == 0 else "$everything"
    return Entry(context(number), "RSH"[number % 3], 1 + number % 9, "" if read else f"id{number}",
                 number % 6 or None, person, 4 * (number % 13 == 0), "CareTeam/x" if number % 2 else "", query, read,
                 ("Goal", "CarePlan") if number % 5 == 0 else ())  # fmt: skip


class Kept:
    """A ledger of its own, with its keys, its file of checkpoints and the notes of the servers."""

    def __init__(self, database: Database, pool: Any, folder: Path) -> None:
        self.database = database
        self.pool = pool
        self.folder = folder
        signer = own_signer("log.example", folder / "key")
        assert isinstance(signer, Signer)
        self.signer = signer
        self.near = FileWitness(folder / "checkpoints.jsonl")
        self.checkpoints = Checkpoints(signer, self.near, ())
        self.journal = Journal(folder / "journal", clock=lambda: NOW.timestamp())
        self.made = 0

    async def log(self, many: int) -> list[int]:
        """Log more entries and note them, an answer for each."""
        entries = [entry(number) for number in range(self.made, self.made + many)]
        self.made += many
        numbers = await AuditWriter(self.pool).write(*entries)
        for one, number in zip(entries, numbers, strict=True):
            self.journal(Settled([one], [number], [], 0))
        return list(numbers)

    async def number(self) -> int:
        """Give places to what waits."""
        return await extend(self.pool)

    async def sign(self) -> Checkpoint | Refusal | None:
        """Make a checkpoint."""
        return await self.checkpoints.make(self.pool, NOW)

    async def fill(self, *parts: int) -> list[int]:
        """Log, number and sign in several parts; the numbers of all entries."""
        numbers: list[int] = []
        for many in parts:
            numbers += await self.log(many)
            await self.number()
            assert isinstance(await self.sign(), Checkpoint)
        return numbers

    def forget(self) -> None:
        """Leave nothing of what the servers noted."""
        self.journal.close()
        for file in (self.folder / "journal").iterdir():
            file.unlink()

    def tamper(self, *statements: str) -> None:
        """Do as somebody does who rules the database."""
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def anchors(self, *copies: Path) -> list[Anchor]:
        """Every checkpoint there is."""
        key = self.signer.verifier.key
        with psycopg.connect(self.database.superuser_url) as connection:
            found = [*stored_anchors(connection, key)]
        for file in (self.folder / "checkpoints.jsonl", *copies):
            found += copied_anchors(file, key) if file.exists() else ()
        self.unsigned = [one for one in found if isinstance(one, Unsigned)]
        return [one for one in found if isinstance(one, Anchor)]

    def verify(self, *copies: Path) -> Verdict:
        """Verify all of it."""
        folder = self.folder / "journal"
        return verify(self.database.superuser_url, self.anchors(*copies), folder, lambda _: None, processes=1)

    def first(self) -> Finding:
        """The first thing that is wrong; there is one."""
        found = self.verify().findings
        assert found
        return found[0]


@pytest.fixture
async def ledger(new_database: Callable[[], Database], tmp_path: Path) -> AsyncIterator[Kept]:
    """A ledger with nothing in it."""
    database = new_database()
    async with asyncpg.create_pool(database.app_url, min_size=1, max_size=4) as pool:
        kept = Kept(database, pool, tmp_path)
        yield kept
        kept.journal.close()
