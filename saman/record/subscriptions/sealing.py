"""The values of headers, which are often keys of the receiver: encrypted where they are kept."""

from __future__ import annotations

import hashlib
import secrets

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saman.record.cursor import NONCE

Headers = tuple[tuple[str, str], ...]


class HeaderSeal:
    """Encrypts the headers of a subscription, bound to its id."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(hashlib.blake2s(b"subscription", key=secret).digest())

    def close(self, headers: Headers, id: str) -> bytes:
        """The headers, unreadable."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, msgspec.json.encode(headers), id.encode())

    def open(self, sealed: bytes, id: str) -> Headers:
        """The counterpart of `close`."""
        text = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], id.encode())
        return msgspec.json.decode(text, type=Headers)
