"""A Binary whose content comes as it is, piece by piece, and is never whole in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.change import ANY, Change, judged
from saman.record.contents.keeping import kept
from saman.record.outage import or_refusal
from saman.record.patching import is_overtaken
from saman.record.record import Record, first
from saman.record.rows import Resource, checked
from saman.record.stored import Written
from saman.record.writing import log_refused, row_of


@or_refusal
async def bring(
    record: Record, binary: Resource, expected: int | None, pieces: AsyncIterator[bytes | Refusal]
) -> Written | Refusal:
    """A new Binary, or with an `id` a new version at `expected` if given, that holds what `pieces` give.

    Whoever may not write it is refused before anything is taken in.
    """
    valid, contents = checked(binary), record.store.contents
    if isinstance(valid, Refusal):
        return valid
    if contents is None:
        return refused(Kind.MEDIA, "not-supported", "Send the Binary as FHIR JSON with its content as data.")
    id = valid.get("id", "")
    change = Change(valid, id, (ANY if expected is None else expected) if id else 0)
    fitting = await judged(record, change)
    fitting = fitting if isinstance(fitting, Refusal) else await kept(record, fitting)
    if isinstance(fitting, Refusal):
        row = row_of(record, change)
        await log_refused(record, [] if isinstance(row, Refusal) else [row])
        return fitting
    content = await contents.take_in(pieces)
    if isinstance(content, Refusal):
        return content
    change = msgspec.structs.replace(change, content=content)
    written = first(await record.commit([change]))
    if expected is not None or not is_overtaken(written):
        return written
    settled = await record.until_settled(lambda inner: inner.commit([change]))
    return first(settled)
