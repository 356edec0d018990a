"""Brings together what an operation about codes needs, as far as the caller may see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from saman.apps.fhir_api.call import Call
from saman.kernel.outcome import Refusal
from saman.model.fhir.terminology import Library, Need
from saman.record import Record
from saman.record.terms import MOST_VERSIONS, read
from saman.record.terms import gather as gathered

__all__ = ["MOST_VERSIONS", "gather", "instance"]


async def gather(record: Record, library: Library, needed: Iterable[Need]) -> Refusal | None:
    """Put into `library` all that is needed, and what that leads to; refused when it is too much."""
    return await gathered(record, record.search, library, needed)


async def instance(call: Call) -> Any | Refusal:
    """The resource that the call is addressed to, made ready, as far as the caller may see it."""
    found = await call.record.read(call.type, call.id)
    return found if isinstance(found, Refusal) else await read(found)
