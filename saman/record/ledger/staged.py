"""For verification: what the servers noted of their answers, held against the log as its owner reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path

import psycopg

from saman.record.ledger.anchors import Finding
from saman.record.ledger.differences import Difference, Found, differences, numbers_of, version_of
from saman.record.ledger.emergency import Tampered, cipher_of
from saman.record.ledger.emergency import files_of as emergency_files
from saman.record.ledger.emergency import lines_of as emergency_lines
from saman.record.ledger.journal import Line, files_of, lines_of
from saman.record.ledger.text import DIGEST

AT_ONCE = 2000
"""Lines that are held against the log together."""

_COLUMNS = "a.request, a.actor, a.role, a.party, a.purpose, a.action, a.type, a.id, a.version, a.person, a.outcome,"
_KEPT = f"""SELECT a.entry, ROW(1, 0, (extract(epoch FROM a.at) * 1000000)::bigint, {_COLUMNS} a.ground, a.query,
    a.read, a.missed)::text FROM audit a WHERE a.entry = ANY(%s)"""
_WROTE = f"""SELECT k.t, k.d, k.v, b.entry, b.text
FROM unnest(%s::smallint[], %s::text[], %s::bigint[], %s::text[]) AS k(t, d, v, p) CROSS JOIN LATERAL (
    (SELECT a.entry, ROW(1, 0, 0, {_COLUMNS} '', a.query, a.read, a.missed)::text AS text FROM audit a
    WHERE hashtextextended(a.person, 0) = hashtextextended(k.p, 0) AND a.person = k.p
        AND a.type = k.t AND a.id = k.d AND a.version = k.v
        AND a.action IN ('C', 'U', 'D') AND a.outcome = 0 ORDER BY a.entry DESC LIMIT 1)
    UNION ALL
    (SELECT a.entry, ROW(1, 0, 0, {_COLUMNS} '', a.query, a.read, a.missed)::text AS text FROM audit a
    WHERE k.p IS NULL AND a.person IS NULL AND a.type = k.t AND a.id = k.d AND a.version = k.v
        AND a.action IN ('C', 'U', 'D') AND a.outcome = 0 ORDER BY a.entry DESC LIMIT 1)) AS b"""

_SAID = {
    "unlogged": "is an answer that showed somebody whom the log does not name",
    "spoilt": "may be in a note of a server that nobody can read",
    "missing": "was logged and is gone",
    "changed": "is not what was logged",
    "unwritten": "should be there for something that was written, and is not what was logged",
}


def staged_findings(connection: psycopg.Connection, folder: Path, size: int) -> list[Finding]:
    """What differs between the notes in `folder` and the log, by number of the entry."""
    found = []
    for file in files_of(folder):
        lines = lines_of(file)
        while several := list(islice(lines, AT_ONCE)):
            found += list(_held(connection, several))
    told = [Finding(size, one.entry or 0, f"{_SAID[one.kind]} (request {one.request})") for one in found]
    return sorted(set(told))


def emergency_state(connection: psycopg.Connection, folder: Path, size: int) -> tuple[int, list[Finding]]:
    """How many entries in the emergency log the log lacks, and what was changed there or is gone from it."""
    row = connection.execute("SELECT secret FROM instance").fetchone()
    cipher = cipher_of(bytes(row[0]) if row else b"")
    taken: dict[str, int] = dict(connection.execute("SELECT file, taken FROM emergency_taken").fetchall())
    waiting, found = 0, []
    for file in emergency_files(folder):
        after, there = taken.get(file.name, 0), 0
        try:
            there = sum(1 for _ in emergency_lines(file, cipher))
        except Tampered as error:
            found.append(Finding(size, 0, f"is in the emergency log, where {error}"))
            there = max(after, error.number - 1)
        if there < after:
            found.append(Finding(size, 0, f"was cut off from {file.name} in the emergency log"))
        waiting += max(0, there - after)
    return waiting, found


def _held(connection: psycopg.Connection, lines: Sequence[Line]) -> Iterator[Difference]:
    kept = connection.execute(_KEPT, (numbers_of(lines),))
    digests = {entry: _digest(text) for entry, text in kept}
    wrote = {version_of(one): one for line in lines for one in line.wrote}
    columns = ([key[0] for key in wrote], [key[1] for key in wrote], [key[2] for key in wrote])
    rows = connection.execute(_WROTE, (*columns, [one.person for one in wrote.values()])) if wrote else ()
    written = {(kind, id, version): Found(entry, _digest(text)) for kind, id, version, entry, text in rows}
    return differences(lines, digests, written)


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()[:DIGEST]
