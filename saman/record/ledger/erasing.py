"""Erases the content of entries and leaves their salted commitments, so that the ledger still holds.

Row and salt go; leaf and place stay. Each erasing is itself an entry that names the numbers it erased, and is written
in the same transaction: an entry that is gone without one was deleted, and verification says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec
import psycopg

from saman.record.context import system
from saman.record.entrance import Entrance, entrance_entry

ERASED = f"{Entrance.ADMINISTRATION.value} erased "
"""How the entry of an erasing begins; such entries are never erased."""
BATCH = 5000
MOST_RANGES = 400
"""Ranges of numbers that one entry names."""
FRESH = timedelta(hours=1)
"""What is younger stays: servers' notes may still be held against it."""

_WHICH = """FROM audit a JOIN ledger_leaf l USING (entry)
WHERE a.at < %(before)s AND (%(entries)s::bigint[] IS NULL OR a.entry = ANY(%(entries)s))
    AND l.position < (SELECT coalesce(max(size), 0) FROM ledger_checkpoint)
    AND NOT (a.action = 'E' AND starts_with(a.query, %(erased)s))"""
_PLAN = f"SELECT count(*), min(a.at), max(a.at) {_WHICH}"
_CHOSEN = f"SELECT a.entry {_WHICH} ORDER BY a.entry LIMIT %(batch)s"
_LOGGED = """INSERT INTO audit (at, request, actor, role, party, purpose, action, type, id, version, person, outcome,
    ground, query, read, missed) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_GONE = "DELETE FROM audit WHERE entry = ANY(%s)"
_UNSALTED = "UPDATE ledger_leaf SET salt = ''::bytea WHERE entry = ANY(%s)"
_TOLD = "SELECT query FROM audit WHERE action = 'E' AND starts_with(query, %s) ORDER BY entry"


class Wanted(msgspec.Struct, frozen=True):
    """What is to be erased: what is older than `before`, of `entries` alone if they are given; and why, in words."""

    before: datetime
    why: str
    entries: tuple[int, ...] | None = None

    def parameters(self, now: datetime) -> dict[str, object]:
        """The values of the questions above; what is fresh stays."""
        before = min(self.before, now - FRESH)
        entries = list(self.entries) if self.entries else None
        return {"before": before, "entries": entries, "erased": ERASED, "batch": BATCH}


class Plan(msgspec.Struct, frozen=True):
    """How many entries would be erased, and when the oldest and the newest of them were made."""

    entries: int
    oldest: datetime | None
    newest: datetime | None


def planned(connection: psycopg.Connection, wanted: Wanted, now: datetime) -> Plan:
    """What erasing would do; only entries under a checkpoint count."""
    row = connection.execute(_PLAN, wanted.parameters(now)).fetchone()
    return Plan(*row) if row else Plan(0, None, None)


def erase(connection: psycopg.Connection, wanted: Wanted, now: datetime) -> Iterator[int]:
    """Erase part by part, each in a transaction of its own; gives how many entries each was."""
    while several := _erase_some(connection, wanted, now):
        yield several


def _erase_some(connection: psycopg.Connection, wanted: Wanted, now: datetime) -> int:
    with connection.transaction():
        found = [row[0] for row in connection.execute(_CHOSEN, wanted.parameters(now))]
        ranges = ranges_of(found)[:MOST_RANGES]
        if not ranges:
            return 0
        chosen = [one for one in found if one <= ranges[-1][1]]
        how = f"erased {wanted.why}: {' '.join(map(_range_text, ranges))}"
        connection.execute(_LOGGED, entrance_entry(Entrance.ADMINISTRATION, system(now, "command"), how).row())
        connection.execute(_GONE, (chosen,))
        connection.execute(_UNSALTED, (chosen,))
    return len(chosen)


def erased_ranges(connection: psycopg.Connection) -> list[tuple[int, int]]:
    """The numbers that entries say were erased, in order; their own leaves are verified like all others."""
    found: list[tuple[int, int]] = []
    for (query,) in connection.execute(_TOLD, (ERASED,)):
        words = query.rpartition(": ")[2].split()
        found += [(int(first), int(last or first)) for first, _, last in (one.partition("-") for one in words)]
    return sorted(found)


def ranges_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers in order as ranges, both ends included."""
    found: list[tuple[int, int]] = []
    for one in numbers:
        if found and found[-1][1] == one - 1:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return found


def _range_text(one: tuple[int, int]) -> str:
    return str(one[0]) if one[0] == one[1] else f"{one[0]}-{one[1]}"
