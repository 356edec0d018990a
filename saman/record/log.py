"""Who looked at a person's data: read through the database's own door, which shows a person's log to that person."""

from __future__ import annotations

from saman.record.audit import Logged
from saman.record.door import Door
from saman.record.fence import GATED, gate

LAST = 2**62
_ABOUT = gate(f"""SELECT entry, at, request, actor, role, party, purpose, action, type, id, version, person, outcome,
    ground, query, read, missed FROM audit_about($3::text, $4::bigint, $5::integer) WHERE {GATED}""")


async def log_of(door: Door, person: str, before: int = LAST, most: int = 500) -> tuple[Logged, ...]:
    """The entries about a person before an entry number, newest first; none when the context may not ask."""
    return tuple(Logged(*row) for row in await door.fetch(_ABOUT, person, before, most))
