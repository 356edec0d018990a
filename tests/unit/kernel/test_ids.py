"""Ids carry their shard for whoever holds the key, and for nobody else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel.ids import LENGTH, SHARDS, Mint, is_fhir_id, stable_shard

shards = st.integers(0, SHARDS - 1)
secrets = st.binary(min_size=32, max_size=32)
seeds = st.integers(0, 2**32)


def mint(secret: bytes, seed: int) -> Mint:
    return Mint(secret, random.Random(seed).randbytes)


@given(secrets, seeds, shards)
def test_a_made_id_is_a_fhir_id_and_gives_its_shard_back(secret: bytes, seed: int, shard: int) -> None:
    one = mint(secret, seed)
    made = one.make(shard)
    assert is_fhir_id(made)
    assert len(made) == LENGTH
    assert one.shard(made) == shard


@given(secrets, secrets, seeds, shards)
def test_another_key_reads_nothing(secret: bytes, other: bytes, seed: int, shard: int) -> None:
    if secret != other:
        assert mint(other, 0).shard(mint(secret, seed).make(shard)) is None


@given(secrets, st.text(max_size=40))
def test_ids_chosen_elsewhere_carry_no_shard(secret: bytes, text: str) -> None:
    assert mint(secret, 0).shard(text) is None


@given(secrets, seeds, shards, st.integers(0, LENGTH - 2), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_letter_is_noticed(secret: bytes, seed: int, shard: int, place: int, letter: str) -> None:
    one = mint(secret, seed)
    made = one.make(shard)
    changed = made[:place] + letter + made[place + 1 :]
    assert one.shard(changed) == (shard if changed == made else None)


def test_ids_of_one_shard_have_nothing_in_common_that_ids_of_others_lack() -> None:
    one = mint(b"k" * 32, 1)
    same, other = ([one.make(shard) for _ in range(400)] for shard in (7, 500))
    for place in range(18, LENGTH):
        letters = [{made[place] for made in group} for group in (same, other)]
        assert len(letters[0] & letters[1]) > 1 or letters[0] == letters[1]


@given(st.text())
def test_a_stable_shard_is_a_shard(key: str) -> None:
    assert 0 <= stable_shard(key) < SHARDS


def test_a_stable_shard_never_changes() -> None:
    assert [stable_shard(key) for key in ("Patient/1", "Patient/2", "Patient/åse")] == [893, 630, 857]


def test_new_shards_are_spread() -> None:
    one = mint(b"k" * 32, 3)
    assert len({one.new_shard() for _ in range(8000)}) > 0.99 * SHARDS


@pytest.mark.parametrize(
    ("text", "right"),
    [("a", True), ("A-b.9", True), ("", False), ("a_b", False), ("a" * 65, False), ("å", False), ("a\n", False)],
)
def test_what_can_be_an_id(text: str, right: bool) -> None:
    assert is_fhir_id(text) is right
