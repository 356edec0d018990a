"""Runs a view: its rows in batches, each of which the log knows of before it is given out.

The rows come over a cursor of one read-only transaction, so that they are those of one moment and never all in memory.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import resource_number
from saman.record.audit import REFUSED, Entry, readings
from saman.record.database import Connection, Rows
from saman.record.door import Door
from saman.record.fence import enter, opening
from saman.record.narrow_reading import allowed
from saman.record.narrowing import insufficient
from saman.record.outage import OUTAGES, outage
from saman.record.redacting import redacted
from saman.record.rows import person_shard
from saman.record.stored import stored
from saman.record.traffic import shown
from saman.record.views.columns import Output
from saman.record.views.tree import MAX_REPEATED
from saman.record.views.view import ALL, Only, View, over_texts, pointing, statement

Row = tuple[Any, ...]
"""Values in the order of the view's columns: str, bool, int, Decimal, None, and JSON values of columns of type json."""

OF_RESOURCE = 4
"""How many columns before the view's own say which resource a row is from."""

TEXTS = 100
"""How many resources that point to others go through the database once more at a time."""

_MORE = re.compile(r"more than ([0-9]+) at ([0-9]+): ")
_COSTLY = (asyncpg.QueryCanceledError, asyncpg.ProgramLimitExceededError)


class Pace(msgspec.Struct, frozen=True):
    """How a run goes: rows in a batch and seconds that the database may take for each; `most` rows, 0 for all."""

    batch: int = 1000
    seconds: int = 60
    most: int = 0


PACE = Pace()


async def run_view(
    door: Door, view: View, pace: Pace = PACE, only: Only = ALL
) -> AsyncGenerator[list[Row] | Refusal, None]:
    """The rows that the context may see, in batches; a Refusal is the last that comes.

    Refused for apps whose scopes do not let them search all resources of the type. Rows of deleted resources are left
    out. Order is that of the database. Who leaves early closes it (`contextlib.aclosing`), for it holds a connection.
    """
    entry = Entry(door.context, "S", resource_number(view.resource), query=view.described)
    try:
        if not allowed(door, view.resource, "s", whole=True):
            await door.log(msgspec.structs.replace(entry, outcome=REFUSED))
            yield insufficient()
            return
        await door.log(entry)
        async with reading(door, pace) as inside, aclosing(_batches(inside, view, pace, only)) as batches:
            async for rows in _up_to(pace.most, batches):
                yield await _told(door, view, entry, rows)
    except OUTAGES as error:
        yield outage(error)
    except (asyncpg.DataError, *_COSTLY) as error:
        yield _unfit(error, view)


def only_of(door: Door, persons: Iterable[str] | None, since: datetime | None) -> Only:
    """The part of a view that is about these people (None: about everybody), of what was changed after `since`."""
    if persons is None:
        return Only(since=since)
    named = tuple(dict.fromkeys(persons))
    return Only(named, tuple(person_shard(one, door.store.mint) for one in named), since)


@asynccontextmanager
async def reading(door: Door, pace: Pace) -> AsyncIterator[Door]:
    """A way in whose statements all see one moment, can change nothing, and go along indexes."""
    async with (
        door.store.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await enter(connection, door.context)
        await connection.execute(f"SET LOCAL statement_timeout = {int(pace.seconds * 1000)}")
        await connection.execute("SET LOCAL enable_seqscan = off")
        yield Door(door.store, door.context, door.base, connection)


async def _up_to(most: int, batches: AsyncIterator[Rows]) -> AsyncIterator[Rows]:
    """The first `most` rows, all when that is 0."""
    left = most
    async for rows in batches:
        yield rows[:left] if most else rows
        left -= len(rows)
        if most and left <= 0:
            return


async def _batches(door: Door, view: View, pace: Pace, only: Only) -> AsyncGenerator[Rows, None]:
    assert door.connection is not None
    fence, given = door.store.fence, (door.base, *view.values)
    sql, asked = statement(view, fence, only), (*opening(door.context), *given, *only.values)
    async for rows in _fetched(door.connection, pace.batch, sql, *asked):
        yield rows
    if door.context.is_system:
        return
    sql, asked = pointing(view, fence, only), (*opening(door.context), *only.values)
    async for some in _fetched(door.connection, TEXTS, sql, *asked):
        bodies = await redacted(some, door.base, door.store.mint, door.fetch)
        texts = [(one["id"], one["version"], one["person"], one["ground"], stored(one).text()) for one in bodies]
        yield await door.connection.fetch(
            over_texts(view), *opening(door.context), *given, *map(list, zip(*texts, strict=True))
        )


async def _fetched(connection: Connection, many: int, sql: str, *values: Any) -> AsyncIterator[Rows]:
    """The rows of a statement, so many at a time."""
    cursor = await connection.cursor(sql, *values)
    while rows := await cursor.fetch(many):
        yield rows


async def _told(door: Door, view: View, entry: Entry, rows: Rows) -> list[Row]:
    """The view's own part of the rows, once the log says whose resources they are made from."""
    resources = _resources(rows, entry.type)
    people = [one for one in resources if one["person"] is not None]
    await door.log(*readings(entry, shown(people or resources)))
    return [
        tuple(_value(column, value) for column, value in zip(view.columns, tuple(row)[OF_RESOURCE:], strict=True))
        for row in rows
    ]


def _resources(rows: Rows, type_number: int) -> list[dict[str, Any]]:
    """The resources behind the rows, each once."""
    found = {row[0]: row for row in rows}
    return [
        {"type": type_number, "id": row[0], "version": row[1], "person": row[2], "ground": row[3]}
        for row in found.values()
    ]


def _value(column: Output, value: Any) -> Any:
    if column.kind == "json":
        return None if value is None else json.decode_kept(value)
    if column.collection:
        return [_single(column, one) for one in value]
    return _single(column, value)


def _single(column: Output, value: Any) -> Any:
    return int(value) if column.kind == "integer" and value is not None else value


def _unfit(error: Exception, view: View) -> Refusal:
    """What the database could not work out, without the value over which it stumbled."""
    if isinstance(error, _COSTLY):
        text = "The view takes too long or is too large. Ask for fewer columns, or for less at once."
        return refused(Kind.TOO_COSTLY, "too-costly", text, "ViewDefinition")
    more = _MORE.search(str(error))
    if more:
        text = "There are several values where one is expected. Take first(), a forEach, or collection for a column."
        if more[1] != "1":
            text = f"A repeat may go through {MAX_REPEATED} elements of one resource, and not as deep as this."
        return refused(Kind.UNPROCESSABLE, "processing", text, view.places[int(more[2])])
    text = "A value does not have the form that its type says, or a calculation goes beyond all numbers."
    return refused(Kind.UNPROCESSABLE, "processing", text, "ViewDefinition")
