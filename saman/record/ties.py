"""The ties that a person's care rests on, as the record keeps them for access."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain, Relation
from saman.record.grants import tie_of
from saman.record.record import Record

_TIES = """SELECT ground, person, kind, party, role, actor, topic, since, until FROM tie
WHERE person = $1 ORDER BY ground, party, role"""

_OWN = """SELECT ground, person, kind, party, role, actor, topic, since, until FROM tie
WHERE actor = $1 AND person = $2 ORDER BY ground, kind"""
_OPEN_NOW = """SELECT domain, max(until) AS until FROM grants
WHERE context = $1 AND person = $2 AND since <= $3 AND until > $3 GROUP BY domain ORDER BY domain"""


async def ties(record: Record, person: str) -> tuple[Relation, ...] | Refusal:
    """All relations of the Patient with the id `person`, whoever holds them, also those that are over.

    For the system's own context only; the log says that the person was looked at.
    """
    if not record.context.is_system:
        return refused(Kind.FORBIDDEN, "forbidden", "Only the installation itself may ask for all ties of a person.")
    found = await record.read("Patient", person)
    if isinstance(found, Refusal):
        return found
    return tuple(map(tie_of, await record.store.statements.fetch(_TIES, person)))


class OwnTies(msgspec.Struct, frozen=True):
    """The ties of somebody close who asks, and for each kind of data that is open now until when (END: no end)."""

    ties: tuple[Relation, ...]
    open: Mapping[Domain, datetime]


async def own_ties(record: Record, person: str) -> OwnTies:
    """How the one who asks is tied to the Patient `person`, also what is over; about nobody else, so not logged."""
    context = record.context
    found = await record.store.statements.fetch(_OWN, context.actor, person)
    rows = await record.store.statements.fetch(_OPEN_NOW, context.number, person, context.now)
    return OwnTies(tuple(map(tie_of, found)), {Domain(row["domain"]): row["until"] for row in rows})
