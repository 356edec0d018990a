"""Writes under a condition: of many that try at once, exactly one creates (https://hl7.org/fhir/R4/http.html#ccreate)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import parse_qsl

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record.database import Connection
from saman.record.door import Door
from saman.record.search.find import find
from saman.record.search.query import Query, read_query
from saman.record.stored import Stored

_CLAIM = """INSERT INTO claim (key) SELECT key FROM unnest($1::bytea[]) AS key ORDER BY key
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
    keys = {hashlib.blake2b(query.describe.encode(), digest_size=16).digest() for query in queries}
    if keys:
        await connection.execute(_CLAIM, sorted(keys))


async def matching(door: Door, query: Query) -> Stored | Refusal | None:
    """The one resource that fulfils a condition, or None; refused when several do."""
    page = await find(door, query)
    if isinstance(page, Refusal):
        return page
    if len(page.matches) > 1 or page.next is not None:
        return refused(Kind.PRECONDITION, "multiple-matches", "More than one resource fulfils the condition.")
    return page.matches[0] if page.matches else None
