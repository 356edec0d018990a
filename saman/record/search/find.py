"""Runs a search: the page, what is included with it, the total if it was asked for, and the log of whom it showed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import msgspec

from saman.kernel.outcome import Refusal
from saman.model.fhir import resource_number
from saman.record.audit import REFUSED, Entry, readings
from saman.record.context import Context
from saman.record.cursor import Place
from saman.record.door import Door
from saman.record.narrowing import lets_row, within
from saman.record.search.query import Include, Query, alternatives
from saman.record.search.statement import (
    asked_persons,
    include_statement,
    many_statement,
    search_statement,
    total_statement,
)
from saman.record.search.ways import Frame
from saman.record.stored import Page, stored
from saman.record.traffic import shown as showing

Rows = Sequence[asyncpg.Record]


async def find(door: Door, query: Query) -> Page | Refusal:
    """One page. The answer is withheld until the log says who was shown."""
    narrowed = within(query, door.context.narrowing)
    if isinstance(narrowed, Refusal):
        await door.log(*(msgspec.structs.replace(one, outcome=REFUSED) for one in entries_of(door.context, query, ())))
        return narrowed
    query = narrowed
    place = door.store.seal.open(query.cursor, query.describe) if query.cursor else None
    if isinstance(place, Refusal):
        return place
    frame = frame_of(door)
    statement = search_statement(query, frame, place)
    if isinstance(statement, Refusal):
        return statement
    rows = await door.fetch(statement.sql, *statement.values)
    shown = rows[: query.count]
    total = await _total(door, query, frame) if query.total else None
    if isinstance(total, Refusal):
        return total
    included = await _included(door, query.includes, shown) if query.includes and shown else []
    await door.log(*entries_of(door.context, query, showing([*shown, *included])))
    following = _next(door, query, shown[-1]) if shown and len(rows) > query.count else None
    return Page(tuple(map(stored, shown)), tuple(map(stored, included)), total, following)


def frame_of(door: Door) -> Frame:
    """What the statements of a request have in common."""
    return Frame(door.store.fence, door.store.mint, door.context.now, door.base, door.context.is_system)


async def _total(door: Door, query: Query, frame: Frame) -> int | Refusal:
    statement = total_statement(query, frame)
    if isinstance(statement, Refusal):
        return statement
    count: int = (await door.fetch(statement.sql, *statement.values))[0][0]
    return count


def _next(door: Door, query: Query, row: asyncpg.Record) -> str:
    values = dict(row)
    place = Place(values.get("place_moment"), values.get("place_text"), row["id"])
    return door.store.seal.close(place, query.describe)


def entries_of(context: Context, query: Query, shown: Rows) -> list[Entry]:
    """One for each person who was shown, and for the person who was asked about even when there was nothing to show."""
    asked = asked_persons(query)
    plain = Entry(context, "S", resource_number(query.type), query=query.describe)
    found = readings(plain, (row for row in shown if row["person"] is not None))
    there = {one.person for one in found}
    found += [msgspec.structs.replace(plain, person=one) for one in dict.fromkeys(asked) if one not in there]
    if len(asked) > 1:
        concerning = _criteria(query, frozenset(asked))
        found = [msgspec.structs.replace(one, query=concerning(one.person)) for one in found]
    return found or readings(plain, shown) or [plain]


def _criteria(query: Query, asked: frozenset[str]) -> Callable[[str | None], str]:
    """The search as it concerns one of several people it names: who else was asked about is not theirs to read."""
    taken_apart = [
        (name, [(one, tail if (tail := _tail(one)) in asked else None) for one in alternatives(value)])
        for name, value in query.used
    ]

    def concerning(person: str | None) -> str:
        used = [
            (name, ",".join([one for one, of in values if of is None or of == person])) for name, values in taken_apart
        ]
        return msgspec.structs.replace(query, used=tuple(used)).describe

    return concerning


def _tail(value: str) -> str:
    """The id that a value ends in."""
    return value.rpartition("/")[2]


async def _included(door: Door, includes: Sequence[Include], rows: Rows) -> Rows:
    keys: list[Any] = [[row[name] for row in rows] for name in ("shard", "type", "id")]
    targets: set[tuple[int, str]] = set()
    for include in includes:
        only = resource_number(include.target) if include.target else None
        found = await door.fetch(include_statement(door.store.fence), *keys, include.parameter.number, only)
        targets |= {(row["target_type"], row["target"]) for row in found}
    targets -= {(row["type"], row["id"]) for row in rows}
    return await _many(door, sorted(targets)) if targets else []


async def _many(door: Door, keys: Sequence[tuple[int, str]]) -> Rows:
    shards = [door.store.mint.shard(id) for _, id in keys]
    types, ids = [kind for kind, _ in keys], [id for _, id in keys]
    rows = await door.fetch(many_statement(door.store.fence), shards, types, ids)
    return [row for row in rows if lets_row(door.context.narrowing, row, "rs")]
