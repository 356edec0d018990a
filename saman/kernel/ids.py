"""Ids that carry their shard without showing it.

An id made here is 26 characters of base32: 11 random bytes, then the shard and a check, both hidden under a keyed
hash of the random part. Whoever holds the key reads the shard from the id and needs no lookup; to a stranger two ids
of one person look as unrelated as any other two.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

SHARDS = 1024
RANDOM_BYTES, CHECK_BYTES = 11, 3
LENGTH = 26
REMEMBERED = 65536
"""Ids whose shard a process remembers."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)
_PLACES = tuple(range(120, -1, -10))
_SPARE = 2
"""Bits of the letters that no byte fills."""
_AS_DIGITS = bytes(
    ord("0123456789abcdefghijklmnopqrstuv"[_LETTERS.index(letter)]) if letter in _LETTERS else ord("!")
    for letter in (chr(one).lower() for one in range(256))
)
"""The letters of base32 as the digits of a number to that base; everything else is none."""

_fhir_id = re.compile(r"[A-Za-z0-9\-.]{1,64}")

NewBytes = Callable[[int], bytes]
"""Gives that many random bytes; `secrets.token_bytes` outside tests."""


def is_fhir_id(text: str) -> bool:
    """Whether `text` can be a resource id (https://hl7.org/fhir/R4/datatypes.html#id)."""
    return _fhir_id.fullmatch(text) is not None


def stable_shard(key: str) -> int:
    """The shard, 0 to 1023, of something whose id was chosen elsewhere: the same on every machine for ever."""
    return int.from_bytes(hashlib.blake2s(key.encode(), digest_size=2).digest()) % SHARDS


class Mint:
    """Makes ids that carry a shard, and reads the shard back."""

    def __init__(self, secret: bytes, new_bytes: NewBytes) -> None:
        self._secret = secret
        self._new_bytes = new_bytes
        self._read: dict[str, int | None] = {}

    def make(self, shard: int) -> str:
        """A new id on `shard` (0 to 1023)."""
        seed = self._new_bytes(RANDOM_BYTES)
        start = seed + (shard ^ self._mask(seed)).to_bytes(2)
        number = int.from_bytes(start + self._check(start)) << _SPARE
        made = "".join([_PAIRS[number >> place & 1023] for place in _PLACES])
        self._remember(made, shard)
        return made

    def new_shard(self) -> int:
        """A shard for somebody new, evenly spread."""
        return int.from_bytes(self._new_bytes(2)) % SHARDS

    def shard(self, made: str) -> int | None:
        """The shard that an id made with this key carries; None for an id that was chosen elsewhere."""
        if len(made) != LENGTH:
            return None
        if made not in self._read:
            self._remember(made, self._shard(made))
        return self._read[made]

    def _remember(self, made: str, shard: int | None) -> None:
        if len(self._read) >= REMEMBERED:
            self._read.clear()
        self._read[made] = shard

    def _shard(self, made: str) -> int | None:
        try:
            raw = (int(made.encode("latin-1").translate(_AS_DIGITS), 32) >> _SPARE).to_bytes(16)
        except ValueError:
            return None
        seed, hidden, check = raw[:RANDOM_BYTES], raw[RANDOM_BYTES:-CHECK_BYTES], raw[-CHECK_BYTES:]
        shard = int.from_bytes(hidden) ^ self._mask(seed)
        return shard if shard < SHARDS and check == self._check(seed + hidden) else None

    def _mask(self, seed: bytes) -> int:
        return int.from_bytes(hashlib.blake2s(seed, key=self._secret, digest_size=2).digest())

    def _check(self, start: bytes) -> bytes:
        return hashlib.blake2s(start, key=self._secret, digest_size=CHECK_BYTES).digest()
