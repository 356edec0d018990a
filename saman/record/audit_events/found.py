"""AuditEvents and Provenances: made from the log when they are asked for, beside those that other systems have sent.

Who asks sees the log of the people whose data about access itself their rules show them: citizens their own. The
database function `audit_found` holds that once more against the grants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import asyncpg
import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain
from saman.model.fhir import extract, resource_number
from saman.record.audit import OK, REFUSED, Entry, Logged
from saman.record.audit_events.ask import Ask, read_ask
from saman.record.audit_events.criteria import Criteria, all_criteria, own_criteria
from saman.record.audit_events.event import Resource, audit_event
from saman.record.audit_events.filter import fulfils
from saman.record.audit_events.ids import EntryIds
from saman.record.audit_events.provenance import provenance
from saman.record.audit_events.telling import Telling, telling_to_persons, told
from saman.record.cursor import Place
from saman.record.door import Door
from saman.record.fence import AT, GATED, NUMBER, gate
from saman.record.limits import hurried
from saman.record.log import LAST
from saman.record.narrowing import lets_resource, within
from saman.record.refusals import not_found
from saman.record.rows import split
from saman.record.search.asked import Include, Query
from saman.record.search.find import TOO_COSTLY, entries_of, frame_of
from saman.record.search.including import many
from saman.record.search.order import place_of
from saman.record.search.statement import asked_persons, search_statement, total_statement
from saman.record.stored import Page, Stored, stored

MOST_COUNTED = 2000
"""Entries that are looked at one by one for a total; more than that has to be narrowed by person, act or time."""
CHUNK = 500
MOST_CHUNKS = 4

_COLUMNS = ", ".join(Logged.__struct_fields__)
_CALL = "audit_found($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
_FOUND = gate(f"SELECT {_COLUMNS} FROM {_CALL} WHERE {GATED}")
_COUNTED = gate(f"SELECT count(*) FROM {_CALL} WHERE {GATED}")
_REACH = gate(f"""SELECT DISTINCT ON (g.person) g.person, g.ground FROM grants g
    WHERE {GATED} AND g.context = {NUMBER} AND g.domain = {int(Domain.CONSENT)}
      AND g.since <= {AT} AND g.until > {AT}
    ORDER BY g.person, g.since""")


class Book(msgspec.Struct, frozen=True):
    """One way in which the log is shown: of which entries, sorted by which date, made how."""

    type: str
    date: str
    start: Ask
    make: Callable[[Logged, str, str, Criteria], Resource]


BOOKS: Mapping[str, Book] = MappingProxyType(
    {
        "AuditEvent": Book("AuditEvent", "date", Ask(), audit_event),
        "Provenance": Book(
            "Provenance", "recorded", Ask(actions=frozenset("CUD"), outcomes=frozenset({OK})), provenance
        ),
    }
)


class Reach(msgspec.Struct, frozen=True):
    """Whose log somebody may read, each with the ground, and how much of it; `grounds` is None for everybody's."""

    grounds: Mapping[str, str] | None
    telling: Telling = Telling()

    def cut(self, ask: Ask) -> Ask:
        """`ask` for those people alone, and as far back as they are told."""
        if self.grounds is None:
            return ask
        mine = frozenset(self.grounds)
        since = max((one for one in (ask.since, self.telling.since) if one is not None), default=None)
        return msgspec.structs.replace(ask, persons=mine if ask.persons is None else ask.persons & mine, since=since)

    def ground(self, person: str | None) -> str:
        """On what the look rests; empty for the back-end client."""
        return "" if self.grounds is None or person is None else self.grounds.get(person, "")

    @property
    def criteria(self) -> Criteria:
        """How much of what was searched for is told."""
        return all_criteria if self.grounds is None else own_criteria


async def reach_of(door: Door) -> Reach:
    """Whose log the context may read. Who answers for the looks of an organisation reads them in `review.py`."""
    if door.context.is_system:
        return Reach(None)
    telling = telling_to_persons(door.store.policy, door.context.now)
    return Reach({row["person"]: row["ground"] for row in await door.fetch(_REACH)}, telling)


@cache
def entry_ids(secret: bytes) -> EntryIds:
    """The ids of one database."""
    return EntryIds(secret)


async def entry_found(door: Door, book: Book, id: str, version: int | None) -> Stored | Refusal:
    """The resource made from one entry, which is logged like any other read."""
    reach, number = await reach_of(door), entry_ids(door.store.secret).open(id)
    rows: list[Logged] = []
    if number is not None and version in (None, 1):
        start = msgspec.structs.replace(book.start, entries=frozenset({number}))
        rows = await _rows(door, reach, reach.cut(start), (0, LAST), newest=True, most=1)
    kind = resource_number(book.type)
    made = [_made(door, book, row, reach.criteria) for row in rows]
    if not made or not _let(door, made[0], "r"):
        await door.log(Entry(door.context, "R", kind, id, version, outcome=REFUSED))
        return not_found()
    person = rows[0].person
    await door.log(Entry(door.context, "R", kind, id, 1, person, ground=reach.ground(person)))
    return made[0]


@hurried(lambda door, query: entries_of(door.context, query, ()), TOO_COSTLY)
async def entries_found(door: Door, query: Query) -> Page | Refusal:
    """One page of what was made from the log and of what was sent, together in the order of time."""
    narrowed = within(query, door.context.narrowing)
    if isinstance(narrowed, Refusal):
        entries = entries_of(door.context, query, ())
        await door.log(*(msgspec.structs.replace(one, outcome=REFUSED) for one in entries))
        return narrowed
    return await _Search(door, BOOKS[query.type], narrowed, await reach_of(door)).page()


async def _rows(
    door: Door, reach: Reach, ask: Ask, between: tuple[int, int], *, newest: bool, most: int
) -> list[Logged]:
    if ask.is_empty:
        return []
    rows = await door.fetch(_FOUND, *between, newest, most, *ask.values())
    return await told(door, reach.telling, [Logged(*row) for row in rows])


def _made(door: Door, book: Book, entry: Logged, criteria: Criteria) -> Stored:
    id = entry_ids(door.store.secret).seal(entry.entry)
    meta, body = split(book.make(entry, id, door.base, criteria))
    return Stored(book.type, id, 1, entry.at, entry.person, meta, body)


def _let(door: Door, made: Stored, letters: str) -> bool:
    """Whether the scopes of an app let it through."""
    narrowing = door.context.narrowing
    return narrowing is None or lets_resource(narrowing, made.resource(), letters)


class _Search:
    def __init__(self, door: Door, book: Book, query: Query, reach: Reach) -> None:
        self.door, self.book, self.query, self.reach = door, book, query, reach
        self.newest = query.descending or not query.sort
        self.sent = msgspec.structs.replace(query, sort="", descending=self.newest, cursor="", includes=())
        self.place: Place | None = None
        self.last = 0
        self.scanned: int | None = None

    async def page(self) -> Page | Refusal:
        """The page, its total and what it includes; withheld until the log says whose log was shown."""
        refusal = self._wrong()
        ask = refusal or read_ask(
            self.query,
            self.book.start,
            entry_ids(self.door.store.secret).open,
            self.door.base,
            named=self.reach.telling.everything,
        )
        if isinstance(ask, Refusal):
            return ask
        self.ask = self.reach.cut(ask)
        made, sent = await self._made(), await self._sent()
        total = await self._total() if self.query.total else None
        if isinstance(sent, Refusal):
            return sent
        if isinstance(total, Refusal):
            return total
        shown, following = self._merged(made, sent)
        included = await self._included(shown)
        await self._log(shown, sent, included)
        return Page(tuple(shown), tuple(map(stored, included)), total, following)

    def _wrong(self) -> Refusal | None:
        """Take the page marker apart; refused when it is from elsewhere, or the order is not that of time."""
        if self.query.sort not in ("", self.book.date, "_lastUpdated") or self.query.then:
            text = f"{self.book.type} is sorted by {self.book.date} alone."
            return refused(Kind.INVALID, "not-supported", text, "_sort")
        self.last = LAST if self.newest else 0
        if not self.query.cursor:
            return None
        place = self.door.store.seal.open(self.query.cursor, self.query.describe)
        if isinstance(place, Refusal):
            return place
        self.last = int(place.text or 0)
        self.place = Place(place.moment, None, place.id) if place.id else None
        return None

    async def _made(self) -> list[tuple[Logged, Stored]]:
        """What the log holds for this page and one more, as far as it is found within some thousand entries."""
        wanted, found, last = self.query.count + 1, list[tuple[Logged, Stored]](), self.last
        most = wanted if self._is_exact else CHUNK
        for _ in range(MOST_CHUNKS):
            between = (0, last) if self.newest else (last, LAST)
            rows = await _rows(self.door, self.reach, self.ask, between, newest=self.newest, most=most)
            made = ((row, _made(self.door, self.book, row, self.reach.criteria)) for row in rows)
            found += [one for one in made if self._fits(one[1])]
            if len(found) >= wanted or len(rows) < most:
                return found[:wanted]
            last = rows[-1].entry
        self.scanned = last
        return found

    @property
    def _is_exact(self) -> bool:
        """Whether every entry that the log gives is shown."""
        return not self.ask.left and self.door.context.narrowing is None

    def _fits(self, made: Stored) -> bool:
        if self._is_exact:
            return True
        values = extract(made.resource())
        return _let(self.door, made, "s") and all(fulfils(clause, values, self.door.base) for clause in self.ask.left)

    async def _sent(self) -> list[asyncpg.Record] | Refusal:
        """What other systems have sent, for this page and one more."""
        statement = search_statement(self.sent, frame_of(self.door), self.place)
        return statement if isinstance(statement, Refusal) else list(
            await self.door.fetch(statement.sql, *statement.values)
        )  # fmt: skip

    def _merged(self, made: list[tuple[Logged, Stored]], sent: list[asyncpg.Record]) -> tuple[list[Stored], str | None]:
        """The page in the order of time, and where it goes on."""
        both: list[tuple[Any, Stored, Place | int]] = [(row.at, one, row.entry) for row, one in made]
        places = map(place_of, sent)
        both += [(place.moment, stored(row), place) for row, place in zip(sent, places, strict=True)]
        both.sort(key=lambda one: one[0], reverse=self.newest)
        page, beyond = both[: self.query.count], both[self.query.count :]
        for _, _, where in page:
            if isinstance(where, Place):
                self.place = where
            else:
                self.last = where
        if not beyond and self.scanned is not None:
            self.last = self.scanned
            return [one for _, one, _ in page], self._next()
        return [one for _, one, _ in page], self._next() if beyond and page else None

    def _next(self) -> str:
        moment, id = (self.place.moment, self.place.id) if self.place else (None, "")
        return self.door.store.seal.close(Place(moment, str(self.last), id), self.query.describe)

    async def _total(self) -> int | Refusal:
        statement = total_statement(self.sent, frame_of(self.door))
        if isinstance(statement, Refusal):
            return statement
        sent: int = (await self.door.fetch(statement.sql, *statement.values))[0][0]
        if self.ask.is_empty:
            return sent
        if self._is_exact:
            counted = await self.door.fetch(_COUNTED, 0, LAST, True, None, *self.ask.values())
            return sent + int(counted[0][0])
        rows = await _rows(self.door, self.reach, self.ask, (0, LAST), newest=True, most=MOST_COUNTED + 1)
        if len(rows) > MOST_COUNTED:
            return refused(Kind.TOO_COSTLY, "too-costly", "Narrow the search by patient or date to have it counted.")
        made = (_made(self.door, self.book, row, self.reach.criteria) for row in rows)
        return sent + sum(map(self._fits, made))

    async def _included(self, shown: list[Stored]) -> list[asyncpg.Record]:
        includes = [one for one in self.query.includes if not one.back and one.source == self.query.type]
        named = {
            (resource_number(kind), id)
            for one in shown if includes
            for number, kind, id, _ in extract(one.resource()).references
            if kind and any(_leads(include, number, kind) for include in includes)
        }  # fmt: skip
        return list(await many(self.door, sorted(named))) if named else []

    async def _log(self, shown: list[Stored], sent: list[asyncpg.Record], included: list[asyncpg.Record]) -> None:
        """One entry for each person whose log was shown or asked about; entries are not listed one by one."""
        grounds: dict[str | None, str] = dict.fromkeys(asked_persons(self.query), "")
        grounds |= {one.person: self.reach.ground(one.person) for one in shown if one.person is not None}
        grounds |= {row["person"]: row["ground"] or "" for row in (*sent, *included) if row["person"] is not None}
        about = resource_number(self.book.type)
        await self.door.log(
            *(
                Entry(self.door.context, "S", about, person=person, ground=ground, query=self.query.describe)
                for person, ground in (grounds or {None: ""}).items()
            )
        )


def _leads(include: Include, number: int, kind: str) -> bool:
    """Whether a reference by a parameter to a type is one that the include goes along."""
    by = include.parameter is None or include.parameter.number == number
    return by and include.target in ("", kind)
