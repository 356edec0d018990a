"""A dry run of rules on the people of this record: numbers of those about whom somebody would gain or lose sight."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import asyncpg
import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Assignment, Holder, Policy, Purpose, Relation, RelationKind
from saman.model.access.trial import Shift, shifts
from saman.model.fhir import resource_number
from saman.record.audit import Entry
from saman.record.grants import tie_of
from saman.record.record import Record

CHUNK = 500
"""Persons whose ties are held at a time."""

OFFICER = "data-protection-officer"

_PERSONS = """SELECT person, count(*) OVER () AS known FROM (SELECT DISTINCT person FROM relation) AS people
ORDER BY hashtextextended(person, 0) LIMIT $1"""
_TIES = """SELECT ground, person, kind, party, role, actor, topic, since, until FROM tie
WHERE person = ANY($1::text[]) ORDER BY person"""
_STAFF = """SELECT party, role, purpose FROM context WHERE kind = 'staff' AND actor = ''
UNION SELECT party, role, $1 FROM membership WHERE until > $2"""

_OWN = {
    RelationKind.SELF: (Holder.CITIZEN, Purpose.PATIENT_REQUEST),
    RelationKind.RELATIVE: (Holder.RELATIVE, Purpose.FAMILY_REQUEST),
    RelationKind.GUARDIAN: (Holder.RELATIVE, Purpose.FAMILY_REQUEST),
    RelationKind.MANDATE: (Holder.RELATIVE, Purpose.FAMILY_REQUEST),
}
"""As whom those ask who are tied to a person by name."""


class Trial(msgspec.Struct, frozen=True):
    """How many of the people in the record were looked at, and about how many of these each shift would happen."""

    persons: int
    known: int
    shifts: dict[Shift, int]


Progress = Callable[[int, int], None]


async def trial(
    record: Record, proposed: Policy, progress: Progress | None = None, most: int | None = None
) -> Trial | Refusal:
    """What would change if `proposed` were in force now; nothing is changed, and the answer names nobody.

    For the installation itself and data-protection officers. At most `most` people are looked at, the same ones each
    time and chosen evenly; `progress` hears of how many out of how many.
    """
    if not (record.context.is_system or record.context.role == OFFICER):
        return refused(Kind.FORBIDDEN, "forbidden", "Only a data-protection officer may try rules.")
    now, pool = record.context.now, record.store.pool
    await record.log(Entry(record.context, "E", resource_number("Consent"), query="trial"))
    staff = await pool.fetch(_STAFF, Purpose.TREATMENT.value, now)
    by_party: dict[str, list[Assignment]] = {}
    for one in staff:
        by_party.setdefault(one["party"], []).append(_staff(one))
    drawn = await pool.fetch(_PERSONS, most)
    persons = [row["person"] for row in drawn]
    found: Counter[Shift] = Counter()
    for start in range(0, len(persons), CHUNK):
        rows = await pool.fetch(_TIES, persons[start : start + CHUNK])
        for person, held in groupby(map(tie_of, rows), key=lambda one: one.person):
            ties = list(held)
            found.update(shifts(person, ties, _asking(ties, by_party), now, (record.store.policy, proposed)))
            await asyncio.sleep(0)  # others are served meanwhile
        if progress is not None:
            progress(min(start + CHUNK, len(persons)), len(persons))
    return Trial(len(persons), drawn[0]["known"] if drawn else 0, dict(found))


def _staff(row: asyncpg.Record) -> Assignment:
    return Assignment(number=0, kind=Holder.STAFF, purpose=row["purpose"], role=row["role"], party=row["party"])


def _asking(ties: Sequence[Relation], by_party: dict[str, list[Assignment]]) -> Iterator[Assignment]:
    for party in {one.party for one in ties}:
        yield from by_party.get(party, ())
    for kind, actor in {(one.kind, one.actor) for one in ties if one.kind in _OWN and one.actor}:
        holder, purpose = _OWN[kind]
        yield Assignment(number=0, kind=holder, purpose=purpose.value, actor=actor)
