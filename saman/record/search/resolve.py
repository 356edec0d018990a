"""Chains worked out before their search: what a link leads to becomes a condition on values, where that is little.

A chain to a few resources is then as cheap as naming them. One that leads to many stays in the statement, where the
rows of a page are held against it (`statement.py`). Whoever asks along a chain about a few people asks about each of
them, also when the answer is empty: the log names them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.fhir import search_parameters
from saman.record.door import Door
from saman.record.narrowing import let
from saman.record.search.asked import NEVER, Clause, Condition, Link, Query
from saman.record.search.filter.walking import all_turned, conditions
from saman.record.search.looking import with_words_named
from saman.record.search.statement import leading_statement, reached_statement
from saman.record.search.ways import Frame
from saman.record.search.words import without_words

MOST = 200
"""So many resources are named one by one."""


async def resolved(door: Door, query: Query, frame: Frame, named: list[str]) -> Query | Refusal | None:
    """The query with each link that leads to little as a clause; None when one leads nowhere and nothing can match.

    `named` gets the ids of the people that were asked about along the links.
    """
    clauses, links = list(query.clauses), list[Link]()
    if query.type == "Patient" and any(isinstance(one, Link) and one.back for one in conditions(query)):
        refusal = await _name_asked(door, query, frame, named)
        if refusal is not None:
            return refusal
    for link in query.links:
        led = await _inward(door, link, frame, named)
        if led is None or isinstance(led, Refusal):
            return led
        clause = await _as_clause(door, led, query.type, frame)
        if isinstance(clause, Refusal):
            return clause
        if clause is None:
            links.append(led)
        elif clause.values:
            clauses.append(clause)
            named += [] if link.back else _people(clause.values)
        else:
            return None
    filters = await _filters(door, query, frame, named)
    if isinstance(filters, Refusal):
        return filters
    return msgspec.structs.replace(query, clauses=tuple(clauses), links=tuple(links), filters=filters)


async def _filters(door: Door, query: Query, frame: Frame, named: list[str]) -> tuple[Condition, ...] | Refusal:
    """The filters with each link that leads to little as a clause, and as what nothing fulfils if it leads nowhere."""

    async def turn(one: Clause | Link) -> Condition | Refusal:
        if isinstance(one, Clause):
            return one
        led = await _inward(door, one, frame, named)
        if led is None or isinstance(led, Refusal):
            return led or NEVER
        clause = await _as_clause(door, led, query.type, frame)
        if clause is None or isinstance(clause, Refusal):
            return clause or led
        named.extend(() if one.back else _people(clause.values))
        return clause if clause.values else NEVER

    return await all_turned(query.filters, turn)


async def _inward(door: Door, link: Link, frame: Frame, named: list[str]) -> Link | Refusal | None:
    """The link as far as the scopes of an app go, the links of its ends worked out; None when none can be there."""
    ends = let(link, frame.narrowing)
    if isinstance(ends, Refusal):
        return ends
    found = [await _end(door, end, frame, named) for end in ends]
    refusal = next((one for one in found if isinstance(one, Refusal)), None)
    there = tuple(one for one in found if isinstance(one, Query))
    return refusal or (Link(link.parameter, there, link.back) if there else None)


async def _end(door: Door, end: Query, frame: Frame, named: list[str]) -> Query | Refusal | None:
    """The end of a link with its own links worked out, and what has its words named."""
    led = await resolved(door, end, frame, named)
    return await with_words_named(door, led, frame) if isinstance(led, Query) else led


async def _name_asked(door: Door, query: Query, frame: Frame, named: list[str]) -> Refusal | None:
    """Name the people of whom it is asked what refers to them, where they are few."""
    found = await _reached(door, msgspec.structs.replace(without_words(query), links=(), filters=()), frame)
    if isinstance(found, Refusal):
        return found
    named += _people(found or ())
    return None


def _people(references: Sequence[str]) -> list[str]:
    return [one.removeprefix("Patient/") for one in references if one.startswith("Patient/")]


async def _as_clause(door: Door, link: Link, type_name: str, frame: Frame) -> Clause | Refusal | None:
    """The link as a clause that names what it leads to; None when that is too much."""
    found: list[str] = []
    for end in link.ends:
        ids = await (_leading(door, link, end, type_name, frame) if link.back else _reached(door, end, frame))
        if isinstance(ids, Refusal):
            return ids
        if ids is None or len(found) + len(ids) > MOST:
            return None
        found += ids
    parameter = search_parameters(type_name)["_id"] if link.back else link.parameter
    return Clause(parameter, "", tuple(dict.fromkeys(found)))


async def _reached(door: Door, end: Query, frame: Frame) -> list[str] | Refusal | None:
    statement = reached_statement(end, frame, MOST + 1)
    if isinstance(statement, Refusal):
        return statement
    rows = await door.fetch(statement.sql, *statement.values)
    return [f"{end.type}/{row['id']}" for row in rows] if len(rows) <= MOST else None


async def _leading(door: Door, link: Link, end: Query, type_name: str, frame: Frame) -> list[str] | Refusal | None:
    """The ids of what is led to by the link."""
    statement = leading_statement(link, end, type_name, frame, MOST + 1)
    if isinstance(statement, Refusal):
        return statement
    rows = await door.fetch(statement.sql, *statement.values)
    return [row["target"] for row in rows if row["target"] is not None] if len(rows) <= MOST else None
