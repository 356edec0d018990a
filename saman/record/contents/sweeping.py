"""Removes contents that no version of any Binary has, some time after they came."""

from __future__ import annotations

import asyncio

from saman.model.fhir import resource_number
from saman.record.contents.files import Contents, came_before
from saman.record.door import Door
from saman.record.fence import GATED, gate

GRACE = 24 * 3600.0
"""Seconds that a content stays though no version has it: its row may still be on the way."""

_REFERRED = gate(
    " UNION ".join(
        f"SELECT substring(r.body from 'sha-256:([0-9a-f]{{64}});') AS digest FROM {table} r"
        f" WHERE {GATED} AND r.type = $3 AND NOT r.deleted"
        for table in ("resource", "history")
    )
)


async def sweep(door: Door, contents: Contents, now: float) -> int:
    """How many files were removed: contents that nothing refers to, and what was killed while it arrived.

    `door` is the system's; `now` is the time of the machine that keeps the files, in seconds.
    """
    assert door.context.is_system
    old = now - GRACE
    stale = await asyncio.to_thread(lambda: [file for file in contents.all() if came_before(file, old)])
    left = await asyncio.to_thread(lambda: [file for file in contents.unfinished() if came_before(file, old)])
    if stale:
        referred = {row["digest"] for row in await door.fetch(_REFERRED, resource_number("Binary"))}
        left += [file for file in stale if file.name not in referred]
    return await asyncio.to_thread(lambda: sum(contents.remove(file, old) for file in left))
