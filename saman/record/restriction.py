"""Keeps what people have restricted, and what that withholds from each context, true with the Consents that say so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from saman.model.access import Assignment, Relation, Restriction, Withheld, withheld
from saman.model.access.policy import Clause
from saman.model.fhir import RESOURCE_TYPES, resource_number
from saman.record.database import Asked, Connection

_TOUCHED = "SELECT DISTINCT person FROM restriction WHERE ground = ANY($1::text[])"
_FORGET = "DELETE FROM restriction WHERE ground = ANY($1::text[])"
_KEEP = "INSERT INTO restriction (ground, person, body) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])"
_FOUND = "SELECT body FROM restriction WHERE person = ANY($1::text[]) ORDER BY person, ground"
_ANEW = f"""WITH gone AS (
    DELETE FROM withheld WHERE person = ANY($1::text[]) AND ($2::bigint IS NULL OR context = $2)) {_FOUND}"""
_PARENTS = "SELECT id, parent FROM organization_parents()"
_RESTRICTING = "SELECT DISTINCT person FROM restriction ORDER BY person"
_COLUMNS = """context, person, ground, place, under, denies, since, until, actor, spared, domains, types, labels,
    holders, items, related, recorded_from, recorded_until"""
_ADD = f"INSERT INTO withheld ({_COLUMNS}) VALUES ({', '.join(f'${n}' for n in range(1, 19))})"


async def restricted_by(connection: Connection, grounds: Sequence[str]) -> set[str]:
    """The people of whom these Consents (`Consent/1`) restrict something now."""
    return {row["person"] for row in await connection.fetch(_TOUCHED, grounds)}


async def keep_restrictions(connection: Connection, grounds: Sequence[str], made: Sequence[Restriction]) -> None:
    """Put what these Consents restrict now in the place of what they did."""
    await connection.execute(_FORGET, grounds)
    if made:
        bodies = [msgspec.json.encode(one).decode() for one in made]
        await connection.execute(_KEEP, [one.ground for one in made], [one.person for one in made], bodies)


async def restrictions_of(connection: Asked, persons: Sequence[str]) -> list[Restriction]:
    """Everything that these people have restricted."""
    return [_restriction(row) for row in await connection.fetch(_FOUND, persons)]


def _restriction(row: asyncpg.Record) -> Restriction:
    return msgspec.json.decode(row["body"], type=Restriction)


async def parents(connection: Asked) -> dict[str, str]:
    """The Organization that each Organization is part of."""
    return {row["id"]: row["parent"] for row in await connection.fetch(_PARENTS)}


async def restricting(connection: Connection) -> list[str]:
    """Everybody who has restricted something."""
    return [row["person"] for row in await connection.fetch(_RESTRICTING)]


async def withhold(
    connection: Connection,
    persons: Sequence[str],
    ties: Mapping[str, Sequence[Relation]],
    contexts: Collection[Assignment],
    clauses: Sequence[Clause],
    only: int | None = None,
) -> set[tuple[int, str]]:
    """Work out anew what is withheld of `persons`; gives each context and person where anything is.

    `clauses` are the rules in force, some of which keep back part of what they open. With `only`, the number of the one
    context that was given, what is withheld from others stays.
    """
    found = [_restriction(row) for row in await connection.fetch(_ANEW, persons, only)]
    keeping = [one for one in clauses if one.keeps_back]
    concerned = {one.person for one in found} | (set(persons) if keeping else set())
    if not concerned:
        return set()
    units = await parents(connection) if found else {}
    rows = [
        row
        for person in sorted(concerned)
        for context in contexts
        for row in withheld(person, found, context, ties.get(person, ()), units, keeping)
    ]
    await connection.executemany(_ADD, map(_row, rows))
    return {(row.context, row.person) for row in rows if row.denies}


def _row(one: Withheld) -> tuple[Any, ...]:
    data = one.data
    return (
        one.context, one.person, one.ground, one.place, one.under, one.denies, one.since, one.until, one.actor,
        one.spared, data.domains, _numbers(data.types), data.labels, data.holders, _keys(data.items),
        _keys(data.related), data.since, data.until,
    )  # fmt: skip


def _numbers(types: Iterable[str] | None) -> list[int] | None:
    return None if types is None else [resource_number(one) for one in types]


def _keys(places: Iterable[str] | None) -> list[str] | None:
    """`Goal/1` as the database knows it, by the number of its type."""
    if places is None:
        return None
    parts = (one.partition("/") for one in places)
    return [f"{resource_number(kind)}/{id}" for kind, _, id in parts if kind in RESOURCE_TYPES]
