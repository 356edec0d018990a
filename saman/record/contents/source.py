"""What a stored Binary holds, in pieces: as it is, or in base64 within the resource."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.contents.files import PIECE, Content, Contents
from saman.record.contents.marking import content_of, unmarked
from saman.record.rows import Resource


class Source(msgspec.Struct, frozen=True):
    """Where the bytes are: in a file, or in the row of a Binary that was stored before there were files."""

    resource: Resource
    inline: bytes
    content: Content | None
    contents: Contents | None

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.inline) if self.content is None else self.content.size

    async def read(self, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """`length` of them from `start` on."""
        if self.content is None or self.contents is None:
            yield self.inline[start : start + length]
            return
        async for piece in self.contents.read(self.content, start, length):
            yield piece

    def in_resource(self) -> tuple[int, AsyncGenerator[bytes, None]]:
        """The JSON of the Binary with its data: its length, and its pieces."""
        head, tail = json.encode({name: one for name, one in unmarked(self.resource).items() if name != "data"}), b""
        if self.size:
            head, tail = head[:-1] + b',"data":"', b'"}'
        return len(head) + -(-self.size // 3) * 4 + len(tail), self._in_base64(head, tail)

    async def _in_base64(self, head: bytes, tail: bytes) -> AsyncGenerator[bytes, None]:
        yield head
        waiting = b""
        async for piece in self.read(0, self.size):
            waiting += piece
            whole = len(waiting) - len(waiting) % 3
            if whole >= PIECE:
                yield b64encode(waiting[:whole])
                waiting = waiting[whole:]
        yield b64encode(waiting) + tail


def source_of(binary: Resource, contents: Contents | None) -> Source | Refusal:
    """The source of a stored Binary; refused when its file is not there."""
    content = content_of(binary)
    if content is not None and (contents is None or not contents.is_there(content)):
        text = "The content of this Binary cannot be read now. Try again soon."
        return refused(Kind.UNAVAILABLE, "transient", text, key="record.unavailable")
    return Source(binary, b64decode(binary.get("data", "")), content, contents)
