"""What a Binary brings with it goes to the files before its row is written."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.contents.files import PIECE
from saman.record.contents.marking import marked, marks
from saman.record.door import Door
from saman.record.narrow_reading import unnarrowed
from saman.record.reading import read_row
from saman.record.redacting import whole

if TYPE_CHECKING:
    from saman.record.change import Change

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}"
_MEDIA_TYPE = re.compile(rf"{_WORD}/{_WORD}(?: ?; ?{_WORD}=(?:{_WORD}|\"[ !#-\[\]-~]{{0,80}}\")){{0,8}}")


def is_media_type(text: str) -> bool:
    """Whether `text` can stand in a header as Content-Type (https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1)."""
    return _MEDIA_TYPE.fullmatch(text) is not None


async def kept(door: Door, change: Change) -> Change | Refusal:
    """The change with its content on the disk and a mark in its place; others than Binaries as they are."""
    if change.type != "Binary" or change.remove:
        return change
    resource = change.resource
    if not is_media_type(resource["contentType"]):
        text = "Expected a media type such as application/pdf."
        return refused(Kind.UNPROCESSABLE, "value", text, "Binary.contentType", "record.media_type")
    if change.content is not None:
        return msgspec.structs.replace(change, resource=marked(resource, change.content))
    contents = door.store.contents
    if contents is None or "data" not in resource:
        return await _own_marks(door, change)
    content = await contents.take_in(_decoded(resource["data"]))
    return (
        content if isinstance(content, Refusal) else msgspec.structs.replace(change, resource=marked(resource, content))
    )


async def _decoded(data: str) -> AsyncIterator[bytes | Refusal]:
    text = "".join(data.split())
    for start in range(0, len(text), PIECE * 4 // 3):
        try:
            yield b64decode(text[start : start + PIECE * 4 // 3], validate=True)
        except ValueError:
            yield refused(Kind.UNPROCESSABLE, "value", "Expected data in base64.", "Binary.data")


async def _own_marks(door: Door, change: Change) -> Change | Refusal:
    """Marks are ours: a client may send back those that the Binary has, and no others."""
    sent = marks(change.resource)
    if sent:
        row = await read_row(unnarrowed(door), "Binary", change.id) if change.id else None
        if row is None or row["deleted"] or marks(whole(row)) != sent:
            text = "A Binary brings its content as data, or is sent as it is with its own Content-Type."
            return refused(Kind.UNPROCESSABLE, "business-rule", text, "Binary._data", "record.mark")
    return change
