"""Who looked at what: nothing that was read leaves before its entry is durable.

A write's entries are in the write's own transaction. Entries for reads, searches and refusals go through one writer
per process that commits many requests' entries at once. When the log cannot be written, nothing is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Any

import asyncpg
import msgspec

from saman.record.context import Context
from saman.record.database import Pool

OK, REFUSED = 0, 4
"""AuditEvent.outcome (http://hl7.org/fhir/audit-event-outcome): success, or refused or not found."""

_INSERT = """INSERT INTO audit
    (at, request, actor, role, party, purpose, action, type, id, version, person, outcome, ground, query)
SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::smallint[], $9::text[], $10::bigint[], $11::text[], $12::smallint[], $13::text[], $14::text[])"""


class Unlogged(Exception):
    """The log could not be written, so nothing may be shown."""


class Entry(msgspec.Struct, frozen=True):
    """One act on the record, a compact row that is rendered as an AuditEvent when it is read.

    `action` is C, R, U, D or E (http://hl7.org/fhir/audit-event-action), with S for a search and H for a history.
    """

    context: Context
    action: str
    type: int
    id: str = ""
    version: int | None = None
    person: str | None = None
    outcome: int = OK
    ground: str = ""
    query: str = ""

    def row(self) -> tuple[Any, ...]:
        """The values in the order of the table."""
        c = self.context
        return (
            c.now, c.request, c.actor, c.role, c.party, c.purpose, self.action,
            self.type, self.id, self.version, self.person, self.outcome, self.ground, self.query,
        )  # fmt: skip


class Logged(msgspec.Struct, frozen=True):
    """One entry as read back."""

    entry: int
    at: datetime
    request: str
    actor: str
    role: str
    party: str
    purpose: str
    action: str
    type: int
    id: str
    version: int | None
    person: str | None
    outcome: int
    ground: str
    query: str


Flushed = Callable[[int, float, bool], None]
"""Hears of each flush: how many entries, in how many seconds, and whether they are durable."""


def _to_nobody(entries: int, seconds: float, durable: bool) -> None:
    """Nobody measures."""


class AuditWriter:
    """Commits the entries of all requests that wait, together, one commit after the other."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: list[tuple[tuple[Entry, ...], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self.told: Flushed = _to_nobody

    @property
    def waiting(self) -> int:
        """How many entries wait to be written."""
        return sum(len(entries) for entries, _ in self._waiting)

    async def write(self, *entries: Entry) -> None:
        """Return when the entries are durable; raises Unlogged when they could not be made so."""
        if not entries:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._drain())
        await done

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            entries = [entry for several, _ in batch for entry in several]
            begun = perf_counter()
            error = await self._commit(entries)
            self.told(len(entries), perf_counter() - begun, error is None)
            for _, done in batch:
                if done.done():
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)

    async def _commit(self, entries: list[Entry]) -> Unlogged | None:
        try:
            await self._pool.execute(_INSERT, *zip(*(entry.row() for entry in entries), strict=True))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
            failed = Unlogged("the audit entries could not be written")
            failed.__cause__ = error
            return failed
        return None
