"""Being a witness for others: their checkpoints are cosigned when they follow from what was seen before."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import datetime

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.fhir import resource_number
from saman.record.audit import REFUSED, Entry
from saman.record.context import system
from saman.record.ledger.note import Checkpoint, Signer, Verifier, is_signed, read_note
from saman.record.ledger.tree import proves_consistency
from saman.record.store import Store
from saman.record.traffic import keep

MOST_HASHES = 63
"""Hashes in a proof."""

_SEEN = "SELECT size, root FROM ledger_seen WHERE origin = $1 FOR UPDATE"
_BEGIN = "INSERT INTO ledger_seen (origin, size, root, note, at) VALUES ($1, 0, $2, '', $3) ON CONFLICT DO NOTHING"
_KEEP = "UPDATE ledger_seen SET size = $2, root = $3, note = $4, at = $5 WHERE origin = $1"


class Answered(msgspec.Struct, frozen=True):
    """The answer to a ledger: 200 with the cosignature, 409 with the size that was seen last, or why not."""

    status: int
    text: str = ""


class Neighbours:
    """The ledgers that this installation is a witness for, by the names in their keys."""

    def __init__(self, signer: Signer, keys: Mapping[str, Verifier]) -> None:
        self.signer = signer
        self._keys = keys

    async def take(self, store: Store, body: str, now: datetime, request: str) -> Answered:
        """Cosign a checkpoint (https://c2sp.org/tlog-witness).

        The log has an entry for each that is new and for each that does not follow; repeating what was taken, or what
        is older, adds none.
        """
        asked = _read(body)
        if asked is None:
            return Answered(400)
        old, proof, checkpoint, lines = asked
        key = self._keys.get(checkpoint.origin)
        if key is None:
            return Answered(404)
        if not is_signed(checkpoint, lines, key):
            return Answered(403)
        answered, is_told = await self._follow(store, (old, proof, checkpoint), body, now)
        if not is_told:
            return answered
        told = f"checkpoint of {checkpoint.origin} at {checkpoint.size}"
        outcome = 0 if answered.status == 200 else REFUSED
        entry = Entry(system(now, request), "E", resource_number("AuditEvent"), query=told, outcome=outcome)
        await keep(store.audit, entry)
        return answered

    async def _follow(
        self, store: Store, asked: tuple[int, list[bytes], Checkpoint], body: str, now: datetime
    ) -> tuple[Answered, bool]:
        """The answer, and whether the log is told."""
        old, proof, checkpoint = asked
        cosigned = Answered(200, self.signer.cosign(checkpoint, int(now.timestamp())))
        async with store.pool.acquire() as connection, connection.transaction():
            await connection.execute(_BEGIN, checkpoint.origin, b"", now)
            size, root = await connection.fetchrow(_SEEN, checkpoint.origin) or (0, b"")
            if old != size:
                return Answered(409, f"{size}\n"), False
            if checkpoint.size < size:
                return Answered(422), False
            if (checkpoint.size, checkpoint.root) == (size, root):
                return cosigned, False
            if size and not proves_consistency(size, checkpoint.size, (root, checkpoint.root), proof):
                return Answered(409 if size == checkpoint.size else 422), True
            note = body.partition("\n\n")[2]
            await connection.execute(_KEEP, checkpoint.origin, checkpoint.size, checkpoint.root, note, now)
        return cosigned, True


def _read(body: str) -> tuple[int, list[bytes], Checkpoint, tuple[str, ...]] | None:
    head, parted, note = body.partition("\n\n")
    first, *coded = head.split("\n")
    word, _, old = first.partition(" ")
    found = read_note(note)
    if not parted or word != "old" or not old.isdigit() or len(coded) > MOST_HASHES or isinstance(found, Refusal):
        return None
    try:
        proof = [b64decode(one, validate=True) for one in coded]
    except (NotBase64, ValueError):
        return None
    return int(old), proof, *found
