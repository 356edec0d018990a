"""Writes that ask whether the resource is there: `If-Match: *` and `If-None-Match: *` (RFC 9110, section 13.1)."""

from __future__ import annotations

from saman.kernel.outcome import Kind, Refusal
from saman.record.record import Record
from saman.record.refusals import conflict
from saman.record.stored import Written


async def expected_there(record: Record, type_name: str, id: str, *, there: bool) -> int | Refusal | None:
    """The version that a write is bound to, None for any; refused when the resource is not there, or is."""
    found = await record.read(type_name, id)
    if isinstance(found, Refusal) and found.kind not in (Kind.NOT_FOUND, Kind.GONE):
        return found
    if isinstance(found, Refusal) == there:
        return conflict()
    is_new = isinstance(found, Refusal) and found.kind is Kind.NOT_FOUND
    return 0 if is_new and record.context.is_system else None


def unless_made(result: Written | Refusal, expected: int | None) -> Written | Refusal:
    """The result of an update; that somebody else has just made the resource is a condition that does not hold."""
    is_there = expected == 0 and isinstance(result, Refusal) and result.kind is Kind.CONFLICT
    return conflict() if is_there else result
