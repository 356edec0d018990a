"""Verifies the whole ledger: every entry, every leaf, every stored hash, every checkpoint and every copy of one.

It reads the tables themselves, as their owner, and trusts no function of the database and no hash in it. Chunks of
65536 entries are read and reckoned by several processes. What it finds names the first entry that is not as it was.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from struct import Struct

import msgspec
import psycopg
from psycopg.pq import ExecStatus

from saman.record.ledger.anchors import Anchor, Finding
from saman.record.ledger.erasing import erased_ranges
from saman.record.ledger.staged import emergency_state, staged_findings
from saman.record.ledger.tree import Growing, fold

HEIGHT, BLOCK = 16, 8
"""Heights of the subtrees that a process reckons at once, and of the smallest ones whose hashes are stored."""
CHUNK = 1 << HEIGHT
SALT, LEAF, COLUMNS = 16, 32, 5

TEXT = """ROW(1, a.entry, (extract(epoch FROM a.at) * 1000000)::bigint, a.request, a.actor, a.role, a.party, a.purpose,
    a.action, a.type, a.id, a.version, a.person, a.outcome, a.ground, a.query, a.read, a.missed)::text"""
_COPY = f"""COPY (
    SELECT l.position, l.entry, l.salt, l.leaf, CASE WHEN a.entry IS NOT NULL THEN {TEXT} END
    FROM (SELECT * FROM ledger_leaf WHERE position >= {{}} AND position < {{}} ORDER BY position) AS l
    LEFT JOIN audit a USING (entry) ORDER BY l.position
) TO STDOUT (FORMAT binary)"""
_HEAD = 19
"""Bytes before the first row (https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4)."""
_ROW = Struct(">hiqiqi16si32si")
"""Place, entry, salt and leaf of a row as they nearly always are, each with its length before it, then the text's."""
_NODES = "SELECT level, number, hash FROM ledger_node WHERE level = ANY(%s) AND number >= %s AND number < %s"
_ADDED = """SELECT a.entry FROM audit a WHERE a.entry <= (SELECT max(entry) FROM ledger_leaf)
    AND NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.entry = a.entry)
    AND NOT EXISTS (SELECT FROM ledger_gap g WHERE a.entry BETWEEN g.first AND g.last) ORDER BY a.entry LIMIT 1"""
_STAGED = "SELECT count(*) FROM audit WHERE entry > coalesce((SELECT max(entry) FROM ledger_leaf), 0)"

INFINITE = 2**63


class Verdict(msgspec.Struct, frozen=True):
    """How many entries have a place, how many wait for one, how many checkpoints were held against them, what was
    found, the first first; how many entries are in the emergency log and not taken in yet, and how many were erased.
    """

    entries: int
    staged: int
    checkpoints: int
    findings: tuple[Finding, ...]
    elsewhere: int = 0
    erased: int = 0


class Chunk(msgspec.Struct, frozen=True):
    """What one process reckoned: the hashes at the right edge, those at sizes that were asked for, and findings.

    `blocks` are the first entries of each block of 256, `erased` says how many entries left their commitments alone.
    """

    begin: int
    size: int
    edge: tuple[bytes, ...]
    edges: dict[int, tuple[bytes, ...]]
    findings: list[Finding]
    blocks: list[int]
    erased: int


Asked = tuple[str, int, int, list[int], list[tuple[int, int]]]
"""Where to read, from which place to which, at which sizes to stop, and which numbers were erased."""


def verify(
    url: str,
    anchors: Sequence[Anchor],
    journals: Path,
    progress: Callable[[str], None],
    processes: int = 2,
    elsewhere: Path | None = None,
) -> Verdict:
    """Hold everything against everything; `anchors` are the checkpoints that somebody signed or kept, `elsewhere` is
    the folder of the emergency log.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT coalesce(max(position) + 1, 0) FROM ledger_leaf").fetchone()
        size = row[0] if row else 0
        begins = range(0, size, CHUNK)
        sizes = sorted({anchor.size for anchor in anchors})
        wanted = [[one for one in sizes if begin < one <= begin + CHUNK] for begin in begins]
        whole, erased = _Whole(connection, size, anchors), erased_ranges(connection)
        asked = [
            (url, begin, min(begin + CHUNK, size), sizes, erased) for begin, sizes in zip(begins, wanted, strict=True)
        ]
        for chunk in _chunks(asked, processes):
            whole.add(chunk)
            progress(f"{min(chunk.begin + CHUNK, size)} of {size} entries")
        findings = [*whole.findings, *whole.beyond(), *_added(connection, size)]
        staged = connection.execute(_STAGED).fetchone()
        known = {one.entry for one in findings}
        findings = sorted(findings) + [
            one for one in staged_findings(connection, journals, size) if not one.entry or one.entry not in known
        ]
        waiting, changed = emergency_state(connection, elsewhere, size) if elsewhere is not None else (0, [])
        return Verdict(size, staged[0] if staged else 0, len(sizes), (*findings, *changed), waiting, whole.erased)


def _chunks(asked: Sequence[Asked], processes: int) -> Iterator[Chunk]:
    """Each in its turn. This process reads from the end while the others, slow to begin, read from the start."""
    if processes < 2 or len(asked) < 2:
        yield from map(read_chunk, asked)
        return
    with ProcessPoolExecutor(processes - 1, mp_context=get_context("spawn")) as pool:
        given = [pool.submit(read_chunk, one) for one in asked]
        own: dict[int, Chunk] = {}
        last = len(asked)
        for at, one in enumerate(given):
            while at < last and not one.done():
                last -= 1
                if given[last].cancel():
                    own[last] = read_chunk(asked[last])
            yield own[at] if at in own else one.result()


def read_chunk(asked: Asked) -> Chunk:
    """Read and reckon the leaves from one place to another, left out, and stop at each of the sizes asked for."""
    url, begin, end, sizes, erased = asked
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET enable_hashjoin = off; SET enable_seqscan = off; SET jit = off")
        first = begin >> BLOCK
        nodes = {number: hash for _, number, hash in connection.execute(_NODES, ([1], first, (end >> BLOCK) + 1))}
        reader = _Reader(begin, end, sizes, nodes, erased)
        for row in _copied(connection, _COPY.format(begin, end)):
            reader.take(row)
    return reader.done()


def _copied(connection: psycopg.Connection, query: str) -> Iterator[bytes]:
    """The rows of a binary COPY, straight from libpq: half the time goes into handing them on."""
    raw = connection.pgconn
    answer = raw.exec_(query.encode())
    if answer.status != ExecStatus.COPY_OUT:
        raise psycopg.OperationalError(answer.error_message.decode("utf-8", "replace"))
    begin, take = _HEAD, raw.get_copy_data
    while True:
        length, row = take(0)
        if length < 0:
            break
        if length > begin + 2:
            yield bytes(row[begin:])
        begin = 0
    ended = [one.status for one in iter(raw.get_result, None)]
    if ended != [ExecStatus.COMMAND_OK]:
        raise psycopg.OperationalError("the log could not be read to its end")


class _Reader:
    """Reckons one chunk from its rows."""

    def __init__(
        self,
        begin: int,
        end: int,
        sizes: Sequence[int],
        nodes: Mapping[int, bytes],
        erased: Sequence[tuple[int, int]] = (),
    ) -> None:
        self._begin, self._end = begin, end
        self._sizes = set(sizes)
        self._nodes = nodes
        self._next = begin
        self._block: list[bytes] = []
        self._chunk = Growing()
        self._edges: dict[int, tuple[bytes, ...]] = {}
        self._findings: list[Finding] = []
        self._blocks: list[int] = []
        self._ranges = erased
        self._erased = 0

    def take(self, row: bytes) -> None:
        """One leaf, with its entry beside it."""
        position, number, salt, leaf, text = _fields(row)
        while self._next < position:
            self._find(self._next, number, "is gone from the ledger")
            self._add(b"", number)
        if text is None:
            self._miss(position, number, has_salt=bool(salt))
        elif leaf != sha256(b"\0" + sha256(salt + text).digest()).digest():
            self._find(position, number, "is not what was logged")
        self._add(leaf, number)

    def _miss(self, position: int, number: int, *, has_salt: bool) -> None:
        """An entry that is gone: erased, when an entry of the log says so and the salt went with it."""
        at = bisect(self._ranges, (number, INFINITE)) - 1
        if not has_salt and at >= 0 and self._ranges[at][1] >= number:
            self._erased += 1
        else:
            self._find(position, number, "is gone from the log")

    def _add(self, leaf: bytes, number: int) -> None:
        if not self._block:
            self._blocks.append(number)
        self._block.append(leaf)
        self._next += 1
        if self._next in self._sizes:
            self._edges[self._next] = (*self._chunk.edge, *_grown(self._block))
        if len(self._block) == 256:
            self._close()

    def _close(self) -> None:
        """A block of 256 is complete: its stored hash must be that of its leaves."""
        at = (self._next >> BLOCK) - 1
        (root,), self._block = _grown(self._block), []
        if self._nodes.get(at) != root and not _within(self._findings, at << BLOCK, self._next):
            self._find(at << BLOCK, self._blocks[-1], "or one of the 255 after it was changed, moved or replaced")
        self._chunk.add_subtree(root, BLOCK)
        if self._next in self._sizes:
            self._edges[self._next] = self._chunk.edge

    def _find(self, position: int, entry: int, what: str) -> None:
        if len(self._findings) < 100:
            self._findings.append(Finding(position, entry, what))

    def done(self) -> Chunk:
        """What there was."""
        edge = (*self._chunk.edge, *_grown(self._block))
        if self._next < self._end:
            self._find(self._next, 0, "is gone from the ledger")
        return Chunk(
            self._begin, self._next - self._begin, edge, self._edges, self._findings, self._blocks, self._erased
        )


def _grown(leaves: list[bytes]) -> tuple[bytes, ...]:
    """The hashes of the complete subtrees over leaves, level by level: this is what verification spends its time on."""
    edge = []
    while leaves:
        if len(leaves) & 1:
            edge.append(leaves[-1])
        pairs = iter(leaves)
        leaves = [sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
    return tuple(reversed(edge))


def _fields(row: bytes) -> tuple[int, int, bytes, bytes, bytes | None]:
    """Place, entry, salt, leaf and text of a row, also where salt and leaf are not as long as they ought to be."""
    if len(row) >= _ROW.size:
        _, _, position, _, number, salts, salt, leaves, leaf, size = _ROW.unpack_from(row)
        if salts == SALT and leaves == LEAF:
            return position, number, salt, leaf, row[_ROW.size :] if size >= 0 else None
    found: list[bytes | None] = []
    at = 2
    while len(found) < COLUMNS:
        size = int.from_bytes(row[at : at + 4], signed=True)
        found.append(row[at + 4 : at + 4 + size] if size >= 0 else None)
        at += 4 + max(0, size)
    place, entry, salt, leaf, text = found
    return int.from_bytes(place or b""), int.from_bytes(entry or b""), salt or b"", leaf or b"", text


def _within(findings: Iterable[Finding], begin: int, end: int) -> bool:
    """Whether something nearer has been found between two places already."""
    return any(begin <= one.position < end for one in findings)


class _Whole:
    """Puts the chunks together, in order, and holds them against stored hashes and checkpoints."""

    def __init__(self, connection: psycopg.Connection, size: int, anchors: Iterable[Anchor]) -> None:
        self._connection = connection
        self._size = size
        self._anchors: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            self._anchors.setdefault(anchor.size, []).append(anchor)
        self._tree = Growing()
        self._good = 0
        self._first: dict[int, int] = {}
        self._forked = False
        self._below: dict[int, Growing] = {}
        self.findings: list[Finding] = []
        self.erased = 0

    def add(self, chunk: Chunk) -> None:
        """The next chunk."""
        self.erased += chunk.erased
        self.findings += chunk.findings
        self._first |= {(chunk.begin >> BLOCK) + at: entry for at, entry in enumerate(chunk.blocks)}
        before = self._tree.edge
        for size in sorted(chunk.edges):
            self._hold(size, fold((*before, *chunk.edges[size])))
        if chunk.size == CHUNK:
            self._tree.add_subtree(chunk.edge[0], HEIGHT)
            self._hold_nodes(chunk)

    def _hold(self, size: int, root: bytes) -> None:
        """A checkpoint that differs says that something between the last good one and its own size was changed."""
        wrong = [anchor for anchor in self._anchors[size] if anchor.root != root]
        if wrong and not self._forked:
            self._forked = True
            if _within(self.findings, self._good, size):
                return
            what = f"or one of those after it was rewritten: {wrong[0].source} has another root at {size}"
            self.findings.append(Finding(self._good, self._entry(self._good), what))
        elif not wrong:
            self._good = size

    def _hold_nodes(self, chunk: Chunk) -> None:
        """The stored hashes of the levels above blocks that this chunk completes."""
        level, number, root = 2, chunk.begin >> HEIGHT, chunk.edge[0]
        while True:
            self._hold_node(level, number, root, chunk.begin + CHUNK)
            below = self._below.setdefault(level, Growing())
            below.add(root)
            if below.size < 256:
                return
            del self._below[level]
            level, number, root = level + 1, number >> BLOCK, below.root

    def _hold_node(self, level: int, number: int, root: bytes, end: int) -> None:
        rows = self._connection.execute(_NODES, ([level], number, number + 1)).fetchall()
        begin = number << BLOCK * level
        if (not rows or rows[0][2] != root) and not _within(self.findings, begin, end):
            what = f"stands under a stored hash of level {level} that is not right"
            self.findings.append(Finding(begin, self._entry(begin), what))

    def beyond(self) -> Iterator[Finding]:
        """Checkpoints of more entries than there are."""
        more = [anchor for size in sorted(self._anchors) if size > self._size for anchor in self._anchors[size]]
        if more:
            what = f"and those after it are cut off: {more[-1].source} has seen {more[-1].size} entries"
            yield Finding(self._size, 0, what)

    def _entry(self, position: int) -> int:
        """The number of the entry at a place, or of the first of its block."""
        query = "SELECT entry FROM ledger_leaf WHERE position >= %s ORDER BY position LIMIT 1"
        row = self._connection.execute(query, (position,)).fetchone()
        return row[0] if row else self._first.get(position >> BLOCK, 0)


def _added(connection: psycopg.Connection, size: int) -> Iterator[Finding]:
    row = connection.execute(_ADDED).fetchone()
    if row is not None:
        yield Finding(size, row[0], "stands in the log and has no place in the ledger")
