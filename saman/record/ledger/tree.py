"""The Merkle tree of RFC 9162 (https://www.rfc-editor.org/rfc/rfc9162#section-2.1): hashes, roots and proofs.

Nothing here reads anything: what a proof needs is named first, as complete subtrees, and folded once it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

EMPTY_ROOT = sha256(b"").digest()


class Subtree(NamedTuple):
    """A complete subtree of 2**height leaves, the one with this number among those of its height, from 0."""

    height: int
    number: int


def commitment(salt: bytes, text: bytes) -> bytes:
    """What a leaf says of an entry: without the salt, nobody can try out what the text was."""
    return sha256(salt + text).digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return sha256(b"\1" + left + right).digest()


def subtrees(begin: int, end: int) -> list[Subtree]:
    """The complete subtrees that the leaves from `begin` to `end` (left out) consist of, from left to right.

    `begin` is a multiple of the greatest power of two that fits, as it is wherever RFC 9162 splits.
    """
    found = []
    while begin < end:
        height = (end - begin).bit_length() - 1
        found.append(Subtree(height, begin >> height))
        begin += 1 << height
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over subtrees that become smaller from left to right."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


Range = tuple[int, int]


def inclusion_ranges(position: int, size: int) -> list[Range]:
    """The ranges of leaves whose roots are the inclusion proof of a leaf, from the leaf upwards (section 2.1.3.1)."""
    begin, end = 0, size
    path: list[Range] = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if position < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
    return path[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The ranges of leaves whose roots prove that the tree of `old` leaves begins that of `new` (section 2.1.4.1)."""
    if old in (0, new):
        return []
    begin, end = 0, new
    path: list[Range] = []
    whole = True
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
            whole = False
    if not whole:
        path.append((begin, end))
    return path[::-1]


def _split(size: int) -> int:
    """The greatest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def needed(ranges: Iterable[Range]) -> list[Subtree]:
    """Every complete subtree that the roots of `ranges` are folded from."""
    return list(dict.fromkeys(one for begin, end in ranges for one in subtrees(begin, end)))


def folded(ranges: Iterable[Range], known: Mapping[Subtree, bytes]) -> list[bytes]:
    """The root of each range."""
    return [fold([known[one] for one in subtrees(begin, end)]) for begin, end in ranges]


def proves_inclusion(leaf: bytes, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf to the root (section 2.1.3.2)."""
    if not 0 <= position < size:
        return False
    at, last, made = position, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            made = node_hash(step, made)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            made = node_hash(made, step)
        at, last = at >> 1, last >> 1
    return last == 0 and made == root


def proves_consistency(old: int, new: int, roots: tuple[bytes, bytes], path: Sequence[bytes]) -> bool:
    """Whether the proof shows that the tree of `old` leaves begins that of `new` (section 2.1.4.2)."""
    old_root, new_root = roots
    if old > new or (old == 0 and path):
        return False
    if old == 0:
        return old_root == EMPTY_ROOT
    if old == new:
        return not path and old_root == new_root
    steps = list(path)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


class Growing:
    """A tree that leaves are added to one by one; it keeps one hash for each complete subtree at its right edge."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """One leaf more."""
        self._edge.append(leaf)
        self.size += 1
        rest = self.size
        while not rest & 1:
            right = self._edge.pop()
            self._edge[-1] = sha256(b"\1" + self._edge[-1] + right).digest()
            rest >>= 1

    def add_subtree(self, root: bytes, height: int) -> None:
        """A complete subtree more, at a place where it stands alone."""
        self._edge.append(root)
        self.size += 1 << height
        rest = self.size >> height
        while not rest & 1:
            right = self._edge.pop()
            self._edge[-1] = node_hash(self._edge[-1], right)
            rest >>= 1

    @property
    def edge(self) -> tuple[bytes, ...]:
        """The hashes of the complete subtrees, the largest first."""
        return tuple(self._edge)

    @property
    def root(self) -> bytes:
        """The root as it is now."""
        return fold(self._edge)
