"""Searches by the identifier that a reference gives (`goal:identifier`), of which a person may have withheld some.

The index holds the identifiers of all references, and not what each leads to. So what such a search finds of people who
have restricted something is looked at first, as it is answered to who asks; what does not say the identifier then is
left out of the search, of its totals and of its chains.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import search_parameters
from saman.record.door import Door
from saman.record.limits import TOO_LONG
from saman.record.redacting import WHOLE
from saman.record.search.asked import Clause, Link, Query
from saman.record.search.clauses import split_bar
from saman.record.search.statement import restricted_statement
from saman.record.search.ways import ABOUT_SEVERAL, SUBJECTS, Frame
from saman.record.search.words import without_words
from saman.record.stored import stored

AT_ONCE = 200


async def identified(door: Door, query: Query, frame: Frame) -> Query | Refusal:
    """The query, and the ends of its links, without what says an identifier in a reference that is not shown."""
    if door.context.is_system:
        return query
    links: list[Link] = []
    for link in query.links:
        ends = [await identified(door, end, frame) for end in link.ends]
        refusal = next((one for one in ends if isinstance(one, Refusal)), None)
        if refusal is not None:
            return refusal
        links.append(Link(link.parameter, tuple(one for one in ends if isinstance(one, Query)), link.back))
    asking = [one for one in query.clauses if one.parameter.type == "reference" and one.modifier == "identifier"]
    hidden = await _hidden(door, query, asking, frame) if asking else []
    if isinstance(hidden, Refusal):
        return hidden
    kept = [Clause(search_parameters(query.type)["_id"], "not", tuple(hidden))] if hidden else []
    return msgspec.structs.replace(query, clauses=(*query.clauses, *kept), links=tuple(links))


async def _hidden(door: Door, query: Query, asking: list[Clause], frame: Frame) -> list[str] | Refusal:
    """The ids of what is found only by a reference that is taken out of it."""
    plain = msgspec.structs.replace(without_words(query), links=(), filters=())
    unseen = asking[0] if len(asking) == 1 and _is_single(query.type, asking[0]) else None
    until = None if door.seconds is None else monotonic() + door.seconds
    hidden, after = list[str](), ""
    while True:
        statement = restricted_statement(plain, frame, unseen, after, AT_ONCE)
        if isinstance(statement, Refusal):
            return statement
        rows = await door.fetch(statement.sql, *statement.values)
        cut = [row for row in rows if row.get(WHOLE) is not None]
        hidden += [row["id"] for row in cut if not _says(query, asking, stored(row).resource())]
        if len(rows) < AT_ONCE:
            return hidden
        if until is not None and monotonic() > until:
            return refused(Kind.TOO_COSTLY, "too-costly", TOO_LONG, asking[0].parameter.code)
        after = rows[-1]["id"]


def _is_single(type_name: str, clause: Clause) -> bool:
    """Whether resources of a type have one reference by the parameter: whom they are about."""
    return clause.parameter.code in SUBJECTS and type_name not in ABOUT_SEVERAL


def _says(query: Query, asking: list[Clause], resource: dict[str, Any]) -> bool:
    """Whether a resource gives one of the identifiers that each clause asks for."""
    tokens = query.known.extract(resource).tokens
    for clause in asking:
        codes = {(system, code) for number, system, code, _ in tokens if number == clause.parameter.number}
        if not any(_is_one(value, codes) for value in clause.values):
            return False
    return True


def _is_one(value: str, codes: set[tuple[str, str]]) -> bool:
    system, bar, code = split_bar(value)
    if not bar:
        return any(system == one for _, one in codes)
    return any(system == own and code in ("", one) for own, one in codes)
