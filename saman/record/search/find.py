"""Runs a search: the page, what is included with it, the total if it was asked for, and the log of whom it showed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import asyncpg
import msgspec

from saman.kernel.outcome import Kind, Refusal
from saman.model.fhir import resource_number
from saman.record.audit import REFUSED, Entry, readings
from saman.record.context import Context
from saman.record.door import Door
from saman.record.limits import hurried
from saman.record.narrowing import within
from saman.record.search.asked import Query, alternatives
from saman.record.search.crowd import count_statement
from saman.record.search.filter.meaning import NAME as FILTER
from saman.record.search.identified import identified
from saman.record.search.including import Brought, included
from saman.record.search.looking import asks_for_words, count_words, page_rows
from saman.record.search.meant import meant
from saman.record.search.order import place_of
from saman.record.search.query import read_query
from saman.record.search.resolve import resolved
from saman.record.search.statement import asked_persons
from saman.record.search.ways import Frame
from saman.record.search.words import asks_words
from saman.record.stored import Page, stored
from saman.record.traffic import shown as showing

Rows = Sequence[asyncpg.Record]

TOO_COSTLY = (
    "This search takes the record too long. Ask about one person, for one code or identifier, since a date, "
    "or for fewer steps at once."
)

FEW = 10
"""People whom a chain may lead to before asking about them is a list, and no look at each."""


@hurried(lambda door, query, named=(): entries_of(door.context, query, (), named), TOO_COSTLY)
async def find(door: Door, query: Query, named: Sequence[str] = ()) -> Page | Refusal:
    """One page, or a refusal when the database takes too long for it; an open transaction goes on then.

    The answer is withheld until the log says who was shown. `named` are people whom it asks about by its address.
    """
    return await _found(door, query, list(named))


async def _found(door: Door, query: Query, named: list[str]) -> Page | Refusal:
    spelled = await spelled_out(door, query)
    narrowed = spelled if isinstance(spelled, Refusal) else within(spelled, door.context.narrowing)
    if isinstance(narrowed, Refusal):
        await door.log(*unanswered(door.context, query, narrowed, named))
        return narrowed
    query = narrowed
    place = door.store.seal.open(query.cursor, query.describe) if query.cursor else None
    if isinstance(place, Refusal):
        return place
    frame = frame_of(door)
    asked = await resolved(door, query, frame, named) if query.links or query.filters else query
    if asked is None or isinstance(asked, Refusal):
        await door.log(*unanswered(door.context, query, asked, named))
        return asked or Page((), total=0 if query.total else None)
    rows = await page_rows(door, asked, frame, place)
    if isinstance(rows, Refusal):
        return await _given_up(door, query, rows, named)
    shown = rows[: query.count]
    total = await _total(door, asked, frame) if query.total else None
    if isinstance(total, Refusal):
        return await _given_up(door, query, total, named)
    along = await included(door, query.includes, shown, frame) if query.includes and shown else Brought((), whole=True)
    await door.log(*entries_of(door.context, query, showing([*shown, *along.rows]), named))
    following = _next(door, query, shown[-1]) if shown and len(rows) > query.count else None
    return Page(tuple(map(stored, shown)), tuple(map(stored, along.rows)), total, following, along.whole)


async def _given_up(door: Door, query: Query, refusal: Refusal, named: Sequence[str]) -> Refusal:
    """The refusal, which is in the log where people were looked at before it came to it."""
    if refusal.kind is Kind.TOO_COSTLY:
        await door.log(*unanswered(door.context, query, refusal, named))
    return refusal


async def spelled_out(door: Door, query: Query) -> Query | Refusal:
    """The query with all codes and ids that its values stand for, as far as the caller sees what says so."""
    spelled = await meant(door, query, partial(_look, door))
    return spelled if isinstance(spelled, Refusal) else await identified(door, spelled, frame_of(door))


async def _look(door: Door, type_name: str, pairs: list[tuple[str, str]]) -> Page | Refusal:
    query = await door.store.parameters.read(pairs, lambda known: read_query(type_name, pairs, known=known))
    return query if isinstance(query, Refusal) else await find(door, query)


def unanswered(context: Context, query: Query, refusal: Refusal | None, named: Sequence[str] = ()) -> list[Entry]:
    """The log of a search that was refused, or that nothing can match."""
    entries = entries_of(context, query, (), named)
    return entries if refusal is None else [msgspec.structs.replace(one, outcome=REFUSED) for one in entries]


def frame_of(door: Door) -> Frame:
    """What the statements of a request have in common."""
    context, store = door.context, door.store
    return Frame(store.fence, store.mint, context.now, door.base, context.is_system, context.narrowing)


async def _total(door: Door, query: Query, frame: Frame) -> int | Refusal:
    if asks_for_words(query):
        return await count_words(door, query, frame)
    statement = count_statement(query, frame)
    if isinstance(statement, Refusal):
        return statement
    count: int = (await door.fetch(statement.sql, *statement.values, whom=statement.whom))[0][0]
    return count


def _next(door: Door, query: Query, row: asyncpg.Record) -> str:
    return door.store.seal.close(place_of(row), query.describe)


def entries_of(context: Context, query: Query, shown: Rows, named: Sequence[str] = ()) -> list[Entry]:
    """One for each person who was shown, and for the person who was asked about even when there was nothing to show.

    `named` are people who were asked about along a chain. Words that looked for somebody among all are told to nobody.
    """
    asked = asked_persons(query)
    plain = Entry(context, "S", resource_number(query.type), query=query.describe)
    found = readings(plain, (row for row in shown if row["person"] is not None))
    there = {one.person for one in found}
    about = dict.fromkeys([*asked, *named])
    found += [msgspec.structs.replace(plain, person=one) for one in about if one not in there]
    if any(_is_free(name) for name, _ in query.used):
        is_open = any(asks_words(name) for name, _ in query.used) and not about
        query = _unspoken(query)
        found = [_asking(one, query) if is_open or about.keys() - {one.person} else one for one in found]
    if len(asked) > 1:
        concerning = _criteria(query, frozenset(asked))
        found = [msgspec.structs.replace(one, query=concerning(one.person)) for one in found]
    if 0 < len(named) <= FEW:
        found = [_as_named(one, query.type) if one.person in named else one for one in found]
    return found or readings(plain, shown) or [plain]


def _is_free(name: str) -> bool:
    """Whether the value of a parameter is a text that may name anybody: a filter, or words."""
    return name == FILTER or asks_words(name)


def _unspoken(query: Query) -> Query:
    """The search without what its filters and words say."""
    used = tuple((name, "…" if _is_free(name) else value) for name, value in query.used)
    return msgspec.structs.replace(query, used=used)


def _asking(entry: Entry, query: Query) -> Entry:
    return msgspec.structs.replace(entry, query=query.describe)


def _as_named(entry: Entry, type_name: str) -> Entry:
    """The entry for somebody whom a chain asked about among few: as if they had been named."""
    code = "_id" if type_name == "Patient" else "patient"
    return msgspec.structs.replace(entry, query=f"{entry.query}&{code}={entry.person}")


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
