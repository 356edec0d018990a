"""The one door to the record: made per request, with who asks, for which organisation, for what purpose.

Interactions follow https://hl7.org/fhir/R4/http.html. Every method answers with a value or a Refusal; what the
context may not see is answered exactly as what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg
import msgspec

from saman.kernel.ids import is_fhir_id, stable_shard
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import RELATION_TYPES
from saman.model.fhir import RESOURCE_TYPES, resource_number
from saman.record.audit import REFUSED, Entry
from saman.record.context import Context
from saman.record.cursor import Place
from saman.record.database import Connection
from saman.record.fence import opening
from saman.record.grants import relate
from saman.record.reading import fetch_one, read_sql, versions_sql
from saman.record.rows import Resource, Row, checked, make_row, person_shard
from saman.record.search.find import find
from saman.record.search.query import Query, read_query
from saman.record.store import Store
from saman.record.stored import Page, Stored, Written, stored
from saman.record.work import index_work
from saman.record.writing import put, put_sql

TRIES = 3


class Change(msgspec.Struct, frozen=True):
    """A resource to write. `expected`: 0 new, a version to replace, -1 whatever is there; `id` empty for a new one."""

    resource: Resource
    id: str = ""
    expected: int = 0
    remove: bool = False


class Record:
    """What one request may do with the record."""

    def __init__(self, store: Store, context: Context, base: str = "") -> None:
        self.store = store
        self.context = context
        self.base = base

    async def read(self, type_name: str, id: str) -> Stored | Refusal:
        """The current version; refused as not found, or as gone after a deletion."""
        return await self._one("resource", type_name, id)

    async def vread(self, type_name: str, id: str, version: int) -> Stored | Refusal:
        """One version; refused as gone when that version is the deletion."""
        current = await self._one("resource", type_name, id, version)
        if isinstance(current, Stored) or current.kind is Kind.GONE:
            return current
        return await self._one("history", type_name, id, version)

    async def _one(self, table: str, type_name: str, id: str, version: int | None = None) -> Stored | Refusal:
        if type_name not in RESOURCE_TYPES or not is_fhir_id(id):
            return not_found()
        number, shard = resource_number(type_name), self.store.mint.shard(id)
        sql = read_sql(self.store.fence, table, located=shard is not None, versioned=version is not None)
        values = [number, id] + [value for value in (shard, version) if value is not None]
        row = await fetch_one(self.store.pool, sql, self.context, *values)
        if row is None:
            await self._log(Entry(self.context, "R", number, id, version, outcome=REFUSED))
            return not_found()
        found = stored(row)
        await self._log(Entry(self.context, "R", number, id, found.version, found.person, ground=row["ground"] or ""))
        return refused(Kind.GONE, "deleted", "This resource has been deleted.") if found.deleted else found

    async def history(self, type_name: str, id: str = "", *, count: int = 20, cursor: str = "") -> Page | Refusal:
        """Versions, newest first, of one resource or of a type; deletions are marked."""
        described = f"{type_name}/{id}/_history"
        place = self.store.seal.open(cursor, described) if cursor else None
        if isinstance(place, Refusal):
            return place
        rows = await self._versions(type_name, id, count, place)
        if id and not rows and place is None:
            await self._log(Entry(self.context, "H", resource_number(type_name), id, outcome=REFUSED))
            return not_found()
        matches = tuple(stored(row) for row in rows[:count])
        persons = {match.person for match in matches}
        await self._log(
            *(Entry(self.context, "H", resource_number(type_name), id, person=p) for p in persons or {None})
        )
        more = len(rows) > count
        last = matches[-1] if more else None
        following = None if last is None else self.store.seal.close(Place(last.updated, str(last.version), last.id), described)
        return Page(matches, next=following)

    async def _versions(self, type_name: str, id: str, count: int, place: Place | None) -> Sequence[asyncpg.Record]:
        values: list[Any] = [None, None, None] if place is None else [place.moment, place.id, int(place.text or 0)]
        values += [count + 1, resource_number(type_name)]
        if id:
            shard = self.store.mint.shard(id)
            values += [id, shard if shard is not None else await self._located(type_name, id)]
        sql = versions_sql(self.store.fence, one=bool(id))
        rows: Sequence[asyncpg.Record] = await self.store.pool.fetch(sql, *opening(self.context), *values)
        return rows

    async def _located(self, type_name: str, id: str) -> int | None:
        key = f"{resource_number(type_name)}/{id}"
        shard: int | None = await self.store.pool.fetchval("SELECT shard FROM locator WHERE key = $1", key)
        return shard

    async def search(self, type_name: str, pairs: Iterable[tuple[str, str]], *, strict: bool = False) -> Page | Refusal:
        """One page of what matches, with what was asked to be included."""
        query = read_query(type_name, pairs, strict=strict)
        return query if isinstance(query, Refusal) else await self.find(query)

    async def find(self, query: Query) -> Page | Refusal:
        """The same for a query that has been read already."""
        return await find(self.store, self.context, query, self.base)

    async def create(self, resource: Any, condition: Query | None = None) -> Written | Refusal:
        """A new resource with an id made here; with `condition` only if no resource fulfils it."""
        valid = checked(resource)
        if isinstance(valid, Refusal):
            return valid
        if condition is not None:
            from saman.record.conditional import create_if_none

            return await create_if_none(self, valid, condition)
        return first(await self.commit([Change(valid)]))

    async def update(self, type_name: str, id: str, resource: Any, expected: int | None = None) -> Written | Refusal:
        """A new version of what is there, at version `expected` if given; the back-end client may choose new ids."""
        valid = checked(resource)
        if isinstance(valid, Refusal):
            return valid
        if valid["resourceType"] != type_name or valid.get("id") != id:
            return refused(
                Kind.INVALID, "invalid", f"The resource must be a {type_name} with the id of the address.", "id"
            )
        return first(await self.commit([Change(valid, id, -1 if expected is None else expected)]))

    async def delete(self, type_name: str, id: str, expected: int | None = None) -> Written | Refusal:
        """Mark as deleted; earlier versions stay readable. Deleting what is gone or unknown succeeds with nothing done."""
        there = await self.read(type_name, id)
        if isinstance(there, Refusal):
            return there
        return first(await self.commit([Change(there.resource(), id, expected or there.version, remove=True)]))

    async def commit(self, changes: Sequence[Change], connection: Connection | None = None) -> list[Written] | Refusal:
        """Write all changes (already checked resources) or none, in order, in one transaction.

        Inside a transaction that the caller has open, give its `connection`.
        """
        rows: list[Row] = []
        for change in changes:
            row = self.row(change)
            if isinstance(row, Refusal):
                return row
            rows.append(row)
        related = [
            (f"{row.type_name}/{row.id}", None if change.remove else change.resource)
            for row, change in zip(rows, changes, strict=True)
            if row.type_name in RELATION_TYPES
        ]
        for _ in range(TRIES - 1):
            try:
                return await self._write(rows, related, connection)
            except asyncpg.DeadlockDetectedError:
                if connection is not None:
                    raise
        return await self._write(rows, related, connection)

    async def _write(
        self, rows: list[Row], related: list[tuple[str, Resource | None]], connection: Connection | None
    ) -> list[Written] | Refusal:
        sql = put_sql(self.store.fence)
        if connection is not None:
            return await self._related(connection, sql, rows, related)
        if not related:
            return await put(self.store.pool, sql, rows, self.context)
        async with self.store.transaction(self.context) as own:
            return await self._related(own, sql, rows, related)

    async def _related(
        self, connection: Any, sql: str, rows: list[Row], related: list[tuple[str, Resource | None]]
    ) -> list[Written] | Refusal:
        result = await put(connection, sql, rows, self.context)
        if related and not isinstance(result, Refusal):
            await relate(connection, related, self.store.policy)
            await self._index_work(connection, rows, dict(related))
        return result

    async def _index_work(self, connection: Any, rows: list[Row], related: dict[str, Resource | None]) -> None:
        tasks = [row for row in rows if row.type_name == "Task"]
        if tasks:
            await index_work(connection, tasks, [related[f"Task/{row.id}"] for row in tasks])

    def row(self, change: Change) -> Row | Refusal:
        """The row for a change; a new resource gets its id and shard."""
        resource, kind = change.resource, change.resource["resourceType"]
        mint = self.store.mint
        if change.id:
            carried = mint.shard(change.id)
            row = make_row(resource, self.context.now, carried or 0, change.expected, chosen=carried is None)
            row.shard = carried if carried is not None else self._shard(row)
        else:
            shard = mint.new_shard()
            row = make_row(resource | {"id": mint.make(shard)}, self.context.now, shard)
            if kind != "Patient" and row.person is not None:
                row.shard = self._shard(row)
                row.id = mint.make(row.shard)
            resource["id"] = row.id
        if change.remove:
            row = msgspec.structs.replace(row, removed=True, body="}", values=type(row.values)())
        return row

    def _shard(self, row: Row) -> int:
        if row.person is None:
            return stable_shard(f"{row.type_name}/{row.id}")
        return person_shard(row.person, self.store.mint.shard(row.person))

    async def _log(self, *entries: Entry) -> None:
        await self.store.audit.write(*entries)


def not_found() -> Refusal:
    """The same answer for what is not there and what may not be seen."""
    return refused(
        Kind.NOT_FOUND, "not-found", "There is no such resource, or you may not see it.", key="record.not-found"
    )


def first(result: list[Written] | Refusal) -> Written | Refusal:
    """The outcome of a single change."""
    return result if isinstance(result, Refusal) else result[0]
