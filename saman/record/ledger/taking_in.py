"""Brings the emergency log into the log, in the order in which it was written: each entry once, whatever is killed.

How far a file is taken in stands in the database and changes in the transaction that adds its entries.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from pathlib import Path

import structlog

from saman.record.audit import INSERT, arrays
from saman.record.database import Connection, Pool
from saman.record.ledger.emergency import Line, Tampered, cipher_of, files_of, lines_of
from saman.record.ledger.extra import noted

BATCH = 1000
"""Entries of one transaction."""

_LOCK = "SELECT pg_try_advisory_lock(hashtext('saman emergency log'))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('saman emergency log'))"
_TAKEN = "SELECT file, taken FROM emergency_taken WHERE file = ANY($1)"
_MARK = """INSERT INTO emergency_taken (file, taken, at) VALUES ($1, $2, now())
ON CONFLICT (file) DO UPDATE SET taken = emergency_taken.taken + excluded.taken, at = excluded.at"""

log = structlog.get_logger()


async def take_in(pool: Pool, folder: Path, secret: bytes) -> int:
    """Add what the files hold and the log lacks; how many entries. Files that are done are removed.

    A file with a line that was changed is taken in up to that line and stays, for `saman verify audit` to name.
    """
    files = files_of(folder)
    if not files:
        return 0
    async with pool.acquire() as connection:
        if not await connection.fetchval(_LOCK):
            return 0
        try:
            return await _taken_in(connection, files, secret)
        finally:
            await connection.fetchval(_UNLOCK)


async def _taken_in(connection: Connection, files: list[Path], secret: bytes) -> int:
    rows = await connection.fetch(_TAKEN, [file.name for file in files])
    taken = Counter({row["file"]: row["taken"] for row in rows})
    broken: set[str] = set()
    waiting = merge(
        *(_waiting(file, secret, taken[file.name], broken) for file in files), key=lambda one: (one[1].written, one[0])
    )
    added = 0
    while several := list(islice(waiting, BATCH)):
        await _add(connection, several)
        taken.update(name for name, _ in several)
        added += len(several)
    for file in files:
        if file.name not in broken:
            _remove(file, taken[file.name])
    if added:
        log.warning("entries of the emergency log were taken in", entries=added)
    return added


def _waiting(file: Path, secret: bytes, after: int, broken: set[str]) -> Iterator[tuple[str, Line]]:
    try:
        for line in lines_of(file, cipher_of(secret), after):
            yield file.name, line
    except Tampered as error:
        broken.add(file.name)
        log.error("the emergency log was changed", file=file.name, line=error.number)


async def _add(connection: Connection, several: list[tuple[str, Line]]) -> None:
    async with connection.transaction():
        rows = await connection.fetch(INSERT, *arrays(line.values for _, line in several))
        await noted(connection, (row["entry"] for row in rows))
        for name, number in Counter(name for name, _ in several).items():
            await connection.execute(_MARK, name, number)


def _remove(file: Path, taken: int) -> None:
    """Remove a file that nobody writes to any more and that is taken in whole."""
    handle = os.open(file, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    else:
        with file.open("rb") as source:
            if sum(line.endswith(b"\n") for line in source) == taken:
                file.unlink()
    finally:
        os.close(handle)
