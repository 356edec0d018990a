"""A client that knows just enough HTTP to ask, one after the other, over one connection."""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple, cast

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")


class Call(NamedTuple):
    """A request, and what a good answer to it is: its status, and how often some bytes stand in it."""

    method: str
    path: str
    status: int
    holds: bytes = b""
    times: int = 0
    body: bytes = b""
    headers: str = ""
    """Lines of their own, each ended."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    head: bytes
    body: bytes

    def field(self, name: str) -> str:
        """A field of the head, or nothing."""
        found = re.search(rb"(?i)\r\n" + name.encode() + rb": ([^\r]*)", self.head)
        return found[1].decode() if found else ""

    def is_good(self, call: Call) -> bool:
        """Whether it is what was asked for."""
        return self.status == call.status and (not call.holds or self.body.count(call.holds) == call.times)


class Client(asyncio.Protocol):
    """One connection that is kept; `credential` is a header line."""

    def __init__(self, credential: str) -> None:
        self._credential = credential
        self._transport: asyncio.Transport | None = None
        self._got = bytearray()
        self._length = -1
        self._answer: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take more of an answer, and hand it out when it is whole."""
        self._got += data
        if self._length < 0:
            end = self._got.find(_END)
            if end < 0:
                return
            self._length = end + len(_END) + _content_length(bytes(self._got[:end]))
        if len(self._got) >= self._length and self._answer is not None:
            whole, self._got, self._length = bytes(self._got), bytearray(), -1
            head, _, body = whole.partition(_END)
            self._answer.set_result(Answer(int(head[9:12]), head, body))
            self._answer = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for an answer waits no longer, and nobody begins to."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("The server hung up."))

    async def send(self, call: Call) -> Answer:
        """The answer to a call."""
        if self._transport is None:
            raise ConnectionResetError("The server hung up.")
        head = f"{call.method} {call.path} HTTP/1.1\r\nHost: bench\r\n{self._credential}\r\n{call.headers}"
        if call.body:
            kind = "" if call.headers else "Content-Type: application/fhir+json\r\n"
            head += f"{kind}Content-Length: {len(call.body)}\r\n"
        waiting = self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(head.encode() + b"\r\n" + call.body)
        return await waiting

    def close(self) -> None:
        """Give the connection up."""
        if self._transport is not None:
            self._transport.close()


def _content_length(head: bytes) -> int:
    found = _LENGTH.search(head)
    return int(found[1]) if found else 0


async def connect(port: int, credential: str) -> Client:
    """A client of the server on this machine."""
    _, client = await asyncio.get_running_loop().create_connection(lambda: Client(credential), "127.0.0.1", port)
    return client
