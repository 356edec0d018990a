"""What values mean, spelled out: the codes of `:in`, `:not-in`, `:above` and `:below`, the parts of places and units.

Source: https://hl7.org/fhir/R4/search.html#token
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir.terminology import Composer, Library, Need, canonical
from saman.model.fhir.terminology.composing import Unanswerable, at_place
from saman.record.door import Door
from saman.record.narrow_reading import allowed
from saman.record.search.asked import MEANT, Clause, Condition, Link, Query, unescape
from saman.record.search.clauses import split_bar
from saman.record.search.filter.walking import all_turned, conditions
from saman.record.search.hierarchy import related
from saman.record.terms import Look, escaped, gather

MOST_CODES = 1000
"""Codes that one condition may stand for."""


async def meant(door: Door, query: Query, look: Look) -> Query | Refusal:
    """The query with each of these conditions as one on codes, along its chains too; refused when nobody knows them."""
    if not _has_any(query):
        return query
    clauses, links = list[Clause](), list[Link]()
    for clause in query.clauses:
        spelled = await _spelled(door, clause, look) if _is_meant(clause) else clause
        if isinstance(spelled, Refusal):
            return spelled
        clauses.append(spelled)
    for link in query.links:
        led = await _led(door, link, look)
        if isinstance(led, Refusal):
            return led
        links.append(led)

    async def turn(one: Clause | Link) -> Condition | Refusal:
        if isinstance(one, Link):
            return await _led(door, one, look)
        return await _spelled(door, one, look) if _is_meant(one) else one

    filters = await all_turned(query.filters, turn)
    if isinstance(filters, Refusal):
        return filters
    return msgspec.structs.replace(query, clauses=tuple(clauses), links=tuple(links), filters=filters)


async def _led(door: Door, link: Link, look: Look) -> Link | Refusal:
    ends = [await meant(door, end, look) for end in link.ends]
    refusal = next((end for end in ends if isinstance(end, Refusal)), None)
    return refusal or Link(link.parameter, tuple(end for end in ends if isinstance(end, Query)), link.back)


def _has_any(query: Query) -> bool:
    return any(_is_meant(one) if isinstance(one, Clause) else any(map(_has_any, one.ends)) for one in conditions(query))


def _is_meant(clause: Clause) -> bool:
    return clause.parameter.type in ("token", "reference") and clause.modifier in MEANT


async def _spelled(door: Door, clause: Clause, look: Look) -> Clause | Refusal:
    if clause.parameter.type == "reference":
        return await related(clause, door.base, look)
    library, place = Library(), f"{clause.parameter.code}:{clause.modifier}"
    found: dict[tuple[str, str], None] = {}
    for value in clause.values:
        codes = await (_in_set if clause.modifier in ("in", "not-in") else _related)(door, clause, value, library, look)
        if isinstance(codes, Refusal):
            return at_place(codes, place)
        found.update(dict.fromkeys(codes))
    if len(found) > MOST_CODES:
        text = f"A condition stands for at most {MOST_CODES} codes; this one for more."
        return refused(Kind.TOO_COSTLY, "too-costly", text, place)
    values = tuple(f"{escaped(system)}|{escaped(code)}" for system, code in found)
    return Clause(clause.parameter, "not" if clause.modifier == "not-in" else "", values)


Codes = Iterable[tuple[str, str]]
Tree = Mapping[str, Any]


async def _in_set(door: Door, _: Clause, value: str, library: Library, look: Look) -> Codes | Refusal:
    address = unescape(value)
    kind, _slash, id = address.removeprefix(f"{door.base}/").partition("/")
    tree = await (_stored_set(door, id, library, look) if kind == "ValueSet" else _set(door, address, library, look))
    if tree is None or isinstance(tree, Refusal):
        return tree or refused(Kind.INVALID, "not-found", "There is no value set with this address here.")
    try:
        return Composer(library).compose(tree).codes()
    except Unanswerable as fault:
        return fault.refusal


async def _set(door: Door, address: str, library: Library, look: Look) -> Tree | Refusal | None:
    """The value set with a canonical address, perhaps of one version."""
    wanted = canonical(address)
    refusal = await gather(door, look, library, [Need("ValueSet", wanted.url)])
    return refusal or library.resource("ValueSet", wanted.url, wanted.version)


async def _stored_set(door: Door, id: str, library: Library, look: Look) -> Tree | Refusal | None:
    """The value set with an id here."""
    page = await look("ValueSet", [("_id", escaped(id))]) if id and allowed(door, "ValueSet", "s") else None
    if page is None or isinstance(page, Refusal) or not page.matches:
        return page if isinstance(page, Refusal) else None
    tree: Tree = page.matches[0].resource()
    return await gather(door, look, library, library.needs(tree)) or tree


async def _related(door: Door, clause: Clause, value: str, library: Library, look: Look) -> Codes | Refusal:
    system, bar, code = split_bar(value)
    if not bar or not system or not code:
        return refused(Kind.INVALID, "value", f"':{clause.modifier}' takes system|code.")
    refusal = await gather(door, look, library, [Need("CodeSystem", system)])
    if refusal is not None:
        return refusal
    known = library.code_system(system)
    if known is None or not known.is_loaded or known.find(code) is None:
        return refused(Kind.INVALID, "not-found", "This code, or its code system, is not loaded here.")
    others = known.below(code) if clause.modifier == "below" else known.above(code)
    return [(system, one) for one in sorted({code, *others})]
