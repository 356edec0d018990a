"""Runs a search: the page, what is included with it, the total if it was asked for, and the log of whom it showed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from saman.kernel.outcome import Refusal
from saman.model.fhir import resource_number
from saman.record.audit import Entry
from saman.record.context import Context
from saman.record.cursor import Place
from saman.record.fence import opening
from saman.record.search.query import Include, Query
from saman.record.search.statement import (
    Statement,
    include_statement,
    many_statement,
    search_statement,
    total_statement,
)
from saman.record.store import Store
from saman.record.stored import Page, Stored, stored

Rows = Sequence[asyncpg.Record]


async def find(store: Store, context: Context, query: Query, base: str) -> Page | Refusal:
    """One page. The answer is withheld until the log says who was shown."""
    place = store.seal.open(query.cursor, query.describe) if query.cursor else None
    if isinstance(place, Refusal):
        return place
    statement = search_statement(query, store.fence, context.now, base, place)
    if isinstance(statement, Refusal):
        return statement
    rows = await _fetch(store, context, statement)
    shown = rows[: query.count]
    total = await _total(store, context, query, base) if query.total else None
    if isinstance(total, Refusal):
        return total
    matches = tuple(stored(row) for row in shown)
    included = await _included(store, context, query.includes, shown) if query.includes and shown else ()
    await store.audit.write(*_entries(context, query, matches + included))
    more = len(rows) > query.count and shown
    return Page(matches, included, total, _next(store, query, shown[-1]) if more else None)


async def _fetch(store: Store, context: Context, statement: Statement) -> Rows:
    rows: Rows = await store.pool.fetch(statement.sql, *opening(context), *statement.values)
    return rows


async def _total(store: Store, context: Context, query: Query, base: str) -> int | Refusal:
    statement = total_statement(query, store.fence, context.now, base)
    if isinstance(statement, Refusal):
        return statement
    count: int = (await _fetch(store, context, statement))[0][0]
    return count


def _next(store: Store, query: Query, row: asyncpg.Record) -> str:
    values = dict(row)
    return store.seal.close(Place(values.get("place_moment"), values.get("place_text"), row["id"]), query.describe)


def _entries(context: Context, query: Query, shown: tuple[Stored, ...]) -> list[Entry]:
    persons: set[str | None] = {one.person for one in shown if one.person is not None}
    number = resource_number(query.type)
    return [Entry(context, "S", number, person=person, query=query.describe) for person in persons or {None}]


async def _included(store: Store, context: Context, includes: Sequence[Include], rows: Rows) -> tuple[Stored, ...]:
    keys: list[Any] = [[row[name] for row in rows] for name in ("shard", "type", "id")]
    targets: set[tuple[int, str]] = set()
    for include in includes:
        only = resource_number(include.target) if include.target else None
        found = await store.pool.fetch(
            include_statement(store.fence), *opening(context), *keys, include.parameter.number, only
        )
        targets |= {(row["target_type"], row["target"]) for row in found}
    targets -= {(row["type"], row["id"]) for row in rows}
    return await read_many(store, context, sorted(targets))


async def read_many(store: Store, context: Context, keys: Sequence[tuple[int, str]]) -> tuple[Stored, ...]:
    """The current versions of resources by type number and id, as far as the context may see them; not logged here."""
    shards = [store.mint.shard(id) for _, id in keys]
    types, ids = [kind for kind, _ in keys], [id for _, id in keys]
    rows = await store.pool.fetch(many_statement(store.fence), *opening(context), shards, types, ids)
    return tuple(stored(row) for row in rows)
