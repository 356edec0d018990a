"""How long the database may take for a request, and what is answered and logged when it takes longer.

What reads is given as long as a step of a search. Everything else is held by the limits of the connections themselves,
on each statement and on each wait for a lock (`open_store`); whoever meets those has changed nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import extract, resource_number
from saman.record.audit import REFUSED, Entry
from saman.record.change import Change
from saman.record.door import Door
from saman.record.outage import EXCEEDED, outage
from saman.record.rows import person_of
from saman.record.stored import Written

P = ParamSpec("P")
T = TypeVar("T")
Asked = Callable[Concatenate[Door, P], Awaitable[T | Refusal]]

TOO_LONG = "This takes the record too long. Ask for less at once: fewer types, a shorter time, a smaller page."


class Undone(Exception):
    """Carries a refusal out of a transaction, so that it is rolled back."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


def hurried(
    entries: Callable[Concatenate[Door, P], Iterable[Entry]], text: str = TOO_LONG
) -> Callable[[Callable[Concatenate[Door, P], Awaitable[T]]], Asked[P, T]]:
    """Refuse, and log as `entries`, what the database takes too long to read; an open transaction goes on."""

    def limited(asked: Callable[Concatenate[Door, P], Awaitable[T]]) -> Asked[P, T]:
        @wraps(asked)
        async def answered(door: Door, /, *args: P.args, **kwargs: P.kwargs) -> T | Refusal:
            try:
                async with nullcontext() if door.connection is None else door.connection.transaction():
                    return await asked(door.hurried(), *args, **kwargs)
            except EXCEEDED:
                await _log_refused(door, entries(door, *args, **kwargs))
                return refused(Kind.TOO_COSTLY, "too-costly", text)

        return answered

    return limited


@asynccontextmanager
async def waiting(door: Door, entries: Callable[[], Iterable[Entry]]) -> AsyncIterator[None]:
    """Undo the open transaction when the database takes too long for what leads to a write, logged as `entries`."""
    try:
        yield
    except EXCEEDED as error:
        await _log_refused(door, entries())
        raise Undone(outage(error)) from error


async def in_time(
    door: Door, changes: Sequence[Change], writing: Awaitable[list[Written] | Refusal]
) -> list[Written] | Refusal:
    """What comes of `writing` these, refused and logged when the database takes too long.

    An open transaction can only be undone then.
    """
    try:
        return await writing
    except EXCEEDED as error:
        await _log_refused(door, (_attempt(door, change) for change in changes))
        return outage(error)


def _attempt(door: Door, change: Change) -> Entry:
    action = "D" if change.remove else "C" if not change.id or change.expected == 0 else "U"
    person = person_of(change.resource | {"id": change.id}, extract(change.resource))
    return Entry(door.context, action, resource_number(change.type), change.id, person=person)


async def _log_refused(door: Door, entries: Iterable[Entry]) -> None:
    await door.log(*(msgspec.structs.replace(one, outcome=REFUSED) for one in entries))
