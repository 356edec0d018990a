"""What one answer rests on: whom it shows, what was written for it, and the entries that must be durable before it.

While an answer is being made, entries are kept back and put together; `Answering.settle` makes them durable, and only
then the answer may leave. Whom it shows is noted where rows become results, apart from the entries, so that the two
can be held against each other (docs/subsystems/ledger.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from saman.record.audit import AuditWriter, Entry, gathered
from saman.record.context import Context

_now: ContextVar[Answering | None] = ContextVar("answering", default=None)


class Wrote(NamedTuple):
    """A version that was written, and under which context."""

    context: Context
    type: int
    id: str
    version: int
    person: str | None
    action: str


class Settled(NamedTuple):
    """What was made durable for one answer, or a part of it.

    `numbers` are those of `entries`, `digests` what whoever heard of them before knows them by; `unlogged` says how
    many people were shown whom no entry names.
    """

    entries: Sequence[Entry]
    numbers: Sequence[int]
    wrote: Sequence[Wrote]
    unlogged: int
    digests: Sequence[bytes] = ()


Before = Callable[[Sequence[Entry]], Sequence[bytes]]
"""Hears of entries before the log does, and says by which digests it will know them."""


def nobody(entries: Sequence[Entry]) -> Sequence[bytes]:
    """Nobody hears of them."""
    return ()


class Answering:
    """One answer that is being made."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._wrote: list[Wrote] = []
        self._persons: set[str] = set()
        self._logged: set[str | None] = set()

    @property
    def has_news(self) -> bool:
        """Whether something has to be settled before more may leave."""
        return bool(self._entries or self._wrote or self._persons)

    def keep_back(self, entries: Iterable[Entry]) -> None:
        """Take entries that will be written before anything leaves."""
        self._entries += entries

    async def settle(self, writer: AuditWriter, before: Before = nobody) -> Settled:
        """Make what has come together durable; raises Unlogged, and then nothing may leave.

        `before` hears of the entries before the log does.
        """
        entries, self._entries = gathered(self._entries), []
        wrote, self._wrote = self._wrote, []
        persons, self._persons = self._persons, set()
        digests = before(entries)
        numbers = await writer.write(*entries)
        self._logged.update(one.person for one in entries)
        return Settled(entries, numbers, wrote, len(persons - self._logged), digests)

    def show(self, persons: Iterable[str | None]) -> None:
        """Note whom the answer shows something of."""
        self._persons.update(one for one in persons if one is not None)

    def write(self, wrote: Iterable[Wrote]) -> None:
        """Note what has been written."""
        self._wrote += wrote


@contextmanager
def answering() -> Iterator[Answering]:
    """While it is open, everything that this task and those it begins read and write belongs to one answer."""
    made = Answering()
    token = _now.set(made)
    try:
        yield made
    finally:
        _now.reset(token)


def current() -> Answering | None:
    """The answer that is being made, None outside of one."""
    return _now.get()


def shown(rows: Sequence[Any]) -> Sequence[Any]:
    """`rows`, whose people the answer shows something of."""
    now = _now.get()
    if now is not None:
        now.show(row["person"] for row in rows)
    return rows


async def keep(writer: AuditWriter, *entries: Entry) -> None:
    """Return when the entries are durable, or will be before the answer leaves that is being made."""
    now = _now.get()
    if now is None:
        await writer.write(*entries)
    else:
        now.keep_back(entries)
