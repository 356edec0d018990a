"""Keeps who works where, derived from the directory in the transaction that writes it, and answers who does now.

Three tables: `membership` from PractitionerRole, `leaver` from Practitioner, `part_of` from Organization.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any

import asyncpg

from saman.model.access.membership import Belonging, Membership, belongings, has_left, memberships
from saman.model.fhir import resource_number
from saman.record.context import system
from saman.record.database import Connection, Pool
from saman.record.fence import enter
from saman.record.rows import Resource
from saman.record.statements import Statements
from saman.record.stored import stored

_FORGET = "DELETE FROM membership WHERE ground = ANY($1::text[]) RETURNING practitioner"
_KEEP = """INSERT INTO membership (ground, practitioner, party, role, since, until)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])"""
_BACK = "DELETE FROM leaver WHERE practitioner = ANY($1::text[])"
_LEAVE = "INSERT INTO leaver SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"
_LOOSE = "DELETE FROM part_of WHERE ground = ANY($1::text[])"
_BELONG = """INSERT INTO part_of (ground, unit, parent, since, until)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])"""
_HELD = """SELECT max(m.until) FROM membership m
WHERE m.practitioner = $1 AND m.party = $2 AND m.role = $3 AND m.since <= $4 AND m.until > $4
  AND NOT EXISTS (SELECT FROM leaver l WHERE l.practitioner = $1)"""
_NOW = """SELECT m.ground, m.practitioner, m.party, m.role, m.since, m.until FROM membership m
WHERE ($1::text = '' OR m.practitioner = $1) AND ($2::text = '' OR m.ground = $2) AND m.since <= $3 AND m.until > $3
  AND NOT EXISTS (SELECT FROM leaver l WHERE l.practitioner = m.practitioner)
ORDER BY m.until DESC, m.since, m.party, m.role"""
_OF = """SELECT m.ground, m.practitioner, m.party, m.role, m.since, m.until FROM membership m
WHERE m.party = ANY($1::text[]) AND m.until > $2
  AND NOT EXISTS (SELECT FROM leaver l WHERE l.practitioner = m.practitioner)
ORDER BY m.party, m.role, m.since, m.practitioner"""
_PUT_OUT = """DELETE FROM session s WHERE s.kind = 'staff' AND s.actor = ANY($1::text[]) AND (
    EXISTS (SELECT FROM leaver l WHERE l.practitioner = s.actor)
    OR NOT EXISTS (SELECT FROM membership m WHERE m.practitioner = s.actor AND m.party = s.party AND m.role = s.role
        AND m.since <= $2 AND m.until > $2))"""
_DIRECTORY = """SELECT type, id, version, updated, deleted, person, meta, body FROM resource
WHERE type = ANY($1::smallint[]) AND NOT deleted"""

Written = Sequence[tuple[str, Resource | None]]
"""Resources by `Type/id`, None when deleted."""


async def enrol(connection: Connection, written: Written, zone: tzinfo, now: datetime) -> None:
    """Put what written PractitionerRoles, Practitioners and Organizations say in the place of what they said.

    Sessions in a role that is not held any more end with it.
    """
    concerned: set[str] = set()
    roles = [one for one in written if one[0].startswith("PractitionerRole/")]
    if roles:
        held = [each for _, role in roles if role is not None for each in memberships(role, zone)]
        grounds = [ground for ground, _ in roles]
        concerned |= {row["practitioner"] for row in await connection.fetch(_FORGET, grounds)}
        await _insert(connection, _KEEP, map(_membership_row, held))
    people = [one for one in written if one[0].startswith("Practitioner/")]
    if people:
        await connection.execute(_BACK, [ground for ground, _ in people])
        left = sorted(ground for ground, person in people if has_left(person))
        await connection.execute(_LEAVE, left)
        concerned |= set(left)
    if concerned:
        await connection.execute(_PUT_OUT, sorted(concerned), now)
    units = [one for one in written if one[0].startswith("Organization/")]
    if units:
        within = [each for _, unit in units if unit is not None for each in belongings(unit, zone)]
        await connection.execute(_LOOSE, [ground for ground, _ in units])
        await _insert(connection, _BELONG, map(_belonging_row, within))


async def enrol_all(pool: Pool, zone: tzinfo, now: datetime) -> int:
    """Derive everything anew from the directory that is there; says from how many resources."""
    kinds = [resource_number(kind) for kind in ("Organization", "Practitioner", "PractitionerRole")]
    async with pool.acquire() as connection, connection.transaction():
        await enter(connection, system(now))
        rows = [stored(row) for row in await connection.fetch(_DIRECTORY, kinds)]
        await enrol(connection, [(row.reference, row.resource()) for row in rows], zone, now)
    return len(rows)


async def held_until(pool: Pool, practitioner: str, party: str, role: str, now: datetime) -> datetime | None:
    """Until when a practitioner (`Practitioner/1`) holds a role at a party; None when it is not held `now`."""
    until: datetime | None = await pool.fetchval(_HELD, practitioner, party, role, now)
    return until


async def held_now(pool: Pool, now: datetime, practitioner: str = "", ground: str = "") -> tuple[Membership, ...]:
    """The roles held now, of everybody or of one practitioner or PractitionerRole; the most lasting first."""
    return _members(await pool.fetch(_NOW, practitioner, ground, now))


async def members_of(pool: Pool, parties: Sequence[str], now: datetime) -> tuple[Membership, ...]:
    """The roles held at these parties, now or later on; those that are over are not among them."""
    return _members(await pool.fetch(_OF, list(parties), now))


async def units_of(pool: Pool, organization: str, at: datetime) -> tuple[str, ...]:
    """The ids of an organisation and of all units within it at a time."""
    return tuple(row["unit"] for row in await pool.fetch("SELECT unit FROM units_of($1, $2)", organization, at))


async def controller_of(statements: Statements, unit: str, at: datetime) -> str:
    """The id of the organisation at the top of a unit at a time: whose responsibility its data were then."""
    controller: str = await statements.fetchval("SELECT controller_of($1, $2)", unit, at)
    return controller


def _members(rows: Iterable[asyncpg.Record]) -> tuple[Membership, ...]:
    return tuple(Membership(**dict[str, Any](row)) for row in rows)


async def _insert(connection: Connection, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    columns = list(zip(*rows, strict=True))
    if columns:
        await connection.execute(sql, *columns)


def _membership_row(one: Membership) -> tuple[Any, ...]:
    return one.ground, one.practitioner, one.party, one.role, one.since, one.until


def _belonging_row(one: Belonging) -> tuple[Any, ...]:
    return one.ground, one.unit, one.parent, one.since, one.until
