"""Ids of what is made from the log: nobody can tell from one how many entries there are, or guess the next."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from saman.kernel.outcome import Kind, Refusal, refused

TYPES = frozenset({"AuditEvent", "Provenance"})
"""What the record makes from its log when it is asked for."""

PREFIX = "log-"
"""Ids that begin so are made by the record; nobody may write a resource under one."""


class EntryIds:
    """Seals entry numbers into ids, the same for the same number, and opens them again."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESSIV(hashlib.blake2s(b"entries", key=secret).digest())

    def seal(self, entry: int) -> str:
        """The id of an entry's resource, 52 characters."""
        return PREFIX + self._cipher.encrypt(entry.to_bytes(8), None).hex()

    def open(self, id: str) -> int | None:
        """The number of the entry; None for an id that was not made here."""
        try:
            return int.from_bytes(self._cipher.decrypt(bytes.fromhex(id.removeprefix(PREFIX)), None))
        except (ValueError, InvalidTag):
            return None


def is_made(type_name: str, id: str) -> bool:
    """Whether a resource is one that the record makes from its log."""
    return type_name in TYPES and id.startswith(PREFIX)


def unwritable() -> Refusal:
    """The answer to whoever wants to change the log."""
    text = "The record makes this from its log, which nobody can write, change or delete."
    return refused(Kind.FORBIDDEN, "forbidden", text, key="record.log")


def pretended(resource: dict[str, Any], id: str, base: str) -> Refusal | None:
    """Why what somebody sends may not be kept: it would pass for an entry of the record's own log."""
    kind = resource["resourceType"]
    if is_made(kind, id or resource.get("id", "")):
        return unwritable()
    observer = resource.get("source", {}).get("observer", {}) if kind == "AuditEvent" else {}
    if base and observer.get("identifier", {}).get("value", "").rstrip("/") == base:
        text = "Another system's event names that system as its observer, not this server."
        return refused(Kind.UNPROCESSABLE, "business-rule", text, "AuditEvent.source.observer")
    return None
