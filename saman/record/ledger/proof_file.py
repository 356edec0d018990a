"""A file that proves that entries of the log stand in the ledger, to be checked without a database and without us.

The leaf of an entry is SHA-256 of a zero byte and its commitment, and the commitment SHA-256 of salt and text; `path`
leads to the root in the signed checkpoint (RFC 9162, section 2.1.3). Where the reader may not be told all that stands
in an entry, salt and text are left out: the commitment binds whoever keeps the log to them all the same.
"""

from __future__ import annotations

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.ledger.note import Verifier, is_signed, read_note
from saman.record.ledger.proofs import Inclusion
from saman.record.ledger.tree import commitment, leaf_hash, proves_inclusion

FORM = "saman-proof-1"
MOST_BYTES = 5_000_000


class Proven(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry; hashes and salt in hexadecimal digits, `checkpoint` is the signed note."""

    position: int
    commitment: str
    path: tuple[str, ...]
    checkpoint: str
    salt: str = ""
    text: str = ""


class ProofFile(msgspec.Struct, frozen=True):
    """The whole file."""

    form: str
    entries: tuple[Proven, ...]


def proven(found: Inclusion, *, told: bool) -> Proven:
    """The proof of one entry; with its text when its reader may be `told` all of it."""
    bound = commitment(found.salt, found.text.encode()).hex()
    path = tuple(one.hex() for one in found.path)
    if not told:
        return Proven(found.position, bound, path, found.note)
    return Proven(found.position, bound, path, found.note, found.salt.hex(), found.text)


def read_proofs(data: bytes) -> ProofFile | Refusal:
    """The file that `data` is; refused when it is none."""
    try:
        found = msgspec.json.decode(data, type=ProofFile)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _wrong("This is not a file of proofs.")
    if found.form != FORM or not found.entries:
        return _wrong("This is not a file of proofs.")
    return found


def check_proof(one: Proven, key: Verifier) -> Refusal | None:
    """Why a proof does not hold; None when it does."""
    note = read_note(one.checkpoint)
    if isinstance(note, Refusal):
        return note
    checkpoint, lines = note
    if not is_signed(checkpoint, lines, key):
        return _wrong("The checkpoint is not signed with this key.")
    try:
        bound, path = bytes.fromhex(one.commitment), [bytes.fromhex(step) for step in one.path]
        salt = bytes.fromhex(one.salt)
    except ValueError:
        return _wrong("The proof is damaged.")
    if one.text and commitment(salt, one.text.encode()) != bound:
        return _wrong("The text is not what was logged.")
    if not proves_inclusion(leaf_hash(bound), one.position, checkpoint.size, path, checkpoint.root):
        return _wrong("The entry does not stand in the ledger that was signed.")
    return None


def _wrong(text: str) -> Refusal:
    return refused(Kind.INVALID, "invalid", text, "proof")
