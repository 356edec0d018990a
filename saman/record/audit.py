"""Who looked at what: nothing that was read leaves before its entry is durable.

A write's entries are in the write's own transaction. Entries for reads, searches and refusals go through one writer
per process that commits many requests' entries at once. When the log cannot be written, nothing is shown.
What one request reads about one person on one ground is one entry that lists it (see `gathered`).
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from time import perf_counter
from typing import Any, Protocol

import asyncpg
import msgspec

from saman.model.fhir import resource_name, resource_number
from saman.record.context import Context
from saman.record.database import Asked

OK, REFUSED = 0, 4
"""AuditEvent.outcome (http://hl7.org/fhir/audit-event-outcome): success, or refused or not found."""

INSERT = """INSERT INTO audit
    (at, request, actor, role, party, purpose, action, type, id, version, person, outcome, ground, query, read, missed)
SELECT * FROM unnest($1::text::timestamptz[], $2::text::text[], $3::text::text[], $4::text::text[], $5::text::text[],
    $6::text::text[], $7::text::text[], $8::text::smallint[], $9::text::text[], $10::text::bigint[], $11::text::text[],
    $12::text::smallint[], $13::text::text[], $14::text::text[], $15::text::text[], $16::text::text[])
RETURNING entry"""
"""Its columns are texts (`arrays`): a driver that looks at each element of an array costs more than the database."""

_PATIENT = resource_number("Patient")
_MARKED, _MARK = re.compile(r'["\\]'), r"\\\g<0>"


ROUNDS = 2
"""How often the loop goes round before entries are committed, so that others come along who have nothing to wait for
any more: in the first round they are told that their rows are there, in the second they are done with them.
"""

ELSEWHERE = -1
"""The number of an entry that is in the emergency log and has none yet."""


class Unlogged(Exception):
    """The log could not be written, so nothing may be shown."""


class Entry(msgspec.Struct, frozen=True):
    """One act on the record, a compact row that is rendered as an AuditEvent when it is read.

    `action` is C, R, U, D or E (http://hl7.org/fhir/audit-event-action), with S for a search and H for a history.
    `read` lists the resources that one request showed of one person, as `Type/id/version`; `missed` the types that
    were asked for and held nothing.
    """

    context: Context
    action: str
    type: int
    id: str = ""
    version: int | None = None
    person: str | None = None
    outcome: int = OK
    ground: str = ""
    query: str = ""
    read: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    def row(self) -> tuple[Any, ...]:
        """The values in the order of the table."""
        c = self.context
        return (
            c.now, c.request, c.actor, c.role, c.party, c.purpose, self.action,
            self.type, self.id, self.version, self.person, self.outcome, self.ground, self.query,
            packed(self.read), " ".join(self.missed),
        )  # fmt: skip


class Logged(msgspec.Struct, frozen=True):
    """One entry as read back; made from a row of the table, whose texts `read` and `missed` it takes apart."""

    entry: int
    at: datetime
    request: str
    actor: str
    role: str
    party: str
    purpose: str
    action: str
    type: int
    id: str
    version: int | None
    person: str | None
    outcome: int
    ground: str
    query: str
    read: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take the texts of the table apart."""
        if isinstance(self.read, str):
            msgspec.structs.force_setattr(self, "read", unpacked(self.read))
        if isinstance(self.missed, str):
            msgspec.structs.force_setattr(self, "missed", tuple(self.missed.split()))

    @property
    def is_list(self) -> bool:
        """Whether it is a list of many people that showed this one."""
        return self.query.startswith("worklist")

    @property
    def showed(self) -> bool:
        """Whether something was shown or written.

        A search is logged for everybody who is asked about by name, and has a ground or lists what it read only where
        its answer held something.
        """
        return self.outcome == OK and (self.action != "S" or bool(self.ground) or bool(self.read))

    @property
    def shown_types(self) -> tuple[str, ...]:
        """The types of what was shown or written, each once."""
        listed = tuple(dict.fromkeys(one.partition("/")[0] for one in self.read))
        return listed or ((resource_name(self.type),) if self.showed else ())

    @property
    def missed_types(self) -> tuple[str, ...]:
        """The types that were asked for and not shown."""
        return self.missed or (() if self.showed else (resource_name(self.type),))


@lru_cache(maxsize=1024)
def packed(read: tuple[str, ...]) -> str:
    """`Type/id/version` of several as one text, in which a type that follows itself is not repeated."""
    words: list[str] = []
    last = ""
    for one in read:
        kind, _, rest = one.partition("/")
        words.append(rest if kind == last else one)
        last = kind
    return " ".join(words)


def unpacked(text: str) -> tuple[str, ...]:
    """The counterpart of `packed`."""
    found: list[str] = []
    kind = ""
    for word in text.split():
        if word.count("/") == 1:
            found.append(f"{kind}/{word}")
        else:
            kind = word.partition("/")[0]
            found.append(word)
    return tuple(found)


def arrays(rows: Iterable[Sequence[Any]]) -> list[str]:
    """The columns of `rows` as PostgreSQL writes arrays (https://www.postgresql.org/docs/current/arrays.html)."""
    return [_array(column) for column in zip(*rows, strict=True)]


def _array(values: Sequence[Any]) -> str:
    plain = None not in values
    joined = '","'.join(map(str, values)) if plain else ""
    if plain and "\\" not in joined and joined.count('"') == 2 * (len(values) - 1):
        return f'{{"{joined}"}}'
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: Any) -> str:
    return "NULL" if value is None else f'"{_MARKED.sub(_MARK, str(value))}"'


def readings(entry: Entry, rows: Iterable[Any]) -> list[Entry]:
    """`entry` once for each person and ground of `rows`, listing the resources."""
    found: defaultdict[tuple[str | None, str], list[str]] = defaultdict(list)
    for row in rows:
        found[row["person"], row["ground"] or ""].append(f"{resource_name(row['type'])}/{row['id']}/{row['version']}")
    return [
        msgspec.structs.replace(entry, person=person, ground=ground, read=tuple(read))
        for (person, ground), read in found.items()
    ]


def gathered(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of one request: those about one person on one ground put together, everything else as it is.

    What was asked for about a person and not shown stands with what was shown of them, if anything was.
    """
    entries = [_found_alone(one, entries) for one in entries]
    if len(entries) < 2:
        return entries
    together: dict[tuple[Any, ...], list[Entry]] = {}
    apart: list[Entry] = []
    for one in entries:
        if one.outcome == OK and one.action in "RSH":
            c = one.context
            key = (c.actor, c.role, c.party, c.purpose, c.request, one.person, one.ground)
            together.setdefault(key, []).append(one)
        else:
            apart.append(one)
    homes: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for key in together:
        if key[-1]:
            homes.setdefault(key[:-1], key)
    for key in [key for key in together if key[-2] is not None and not key[-1]]:
        if key[:-1] in homes:
            together[homes[key[:-1]]] += together.pop(key)
    return [_one(several) for several in together.values()] + apart


def _found_alone(entry: Entry, entries: Iterable[Entry]) -> Entry:
    """A search by a person that found one person alone names that person by `id`: it is a look, and not a list."""
    if entry.action != "S" or entry.type != _PATIENT or not entry.read or "/" not in entry.context.actor:
        return entry
    found = {one.person for one in entries if one.action == "S" and one.query == entry.query and one.read}
    return msgspec.structs.replace(entry, id=entry.person or "") if len(found) == 1 else entry


def _one(several: Sequence[Entry]) -> Entry:
    first = several[0]
    if len(several) == 1:
        return first
    read = {one for entry in several for one in _read(entry)}
    shown = {one.partition("/")[0] for one in read}
    missed = dict.fromkeys([one for entry in several for one in _missed(entry) if one not in shown])
    lists = [one for one in several if one.query.startswith("worklist")]
    actions, types = {one.action for one in several}, {one.type for one in several}
    queries = [lists[0].query] if lists else dict.fromkeys([one.query for one in several if one.query])
    return msgspec.structs.replace(
        first,
        action="S" if lists else "R" if "R" in actions else "S" if "S" in actions else "H",
        type=lists[0].type if lists else first.type if len(types) == 1 else _PATIENT,
        id=first.id if len({(one.type, one.id) for one in several}) == 1 else "" if lists else _alone(several),
        version=None,
        ground=next((one.ground for one in several if one.ground), ""),
        query="\n".join(queries),
        read=tuple(sorted(read)),
        missed=tuple(missed),
    )


def _alone(several: Iterable[Entry]) -> str:
    """The person whom one of several searches found alone; empty when none did."""
    alone = (one.id for one in several if one.action == "S" and one.type == _PATIENT and one.id)
    return next(alone, "")


def _read(entry: Entry) -> Iterable[str]:
    if entry.read or entry.action != "R":
        return entry.read
    return (f"{resource_name(entry.type)}/{entry.id}/{entry.version or ''}",)


def _missed(entry: Entry) -> Iterable[str]:
    searched = entry.action == "S" and not entry.read and not entry.ground and not entry.missed
    return (resource_name(entry.type),) if searched else entry.missed


Flushed = Callable[[int, float, bool], None]
"""Hears of each flush: how many entries, in how many seconds, and whether they are durable."""


def _to_nobody(entries: int, seconds: float, durable: bool) -> None:
    """Nobody measures."""


class Until(Protocol):
    """Something that ends at a moment, in seconds since 1970."""

    @property
    def until(self) -> float:
        """The moment."""
        ...


class Beside(Protocol):
    """Where entries are kept that the log does not take (`saman.record.ledger.emergency`)."""

    @property
    def mode(self) -> Until | None:
        """What lets entries be kept there now; None when nothing does."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Return once they are on the disk; OSError when they are not."""

    def close(self) -> None:
        """The log takes entries again."""


class AuditWriter:
    """Commits the entries of all requests that wait, together, one commit after the other."""

    def __init__(self, log: Asked) -> None:
        self._log = log
        self._waiting: list[tuple[tuple[Entry, ...], asyncio.Future[list[int]]]] = []
        self._writing: asyncio.Task[None] | None = None
        self.told: Flushed = _to_nobody
        self.beside: Beside | None = None

    @property
    def waiting(self) -> int:
        """How many entries wait to be written."""
        return sum(len(entries) for entries, _ in self._waiting)

    async def write(self, *entries: Entry) -> Sequence[int]:
        """The numbers of the entries once they are durable; raises Unlogged when they could not be made so."""
        if not entries:
            return []
        done: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._drain())
        return await done

    async def _drain(self) -> None:
        while self._waiting:
            for _ in range(ROUNDS):
                await asyncio.sleep(0)
            batch, self._waiting = self._waiting, []
            entries = [entry for several, _ in batch for entry in several]
            begun = perf_counter()
            numbers = await self._commit(entries)
            durable = not isinstance(numbers, Unlogged)
            self.told(len(entries), perf_counter() - begun, durable)
            at = 0
            for several, done in batch:
                if done.done():
                    pass
                elif isinstance(numbers, Unlogged):
                    done.set_exception(numbers)
                else:
                    done.set_result(numbers[at : at + len(several)])
                at += len(several)

    async def _commit(self, entries: list[Entry]) -> list[int] | Unlogged:
        try:
            rows = await self._log.fetch(INSERT, *arrays([entry.row() for entry in entries]))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
            if self.beside is not None and self.beside.mode is not None:
                return await self._keep_beside(self.beside, entries)
            failed = Unlogged("the audit entries could not be written")
            failed.__cause__ = error
            return failed
        if len(rows) != len(entries):  # a rule or a trigger of somebody's takes entries away
            return Unlogged("the audit does not keep what it is given")
        if self.beside is not None:
            self.beside.close()
        return [row[0] for row in rows]

    async def _keep_beside(self, beside: Beside, entries: list[Entry]) -> list[int] | Unlogged:
        try:
            await asyncio.to_thread(beside.append, entries)
        except OSError as error:
            failed = Unlogged("neither the log nor the emergency log takes entries")
            failed.__cause__ = error
            return failed
        return [ELSEWHERE] * len(entries)
