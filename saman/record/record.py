"""The one door to the record: made per request, with who asks, for which organisation, for what purpose.

Interactions follow https://hl7.org/fhir/R4/http.html. Every method answers with a value or a Refusal; what the
context may not see is answered exactly as what does not exist.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from typing import Any, TypeVar

import asyncpg

from saman.kernel.ids import is_fhir_id
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES, resource_number
from saman.model.fhir.patch import Patch
from saman.record.audit import REFUSED, Entry
from saman.record.audit_events.beside import with_provenances
from saman.record.audit_events.found import BOOKS, entries_found, entry_found
from saman.record.audit_events.ids import is_made, unwritable
from saman.record.change import ANY, Change, barred, replacement
from saman.record.conditional import attempts, claim, matching, turn_of
from saman.record.context import Context
from saman.record.door import Again, Door
from saman.record.enrolments import named
from saman.record.everything import Everything, everything
from saman.record.gathering import About, about, latest, newest
from saman.record.limits import Undone, in_time, waiting
from saman.record.narrow_reading import allowed, narrowly, unnarrowed
from saman.record.narrowing import insufficient, lets_row
from saman.record.outage import OUTAGES, or_refusal, outage
from saman.record.past import versions
from saman.record.patching import change_by, is_overtaken, wait_for
from saman.record.reading import ALWAYS, Span, read_row
from saman.record.refusals import conflict, gone, not_found
from saman.record.rows import checked
from saman.record.search.asked import Query
from saman.record.search.find import find
from saman.record.search.query import read_query
from saman.record.stored import Page, Stored, Written, stored
from saman.record.subscriptions import front as subscriptions
from saman.record.subscriptions.kept import TYPE as SUBSCRIPTION
from saman.record.traffic import Wrote, shown
from saman.record.writing import needs_transaction, write

T = TypeVar("T")

TRIES = 3
MOST_OVERTAKEN = 8


class Record(Door):
    """What one request may do with the record."""

    @or_refusal
    async def read(self, type_name: str, id: str) -> Stored | Refusal:
        """The current version; refused as not found, or as gone after a deletion."""
        return await self._one(type_name, id, None)

    @or_refusal
    async def vread(self, type_name: str, id: str, version: int) -> Stored | Refusal:
        """One version; refused as gone when that version is the deletion."""
        return await self._one(type_name, id, version)

    async def _one(self, type_name: str, id: str, version: int | None) -> Stored | Refusal:
        if type_name not in RESOURCE_TYPES or not is_fhir_id(id):
            return not_found()
        number = resource_number(type_name)
        if not allowed(self, type_name, "r"):
            await self.log(Entry(self.context, "R", number, id, version, None, REFUSED))
            return insufficient()
        if is_made(type_name, id):
            return await entry_found(self, BOOKS[type_name], id, version)
        if type_name == SUBSCRIPTION and (own := await subscriptions.read(self, id, version)) is not None:
            return own
        row = await read_row(self, type_name, id, version)
        if row is None and version is not None:
            row = await read_row(self, type_name, id, version, "history")
        if row is not None and not await narrowly(self, type_name, id, row):
            row = None
        if row is None:
            person = id if type_name == "Patient" else None
            await self.log(Entry(self.context, "R", number, id, version, person, REFUSED))
            return not_found()
        found = stored(*shown([row]))
        await self.log(Entry(self.context, "R", number, id, found.version, found.person, ground=row["ground"] or ""))
        return gone() if found.deleted else found

    @or_refusal
    async def history(
        self, type_name: str = "", id: str = "", *, count: int = 20, cursor: str = "", span: Span = ALWAYS
    ) -> Page | Refusal:
        """Versions, newest first, of one resource, of a type, or of everything; deletions are marked."""
        return await versions(self, type_name, id, count, cursor, span)

    @or_refusal
    async def search(self, type_name: str, pairs: Iterable[tuple[str, str]], *, strict: bool = False) -> Page | Refusal:
        """One page of what matches, with what was asked to be included."""
        if type_name not in RESOURCE_TYPES:
            return not_found()
        listed = list(pairs)
        query = await self.store.parameters.read(
            listed, lambda known: read_query(type_name, listed, strict=strict, known=known)
        )
        return query if isinstance(query, Refusal) else await self.find(query)

    @or_refusal
    async def find(self, query: Query, named: Sequence[str] = ()) -> Page | Refusal:
        """The same for a query that has been read already; `named` are people whom it asks about by its address."""
        page = await (entries_found(self, query) if query.type in BOOKS else find(self, query, named))
        if query.type == SUBSCRIPTION and not isinstance(page, Refusal) and not query.cursor:
            return await subscriptions.beside(self, query, page)
        return await with_provenances(self, query, page)

    @or_refusal
    async def find_stored(self, query: Query) -> Page | Refusal:
        """The same of what is stored alone, without what is made from the log when it is asked for."""
        return await find(self, query)

    @or_refusal
    async def newest(
        self, type_name: str, pairs: Iterable[tuple[str, str]], since: datetime
    ) -> tuple[Stored, ...] | Refusal:
        """The newest for each person and value that `pairs` list, at most `_count` for each, none before `since`."""
        if not allowed(self, type_name, "s"):
            return insufficient()
        return await newest(self, type_name, pairs, since)

    @or_refusal
    async def about(self, person: str, types: Mapping[str, int]) -> About | Refusal:
        """The newest resources about a person by type, of each at most so many."""
        if not all(allowed(self, one, "s") for one in types):
            return insufficient()
        return await about(self, person, types)

    @or_refusal
    async def everything(self, person: str, asked: Everything) -> Page | Refusal:
        """One page of all that is held about a person, as far as the context may see it."""
        return await everything(self, person, asked)

    @or_refusal
    async def latest(self, type_name: str, pairs: Iterable[tuple[str, str]], most: int) -> tuple[Stored, ...] | Refusal:
        """Of what matches `pairs` the newest of each code, at most `most` of each."""
        return await latest(self, type_name, pairs, most)

    async def create(self, resource: Any, condition: Query | None = None) -> Written | Refusal:
        """A new resource with an id made here; with `condition` only if no resource fulfils it."""
        valid = checked(resource)
        if isinstance(valid, Refusal):
            return valid
        change = Change(valid)
        if subscriptions.is_kept_here(self, valid):
            return await self._subscribed(valid, condition)
        if condition is None:
            return first(await self.commit([change]))

        if barred(self, change.type, "create") is not None:
            return await self._unless_there(condition, change)

        async def claimed(inner: Record) -> Written | Refusal:
            assert inner.connection is not None
            async with waiting(inner, lambda: attempts(inner.context, condition, "C")):
                await claim(inner.connection, inner.store.secret, [(condition, valid)])
            return await inner._unless_there(condition, change)

        async with self.turn(turn_of(condition)):
            return await self.atomically(claimed)

    @or_refusal
    async def _unless_there(self, condition: Query, change: Change) -> Written | Refusal:
        there = await matching(self, condition)
        if isinstance(there, Stored):
            return Written(there, created=False, found=True)
        return there or first(await self.commit([change]))

    @or_refusal
    async def _subscribed(self, resource: Any, condition: Query | None) -> Written | Refusal:
        return await subscriptions.create(self, resource, condition)

    async def update(self, type_name: str, id: str, resource: Any, expected: int | None = None) -> Written | Refusal:
        """A new version of what is there, at version `expected` if given; the back-end client may choose new ids."""
        if type_name == SUBSCRIPTION and subscriptions.is_kept_here(self, resource):
            return await self._resubscribed(id, resource, expected)
        valid = replacement(resource)
        if isinstance(valid, Refusal):
            return valid
        if valid["resourceType"] != type_name or valid.get("id") != id:
            text = f"The resource must be a {type_name} with the id of the address."
            return refused(Kind.INVALID, "invalid", text, f"{type_name}.id")
        change = Change(valid, id, ANY if expected is None else expected)
        written = first(await self._trying(expected).commit([change]))
        if expected is not None or not is_overtaken(written):
            return written
        return await self._in_turn(type_name, id, lambda inner: inner.update(type_name, id, valid))

    @or_refusal
    async def _resubscribed(self, id: str, resource: Any, expected: int | None) -> Written | Refusal:
        return await subscriptions.update(self, id, resource, expected)

    async def patch(self, type_name: str, id: str, patch: Patch, expected: int | None = None) -> Written | Refusal:
        """A new version made of the one that is there; unless `expected` was given, tried again when overtaken."""
        written = await self._trying(expected)._patched(type_name, id, patch, expected)
        if expected is not None or not is_overtaken(written):
            return written
        return await self._in_turn(type_name, id, lambda inner: inner.patch(type_name, id, patch))

    def _trying(self, expected: int | None) -> Record:
        """The same for a write that, unless it names a version, is made again when it is overtaken."""
        return self if expected is not None or self.connection is not None else self._with(is_overtaken)

    def _with(self, again: Again) -> Record:
        return Record(self.store, self.context, self.base, self.connection, again)

    async def _in_turn(
        self, type_name: str, id: str, work: Callable[[Record], Awaitable[Written | Refusal]]
    ) -> Written | Refusal:
        """`work` once those who were overtaken before are done with the same resource."""
        if self.connection is not None:
            return conflict()

        async def alone(inner: Record) -> Written | Refusal:
            assert inner.connection is not None
            async with waiting(inner, lambda: [Entry(inner.context, "U", resource_number(type_name), id)]):
                await wait_for(inner.connection, [f"{type_name}/{id}"])
            return await work(inner)

        async with self.turn(f"{type_name}/{id}"):
            return await self.until_settled(alone)

    def turn(self, name: str) -> AbstractAsyncContextManager[None]:
        """After all in this process who wait under the same name; at once for who is in a transaction already."""
        return self.store.turns.take(name) if self.connection is None else nullcontext()

    @or_refusal
    async def _patched(self, type_name: str, id: str, patch: Patch, expected: int | None) -> Written | Refusal:
        if type_name == SUBSCRIPTION:
            own = await subscriptions.patch(self, id, patch, expected)
            if own is not None:
                return own
        change = await change_by(self, type_name, id, patch, expected)
        return change if isinstance(change, Refusal) else first(await self.commit([change]))

    async def until_settled(
        self, work: Callable[[Record], Awaitable[T | Refusal]], *, again: Again = is_overtaken
    ) -> T | Refusal:
        """`atomically`, `again` from the start some times while others write in between what `work` has read."""
        for _ in range(MOST_OVERTAKEN if self.connection is None else 0):
            result = await self._with(again).atomically(work)
            if not again(result):
                return result
        return await self.atomically(work)

    async def delete(self, type_name: str, id: str, expected: int | None = None) -> Written | Refusal:
        """Mark as deleted; earlier versions stay readable. Refused as not found, or as gone when it is deleted."""
        if type_name == SUBSCRIPTION and (own := await self._unsubscribed(id, expected)) is not None:
            return own
        removal = await self.removal(type_name, id, expected)
        written = removal if isinstance(removal, Refusal) else first(await self._trying(expected).commit([removal]))
        if expected is not None or not is_overtaken(written):
            return written
        return await self._in_turn(type_name, id, lambda inner: inner.delete(type_name, id))

    async def _unsubscribed(self, id: str, expected: int | None) -> Written | Refusal | None:
        try:
            return await subscriptions.delete(self, id, expected)
        except OUTAGES as error:
            return outage(error)

    @or_refusal
    async def removal(self, type_name: str, id: str, expected: int | None = None) -> Change | Refusal:
        """The change that deletes what is there now."""
        known = type_name in RESOURCE_TYPES and is_fhir_id(id)
        if known and not allowed(self, type_name, "d"):
            await self.log(Entry(self.context, "D", resource_number(type_name), id, None, None, REFUSED))
            return insufficient()
        if known and is_made(type_name, id):
            await self.log(Entry(self.context, "D", resource_number(type_name), id, None, None, REFUSED))
            return unwritable()
        row = await read_row(unnarrowed(self), type_name, id) if known else None
        if row is not None and not lets_row(self.context.narrowing, row, "d"):
            row = None
        if row is not None and not row["deleted"]:
            there = stored(row)
            return Change(there.resource(), id, expected or there.version, remove=True)
        if known:
            person = row["person"] if row is not None else None
            await self.log(Entry(self.context, "D", resource_number(type_name), id, None, person, REFUSED))
        return not_found() if row is None else gone()

    @or_refusal
    async def commit(self, changes: Sequence[Change]) -> list[Written] | Refusal:
        """Write all changes (already checked resources) or none, in order, in one transaction."""
        if (alone := subscriptions.by_itself(changes)) is not None:
            return alone
        if self.connection is None and needs_transaction(changes):
            return await self.atomically(lambda inner: inner.commit(changes))
        wanted = await named(self, changes)
        if isinstance(wanted, Refusal):
            return wanted
        written = await in_time(self, wanted, write(self, wanted))
        if not isinstance(written, Refusal):
            self.store.note_written(self.connection, [_wrote(self.context, one) for one in written])
        return written

    @or_refusal
    async def atomically(self, work: Callable[[Record], Awaitable[T | Refusal]]) -> T | Refusal:
        """What `work` does through the Record it is given happens whole, or not at all when it answers a Refusal.

        `work` runs again when the database chose it to give way to others, so it must do nothing else.
        """
        for _ in range(TRIES - 1):
            try:
                return await self._once(work)
            except asyncpg.TransactionRollbackError:
                if self.connection is not None:
                    raise
        return await self._once(work)

    async def _once(self, work: Callable[[Record], Awaitable[T | Refusal]]) -> T | Refusal:
        try:
            async with self.store.transaction(self.context, self.connection) as connection:
                result = await work(Record(self.store, self.context, self.base, connection, self.again))
                if isinstance(result, Refusal):
                    raise Undone(result)
                return result
        except Undone as undone:
            return undone.refusal


def _wrote(context: Context, one: Written) -> Wrote:
    stored = one.stored
    action = "D" if stored.deleted else "C" if one.created else "U"
    return Wrote(context, resource_number(stored.type), stored.id, stored.version, stored.person, action)


def first(result: list[Written] | Refusal) -> Written | Refusal:
    """The outcome of a single change."""
    return result if isinstance(result, Refusal) else result[0]
