"""Looks for words in what a search finds by everything else it asks, some resources at a time, in the order asked for.

Each is looked at as it is answered: inside both fences, as far as the scopes of an app go, without what people have
withheld (`Door.fetch`). What is not answered so is neither found nor counted by its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import search_parameters
from saman.record.cursor import Place
from saman.record.door import Door
from saman.record.search import crowd
from saman.record.search.asked import Clause, Query
from saman.record.search.order import place_of
from saman.record.search.ways import Frame
from saman.record.search.words import Sieve, is_worded, without_words
from saman.record.stored import stored

MOST_LOOKED = 20_000
"""Resources that are looked at for one page, one total or one end of a chain."""
MOST_NAMED = 1000
"""Resources with the words that a chain may lead to."""
AT_ONCE = 100


class Look:
    """Goes through what a search finds by all but words, from a place on, and gives what has the words."""

    def __init__(self, door: Door, query: Query, frame: Frame, place: Place | None = None) -> None:
        self._door, self._frame, self._place = door, frame, place
        self._sieve = Sieve(query.clauses)
        self._query = msgspec.structs.replace(without_words(query), count=AT_ONCE - 1)
        self._looked = 0
        self._until = None if door.seconds is None else monotonic() + door.seconds
        self.is_done = False

    async def more(self) -> Sequence[Any] | Refusal:
        """The next rows that have the words, perhaps none of many; `is_done` says when there are no others."""
        if self._looked >= MOST_LOOKED or (self._until is not None and monotonic() > self._until):
            return self._too_many()
        rows = await crowd.page_rows(self._door, self._query, self._frame, self._place)
        if isinstance(rows, Refusal):
            return rows
        self._looked += len(rows)
        self.is_done = len(rows) < AT_ONCE
        if rows:
            self._place = place_of(rows[-1])
        return [row for row in rows if self._sieve.lets(stored(row).resource())]

    def _too_many(self) -> Refusal:
        text = (
            f"Words are looked for in {MOST_LOOKED:,} resources at most, and not for long. "
            "Add a person, a code or a date, so that there are fewer to look at."
        )
        return refused(Kind.TOO_COSTLY, "too-costly", text, self._sieve.clauses[0].parameter.code)


def asks_for_words(query: Query) -> bool:
    """Whether a search asks its own type for words."""
    return any(map(is_worded, query.clauses))


async def page_rows(door: Door, query: Query, frame: Frame, place: Place | None) -> Sequence[Any] | Refusal:
    """The rows of a page and the one after it, from `place` on."""
    if not asks_for_words(query):
        return await crowd.page_rows(door, query, frame, place)
    look, found = Look(door, query, frame, place), list[Any]()
    while not look.is_done and len(found) <= query.count > 0:
        rows = await look.more()
        if isinstance(rows, Refusal):
            return rows
        found += rows
    return found[: query.count + 1]


async def count_words(door: Door, query: Query, frame: Frame) -> int | Refusal:
    """How many resources a search that asks for words finds."""
    look, total = Look(door, query, frame), 0
    while not look.is_done:
        rows = await look.more()
        if isinstance(rows, Refusal):
            return rows
        total += len(rows)
    return total


async def with_words_named(door: Door, query: Query, frame: Frame) -> Query | Refusal | None:
    """The end of a chain with the ids of what has its words in their place; None when nothing has."""
    if not asks_for_words(query):
        return query
    look, ids = Look(door, query, frame), list[str]()
    while not look.is_done:
        rows = await look.more()
        if isinstance(rows, Refusal):
            return rows
        ids += [row["id"] for row in rows]
        if len(ids) > MOST_NAMED:
            text = f"A chain leads to at most {MOST_NAMED} resources by words. Ask for rarer words, or more of them."
            return refused(Kind.TOO_COSTLY, "too-costly", text, "_content")
    plain, by_id = without_words(query), search_parameters(query.type)["_id"]
    return msgspec.structs.replace(plain, clauses=(*plain.clauses, Clause(by_id, "", tuple(ids)))) if ids else None
