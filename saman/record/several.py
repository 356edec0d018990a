"""Searches of several types, and of what belongs to a person or a thing (https://hl7.org/fhir/R4/http.html#vsearch).

A compartment is entered by several parameters, any of which will do. Each is a search of its own that leaves out what
the ones before it find, so that nothing is found or counted twice; a page takes the next rows of all of them together.
Types come one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from saman.kernel.ids import is_fhir_id
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES, compartments, search_parameters
from saman.model.fhir.own_parameters import OFFICIAL, Parameters
from saman.record.audit_events.found import BOOKS
from saman.record.cursor import Place
from saman.record.door import Door
from saman.record.limits import hurried
from saman.record.narrow_reading import allowed
from saman.record.narrowing import insufficient, within
from saman.record.record import Record
from saman.record.refusals import not_found
from saman.record.search.asked import Clause, Query
from saman.record.search.find import TOO_COSTLY, entries_of, frame_of, spelled_out, unanswered
from saman.record.search.looking import page_rows
from saman.record.search.order import place_of
from saman.record.search.query import read_query
from saman.record.search.resolve import resolved
from saman.record.stored import Page

MOST_TYPES = 20
ALL = "*"
WITHIN = "compartment"
"""How the log names the compartment that was searched, beside the parameters."""

Parts = tuple[Query, ...]


class Several(msgspec.Struct, frozen=True):
    """A search of several types, or in several ways; each item of `types` are the ways of one type.

    `inside` is what is searched the compartment of: who searches a Patient's asks about them.
    """

    types: tuple[Parts, ...]
    cursor: str
    count: int
    total: bool
    inside: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        """The Patient ids that the address asks about."""
        kind, _, id = self.inside.partition("/")
        return (id,) if kind == "Patient" else ()

    @property
    def used(self) -> tuple[tuple[str, str], ...]:
        """The parameters that were understood, without those of the place."""
        return tuple(pair for pair in self.types[0][0].used if pair[0] != WITHIN)

    @property
    def ignored(self) -> tuple[str, ...]:
        """The parameters that were not."""
        return tuple(dict.fromkeys(name for parts in self.types for name in parts[0].ignored))

    @property
    def passed_over(self) -> tuple[str, ...]:
        """What is said of each of them."""
        return tuple(dict.fromkeys(text for parts in self.types for text in parts[0].passed_over))


def read_several(
    names: Sequence[str], pairs: Iterable[tuple[str, str]], *, strict: bool, known: Parameters = OFFICIAL
) -> Several | Refusal:
    """The same search of each of these types, by parameters that all of them have."""
    listed = list(dict.fromkeys(names))
    unknown = [name for name in listed if name not in RESOURCE_TYPES]
    if unknown or not listed or len(listed) > MOST_TYPES:
        text = f"'_type' lists between one and {MOST_TYPES} resource types of R4, with commas between."
        return refused(Kind.INVALID, "value", text, "_type")
    return _read([(name, None) for name in listed], list(pairs), strict=strict, known=known)


def read_compartment(
    inside: str, name: str, pairs: Iterable[tuple[str, str]], *, strict: bool, known: Parameters = OFFICIAL
) -> Several | Refusal:
    """The search of one type, or of all with `*`, among what belongs to a resource, such as `Patient/42`."""
    kind, _, id = inside.partition("/")
    members = compartments[kind]
    if name != ALL and name not in RESOURCE_TYPES:
        return refused(Kind.NOT_FOUND, "not-supported", "R4 has no resource type of this name.")
    if not is_fhir_id(id):
        return not_found()
    if name != ALL and name not in members:
        text = f"Resources of this type do not belong to the compartment of this {kind}."
        return refused(Kind.NOT_FOUND, "not-supported", text)
    names = [one for one in sorted(members) if one not in BOOKS] if name == ALL else [name]
    found = _read([(one, inside) for one in names], list(pairs), strict=strict, known=known)
    return found if isinstance(found, Refusal) else msgspec.structs.replace(found, inside=inside)


def _read(
    names: list[tuple[str, str | None]], pairs: list[tuple[str, str]], *, strict: bool, known: Parameters
) -> Several | Refusal:
    given = dict(pairs)
    if len(names) > 1 and "_sort" in given:
        text = "Types come one after the other here, each newest first. Ask for one type to have it sorted otherwise."
        return refused(Kind.INVALID, "not-supported", text, "_sort")
    plain = [(name, value) for name, value in pairs if name != "_cursor"]
    types: list[Parts] = []
    for name, inside in names:
        query = read_query(name, plain, strict=strict, known=known)
        if isinstance(query, Refusal):
            return query
        if inside is not None and query.then:
            text = "A compartment is sorted by one parameter."
            return refused(Kind.INVALID, "not-supported", text, "_sort")
        types.append((query,) if inside is None else _ways(query, inside))
    first, alone = types[0][0], {name for parts in types for name in parts[0].ignored}
    if alone and len(types) > 1 and names[0][1] is None:
        return _by_common(names, pairs, [parts[0].ignored for parts in types], known)
    return Several(tuple(types), given.get("_cursor", ""), first.count, first.total)


def _by_common(
    names: list[tuple[str, str | None]], pairs: list[tuple[str, str]], ignored: list[tuple[str, ...]], known: Parameters
) -> Several | Refusal:
    """The search by what all types have: what one of them would pass over narrows none, and is named."""
    alone = {name for each in ignored for name in each}
    found = _read(names, [pair for pair in pairs if pair[0] not in alone], strict=False, known=known)
    if isinstance(found, Refusal):
        return found
    told = [(msgspec.structs.replace(parts[0], ignored=own),) for parts, own in zip(found.types, ignored, strict=True)]
    return msgspec.structs.replace(found, types=tuple(told))


def _ways(query: Query, inside: str) -> Parts:
    """The searches that together find what belongs to a resource, none of them what another finds."""
    known, (kind, _, id) = search_parameters(query.type), inside.partition("/")
    clauses = [Clause(known[code], "", (inside,)) for code in compartments[kind][query.type]]
    if query.type == kind:
        clauses.insert(0, Clause(known["_id"], "", (id,)))
    return tuple(
        msgspec.structs.replace(
            query,
            clauses=(*query.clauses, clause, *(_not(one) for one in clauses[:number] if one.parameter.code != "_id")),
            used=((WITHIN, inside), *query.used),
        )
        for number, clause in enumerate(clauses)
    )


def _not(clause: Clause) -> Clause:
    return msgspec.structs.replace(clause, modifier="not")


async def find_several(record: Record, asked: Several) -> Page | Refusal:
    """One page, with the total when it was asked for; types that the scopes of an app do not allow are left out."""
    types = [parts for parts in asked.types if allowed(record, parts[0].type, "s")]
    if not types:
        refusal = insufficient()
        await record.log(*unanswered(record.context, asked.types[0][0], refusal, asked.named))
        return refusal
    total = await _total(record, types, asked.named) if asked.total else None
    if isinstance(total, Refusal):
        return total
    page = await _pages(record, types, asked) if asked.count else Page(())
    return page if isinstance(page, Refusal) else msgspec.structs.replace(page, total=total)


async def _total(record: Record, types: Sequence[Parts], named: Sequence[str]) -> int | Refusal:
    total = 0
    for query in (one for parts in types for one in parts):
        page = await record.find(msgspec.structs.replace(query, total=True, count=0), named)
        if isinstance(page, Refusal):
            return page
        total += page.total or 0
    return total


async def _pages(record: Record, types: Sequence[Parts], asked: Several) -> Page | Refusal:
    """Rows of one type after the other, until the page is full; the marker names the type that comes next."""
    begin, _, inner = asked.cursor.partition(".")
    names = [parts[0].type for parts in types]
    if asked.cursor and begin not in names:
        return refused(Kind.INVALID, "invalid", "This page marker is not from this search.", "_cursor")
    whole, at = Page(()), names.index(begin) if asked.cursor else 0
    for number, parts in enumerate(types[at:], at):
        left = asked.count - len(whole.matches)
        if left <= 0:
            return msgspec.structs.replace(whole, next=f"{names[number]}.")
        page = await _of_type(record, parts, Stretch(inner, left, asked.named))
        if isinstance(page, Refusal):
            return page
        following = f"{names[number]}.{page.next}" if page.next else None
        whole = Page((*whole.matches, *page.matches), (*whole.included, *page.included), next=following)
        inner = ""
        if following:
            return whole
    return whole


class Stretch(NamedTuple):
    """Which rows of a type are wanted: from a place on, so many; and whom the search asks about by its address."""

    cursor: str
    most: int
    named: tuple[str, ...]


async def _of_type(record: Record, parts: Parts, wanted: Stretch) -> Page | Refusal:
    if len(parts) == 1:
        query = msgspec.structs.replace(parts[0], cursor=wanted.cursor, count=wanted.most, total=False)
        return await record.find(query, wanted.named)
    return await _together(record, parts, wanted)


async def _together(record: Record, parts: Parts, wanted: Stretch) -> Page | Refusal:
    """The next rows of several searches that are sorted alike, in their common order."""
    first, count = parts[0], wanted.most
    place = record.store.seal.open(wanted.cursor, first.describe) if wanted.cursor else None
    if isinstance(place, Refusal):
        return place
    rows: dict[str, Any] = {}
    named = list(wanted.named)
    for query in parts:
        found = await _rows(record, msgspec.structs.replace(query, count=count), place, named)
        if isinstance(found, Refusal):
            await record.log(*unanswered(record.context, first, found, named))
            return found
        rows |= found
    ordered = sorted(rows.values(), key=_order, reverse=first.descending)
    shown = ordered[:count]
    await record.log(*entries_of(record.context, first, (), named))
    if not shown:
        return Page(())
    page = await _by_id(record, first, [row["id"] for row in shown])
    if isinstance(page, Refusal) or len(ordered) <= count:
        return page
    return msgspec.structs.replace(page, next=record.store.seal.close(place_of(shown[-1]), first.describe))


@hurried(lambda door, query, place, named: (), TOO_COSTLY)
async def _rows(door: Door, query: Query, place: Place | None, named: list[str]) -> dict[str, Any] | Refusal:
    """The next rows of one search, by their ids; `named` gets whom its chains ask about."""
    spelled, frame = await spelled_out(door, query), frame_of(door)
    narrowed = spelled if isinstance(spelled, Refusal) else within(spelled, door.context.narrowing)
    asked = narrowed if isinstance(narrowed, Refusal) else await resolved(door, narrowed, frame, named)
    if asked is None or isinstance(asked, Refusal):
        return asked or {}
    rows = await page_rows(door, asked, frame, place)
    return rows if isinstance(rows, Refusal) else {row["id"]: row for row in rows}


def _order(row: Any) -> tuple[Any, str]:
    place = place_of(row)
    return (place.moment if place.text is None else place.text), place.id


async def _by_id(record: Record, query: Query, ids: list[str]) -> Page | Refusal:
    """What was found, in this order, with what belongs beside it, and logged as shown."""
    named = Clause(search_parameters(query.type)["_id"], "", tuple(ids))
    plain = msgspec.structs.replace(query, clauses=(named,), sort="", cursor="", count=len(ids), total=False)
    page = await record.find(plain)
    if isinstance(page, Refusal):
        return page
    places = {id: number for number, id in enumerate(ids)}
    matches = tuple(sorted(page.matches, key=lambda one: places[one.id]))
    return msgspec.structs.replace(page, matches=matches, next=None)
