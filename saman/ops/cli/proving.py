"""`saman verify proof`: check a proof that a person fetched from the own log. It needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.ledger.note import SIGNATURE, Verifier, read_verifier
from saman.record.ledger.proof_file import MOST_BYTES, check_proof, read_proofs

File = Annotated[Path, Parameter(name="FILE", help="The file that a person fetched.")]
Key = Annotated[str, Parameter(help="The public key of the ledger: a file, or the first line of its /ledger/key.")]


def verify_proof(file: File, /, *, key: Key) -> int | Refusal:
    """Prove that what stands in a file of proofs stands in the ledger that was signed with the key."""
    verifier = _key(key)
    if isinstance(verifier, Refusal):
        return verifier
    try:
        data = file.read_bytes() if file.stat().st_size <= MOST_BYTES else b""
    except OSError as error:
        return refused(Kind.NOT_FOUND, "not-found", f"The file cannot be read: {error.strerror}.", "file")
    found = read_proofs(data)
    if isinstance(found, Refusal):
        return found
    for one in found.entries:
        wrong = check_proof(one, verifier)
        if wrong is not None:
            return wrong
    print(f"Proven: {len(found.entries)} entries stand in the ledger of {verifier.name}.")  # noqa: T201
    for one in found.entries:
        print(f"{one.position}: {one.text or 'bound, and not shown in this file'}")  # noqa: T201
    return 0


def _key(text: str) -> Verifier | Refusal:
    place = Path(text)
    lines = place.read_text("utf-8", "replace") if len(text) < 200 and place.is_file() else text
    found = read_verifier(lines.strip().partition("\n")[0])
    if isinstance(found, Refusal) or found.kind == SIGNATURE:
        return found
    return refused(Kind.INVALID, "value", "Give the first line of /ledger/key; the second is for cosignatures.", "key")
