"""Chains to people who are many: what is newest of all is held against the chain, or each person is asked for theirs.

Whoever looks for the newest of half of all people finds them among the newest of all. Where those who have what is
asked for are others, everything would be gone through to find that out. So only some of the newest are looked at; if
they do not fill the page, everybody whom the chain leads to is asked for theirs, which costs what there are people and
not what there is about them. Both ways come to the same rows in the same order.
"""

from __future__ import annotations

import msgspec

from saman.kernel.outcome import Refusal
from saman.record.cursor import Place
from saman.record.database import Rows
from saman.record.door import Door
from saman.record.fence import GATED, gate
from saman.record.narrowing import let
from saman.record.search.asked import Link, Query
from saman.record.search.order import by_time
from saman.record.search.statement import Builder, Statement, counted, paged, search_statement, total_statement
from saman.record.search.ways import ABOUT_SEVERAL, SUBJECTS, Frame

LOOKED_AT = 50
"""Rows that are looked at for each that a page takes."""


async def page_rows(door: Door, query: Query, frame: Frame, place: Place | None) -> Rows | Refusal:
    """The rows of one page, and one more if there is any."""
    if not is_crowd(query, frame):
        return await _asked(door, search_statement(query, frame, place))
    most = LOOKED_AT * (query.count + 1)
    rows = await _asked(door, stretch_statement(query, frame, place, most))
    if isinstance(rows, Refusal) or len(rows) > query.count:
        return rows
    further = await _asked(door, further_statement(query, frame, place, most))
    if isinstance(further, Refusal) or not further:
        return further if isinstance(further, Refusal) else rows
    return await _asked(door, among_statement(query, frame, place))


async def _asked(door: Door, statement: Statement | Refusal) -> Rows | Refusal:
    return (
        statement
        if isinstance(statement, Refusal)
        else await door.fetch(statement.sql, *statement.values, whom=statement.whom)
    )


def is_crowd(query: Query, frame: Frame) -> bool:
    """Whether a search goes through all of a type, or of a code, for people to whom a chain leads and whose it is."""
    if frame.is_system or query.filters or query.within or len(query.links) != 1 or not by_time(query):
        return False
    (link,) = query.links
    whose = not link.back and link.parameter.code in SUBJECTS and query.type not in ABOUT_SEVERAL
    return whose and [end.type for end in link.ends] == ["Patient"] and Builder(query, frame).finder.is_walk()


def stretch_statement(query: Query, frame: Frame, place: Place | None, most: int) -> Statement | Refusal:
    """The statement for what is on the page of so many rows in its order."""
    builder = Builder(query, frame)
    way = builder.finder.walked(builder.window(place, most))
    return way if isinstance(way, Refusal) else paged(builder, builder.along(way), place)


def further_statement(query: Query, frame: Frame, place: Place | None, most: int) -> Statement | Refusal:
    """The statement for a row that comes after so many, if there is one."""
    builder = Builder(query, frame)
    rows = builder.finder.walk(builder.window(place, 1, most))
    if isinstance(rows, Refusal):
        return rows
    return Statement(gate(f"SELECT 1 AS further FROM ({rows}) AS y WHERE {GATED}"), tuple(builder.values))


def among_statement(query: Query, frame: Frame, place: Place | None) -> Statement | Refusal:
    """The statement for the page, of the newest that each has of the people to whom the chain leads."""
    builder = Builder(msgspec.structs.replace(query, links=()), frame)
    people = _people(builder, query.links[0])
    if isinstance(people, Refusal):
        return people
    most = query.count + 1
    return paged(builder, builder.plan(lambda: builder.window(place, most), among=people), place)


def count_statement(query: Query, frame: Frame) -> Statement | Refusal:
    """The statement that counts all matches, person by person where a chain leads to people."""
    if not is_crowd(query, frame):
        return total_statement(query, frame)
    builder = Builder(msgspec.structs.replace(query, links=()), frame)
    people = _people(builder, query.links[0])
    return people if isinstance(people, Refusal) else counted(builder, builder.plan(among=people))


def _people(builder: Builder, link: Link) -> str | Refusal:
    """The people `k` to whom a link leads: their shards, ids and numbers."""
    ends = let(link, builder.frame.narrowing)
    if isinstance(ends, Refusal):
        return ends
    planned = Builder(ends[0], builder.frame, builder.values).plan()
    if isinstance(planned, Refusal):
        return planned
    source, wheres, _ = planned
    found = (
        f"SELECT DISTINCT r.shard, r.id, hashtextextended(r.id, 0) FROM {source} WHERE {' AND '.join(wheres)} OFFSET 0"
    )
    return f"({found}) AS k(s, p, q)"
