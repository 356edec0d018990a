"""Witnesses: whoever keeps the checkpoints of a ledger elsewhere, so that it cannot be rewritten behind their back.

A witness takes a checkpoint only when it is proven to follow from the last one it took. Over HTTP this is
https://c2sp.org/tlog-witness, so that any such witness will do; another organisation's Saman is one (`witnessing.py`).
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import httpx
import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.ledger.note import Checkpoint, Verifier, cosigned_at, read_note
from saman.record.ledger.tree import proves_consistency

Prove = Callable[[int, int], Awaitable[list[bytes]]]
"""Gives the proof that so many leaves begin so many."""

TAIL = 65536
"""Bytes at the end of a witness's file in which its last checkpoint stands."""

FORKED = "ledger.forked"
"""The key of a witness's refusal because the ledger does not follow from what the witness has seen."""


class Witness(Protocol):
    """Somebody who keeps checkpoints."""

    @property
    def name(self) -> str:
        """Who it is."""
        ...

    async def add(self, checkpoint: Checkpoint, note: str, prove: Prove, now: datetime) -> str | Refusal:
        """Its line of signature, empty when it does not sign; refused with the key FORKED when it cannot follow."""
        ...


class Kept(msgspec.Struct, frozen=True):
    """One line of a witness's file."""

    at: datetime
    note: str


class FileWitness:
    """Keeps checkpoints in a file, best on a disk that belongs to others or cannot be written twice."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def name(self) -> str:
        """The file."""
        return f"file:{self._file}"

    @property
    def file(self) -> Path:
        """Where it keeps them."""
        return self._file

    async def add(self, checkpoint: Checkpoint, note: str, prove: Prove, now: datetime) -> str | Refusal:
        """Keep the checkpoint, durably, if it follows from the last one."""
        last = self.last()
        if last is not None:
            if last == checkpoint:
                return ""
            if not await _follows(last, checkpoint, prove):
                return forked(self.name)
        await asyncio.to_thread(self._append, msgspec.json.encode(Kept(now, note)) + b"\n")
        return ""

    def _append(self, line: bytes) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "wb") as out:
            out.write(b"\n" + line if self._is_torn() else line)
            out.flush()
            os.fsync(out.fileno())

    def _is_torn(self) -> bool:
        """Whether a crash has cut the last line."""
        size = self._file.stat().st_size
        with self._file.open("rb") as source:
            source.seek(max(0, size - 1))
            return size > 0 and source.read(1) != b"\n"

    def last(self) -> Checkpoint | None:
        """The checkpoint that it took last."""
        if not self._file.exists():
            return None
        with self._file.open("rb") as source:
            source.seek(max(0, self._file.stat().st_size - TAIL))
            found = list(_checkpoints(source.read().splitlines()))
        return found[-1] if found else None

    def all(self) -> Iterator[Checkpoint]:
        """All that it took, in order."""
        if self._file.exists():
            with self._file.open("rb") as source:
                yield from _checkpoints(source)


def _checkpoints(lines: Sequence[bytes] | Iterator[bytes]) -> Iterator[Checkpoint]:
    """What whole lines hold; the first and the last may be cut."""
    for line in lines:
        try:
            kept = msgspec.json.decode(line, type=Kept)
        except msgspec.DecodeError:
            continue
        found = read_note(kept.note)
        if not isinstance(found, Refusal):
            yield found[0]


async def _follows(last: Checkpoint, checkpoint: Checkpoint, prove: Prove) -> bool:
    if last.origin != checkpoint.origin or last.size > checkpoint.size:
        return False
    try:
        proof = await prove(last.size, checkpoint.size)
    except LookupError:
        return False
    return proves_consistency(last.size, checkpoint.size, (last.root, checkpoint.root), proof)


def forked(name: str) -> Refusal:
    """The refusal of a witness that has seen something else."""
    text = f"The ledger does not follow from what the witness {name} has seen of it. Run saman verify audit."
    return refused(Kind.CONFLICT, "conflict", text, key=FORKED)


class HttpWitness:
    """A witness at `url`, to which `/add-checkpoint` is added; `verifier` is its key for cosignatures."""

    def __init__(self, url: str, verifier: Verifier, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = f"{url.rstrip('/')}/add-checkpoint"
        self._verifier = verifier
        self._transport = transport
        self._seen = 0

    @property
    def name(self) -> str:
        """The name in its key."""
        return self._verifier.name

    async def add(self, checkpoint: Checkpoint, note: str, prove: Prove, now: datetime) -> str | Refusal:
        """Send the checkpoint with the proof from the last one; when it has seen another size, from that."""
        if self._seen > checkpoint.size:
            return forked(self.name)
        try:
            answer = await self._asked(checkpoint, note, prove)
        except httpx.HTTPError as error:
            return refused(Kind.UNAVAILABLE, "transient", f"{self.name} cannot be reached: {type(error).__name__}.")
        if isinstance(answer, Refusal):
            return answer
        if answer.status_code in (409, 422):
            return forked(self.name)
        if answer.status_code != 200:
            text = f"The witness {self.name} answered with status {answer.status_code}."
            return refused(Kind.UNAVAILABLE, "transient", text)
        return self._taken(checkpoint, answer.text)

    async def _asked(self, checkpoint: Checkpoint, note: str, prove: Prove) -> httpx.Response | Refusal:
        async with httpx.AsyncClient(transport=self._transport, timeout=10, follow_redirects=False) as client:
            answer = await self._send(client, checkpoint, note, prove)
            if answer.status_code == 409 and answer.text.strip().isdigit():
                self._seen = int(answer.text)
                if self._seen > checkpoint.size:
                    return forked(self.name)
                answer = await self._send(client, checkpoint, note, prove)
        return answer

    async def _send(self, client: httpx.AsyncClient, checkpoint: Checkpoint, note: str, prove: Prove) -> httpx.Response:
        proof = await prove(self._seen, checkpoint.size)
        head = [f"old {self._seen}", *(b64encode(one).decode() for one in proof)]
        return await client.post(self._url, content=("\n".join(head) + f"\n\n{note}").encode())

    def _taken(self, checkpoint: Checkpoint, answer: str) -> str | Refusal:
        lines = tuple(f"{line}\n" for line in answer.splitlines())
        if cosigned_at(checkpoint, lines, self._verifier) is None:
            return refused(Kind.UNAVAILABLE, "security", f"What {self.name} answered is not signed by its key.")
        self._seen = checkpoint.size
        return answer
