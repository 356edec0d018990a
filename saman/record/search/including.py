"""What matches bring along (https://hl7.org/fhir/R4/search.html#include): what they lead to, and what leads to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import asyncpg

from saman.model.fhir import resource_number
from saman.record.door import Door
from saman.record.fence import GATED, Fence, gate
from saman.record.narrowing import lets_row
from saman.record.rows import PATIENT, short_key, subject_of
from saman.record.search.asked import Include
from saman.record.search.canonicals import leading_to_definitions, led_to_definitions
from saman.record.search.statement import COLUMNS, many_statement
from saman.record.search.ways import Frame

Rows = Sequence[asyncpg.Record]
Key = tuple[int, str]

MOST = 1000
"""Resources that one page brings along."""
_OF = f"""({{0}}::smallint[] IS NULL OR y.param = ({{0}}::smallint[])[1]
    OR y.param = ({{0}}::smallint[])[2] AND y.target_type = {PATIENT})"""
MOST_ROUNDS = 8
"""How often `:iterate` goes on from what was brought along."""


class Brought(NamedTuple):
    """What came along; `whole` is false when there was more than a page takes."""

    rows: Rows
    whole: bool


async def included(door: Door, includes: Sequence[Include], matches: Rows, frame: Frame) -> Brought:
    """What the includes bring along with `matches`, each once and none that is a match itself."""
    known = {_key(row) for row in matches}
    found: list[asyncpg.Record] = []
    last: Rows = matches
    for turn in range(MOST_ROUNDS):
        following = [one for one in includes if one.iterate or turn == 0]
        last = [row for row in await _round(door, following, last, known, frame) if not _is_known(row, known)]
        found += last
        if not last or len(found) > MOST:
            return Brought(found[:MOST], whole=not last)
    return Brought(found, whole=False)


def _key(row: asyncpg.Record) -> Key:
    return row["type"], row["id"]


def _is_known(row: asyncpg.Record, known: set[Key]) -> bool:
    """Whether a row has been met; it is from now on."""
    before = len(known)
    known.add(_key(row))
    return len(known) == before


async def _round(door: Door, includes: Sequence[Include], rows: Rows, known: set[Key], frame: Frame) -> Rows:
    """What all includes bring along with `rows`, as far as a page takes it."""
    targets: set[Key] = set()
    found: dict[Key, asyncpg.Record] = {}
    for one in includes:
        if not one.back:
            targets |= await _led_to(door, one, rows)
            targets |= await led_to_definitions(door, one, rows, frame)
        elif len(found) <= MOST:
            leading = [*await _leading_here(door, one, rows), *await _defining_here(door, one, rows, frame)]
            found |= {_key(row): row for row in leading if _key(row) not in known}
    wanted = sorted(targets - known)[: MOST + 1]
    return [*found.values(), *(await many(door, wanted) if wanted else ())]


async def _led_to(door: Door, include: Include, rows: Rows) -> set[Key]:
    """Where the references of `rows` lead."""
    own = resource_number(include.source) if include.source else None
    from_here = [row for row in rows if own in (None, row["type"])]
    keys: list[Any] = [[row[name] for row in from_here] for name in ("shard", "type", "id")]
    only = resource_number(include.target) if include.target else None
    numbers = _numbers(include)
    found = await door.fetch(_led_to_sql(door.store.fence), *keys, numbers, only) if from_here else ()
    return {(row["target_type"], row["target"]) for row in found}


async def _leading_here(door: Door, include: Include, rows: Rows) -> Rows:
    """What refers to `rows`, the newest of each first."""
    wanted = resource_number(include.target) if include.target else None
    here = [row for row in rows if wanted in (None, row["type"])]
    keys = [short_key(row["id"]) for row in here], [row["type"] for row in here], [row["id"] for row in here]
    source = resource_number(include.source) if include.source else None
    numbers = _numbers(include)
    found = await door.fetch(_leading_sql(door.store.fence), *keys, source, numbers) if here else ()
    return [row for row in found if lets_row(door.context.narrowing, row, "rs")]


async def _defining_here(door: Door, include: Include, rows: Rows, frame: Frame) -> Rows:
    found = await leading_to_definitions(door, include, rows, frame)
    return [row for row in found if lets_row(door.context.narrowing, row, "rs")]


def _numbers(include: Include) -> list[int] | None:
    """The parameter, with the one its Patients stand under too; None for all."""
    if include.parameter is None:
        return None
    subject = subject_of(include.source, include.parameter.code)
    return [include.parameter.number, include.parameter.number if subject is None else subject]


async def many(door: Door, keys: Sequence[Key]) -> Rows:
    """The resources with these types and ids, as far as the caller sees them."""
    shards = [door.store.mint.shard(id) for _, id in keys]
    types, ids = [kind for kind, _ in keys], [id for _, id in keys]
    rows = await door.fetch(many_statement(door.store.fence), shards, types, ids)
    return [row for row in rows if lets_row(door.context.narrowing, row, "rs")]


@cache
def _led_to_sql(fence: Fence) -> str:
    """Targets from resources with shards $3, types $4, ids $5; of parameters $6 and target type $7 when given."""
    return gate(f"""SELECT DISTINCT x.target_type, x.target
        FROM unnest($3::smallint[], $4::smallint[], $5::text[]) AS k(s, t, d)
        CROSS JOIN LATERAL (
            SELECT y.* FROM reference y WHERE y.shard = s AND y.type = t AND y.id = d
              AND {_OF.format("$6")} OFFSET 0
        ) AS x
        WHERE {GATED} AND x.target_type IS NOT NULL
          AND ($7::smallint IS NULL OR x.target_type = $7) AND {fence.exists("x", "reference")}""")


@cache
def _leading_sql(fence: Fence) -> str:
    """Resources that refer to those with keys $3, types $4, ids $5; of type $6 and by parameters $7 when given."""
    return gate(f"""SELECT DISTINCT ON (r.type, r.id) {COLUMNS}, seen.ground, seen.fenced
        FROM unnest($3::integer[], $4::smallint[], $5::text[]) AS k(h, t, d)
        CROSS JOIN LATERAL (
            SELECT y.* FROM reference y
            WHERE y.target_key = k.h AND y.target_type = k.t AND y.target = k.d
              AND ($6::smallint IS NULL OR y.type = $6) AND {_OF.format("$7")}
              AND {fence.exists("y", "reference")}
            ORDER BY y.at DESC LIMIT {MOST + 1}
        ) AS x
        CROSS JOIN LATERAL (
            SELECT z.* FROM resource z WHERE z.shard = x.shard AND z.type = x.type AND z.id = x.id OFFSET 0
        ) AS r {fence.join("r", "x")}
        WHERE {GATED} AND NOT r.deleted AND {fence.holds("r")} LIMIT {MOST + 1}""")
