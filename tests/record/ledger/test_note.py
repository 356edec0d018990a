"""Notes as the standards write them: an example of theirs, and whatever somebody may change in one."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from saman.kernel.outcome import Refusal
from saman.record.ledger.note import (
    COSIGNATURE,
    Checkpoint,
    Signer,
    Verifier,
    cosigned_at,
    is_signed,
    own_signer,
    read_note,
    read_verifier,
)

GO = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
"""The key and the note in the documentation of Go's golang.org/x/mod/sumdb/note."""
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="

SIZES = st.integers(0, 2**63 - 1)
ROOTS = st.binary(min_size=32, max_size=32)
SIGNER = Signer("log.example", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def test_another_implementations_signature_holds():
    verifier = read_verifier(GO)
    assert isinstance(verifier, Verifier)
    assert str(verifier) == GO
    data = b64decode(GO_SIGNATURE)
    assert data[:4] == verifier.id
    assert verifier.checks(data[4:], GO_TEXT.encode())
    assert not verifier.checks(data[4:], GO_TEXT.upper().encode())


@given(SIZES, ROOTS)
def test_a_checkpoint_is_read_as_it_was_signed(size, root):
    checkpoint = Checkpoint("log.example", size, root)
    read = read_note(SIGNER.sign(checkpoint))
    assert not isinstance(read, Refusal)
    assert read[0] == checkpoint
    assert is_signed(*read, SIGNER.verifier)
    assert not is_signed(*read, Verifier("log.example", bytes(32)))
    assert not is_signed(*read, SIGNER.cosigner)


@given(SIZES, ROOTS, st.integers(0, 2**40))
def test_a_cosignature_says_when_and_is_no_signature(size, root, seconds):
    checkpoint = Checkpoint("log.example", size, root)
    line = SIGNER.cosign(checkpoint, seconds)
    assert cosigned_at(checkpoint, (line,), SIGNER.cosigner) == seconds
    assert cosigned_at(Checkpoint("log.example", size, root[::-1] + b""), (line,), SIGNER.cosigner) is None or (
        root == root[::-1]
    )
    assert not is_signed(checkpoint, (line,), SIGNER.verifier)
    assert read_note(SIGNER.sign(checkpoint) + line) == (
        checkpoint,
        (SIGNER.sign(checkpoint).rpartition("\n\n")[2], line),
    )


@given(st.integers(0), SIZES, ROOTS)
def test_a_note_that_anybody_changes_does_not_hold(at, size, root):
    note = SIGNER.sign(Checkpoint("log.example", size, root)).encode()
    place, bit = divmod(at % (len(note) * 8), 8)
    changed = note[:place] + bytes([note[place] ^ 1 << bit]) + note[place + 1 :]
    text = changed.decode("utf-8", errors="replace")
    read = read_note(text)
    if not isinstance(read, Refusal):
        assert not is_signed(*read, SIGNER.verifier) or read[0] == Checkpoint("log.example", size, root)


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "a\n1\n", "a\n-1\nAA==\n\n", "a\n01\n" + b64encode(bytes(32)).decode() + "\n\n", "x" * 9000,
     "a\n1\n" + b64encode(bytes(31)).decode() + "\n\n", "a\n1\n" + b64encode(bytes(32)).decode() + "\n\nno dash\n"],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text):
    assert isinstance(read_note(text), Refusal)


@pytest.mark.parametrize("text", ["", "name", GO[:-4] + "AAAA", GO.replace("c74f", "c74e"), "+" + GO.partition("+")[2]])
def test_what_is_no_key_is_refused(text):
    assert isinstance(read_verifier(text), Refusal)


def test_a_key_is_made_once_and_kept_from_others(tmp_path: Path):
    file = tmp_path / "ledger" / "key"
    one, again = own_signer("a", file), own_signer("a", file)
    assert isinstance(one, Signer)
    assert isinstance(again, Signer)
    assert str(one.verifier) == str(again.verifier)
    assert one.cosigner.kind == COSIGNATURE
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["key"]
    file.write_text("no key")
    assert isinstance(own_signer("a", file), Refusal)
