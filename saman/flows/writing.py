"""Ways of writing that every flow needs: once for a key, in turn with others, and with an id known beforehand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from saman.kernel.outcome import Refusal
from saman.record import Change, Record, Stored
from saman.record.conditional import claim, matching, read_condition
from saman.record.rows import person_shard
from saman.record.search.asked import Query

T = TypeVar("T")


class Once(msgspec.Struct, frozen=True):
    """What stands after a write that happens once: the first resource of it, and whether it stood before."""

    stored: Stored
    already: bool


def new_id(record: Record, person: str) -> str:
    """An id for something new about a person, for others in the same transaction to refer to."""
    mint = record.store.mint
    return mint.make(person_shard(person, mint))


async def once(
    record: Record, type_name: str, condition: str, changes: Callable[[Record], list[Change]]
) -> Once | Refusal:
    """Write `changes` unless a resource fulfils the condition; of many at once exactly one writes."""

    async def unless_there(inner: Record, query: Query) -> Once | Refusal:
        there = await matching(inner, query)
        if isinstance(there, Refusal):
            return there
        if there is not None:
            return Once(there, already=True)
        written = await inner.commit(changes(inner))
        return written if isinstance(written, Refusal) else Once(written[0].stored, already=False)

    return await in_turn(record, type_name, condition, unless_there)


async def in_turn(
    record: Record, type_name: str, condition: str, step: Callable[[Record, Query], Awaitable[T | Refusal]]
) -> T | Refusal:
    """What a step gives in a transaction that waits for all others with the same condition, and sees what they wrote.

    `step` gets the record of the transaction and the condition as a query; when it refuses, nothing is kept.
    """
    query = read_condition(type_name, condition)
    if isinstance(query, Refusal):
        return query

    async def claimed(inner: Record) -> T | Refusal:
        assert inner.connection is not None
        await claim(inner.connection, inner.store.secret, [(query, None)])
        return await step(inner, query)

    return await record.atomically(claimed)
