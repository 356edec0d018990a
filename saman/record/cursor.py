"""Where a list goes on: a sealed note of the last row's place, so that a page neither repeats nor skips."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saman.kernel.outcome import Kind, Refusal, refused

NONCE = 12


class Place(msgspec.Struct, frozen=True, array_like=True):
    """The sort value and id of the last row shown."""

    moment: datetime | None
    text: str | None
    id: str


class Seal:
    """Encrypts places, bound to the search they belong to: sort values can be names and must not stand in addresses."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(hashlib.blake2s(b"cursor", key=secret).digest())

    def close(self, place: Place, search: str) -> str:
        """`place` as an opaque text for the search described by `search`."""
        nonce = secrets.token_bytes(NONCE)
        sealed = self._cipher.encrypt(nonce, msgspec.json.encode(place), search.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def open(self, cursor: str, search: str) -> Place | Refusal:
        """The place in `cursor`, refused when it is not from this search of this server."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            return msgspec.json.decode(self._cipher.decrypt(raw[:NONCE], raw[NONCE:], search.encode()), type=Place)
        except (ValueError, InvalidTag, msgspec.DecodeError):
            return refused(
                Kind.INVALID,
                "invalid",
                "This page marker is not from this search. Start from the first page.",
                "_cursor",
            )
