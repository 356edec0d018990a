"""What every way into the record carries: who asks, on which connection, and the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saman.record.audit import Entry
from saman.record.context import Context
from saman.record.database import Connection, Rows
from saman.record.fence import opening
from saman.record.narrowing import passed
from saman.record.redacting import redacted
from saman.record.statements import fetched
from saman.record.store import Store
from saman.record.traffic import keep

Again = Callable[[object], bool]
"""Says of an outcome whether all that led to it is done once more."""


def never(_: object) -> bool:
    """Nothing is."""
    return False


class Door:
    """One request's standing before the store; with `connection` inside a transaction that is open there.

    A refusal that is followed by another try, as `again` says, comes to nothing, and so it is not logged.
    """

    seconds: float | None = None
    """How long the database may take for a statement."""

    def __init__(
        self,
        store: Store,
        context: Context,
        base: str = "",
        connection: Connection | None = None,
        again: Again = never,
    ) -> None:
        self.store = store
        self.context = context
        self.base = base
        self.connection = connection
        self.again = again

    async def fetch(self, sql: str, *values: Any, whom: str = "") -> Rows:
        """The rows of a gated statement, whose own parameters start at $3, as far as the scopes of an app go.

        What points to something withheld comes without it. `whom` is the person whom most of it is about, if anyone.
        """
        whole = (*opening(self.context, whom), *values)
        if self.connection is None:
            rows = await self.store.statements.fetch(sql, *whole, seconds=self.seconds)
        else:
            rows = await fetched(self.connection, sql, *whole, seconds=self.seconds)
        narrowing = self.context.narrowing
        rows = rows if narrowing is None else passed(rows, narrowing)
        return rows if self.context.is_system else await redacted(rows, self.base, self.store.mint, self.fetch)

    def hurried(self) -> Door:
        """The same standing, for statements that are given up after as long as a search may take."""
        door = Door(self.store, self.context, self.base, self.connection)
        door.seconds = self.store.search_seconds
        return door

    async def log(self, *entries: Entry) -> None:
        """Return when the entries are durable, whatever becomes of an open transaction; raises Unlogged.

        While an answer is being made (`traffic.answering`) they are kept back, and durable before it leaves.
        """
        await keep(self.store.audit, *entries)
