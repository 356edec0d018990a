"""What would change for whom if a person said this, worked out on what the record holds of them now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import asyncpg

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Assignment, Holder, Item, Purpose, Relation, RelationKind
from saman.model.access.outlook import Change, Held, Present, what_would_change
from saman.model.fhir import resource_name, resource_number
from saman.record.audit import Entry
from saman.record.context import system
from saman.record.fence import GATED, gate, opening
from saman.record.grants import assignment_of, tie_of
from saman.record.hidden import said_of
from saman.record.record import Record
from saman.record.rows import person_shard

RELATED = frozenset({RelationKind.RELATIVE, RelationKind.GUARDIAN, RelationKind.MANDATE})
"""Ties of those close to a person, who are named one by one."""

MOST = 20_000
"""Resources about one person that are gone through; of more, the newest."""

_TIES = "SELECT ground, person, kind, party, role, actor, topic, since, until FROM tie WHERE person = $1"
_CONTEXTS = """SELECT number, kind, purpose, role, party, actor FROM context
WHERE kind = 'staff' AND actor = '' AND party = ANY($1::text[]) OR kind = 'relative' AND actor = ANY($2::text[])
UNION SELECT 0, 'staff', $3, m.role, m.party, '' FROM membership m
WHERE m.party = ANY($1::text[]) AND m.since <= $4 AND m.until > $4 AND NOT EXISTS (
    SELECT FROM context c
    WHERE c.kind = 'staff' AND c.actor = '' AND c.purpose = $3 AND c.role = m.role AND c.party = m.party)
ORDER BY number, party, role"""
_HELD = gate(f"""SELECT r.type, r.id, r.domain, r.sensitivity, r.holder, r.at, w.owner,
        least(r.updated, (SELECT min(h.updated) FROM history h
                          WHERE h.shard = r.shard AND h.type = r.type AND h.id = r.id)) AS recorded,
        ARRAY(SELECT f.target_type || '/' || f.target FROM reference f
              WHERE f.shard = r.shard AND f.type = r.type AND f.id = r.id AND f.target_type IS NOT NULL) AS related
    FROM resource r LEFT JOIN work w ON r.type = {resource_number("Task")} AND w.shard = r.shard AND w.id = r.id
    WHERE {GATED} AND r.shard = $3::smallint AND r.person = $4::text AND NOT r.deleted
    ORDER BY r.at DESC LIMIT {MOST}""")


async def outlook(record: Record, consent: Mapping[str, Any], actor: str = "") -> tuple[Change, ...] | Refusal:
    """For the citizen who asks: who would see less or more of her if she said what a valid `consent` says.

    Everybody counts who works in a unit with a tie to her, or has ever acted for one, and those she shares with;
    `actor` is a Practitioner to look at by name. Nothing is stored.
    """
    context = record.context
    subject = consent.get("patient", {}).get("reference", "")
    if not context.is_system and (context.kind != "citizen" or subject != context.actor):
        return refused(Kind.FORBIDDEN, "forbidden", "This is for the person it is about.", key="outlook.not-yours")
    person = subject.removeprefix("Patient/")
    present = await present_of(record, person)
    await record.log(Entry(context, "S", resource_number("Consent"), person=person, query="outlook"))
    return what_would_change(present, consent, record.store.policy, context.now, actor=actor)


async def present_for(record: Record, person: str, query: str) -> Present | Refusal:
    """What counts now about the citizen who asks, logged as `query`. Saman itself asks about any Patient id."""
    context = record.context
    if not context.is_system and (context.kind != Holder.CITIZEN.value or person):
        return refused(Kind.FORBIDDEN, "forbidden", "This is for the person it is about.", key="outlook.not-yours")
    person = person or context.actor.removeprefix("Patient/")
    present = await present_of(record, person)
    await record.log(Entry(context, "S", resource_number("Consent"), person=person, query=query))
    return present


async def present_of(record: Record, person: str) -> Present:
    """What counts now about a person. Not logged here."""
    store, now = record.store, record.context.now
    ties = [tie_of(row) for row in await store.statements.fetch(_TIES, person)]
    parties, actors = {one.party for one in ties if one.party}, {one.actor for one in ties if one.actor}
    care = Purpose.TREATMENT.value
    contexts = await store.statements.fetch(_CONTEXTS, sorted(parties), sorted(actors), care, now)
    acting = [assignment_of(row) for row in contexts]
    said = await said_of(store, person)
    rows = await store.statements.fetch(_HELD, *opening(system(now)), person_shard(person, store.mint), person)
    return Present(
        person=person,
        relations=ties,
        restrictions=said.restrictions,
        assignments=[*acting, *_relatives(ties, {one.actor for one in acting})],
        held=[Held(item=_item(row), work_of=(row["owner"] or "").removeprefix("Organization/")) for row in rows],
        parents=said.parents,
    )


def _relatives(ties: Iterable[Relation], known: Collection[str | None]) -> Iterator[Assignment]:
    """Those close to the person who have not signed in yet."""
    named = dict.fromkeys(one.actor for one in ties if one.kind in RELATED and one.actor not in known)
    for actor in filter(None, named):
        yield Assignment(number=0, kind=Holder.RELATIVE, purpose=Purpose.FAMILY_REQUEST.value, actor=actor)


def _item(row: asyncpg.Record) -> Item:
    level, *codes = row["sensitivity"].split()
    related = (one.partition("/") for one in row["related"])
    return Item(
        key=f"{resource_name(row['type'])}/{row['id']}",
        domain=row["domain"],
        level=level,
        codes=frozenset(codes),
        holder=row["holder"],
        at=row["at"],
        recorded=row["recorded"],
        related=frozenset(f"{resource_name(int(kind))}/{id}" for kind, _, id in related),
    )
