"""Writes under a condition: of many that try at once, exactly one creates (https://hl7.org/fhir/R4/http.html#ccreate)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES, extract, indexed, resource_number, search_parameters
from saman.record.audit import Entry
from saman.record.context import Context
from saman.record.database import Connection
from saman.record.door import Door
from saman.record.rows import Resource
from saman.record.search.asked import Query, unescape
from saman.record.search.find import entries_of, find
from saman.record.search.query import read_query
from saman.record.stored import Stored

_CLAIM = """INSERT INTO claim (key) SELECT key FROM unnest($1::bytea[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE SET key = excluded.key"""
_SHARE = "SELECT pg_advisory_xact_lock_shared(hashtext('saman claim'), $1::integer)"
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('saman claim'), $1::integer)"
_SHAPING = frozenset({"_count", "_cursor", "_sort", "_total", "_include", "_revinclude"})


def read_condition(type_name: str, condition: str) -> Query | Refusal:
    """The search that a condition (`identifier=system|value`) stands for; it needs at least one filter."""
    return condition_of(type_name, parse_qsl(condition, keep_blank_values=True), "If-None-Exist")


def condition_of(type_name: str, pairs: Iterable[tuple[str, str]], place: str) -> Query | Refusal:
    """The same for parameters taken apart already; `place` is where they stood."""
    listed = list(pairs)
    query = read_query(type_name, listed, strict=True)
    if isinstance(query, Query) and not (query.clauses or query.links or query.filters):
        return refused(Kind.PRECONDITION, "required", "The condition needs at least one search parameter.", place)
    shaping = next((name for name, _ in listed if name.partition(":")[0] in _SHAPING), None)
    if shaping is not None and isinstance(query, Query):
        text = (
            f"'{shaping}' shapes the answer to a search and says nothing of what is there. Leave it out of a condition."
        )
        return refused(Kind.INVALID, "not-supported", text, place)
    return query


async def claim(connection: Connection, secret: bytes, pairs: Iterable[tuple[Query, Resource | None]]) -> None:
    """Make everyone wait who could make what fulfils one of these conditions, until this transaction has ended.

    Two creates are in each other's way when each would make what the other looks for, however the conditions are
    written. Where a condition names identifiers, both have one of them in common; any other condition keeps all
    conditional creates of its type waiting.
    """
    listed = list(pairs)
    named = dict.fromkeys(sorted({resource_number(query.type) for query, _ in listed}), True)
    keys: set[bytes] = set()
    for query, resource in listed:
        asked = _asked(query)
        named[resource_number(query.type)] &= bool(asked)
        keys |= {_key(secret, query.type, value) for value in asked | _held(query.type, resource or {})}
    for number, is_shared in named.items():
        await connection.execute(_SHARE if is_shared else _ALONE, number)
    if keys:
        await connection.execute(_CLAIM, sorted(keys))


def attempts(context: Context, condition: Query, action: str) -> list[Entry]:
    """The log of a write under a condition that comes to nothing, whatever it would have been about."""
    return [msgspec.structs.replace(one, action=action) for one in entries_of(context, condition, ())]


def turn_of(condition: Query) -> str:
    """In which queue of a process a single write under a condition stands: that of one claim it has to wait for."""
    return f"{condition.type}?{min(_asked(condition), default='')}"


def _asked(query: Query) -> frozenset[str]:
    """The values of the identifiers that a condition names, whatever their system; none when it names none."""
    values = frozenset(code for _, code in _identifiers(query))
    return frozenset() if "" in values else values


def _identifiers(query: Query) -> list[tuple[str | None, str]]:
    """System, None for any, and value of each identifier that a condition names."""
    for clause in query.clauses:
        if clause.parameter.code == "identifier" and clause.modifier == "":
            parts = [value.rpartition("|") for value in clause.values]
            return [
                (indexed(unescape(system)) if bar else None, indexed(unescape(code))) for system, bar, code in parts
            ]
    return []


def _held(type_name: str, resource: Resource) -> frozenset[str]:
    """The values of the identifiers that a resource has."""
    return frozenset(code for _, code in _held_pairs(type_name, resource))


def _held_pairs(type_name: str, resource: Resource) -> set[tuple[str, str]]:
    parameter = search_parameters(type_name).get("identifier")
    tokens = extract(resource).tokens if parameter is not None and resource else []
    return {(system, code) for number, system, code, _ in tokens if parameter and number == parameter.number}


class Making(msgspec.Struct, frozen=True):
    """What an entry of a transaction writes; `condition` only where nothing fulfils it, so that it makes something."""

    place: int
    type: str
    resource: Resource
    condition: Query | None


def both_making(listed: Sequence[Making]) -> int | None:
    """The place of an entry that makes the same as one before: by the same condition, or by an identifier it names."""
    conditioned = [(one, one.condition) for one in listed if one.condition is not None]
    types = {one.type for one, _ in conditioned}
    same: dict[object, int] = {}
    held: dict[tuple[str, str | None, str], set[int]] = {}
    for one in (one for one in listed if one.type in types):
        for system, code in _held_pairs(one.type, one.resource):
            held.setdefault((one.type, system, code), set()).add(one.place)
            held.setdefault((one.type, None, code), set()).add(one.place)
    for one, condition in conditioned:
        first = same.setdefault((one.type, tuple(sorted(condition.used))), one.place)
        there = {first, *(place for pair in _identifiers(condition) for place in held.get((one.type, *pair), ()))}
        if there - {one.place}:
            return max(there | {one.place})
    return None


def condition_in(reference: str, base: str) -> tuple[str, str] | None:
    """Type and condition of a reference by condition (`Patient?identifier=…`); None for all others."""
    head, mark, condition = reference.partition("?")
    type_name = head.removeprefix(f"{base}/")
    return (type_name, condition) if mark and type_name in RESOURCE_TYPES else None


def _key(secret: bytes, type_name: str, value: str) -> bytes:
    return hashlib.blake2b(f"{type_name}|{value}".encode(), digest_size=16, key=secret[:64]).digest()


def several() -> Refusal:
    """The answer where one resource is meant and several fulfil the condition."""
    return refused(Kind.PRECONDITION, "multiple-matches", "More than one resource fulfils the condition.")


async def matching(door: Door, query: Query) -> Stored | Refusal | None:
    """The one resource that fulfils a condition, or None; refused when several do."""
    page = await find(door, query)
    if isinstance(page, Refusal):
        return page
    if len(page.matches) > 1 or page.next is not None:
        return several()
    return page.matches[0] if page.matches else None


async def meant_by(
    door: Door, type_name: str, condition: str, making: Sequence[tuple[str, Resource]]
) -> str | int | Refusal:
    """What a reference by condition stands for: its address, or which of those being made, where that has no id yet.

    `making` are ids and contents of what is written together with it: references are resolved after all writing.
    """
    query = read_condition(type_name, condition)
    if isinstance(query, Refusal):
        return query
    there = await matching(door, query)
    if isinstance(there, Refusal):
        return there
    new = [number for number, (_, one) in enumerate(making) if _would_fulfil(query, one)]
    named = {f"{type_name}/{making[number][0]}" if making[number][0] else number for number in new}
    named |= {there.reference} if there is not None else set()
    if len(named) > 1:
        return several()
    if not named:
        return refused(Kind.PRECONDITION, "not-found", "No resource fulfils the condition of a reference.")
    return named.pop()


def _would_fulfil(query: Query, resource: Resource) -> bool:
    """Whether what is not stored yet has the identifier that a condition asks for, which asks for nothing else."""
    if len(query.clauses) != 1 or query.links or query.filters:
        return False
    held = _held_pairs(query.type, resource)
    return any(code == own and system in (None, its) for system, code in _identifiers(query) for its, own in held)
