"""An export a slice at a time: whoever asked sees what they may see at that moment, and the log says so first.

Slices go along the keys of resources, which never change: what others write meanwhile is neither told twice nor left
out. All of it is as it was at the moment of the question; what has been changed since is taken from the past.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec

from saman.kernel import json
from saman.kernel.clock import instant
from saman.kernel.ids import SHARDS
from saman.kernel.outcome import Refusal
from saman.model.fhir import resource_name, resource_number
from saman.record.audit import Entry, readings
from saman.record.bulk.asked import EVERYTHING, Asked
from saman.record.door import Door
from saman.record.fence import GATED, Fence, gate
from saman.record.narrow_reading import allowed, narrowly, unnarrowed
from saman.record.narrowing import lets_row, within
from saman.record.outage import or_refusal
from saman.record.parts import cut
from saman.record.reading import COLUMNS
from saman.record.rows import person_shard
from saman.record.search.asked import Query
from saman.record.search.find import frame_of
from saman.record.search.identified import identified
from saman.record.search.query import read_query
from saman.record.search.statement import search_statement
from saman.record.stored import Stored, stored
from saman.record.traffic import shown as showing

WINDOW = 32
"""Shards that one statement goes through."""
TOGETHER = 100
"""Resources that one search is asked about."""
QUERY = "$export"
"""How the log calls it."""

_PATIENT = resource_number("Patient")
_START = "0 -1 "


class Slice(msgspec.Struct, frozen=True):
    """Lines of NDJSON by type, those about what was deleted, and the place after them; empty when that was all."""

    lines: dict[str, list[str]]
    deleted: list[str]
    place: str

    @property
    def count(self) -> int:
        """How many resources it holds."""
        return sum(map(len, self.lines.values())) + len(self.deleted)


@cache
def slice_sql(fence: Fence) -> str:
    """Up to $13 versions of types $6 behind shard $3, type $4 and id $5, to shard $12: those current at $9.

    They were made after $10 and not after $11; about people $7 if they are named, about anybody if $8.
    """
    order = "shard, type, id"

    def part(source: str, key: str, then: str) -> str:
        after = f"({key}.shard, {key}.type, {key}.id) > ($3::smallint, $4::smallint, $5::text)"
        return f"""(SELECT {COLUMNS}, seen.ground, seen.fenced, {key == "c"} AS past FROM {source} {fence.join("r")}
            WHERE {GATED} AND {after} AND {key}.shard <= $12::smallint AND {key}.type = ANY($6::smallint[])
              AND ($7::text[] IS NULL OR {key}.person = ANY($7)) AND (NOT $8::boolean OR {key}.person IS NOT NULL)
              AND {then} AND ($10::timestamptz IS NULL OR r.updated > $10::timestamptz)
              AND r.updated <= $11::timestamptz AND {fence.holds("r")}
            ORDER BY {", ".join(f"{key}.{one}" for one in order.split(", "))} LIMIT $13::integer)"""

    before = """resource c CROSS JOIN LATERAL (
        SELECT h.* FROM history h WHERE h.shard = c.shard AND h.type = c.type AND h.id = c.id
          AND h.updated <= $9::timestamptz ORDER BY h.version DESC LIMIT 1) AS r"""
    parts = part("resource r", "r", "r.updated <= $9::timestamptz"), part(before, "c", "c.updated > $9::timestamptz")
    return gate(f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS r ORDER BY {order} LIMIT $13::integer")


class Export(Door):
    """An export under way, in the name of whoever asked for it."""

    @or_refusal
    async def next(self, asked: Asked, place: str, most: int) -> Slice | Refusal:
        """The lines after `place`, once the log knows whom they are about; at most `most` resources are looked at."""
        shard, kind, id = (place or _START).split(" ", 2)
        last = min((int(shard) // WINDOW + 1) * WINDOW, SHARDS) - 1
        numbers = sorted(map(resource_number, asked.types))
        persons = None if asked.persons is None else list(asked.persons)
        rows = await unnarrowed(self).fetch(
            slice_sql(self.store.fence), int(shard), int(kind), id, numbers, persons, asked.level != EVERYTHING,
            asked.moment, asked.since, asked.latest, last, most,
        )  # fmt: skip
        following = self._following(asked, last) if len(rows) < most else _place(rows[-1])
        shown = await self._matching(asked, await self._let(rows))
        shown = [row for row in shown if asked.since is not None or not row["deleted"]]
        people = [row for row in shown if row["person"] is not None]
        await self.log(*readings(Entry(self.context, "S", _PATIENT, query=QUERY), people))
        return _sliced(asked, [stored(row) for row in showing(shown)], following)

    def _following(self, asked: Asked, last: int) -> str:
        """The beginning of the next window that holds anything asked for."""
        wanted: Iterable[int] = range(SHARDS)
        if asked.persons is not None:
            wanted = sorted({person_shard(one, self.store.mint) for one in asked.persons})
        first = next((one for one in wanted if one > last), None)
        return "" if first is None else f"{first} -1 "

    async def _let(self, rows: Sequence[Any]) -> list[Any]:
        """The rows that the scopes of an app let through; of what has been changed, the current version too."""
        narrowing = self.context.narrowing
        kept = [row for row in rows if lets_row(narrowing, row, "rs")]
        if narrowing is None:
            return kept
        return [row for row in kept if not row["past"] or await self._still_let(row)]

    async def _still_let(self, row: Any) -> bool:
        one = stored(row)
        return not allowed(self, one.type, "r") or await narrowly(self, one.type, one.id, row)

    async def _matching(self, asked: Asked, rows: Sequence[Any]) -> list[Any]:
        """The rows without those that none of the searches for their type finds."""
        found: dict[str, set[str]] = {}
        for kind in sorted({kind for kind, _ in asked.filters}):
            ids = [row["id"] for row in rows if resource_name(row["type"]) == kind and not row["deleted"]]
            for pairs in asked.filters_of(kind):
                for first in range(0, len(ids), TOGETHER):
                    some = await self._found(kind, pairs, ids[first : first + TOGETHER])
                    found.setdefault(kind, set()).update(some)
        return [
            row for row in rows if row["deleted"] or row["id"] in found.get(resource_name(row["type"]), (row["id"],))
        ]

    async def _found(self, kind: str, pairs: Sequence[tuple[str, str]], ids: Sequence[str]) -> set[str]:
        """Which of these resources a search finds."""
        query = read_query(kind, [*pairs, ("_id", ",".join(ids)), ("_count", str(len(ids)))])
        narrowed = query if isinstance(query, Refusal) else within(query, self.context.narrowing)
        asked = narrowed if isinstance(narrowed, Refusal) else await identified(self, narrowed, frame_of(self))
        statement = asked if isinstance(asked, Refusal) else search_statement(asked, frame_of(self), None)
        if isinstance(statement, Refusal):
            return set()
        return {row["id"] for row in await self.fetch(statement.sql, *statement.values)}


def read_filter(door: Door, kind: str, pairs: Sequence[tuple[str, str]]) -> Query | Refusal:
    """A search that chooses among the resources of a type, checked as far as it can be without asking."""
    query = read_query(kind, pairs, strict=True)
    if isinstance(query, Refusal):
        return query
    statement = search_statement(query, frame_of(door), None)
    return statement if isinstance(statement, Refusal) else query


def _place(row: Any) -> str:
    return f"{row['shard']} {row['type']} {row['id']}"


def _sliced(asked: Asked, found: Iterable[Stored], place: str) -> Slice:
    lines: dict[str, list[str]] = {}
    deleted: list[str] = []
    for one in found:
        if one.deleted:
            deleted.append(_deletion(one))
        else:
            lines.setdefault(one.type, []).append(cut(one, asked.part(one.type)).text())
    return Slice(lines, deleted, place)


def _deletion(one: Stored) -> str:
    """That a resource was deleted, as the Bundle that a manifest's `deleted` lists."""
    entry = {"request": {"method": "DELETE", "url": one.reference}}
    meta = {"lastUpdated": instant(one.updated)}
    return json.encode({"resourceType": "Bundle", "meta": meta, "type": "transaction", "entry": [entry]}).decode()
