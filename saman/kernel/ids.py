"""Ids that carry their shard without showing it.

An id made here is 26 characters of base32: 11 random bytes, then the shard and a check, both hidden under a keyed
hash of the random part. Whoever holds the key reads the shard from the id and needs no lookup; to a stranger two ids
of one person look as unrelated as any other two.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

SHARDS = 1024
RANDOM_BYTES, CHECK_BYTES = 11, 3
LENGTH = 26
REMEMBERED = 65536
"""Ids whose shard a process remembers."""

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
        hidden = (shard ^ self._mask(seed)).to_bytes(2)
        return base64.b32encode(seed + hidden + self._check(seed + hidden)).decode().rstrip("=").lower()

    def new_shard(self) -> int:
        """A shard for somebody new, evenly spread."""
        return int.from_bytes(self._new_bytes(2)) % SHARDS

    def shard(self, made: str) -> int | None:
        """The shard that an id made with this key carries; None for an id that was chosen elsewhere."""
        if len(made) != LENGTH:
            return None
        if made not in self._read:
            if len(self._read) >= REMEMBERED:
                self._read.clear()
            self._read[made] = self._shard(made)
        return self._read[made]

    def _shard(self, made: str) -> int | None:
        try:
            raw = base64.b32decode(made.upper() + "======")
        except ValueError:
            return None
        seed, hidden, check = raw[:RANDOM_BYTES], raw[RANDOM_BYTES:-CHECK_BYTES], raw[-CHECK_BYTES:]
        shard = int.from_bytes(hidden) ^ self._mask(seed)
        return shard if shard < SHARDS and check == self._check(seed + hidden) else None

    def _mask(self, seed: bytes) -> int:
        return int.from_bytes(hashlib.blake2s(seed, key=self._secret, digest_size=2).digest())

    def _check(self, start: bytes) -> bytes:
        return hashlib.blake2s(start, key=self._secret, digest_size=CHECK_BYTES).digest()
