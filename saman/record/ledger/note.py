"""Checkpoints and cosignatures: https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note, https://c2sp.org/tlog-cosignature.

A checkpoint names a ledger, how many leaves it has, and their root. Whoever signs it has a name and an Ed25519 key.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from saman.kernel.outcome import Kind, Refusal, refused

SIGNATURE, COSIGNATURE = b"\x01", b"\x04"
"""The kinds of Ed25519 signatures: of a note, and of a checkpoint with the time at which it was seen."""

_DASH = "\u2014 "
MOST = 8192
"""Characters of a note."""


class Checkpoint(msgspec.Struct, frozen=True):
    """The state of a ledger: `size` leaves with this `root`."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


class Verifier(msgspec.Struct, frozen=True):
    """A public key under a name; written `name+keyid+key`, the key base64 with its kind before it."""

    name: str
    key: bytes
    kind: bytes = SIGNATURE

    @property
    def id(self) -> bytes:
        """The four bytes that signatures by this key begin with."""
        return sha256(self.name.encode() + b"\n" + self.kind + self.key).digest()[:4]

    def __str__(self) -> str:
        """As it is given to others."""
        return f"{self.name}+{self.id.hex()}+{b64encode(self.kind + self.key).decode()}"

    def checks(self, signature: bytes, text: bytes) -> bool:
        """Whether the 64 bytes are this key's signature of the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


def read_verifier(text: str) -> Verifier | Refusal:
    """A public key as it is written."""
    name, _, rest = text.strip().partition("+")
    id, _, coded = rest.partition("+")
    try:
        data = b64decode(coded, validate=True)
    except (NotBase64, ValueError):
        data = b""
    found = Verifier(name, data[1:], data[:1])
    if not name or len(data) != 33 or data[:1] not in (SIGNATURE, COSIGNATURE) or id != found.id.hex():
        return refused(Kind.INVALID, "value", "A public key is written name+id+key, as /ledger/key shows it.")
    return found


class Signer:
    """Signs in a name, with a key that never leaves this process."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self.name = name
        self._key = key
        self._public = key.public_key().public_bytes_raw()

    @property
    def verifier(self) -> Verifier:
        """The public key for checkpoints of its own ledger."""
        return Verifier(self.name, self._public)

    @property
    def cosigner(self) -> Verifier:
        """The public key for checkpoints that it has seen of others."""
        return Verifier(self.name, self._public, COSIGNATURE)

    def sign(self, checkpoint: Checkpoint) -> str:
        """The signed note."""
        signature = self._key.sign(checkpoint.body.encode())
        return f"{checkpoint.body}\n{_line(self.verifier, signature)}"

    def cosign(self, checkpoint: Checkpoint, seconds: int) -> str:
        """The line that says that this checkpoint was seen, and follows from all that were seen before."""
        signature = self._key.sign(_seen(checkpoint.body, seconds))
        return _line(self.cosigner, seconds.to_bytes(8, "big") + signature)


def _line(verifier: Verifier, signature: bytes) -> str:
    return f"{_DASH}{verifier.name} {b64encode(verifier.id + signature).decode()}\n"


def _seen(body: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{body}".encode()


def read_note(text: str) -> tuple[Checkpoint, tuple[str, ...]] | Refusal:
    """The checkpoint in a note and its lines of signatures, none of them checked."""
    body, parted, rest = text.rpartition("\n\n")
    lines = body.split("\n")
    try:
        root = b64decode(lines[2], validate=True)
        size = int(lines[1])
    except (IndexError, ValueError):
        root, size = b"", -1
    signed = tuple(f"{line}\n" for line in rest.splitlines())
    plain = len(lines) == 3 and len(root) == 32 and lines[1] == str(size) and size >= 0 and bool(lines[0])
    if not parted or not plain or len(text) > MOST or not all(line.startswith(_DASH) for line in signed):
        return refused(Kind.INVALID, "structure", "This is not a signed checkpoint.")
    return Checkpoint(lines[0], size, root), signed


def signature_of(verifier: Verifier, lines: tuple[str, ...]) -> bytes | None:
    """The bytes that the key of `verifier` has added, if it has."""
    for line in lines:
        name, _, coded = line.removeprefix(_DASH).rstrip("\n").rpartition(" ")
        try:
            data = b64decode(coded, validate=True)
        except (NotBase64, ValueError):
            continue
        if name == verifier.name and data[:4] == verifier.id:
            return data[4:]
    return None


def is_signed(checkpoint: Checkpoint, lines: tuple[str, ...], verifier: Verifier) -> bool:
    """Whether the ledger's own key has signed it."""
    signature = signature_of(verifier, lines)
    return signature is not None and verifier.checks(signature, checkpoint.body.encode())


def cosigned_at(checkpoint: Checkpoint, lines: tuple[str, ...], verifier: Verifier) -> int | None:
    """When the witness saw it, in seconds since 1970; None when it has not signed."""
    data = signature_of(verifier, lines) or b""
    seconds = int.from_bytes(data[:8], "big")
    return seconds if len(data) == 72 and verifier.checks(data[8:], _seen(checkpoint.body, seconds)) else None


def own_signer(name: str, file: Path) -> Signer | Refusal:
    """The signer with the key in `file`, which is made when there is none; refused when it is not a key."""
    if not file.exists():
        _keep(file, Ed25519PrivateKey.generate().private_bytes_raw())
    try:
        return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.read_text("ascii").strip())))
    except (OSError, ValueError):
        text = "The file that SAMAN_LEDGER_KEY names holds no key: 64 hexadecimal digits, readable by Saman alone."
        return refused(Kind.INVALID, "security", text, "SAMAN_LEDGER_KEY")


def _keep(file: Path, key: bytes) -> None:
    """Whole or not at all; of two processes that make one at the same time, one wins."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="ascii") as out:
        out.write(key.hex() + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(part, file)
    except FileExistsError:
        pass
    finally:
        part.unlink()
