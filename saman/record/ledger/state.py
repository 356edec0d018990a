"""How the ledger does, for those who watch it: numbers, times and what was found, without a word about anybody."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from saman.record.database import Pool

LATE = timedelta(minutes=2)
"""So long after it was due, something that happens every minute is late."""

_STATE = "SELECT size, staged, oldest, checkpoint, signed, differences, compared FROM ledger_state()"
_NEWEST = """SELECT note || coalesce((SELECT string_agg(k.line, '' ORDER BY k.witness) FROM ledger_cosigned k
    WHERE k.size = c.size), '') FROM ledger_checkpoint c ORDER BY size DESC LIMIT 1"""
_SEEN = "SELECT note FROM ledger_seen WHERE origin = $1 AND size > 0"
_DIFFERENCES = "SELECT number, at, kind, request, entry FROM ledger_difference ORDER BY number DESC LIMIT $1"


class State(msgspec.Struct, frozen=True):
    """Entries that have a place (`size`) and that wait for one (`staged`, the first since `oldest`).

    `checkpoint` entries are under the newest checkpoint, which was `signed` then; `differences` were found so far by
    comparisons, the last of which was at `compared`.
    """

    size: int
    staged: int
    oldest: datetime | None
    checkpoint: int
    signed: datetime | None
    differences: int
    compared: datetime | None

    def troubles(self, now: datetime) -> tuple[str, ...]:
        """What somebody has to look after, as words that stay the same."""
        is_unsigned = self.size > self.checkpoint and (self.signed is None or now - self.signed > LATE)
        return tuple(
            word
            for word, is_so in (
                ("log-differs", self.differences > 0),
                ("sequencer-late", self.oldest is not None and now - self.oldest > LATE),
                ("checkpoint-late", is_unsigned and self.size > 0 and self.signed is not None),
                ("not-compared", self.compared is not None and now - self.compared > LATE),
            )
            if is_so
        )


class Noted(msgspec.Struct, frozen=True):
    """A difference that was found: which kind (`differences.py`), in which request, and at which entry."""

    number: int
    at: datetime
    kind: str
    request: str
    entry: int | None


async def state_of(pool: Pool) -> State:
    """How the ledger does now."""
    [row] = await pool.fetch(_STATE)
    return State(*row)


async def noted(pool: Pool, most: int = 100) -> tuple[Noted, ...]:
    """The differences that were found last, newest first: for the data-protection officer."""
    return tuple(Noted(*row) for row in await pool.fetch(_DIFFERENCES, most))


async def newest_note(pool: Pool) -> str | None:
    """The newest checkpoint with every signature there is."""
    note: str | None = await pool.fetchval(_NEWEST)
    return note


async def seen_note(pool: Pool, origin: str) -> str | None:
    """The newest checkpoint that was seen of another ledger."""
    note: str | None = await pool.fetchval(_SEEN, origin)
    return note
