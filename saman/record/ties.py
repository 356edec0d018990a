"""The ties that a person's care rests on, as the record keeps them for access."""

from __future__ import annotations

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Relation
from saman.record.grants import tie_of
from saman.record.record import Record

_TIES = """SELECT ground, person, kind, party, role, actor, topic, since, until FROM tie
WHERE person = $1 ORDER BY ground, party, role"""


async def ties(record: Record, person: str) -> tuple[Relation, ...] | Refusal:
    """All relations of the Patient with the id `person`, whoever holds them, also those that are over.

    For the system's own context only; the log says that the person was looked at.
    """
    if not record.context.is_system:
        return refused(Kind.FORBIDDEN, "forbidden", "Only the installation itself may ask for all ties of a person.")
    found = await record.read("Patient", person)
    if isinstance(found, Refusal):
        return found
    return tuple(map(tie_of, await record.store.pool.fetch(_TIES, person)))
