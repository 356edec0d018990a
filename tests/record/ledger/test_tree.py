"""Roots and proofs against a tree that is reckoned as RFC 9162 defines it."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from saman.record.ledger.tree import (
    EMPTY_ROOT,
    Growing,
    Range,
    Subtree,
    consistency_ranges,
    folded,
    inclusion_ranges,
    leaf_hash,
    needed,
    proves_consistency,
    proves_inclusion,
)
from tests.record.ledger import naive

SIZES = st.integers(1, 140)


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]


def roots(leaves: list[bytes], ranges: list[Range]) -> list[bytes]:
    """The roots of ranges, from complete subtrees alone."""

    def complete(one: Subtree) -> bytes:
        begin = one.number << one.height
        assert begin + (1 << one.height) <= len(leaves)
        return naive.root(leaves[begin : begin + (1 << one.height)])

    return folded(ranges, {one: complete(one) for one in needed(ranges)})


def flipped(hashes: list[bytes], bit: int) -> list[bytes]:
    one, at = divmod(bit % (len(hashes) * 256), 256)
    changed = bytearray(hashes[one])
    changed[at // 8] ^= 1 << at % 8
    return [*hashes[:one], bytes(changed), *hashes[one + 1 :]]


def test_hashes_are_those_of_the_standard():
    assert naive.root([]) == EMPTY_ROOT == Growing().root == sha256(b"").digest()
    assert leaf_hash(b"") == bytes.fromhex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")


@given(SIZES)
def test_a_growing_tree_has_the_root_of_the_definition(size):
    leaves = leaves_of(size)
    growing = Growing()
    for number, leaf in enumerate(leaves, start=1):
        growing.add(leaf)
        assert growing.size == number
    assert growing.root == naive.root(leaves) == roots(leaves, [(0, size)])[0]


@given(st.integers(1, 6), SIZES, st.integers(0, 40))
def test_a_tree_grows_by_whole_subtrees_too(height, many, more):
    leaves = leaves_of((many % 7 << height) + more)
    growing = Growing()
    for begin in range(0, many % 7 << height, 1 << height):
        growing.add_subtree(naive.root(leaves[begin : begin + (1 << height)]), height)
    for leaf in leaves[many % 7 << height :]:
        growing.add(leaf)
    assert growing.root == naive.root(leaves)


@given(SIZES, st.data())
def test_inclusion_is_proven_for_each_leaf_and_for_no_other(size, data):
    position = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    root = naive.root(leaves)
    path = roots(leaves, inclusion_ranges(position, size))
    assert path == naive.path(position, leaves)
    assert proves_inclusion(leaves[position], position, size, path, root)
    assert not proves_inclusion(leaf_hash(b"another"), position, size, path, root)
    assert not proves_inclusion(leaves[position], position, size, [*path, root], root)
    other = data.draw(st.integers(-1, size + 1).filter(lambda one: one != position))
    assert not proves_inclusion(leaves[position], other, size, path, root)
    if path:
        assert not proves_inclusion(leaves[position], position, size, path[:-1], root)
        assert not proves_inclusion(leaves[position], position, size, flipped(path, data.draw(st.integers(0))), root)


@given(SIZES, SIZES, st.data())
def test_consistency_is_proven_for_what_was_added_to_and_for_nothing_else(one, other, data):
    old, new = sorted((one, other))
    leaves = leaves_of(new)
    before, after = naive.root(leaves[:old]), naive.root(leaves)
    path = roots(leaves, consistency_ranges(old, new))
    assert path == naive.proof(old, leaves)
    assert proves_consistency(old, new, (before, after), path)
    changed = data.draw(st.integers(0, old - 1))
    forged = naive.root([*leaves[:changed], leaf_hash(b"changed"), *leaves[changed + 1 : old]])
    assert not proves_consistency(old, new, (forged, after), path)
    assert not proves_consistency(old, new, (before, forged), path) or forged == after
    assert not proves_consistency(old, new, (before, after), [*path, after])
    if path:
        assert not proves_consistency(old, new, (before, after), path[:-1])
        assert not proves_consistency(old, new, (before, after), flipped(path, data.draw(st.integers(0))))


@given(SIZES)
def test_every_tree_begins_with_nothing(size):
    root = naive.root(leaves_of(size))
    assert consistency_ranges(0, size) == []
    assert proves_consistency(0, size, (EMPTY_ROOT, root), [])
    assert not proves_consistency(0, size, (EMPTY_ROOT, root), [root])
