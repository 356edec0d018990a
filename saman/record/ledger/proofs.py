"""Roots and proofs of the stored ledger: which subtrees they need is reckoned, and those are read at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from saman.record.door import Door
from saman.record.fence import GATED, gate
from saman.record.ledger.tree import (
    Range,
    Subtree,
    commitment,
    consistency_ranges,
    fold,
    folded,
    inclusion_ranges,
    leaf_hash,
    needed,
)

STORED = 8
"""Heights that are multiples of this are stored; those between are folded from the stored ones below."""

_LEAVES = """SELECT k.begin, string_agg(l.leaf, ''::bytea ORDER BY l.position) AS hashes
FROM unnest($1::bigint[], $2::bigint[]) AS k(begin, "end")
JOIN ledger_leaf l ON l.position >= k.begin AND l.position < k.end
GROUP BY k.begin, k.end"""
_NODES = """SELECT k.level, k.begin, string_agg(n.hash, ''::bytea ORDER BY n.number) AS hashes
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS k(level, begin, "end")
JOIN ledger_node n ON n.level = k.level AND n.number >= k.begin AND n.number < k.end GROUP BY k.level, k.begin, k.end"""
_SIZE = "SELECT coalesce(max(position) + 1, 0) FROM ledger_leaf"
_LEAF = gate(f"""SELECT "position", salt, text FROM audit_leaf($3::bigint) WHERE {GATED}""")
_LAST = "SELECT note, size FROM ledger_checkpoint WHERE size > $1 ORDER BY size DESC LIMIT 1"


class Source(Protocol):
    """A connection or a pool."""

    async def fetch(self, query: str, *args: Any) -> Any:
        """Rows."""

    async def fetchval(self, query: str, *args: Any) -> Any:
        """One value."""


async def size_of(source: Source) -> int:
    """How many leaves the ledger has."""
    size: int = await source.fetchval(_SIZE)
    return size


async def root_of(source: Source, size: int) -> bytes:
    """The root of the first `size` leaves."""
    return (await roots_of(source, [(0, size)]))[0]


async def consistency(source: Source, old: int, new: int) -> list[bytes]:
    """The proof that the first `old` leaves begin the first `new`."""
    return await roots_of(source, consistency_ranges(old, new))


async def roots_of(source: Source, ranges: list[Range]) -> list[bytes]:
    """The roots of ranges of leaves; LookupError when the ledger holds fewer."""
    return folded(ranges, await _read(source, needed(ranges)))


async def _read(source: Source, wanted: Iterable[Subtree]) -> dict[Subtree, bytes]:
    """The hash of each complete subtree, folded from the nearest stored ones below it."""
    below = {one: _below(one) for one in wanted}
    leaves = [(begin, end) for level, begin, end in below.values() if level == 0]
    nodes = [(level, begin, end) for level, begin, end in below.values() if level]
    found: dict[tuple[int, int, int], bytes] = {}
    if leaves:
        for row in await source.fetch(_LEAVES, *_columns(leaves)):
            found[0, row["begin"], len(row["hashes"]) // 32] = row["hashes"]
    if nodes:
        for row in await source.fetch(_NODES, *_columns(nodes)):
            found[row["level"], row["begin"], len(row["hashes"]) // 32] = row["hashes"]
    return {one: _complete(found[level, begin, end - begin]) for one, (level, begin, end) in below.items()}


def _columns(rows: list[Any]) -> list[list[int]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _below(one: Subtree) -> tuple[int, int, int]:
    """The level that is stored and the range of its nodes below a subtree."""
    level, more = divmod(one.height, STORED)
    return level, one.number << more, (one.number + 1) << more


def _complete(hashes: bytes) -> bytes:
    """The root over a power of two of hashes."""
    row = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
    while len(row) > 1:
        row = [fold(row[at : at + 2]) for at in range(0, len(row), 2)]
    return row[0]


class Inclusion(msgspec.Struct, frozen=True):
    """That an entry is in the ledger: whoever has the entry's `text` and the `note` can check it by themselves.

    The leaf is SHA-256 of a zero byte and SHA-256 of `salt` and `text`; `path` leads from it to the root in `note`
    (RFC 9162, section 2.1.3). `note` is the checkpoint, signed.
    """

    position: int
    size: int
    salt: bytes
    text: str
    path: tuple[bytes, ...]
    note: str

    @property
    def leaf(self) -> bytes:
        """The hash of the leaf."""
        return leaf_hash(commitment(self.salt, self.text.encode()))


async def inclusion(door: Door, entry: int) -> Inclusion | None:
    """The proof that an entry of the own log is in the ledger.

    None when the context may not ask about it, or when it has no place under a checkpoint yet (a minute at most).
    """
    rows = await door.fetch(_LEAF, entry)
    if not rows:
        return None
    position, salt, text = rows[0]
    pool = door.store.pool
    last = await pool.fetchrow(_LAST, position)
    if last is None:
        return None
    note, size = last
    path = await roots_of(pool, inclusion_ranges(position, size))
    return Inclusion(position, size, salt, text, tuple(path), note)
