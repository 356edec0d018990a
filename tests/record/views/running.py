"""Short views and their rows."""

from __future__ import annotations

from typing import Any

from saman.kernel.outcome import Refusal
from saman.record import Record
from saman.record.views import PACE, Pace, View, read_view, run_view


def column(path: str, type: str = "", name: str = "x", **more: Any) -> dict[str, Any]:
    return {"name": name, "path": path} | ({"type": type} if type else {}) | more


def definition(resource: str, *columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "ViewDefinition", "resource": resource, "select": [{"column": list(columns)}]} | more


def view(resource: str, *columns: dict[str, Any], **more: Any) -> View:
    found = read_view(definition(resource, *columns, **more))
    assert not isinstance(found, Refusal), found
    return found


async def rows(record: Record, wanted: View, pace: Pace = PACE) -> list[tuple[Any, ...]] | Refusal:
    """All rows, or the Refusal that came instead."""
    found: list[tuple[Any, ...]] = []
    async for batch in run_view(record, wanted, pace):
        if isinstance(batch, Refusal):
            return batch
        assert batch
        assert len(batch) <= pace.batch
        found += batch
    return found


async def values(record: Record, wanted: View) -> list[Any]:
    """The only column of each row, sorted by its text."""
    found = await rows(record, wanted)
    assert not isinstance(found, Refusal), found
    return sorted((row[0] for row in found), key=repr)
