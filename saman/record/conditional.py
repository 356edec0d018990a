"""Writes under a condition: of many that try at once, exactly one creates (https://hl7.org/fhir/R4/http.html#ccreate)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.database import Connection
from saman.record.rows import Resource
from saman.record.search.query import Query, read_query
from saman.record.stored import Stored, Written

if TYPE_CHECKING:
    from saman.record.record import Record

_CLAIM = """INSERT INTO claim (key) SELECT * FROM unnest($1::text[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE SET key = excluded.key"""


def read_condition(type_name: str, condition: str) -> Query | Refusal:
    """The search that a condition (`identifier=system|value`) stands for; it needs at least one filter."""
    query = read_query(type_name, parse_qsl(condition, keep_blank_values=True), strict=True)
    if isinstance(query, Query) and not query.clauses:
        return refused(
            Kind.PRECONDITION, "required", "The condition needs at least one search parameter.", "If-None-Exist"
        )
    return query


async def claim(connection: Connection, queries: Sequence[Query]) -> None:
    """Make everyone else who has one of these conditions wait until this transaction has ended."""
    await connection.execute(_CLAIM, sorted({query.describe for query in queries}))


async def matching(record: Record, query: Query) -> Stored | Refusal | None:
    """The one resource that fulfils a condition, or None; refused when several do."""
    page = await record.find(query)
    if isinstance(page, Refusal):
        return page
    if len(page.matches) > 1:
        return refused(Kind.PRECONDITION, "multiple-matches", "More than one resource fulfils the condition.")
    return page.matches[0] if page.matches else None


async def create_if_none(record: Record, resource: Resource, query: Query) -> Written | Refusal:
    """A new resource unless one fulfils the condition, which is then given back as found."""
    from saman.record.record import Change, first

    async with record.store.transaction(record.context) as connection:
        await claim(connection, [query])
        there = await matching(record, query)
        if isinstance(there, Refusal):
            return there
        if there is not None:
            return Written(there, created=False, found=True)
        return first(await record.commit([Change(resource)], connection))
