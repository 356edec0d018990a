"""Entries that nobody noted: added to the log by another way than the servers, which note what they hand to it.

The workers of all machines put the numbers that the notes name together in the database. What has a place in the ledger
and is named by none of them ten minutes later was not caused through a server, or its worker stands still.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from saman.record.context import system
from saman.record.database import Connection
from saman.record.fence import GATED, gate, opening
from saman.record.ledger.differences import EXTRA, Difference
from saman.record.ledger.journal import Line
from saman.record.store import Store

AFTER = timedelta(minutes=10)
"""So long after it came an entry has been noted by whichever machine served it."""

KEPT = timedelta(days=1)
MOST = 50_000

_NOTED = "UPDATE ledger_noted SET entries = entries + $1::int8multirange"
_MEANT = """INSERT INTO ledger_meant (digest, at) SELECT one, $2 FROM unnest($1::bytea[]) AS one
ON CONFLICT (digest) DO NOTHING"""
_EXTRA = "SELECT entry, request, action, type, id, version, looked FROM audit_extra($1, $2)"
_CHECKED = """UPDATE ledger_noted SET checked = greatest(checked, $1), entries = entries * int8multirange(int8range((
    SELECT min(l.entry) - 1000000 FROM ledger_leaf l WHERE l.position BETWEEN $1 - 1000 AND $1), NULL))"""
_FORGET = "DELETE FROM ledger_meant WHERE at < $1"
_WRITTEN = gate(f"""SELECT count(*) FROM resource r WHERE {GATED} AND r.shard = $3::smallint AND r.type = $4::smallint
    AND r.id = $5::text AND r.version >= $6::bigint""")


def orphans(lines: Iterable[Line]) -> set[bytes]:
    """What was meant for the log and has no number in these lines: the server ended in that moment, or was refused."""
    meant: set[bytes] = set()
    there: set[bytes] = set()
    for line in lines:
        meant.update(line.meant)
        there.update(one.digest for one in line.entries)
    return meant - there


def ranges(numbers: Iterable[int]) -> list[asyncpg.Range[int]]:
    """Numbers as the ranges that they fill."""
    found: list[list[int]] = []
    for one in sorted(set(numbers)):
        if found and found[-1][1] == one:
            found[-1][1] = one + 1
        else:
            found.append([one, one + 1])
    return [asyncpg.Range(low, high) for low, high in found]


async def noted(connection: Connection | Any, numbers: Iterable[int]) -> None:
    """Say that these entries came through Saman."""
    if there := ranges(numbers):
        await connection.execute(_NOTED, there)


async def meant(store: Store, digests: Sequence[bytes], now: datetime) -> None:
    """Say that entries of these digests were handed to the log, whatever became of them."""
    if digests:
        await store.pool.execute(_MEANT, digests, now)


async def extra(store: Store, now: datetime) -> list[Difference]:
    """The entries that nobody noted among the next ones that are old enough."""
    rows = await store.pool.fetch(_EXTRA, now - AFTER, MOST)
    looked = rows[-1]["looked"]
    found = [
        Difference(EXTRA, row["request"], row["entry"]) for row in rows[:-1] if not await _was_written(store, now, row)
    ]
    if looked is not None:
        await store.pool.execute(_CHECKED, looked)
        await store.pool.execute(_FORGET, now - KEPT)
    return found


async def _was_written(store: Store, now: datetime, row: Any) -> bool:
    """Whether it is the entry of a version that is there: a server that ends after a commit leaves no note of it."""
    if row["action"] not in ("C", "U", "D"):
        return False
    values = (store.mint.shard(row["id"]), row["type"], row["id"], row["version"] or 0)
    return bool(await store.pool.fetchval(_WRITTEN, *opening(system(now, "ledger")), *values))
