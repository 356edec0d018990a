"""Continuous reconciliation: what the servers answered, what the log holds, and what the people in it would see.

The worker holds the notes of the servers on its machine against the log, through functions that give digests alone. A
file of notes is removed when a checkpoint covers every entry that it names and it was held against the log once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from secrets import SystemRandom

from saman.record.context import system
from saman.record.fence import GATED, gate, opening
from saman.record.ledger.differences import UNSEEN, Difference, Found, differences, numbers_of, version_of
from saman.record.ledger.extra import extra, meant, noted, orphans
from saman.record.ledger.journal import Line, begun, files_of, is_over, lines_of
from saman.record.ledger.sequence import differs
from saman.record.store import Store

AT_ONCE = 2000
"""Lines that are held against the log together."""

LOOKED_UP = 200
"""Entries of each file, drawn at random, that are looked for where the people they are about would look."""

STALE, MOST_STALE = 600.0, 10
"""Seconds after which a file that no checkpoint covers is held against the log again and again, and how many."""

_DIGESTS = "SELECT entry, digest FROM audit_digests($1)"
_WRITTEN = "SELECT place, entry, digest FROM audit_written($1, $2, $3, $4)"
_UNSEEN = gate(f"SELECT entry FROM audit_unseen($3) WHERE {GATED}")
_COVERED = """SELECT count(*) FROM audit_digests($1) k WHERE NOT EXISTS (
    SELECT FROM ledger_leaf l WHERE l.entry = k.entry AND l.position < (SELECT max(size) FROM ledger_checkpoint))"""
_COMPARED = """INSERT INTO ledger_compared (journal, at, requests) VALUES ($1, $2, $3)
ON CONFLICT (journal) DO UPDATE SET at = excluded.at, requests = ledger_compared.requests + excluded.requests"""


class Reconciliation:
    """The comparison of one machine's notes in `folder`; each file is held against the log twice, early and late."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._early: set[str] = set()

    async def run(self, now: datetime, seconds: float) -> list[Difference]:
        """Compare what no server adds to any more; what differs is noted for whoever answers for it, and given back.

        `seconds` is the time since 1970 as the servers name their files by it.
        """
        found: list[Difference] = []
        requests = stale = 0
        for file in files_of(self._folder):
            is_late = file.name in self._early
            if not is_over(file, seconds):
                continue
            covered = is_late and await _is_covered(self._store, file)
            if is_late and not covered:
                stale += 1
                if stale > MOST_STALE or seconds - begun(file) < STALE:
                    continue
            wrong, many = await _file(self._store, file, now)
            found += wrong
            if is_late and not covered:
                continue
            if is_late:
                file.unlink()
                self._early.discard(file.name)
            else:
                requests += many
                self._early.add(file.name)
        found += await extra(self._store, now)
        for one in found:
            await differs(self._store.pool, now, one.kind, one.mark, one.request, one.entry)
        await self._store.pool.execute(_COMPARED, "all", now, requests)
        return found


async def _is_covered(store: Store, file: Path) -> bool:
    """Whether a checkpoint covers every entry of the file that is there."""
    lines = lines_of(file)
    while several := list(islice(lines, AT_ONCE)):
        written = await _written(store, several)
        numbers = [*numbers_of(several), *(one.entry for one in written.values())]
        if await store.pool.fetchval(_COVERED, numbers):
            return False
    return True


async def _file(store: Store, file: Path, now: datetime) -> tuple[list[Difference], int]:
    """What differs, and how many answers there were."""
    found: list[Difference] = []
    requests, to_look_up = 0, LOOKED_UP
    await meant(store, sorted(orphans(lines_of(file))), now)
    lines = lines_of(file)
    while several := list(islice(lines, AT_ONCE)):
        requests += sum(not line.meant for line in several)
        numbers = numbers_of(several)
        digests = {row["entry"]: row["digest"] for row in await store.pool.fetch(_DIGESTS, numbers)}
        written = await _written(store, several)
        found += differences(several, digests, written)
        numbers += [one.entry for one in written.values()]
        await noted(store.pool, numbers)
        if to_look_up:
            drawn = SystemRandom().sample(numbers, min(to_look_up, len(numbers)))
            found += await _unseen(store, several, drawn, now)
            to_look_up -= len(drawn)
    return found, requests


async def _written(store: Store, lines: Iterable[Line]) -> dict[tuple[int, str, int], Found]:
    wrote = list({version_of(one): one for line in lines for one in line.wrote}.values())
    if not wrote:
        return {}
    columns = ([one.type for one in wrote], [one.id for one in wrote], [one.version for one in wrote])
    rows = await store.pool.fetch(_WRITTEN, *columns, [one.person for one in wrote])
    return {version_of(wrote[row["place"] - 1]): Found(row["entry"], row["digest"]) for row in rows}


async def _unseen(store: Store, lines: Sequence[Line], numbers: Sequence[int], now: datetime) -> list[Difference]:
    """Entries that the people they are about would look for in vain."""
    rows = await store.pool.fetch(_UNSEEN, *opening(system(now, "ledger")), list(numbers))
    by = {kept.number: line.request for line in lines for kept in line.entries}
    return [Difference(UNSEEN, by.get(row["entry"], ""), row["entry"]) for row in rows]
