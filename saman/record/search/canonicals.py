"""What matches bring along by canonical addresses (https://hl7.org/fhir/R4/references.html#canonical).

An address without a version stands for the newest; the index holds one that names a version without it, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import asyncpg

from saman.kernel.outcome import Refusal
from saman.model.fhir import resource_number, search_parameters
from saman.model.fhir.search_rows import indexed
from saman.model.fhir.terminology.canonical import newness
from saman.record.door import Door
from saman.record.fence import GATED, Fence, gate
from saman.record.search.asked import Clause, Include, Query
from saman.record.search.statement import many_statement, reached_statement
from saman.record.search.ways import Frame
from saman.record.stored import stored
from saman.record.terms import escaped

Rows = Sequence[asyncpg.Record]
Key = tuple[int, str]
Address = tuple[str, str]
"""A canonical address and the version that is meant, empty for the newest."""

MOST = 200
"""Definitions that one step brings along."""


def defined(include: Include) -> tuple[str, ...]:
    """The types that an include leads to by canonical addresses, perhaps: those that have a URL and versions."""
    targets = include.parameter.targets if include.parameter is not None else ()
    return tuple(
        one for one in targets if include.target in ("", one) and {"url", "version"} <= set(search_parameters(one))
    )


async def led_to_definitions(door: Door, include: Include, rows: Rows, frame: Frame) -> set[Key]:
    """Which definitions the canonical addresses of `rows` lead to."""
    found: set[Key] = set()
    kinds = defined(include)
    wanted = {one for meant in (await _addresses(door, include, rows)).values() for one in meant} if kinds else set()
    for kind in kinds if wanted else ():
        known = await _of_urls(door, kind, {url for url, _ in wanted}, frame)
        for url, version in wanted:
            fitting = [one for one in known if one["url"] == url and version in ("", one.get("version"))]
            if fitting:
                found.add((resource_number(kind), max(fitting, key=newness)["id"]))
    return found


async def leading_to_definitions(door: Door, include: Include, rows: Rows, frame: Frame) -> Rows:
    """What refers to definitions among `rows` by their canonical address, in their version or in none."""
    kinds = {resource_number(one) for one in defined(include)}
    here = [stored(row).resource() for row in rows if row["type"] in kinds]
    wanted = {(one["url"], version) for one in here if "url" in one for version in ("", one.get("version", ""))}
    if not wanted or include.parameter is None:
        return ()
    texts = {f"{url}|{version}" if version else url for url, version in wanted}
    clause = Clause(include.parameter, "", tuple(escaped(indexed(text)) for text in sorted(texts)[:MOST]))
    leading = await _reached(door, Query(include.source, (clause,)), frame)
    meant = await _addresses(door, include, leading)
    return [row for row in leading if wanted & meant.get((row["type"], row["id"]), set())]


async def _addresses(door: Door, include: Include, rows: Rows) -> dict[Key, set[Address]]:
    """The canonical addresses that stand under the parameter of an include in each of `rows`."""
    assert include.parameter is not None
    own = resource_number(include.source)
    from_here = [row for row in rows if row["type"] == own]
    keys: list[Any] = [[row[name] for row in from_here] for name in ("shard", "type", "id")]
    if not from_here:
        return {}
    found: dict[Key, set[str]] = {}
    for row in await door.fetch(_addresses_sql(door.store.fence), *keys, include.parameter.number):
        found.setdefault((row["type"], row["id"]), set()).add(row["target"])
    return {key: _meant(texts) for key, texts in found.items()}


def _meant(texts: Iterable[str]) -> set[Address]:
    split = {(url, version) for url, _, version in (text.partition("|") for text in texts)}
    versioned = {url for url, version in split if version}
    return {(url, version) for url, version in split if version or url not in versioned}


async def _of_urls(door: Door, kind: str, urls: set[str], frame: Frame) -> list[dict[str, Any]]:
    """The definitions of a type with one of these URLs, in all versions, as far as the caller sees them."""
    clause = Clause(search_parameters(kind)["url"], "", tuple(escaped(indexed(url)) for url in sorted(urls)[:MOST]))
    return [stored(row).resource() for row in await _reached(door, Query(kind, (clause,)), frame)]


async def _reached(door: Door, query: Query, frame: Frame) -> Rows:
    """What a query finds, MOST at most."""
    statement = reached_statement(query, frame, MOST)
    if isinstance(statement, Refusal):
        return ()
    ids = [row["id"] for row in await door.fetch(statement.sql, *statement.values)]
    shards, types = [door.store.mint.shard(id) for id in ids], [resource_number(query.type)] * len(ids)
    return await door.fetch(many_statement(door.store.fence), shards, types, ids) if ids else ()


@cache
def _addresses_sql(fence: Fence) -> str:
    """Addresses under parameter $6 that lead to no id, in resources with shards $3, types $4, ids $5."""
    return gate(f"""SELECT x.type, x.id, x.target
        FROM unnest($3::smallint[], $4::smallint[], $5::text[]) AS k(s, t, d)
        CROSS JOIN LATERAL (
            SELECT y.* FROM reference y WHERE y.shard = s AND y.type = t AND y.id = d
              AND y.param = $6::smallint AND y.target_type IS NULL OFFSET 0
        ) AS x
        WHERE {GATED} AND {fence.exists("x", "reference")}""")
