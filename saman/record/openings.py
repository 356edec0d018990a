"""Openings that last, and which of a person's ties somebody is kept from. Nothing about anybody is shown by these."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import asyncpg
import msgspec

from saman.model.access.relation import EMERGENCY, HELD_BY
from saman.model.fhir import RESOURCE_TYPES, resource_name, resource_number
from saman.record.context import Context, system
from saman.record.fence import GATED, gate, opening
from saman.record.rows import numbers, person_shard, short_key
from saman.record.store import Store

_LASTING = """SELECT person, ground, topic, since, until FROM relation
WHERE actor = $1 AND party = $2 AND kind = 'opening' AND since <= $3 AND until > $3 ORDER BY until DESC, ground"""
_FENCED = "SELECT EXISTS (SELECT FROM grants WHERE context = $1 AND person = $2 AND fenced)"
_KEPT = gate(f"""SELECT r.type, r.id FROM resource r
    JOIN unnest($4::smallint[], $5::text[]) AS k(type, id) ON k.type = r.type AND k.id = r.id
    WHERE {GATED} AND r.shard = $3::smallint
      AND is_withheld($6::bigint, $7::timestamptz, $8::text, r.shard, r.type, r.id)""")
_ABOUT = gate(f"""SELECT r.person FROM resource r
    JOIN unnest($4::smallint[], $5::text[]) AS p(shard, person) ON p.shard = r.shard AND p.person = r.person
    WHERE {GATED} AND r.type = {resource_number("Task")} AND r.id = $3::text AND NOT r.deleted""")

_NUMBERED = gate(f"""SELECT DISTINCT t.id FROM token t
WHERE {GATED} AND t.type = $3::smallint AND t.param = ANY($4::smallint[]) AND t.code_key = $5::integer
  AND t.code = $6::text ORDER BY t.id LIMIT 3""")


class Lasting(msgspec.Struct, frozen=True):
    """An opening that lasts now: of which person, the id of its Task, from when until when.

    `holder` is the Organization whose data alone it opens, None when it opens all that is restricted; `emergency` says
    that it opens the person to somebody without a tie.
    """

    person: str
    id: str
    since: datetime
    until: datetime
    holder: str | None = None
    emergency: bool = False


async def lasting(store: Store, context: Context) -> tuple[Lasting, ...]:
    """The openings of the professional who asks, at her unit, that last now; the one that lasts longest first."""
    rows = await store.pool.fetch(_LASTING, context.actor, context.party, context.now)
    return tuple(map(_lasting, rows))


def _lasting(row: asyncpg.Record) -> Lasting:
    topic = row["topic"] or ""
    return Lasting(
        row["person"],
        row["ground"].removeprefix("Task/"),
        row["since"],
        row["until"],
        topic.removeprefix(HELD_BY) if topic.startswith(HELD_BY) else None,
        topic == EMERGENCY,
    )


async def opened_of_task(store: Store, context: Context, task: str, opened: Collection[Lasting]) -> Lasting | None:
    """The opening, among `opened`, of the person whom a Task is about."""
    if not opened:
        return None
    by_person = {one.person: one for one in opened}
    shards = [person_shard(person, store.mint) for person in by_person]
    whole = opening(system(context.now, context.request))
    found = await store.pool.fetchval(_ABOUT, *whole, task, shards, list(by_person))
    return by_person.get(found or "")


async def numbered(store: Store, context: Context, number: str) -> tuple[str, ...]:
    """The ids of the Patients who bear an identity number, whoever may see them; shown to nobody, so not logged."""
    whole = opening(system(context.now, context.request))
    wanted = (resource_number("Patient"), numbers("Patient", "identifier"), short_key(number), number)
    rows = await store.pool.fetch(_NUMBERED, *whole, *wanted)
    return tuple(row["id"] for row in rows)


async def kept_from(store: Store, context: Context, person: str, grounds: Collection[str]) -> frozenset[str]:
    """Those of `grounds` (`CareTeam/1`), which tie to a person, that the person has withheld from the context."""
    keys = [(kind, id) for kind, _, id in (one.partition("/") for one in grounds) if kind in RESOURCE_TYPES]
    if not keys or not await store.pool.fetchval(_FENCED, context.number, person):
        return frozenset()
    types, ids = [resource_number(kind) for kind, _ in keys], [id for _, id in keys]
    whole = opening(system(context.now, context.request))
    asker = (context.number, context.now, context.actor)
    rows = await store.pool.fetch(_KEPT, *whole, person_shard(person, store.mint), types, ids, *asker)
    return frozenset(f"{resource_name(row['type'])}/{row['id']}" for row in rows)
