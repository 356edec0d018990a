"""Attachments within other resources: how large they may be, and which Binaries they may name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import resource_number
from saman.model.fhir.references import files
from saman.record.contents.files import MOST_ATTACHED
from saman.record.door import Door
from saman.record.narrow_reading import unnarrowed
from saman.record.pointing import place_of
from saman.record.reading import read_row
from saman.record.rows import Resource, Row

_BINARY = resource_number("Binary")


async def unattachable(door: Door, rows: Sequence[Row], resources: Sequence[Resource]) -> Refusal | None:
    """Why attachments are not taken: one is too large, or leads to a Binary that is not about the same person."""
    contents = door.store.contents
    most = MOST_ATTACHED if contents is None else contents.limits.attached
    beside = {row.id: row for row in rows if row.type == _BINARY and not row.removed}
    for row, resource in zip(rows, resources, strict=True):
        if row.removed or not (len(row.body) > most or "Binary/" in row.body):
            continue
        for one, path in files(resource):
            refusal = _too_large(one, path, most) or await _misleading(door, row, one, path, beside)
            if refusal is not None:
                return refusal
    return None


def _too_large(attachment: Resource, path: str, most: int) -> Refusal | None:
    data = attachment.get("data", "")
    if len(data) // 4 * 3 - data[-2:].count("=") <= most:
        return None
    text = f"At most {most} bytes fit here. Store the content as a Binary and name that in Attachment.url."
    return refused(Kind.UNPROCESSABLE, "too-long", text, f"{path}.data", "record.attachment")


async def _misleading(
    door: Door, row: Row, attachment: Resource, path: str, beside: Mapping[str, Row]
) -> Refusal | None:
    place = place_of({"reference": attachment.get("url")}, door.base)
    if place is None or place[0] != _BINARY:
        return None
    fitting = (row.person, None) if door.context.is_system else (row.person,)
    if place[1] in beside:
        fits = beside[place[1]].person in fitting
    else:
        there = await read_row(unnarrowed(door), "Binary", place[1])
        fits = door.context.is_system if there is None else not there["deleted"] and there["person"] in fitting
    if fits:
        return None
    text = "It names no Binary about the same person. Make one whose securityContext is that person first."
    return refused(Kind.UNPROCESSABLE, "business-rule", text, f"{path}.url", "record.attachment_url")
