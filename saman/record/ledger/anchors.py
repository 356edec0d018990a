"""What a ledger is held against: checkpoints that it signed itself, and the copies of them that witnesses keep."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg

from saman.kernel.outcome import Refusal
from saman.record.ledger.note import Checkpoint, Verifier, is_signed, read_note
from saman.record.ledger.witness import Kept


class Anchor(msgspec.Struct, frozen=True):
    """That somebody has seen `size` leaves under this `root`."""

    size: int
    root: bytes
    source: str


class Unsigned(msgspec.Struct, frozen=True):
    """A checkpoint that the ledger's key has not signed."""

    size: int
    source: str


class Finding(msgspec.Struct, frozen=True, order=True):
    """Something that is not as it was, from the place `position` on; `entry` is the first that it may concern."""

    position: int
    entry: int
    what: str


def stored_anchors(connection: psycopg.Connection, key: bytes) -> Iterator[Anchor | Unsigned]:
    """The checkpoints in the database."""
    for size, root, note in connection.execute("SELECT size, root, note FROM ledger_checkpoint ORDER BY size"):
        found = anchor_of(note, key, f"the checkpoint at {size}")
        agrees = isinstance(found, Anchor) and (found.size, found.root) == (size, bytes(root))
        yield found if agrees else Unsigned(size, f"the checkpoint at {size}")


def copied_anchors(file: Path, key: bytes) -> Iterator[Anchor | Unsigned]:
    """The checkpoints in a file: a witness's, or one signed note as a neighbour gives it out."""
    text = file.read_text("utf-8")
    if not text.startswith("{") and not text.startswith("\n"):
        yield anchor_of(text, key, str(file.name))
        return
    for line in text.splitlines():
        try:
            kept = msgspec.json.decode(line.encode(), type=Kept)
        except msgspec.DecodeError:
            continue  # cut by a crash
        yield anchor_of(kept.note, key, file.name)


def former_anchors(folder: Path, near: Path, key: bytes) -> Iterator[Unsigned]:
    """Files of checkpoints beside `near` that another key has signed: this ledger's key is not the one it was."""
    for file in sorted(folder.glob("checkpoints-*.jsonl")):
        if file != near:
            yield from [one for one in copied_anchors(file, key) if isinstance(one, Unsigned)][:1]


def anchor_of(note: str, key: bytes, source: str) -> Anchor | Unsigned:
    """What a signed note says, when it is signed with this key under the name in it."""
    found = read_note(note)
    if isinstance(found, Refusal):
        return Unsigned(0, source)
    checkpoint, lines = found
    if not _own(checkpoint, lines, key):
        return Unsigned(checkpoint.size, source)
    return Anchor(checkpoint.size, checkpoint.root, source)


def _own(checkpoint: Checkpoint, lines: tuple[str, ...], key: bytes) -> bool:
    return is_signed(checkpoint, lines, Verifier(checkpoint.origin, key))
