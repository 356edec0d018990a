"""What is withheld of a person from a context: asked where the law lets somebody know that there is something."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from saman.model.access import Restriction
from saman.record.context import Context, system
from saman.record.fence import GATED, gate, opening
from saman.record.restriction import parents, restrictions_of
from saman.record.rows import person_shard
from saman.record.store import Store

_FENCED = "SELECT EXISTS (SELECT FROM grants WHERE context = $1 AND person = $2 AND fenced)"
_HIDDEN = gate(f"""SELECT r.domain, r.holder, count(*) AS many FROM resource r
    WHERE {GATED} AND r.shard = $3::smallint AND r.person = $4::text AND NOT r.deleted
      AND EXISTS (SELECT FROM grants g WHERE g.context = $5::bigint AND g.person = r.person AND g.domain = r.domain
                  AND g.since <= $6::timestamptz AND g.until > $6::timestamptz)
      AND is_withheld($5::bigint, $6::timestamptz, $7::text, r.shard, r.type, r.id)
    GROUP BY r.domain, r.holder ORDER BY r.domain, r.holder""")


class Said(msgspec.Struct, frozen=True):
    """Everything that a person has restricted, and the Organization that each Organization is part of."""

    restrictions: tuple[Restriction, ...]
    parents: Mapping[str, str]


async def said_of(store: Store, person: str) -> Said:
    """What restrictions there are of a person, for explaining decisions. Not logged here."""
    return Said(tuple(await restrictions_of(store.statements, [person])), await parents(store.statements))


class Hidden(msgspec.Struct, frozen=True):
    """How many resources of a kind of data (a Domain) and of one holder (an Organization id, or '') are withheld."""

    domain: int
    holder: str
    many: int


async def hidden_of(store: Store, context: Context, person: str) -> tuple[Hidden, ...]:
    """What the context would see of a person and does not, because the person has restricted it. Not logged here."""
    if not await store.statements.fetchval(_FENCED, context.number, person):
        return ()
    whole = opening(system(context.now, context.request))
    shard = person_shard(person, store.mint)
    rows = await store.statements.fetch(_HIDDEN, *whole, shard, person, context.number, context.now, context.actor)
    return tuple(Hidden(row["domain"], row["holder"], row["many"]) for row in rows)
