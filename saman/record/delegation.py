"""Keeps who holds which competence, derived from the directory in the transaction that writes it, and answers who may.

Somebody holds a competence by their licence, or by a delegation that is accepted, runs, and whose giver and receiver
have both been members of the unit ever since it began and are now. So it ends for good when either leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any

import asyncpg
import msgspec

from saman.kernel.outcome import Refusal
from saman.model.access.delegation import ACCEPTED, OFFERED, Delegation, delegation, licences
from saman.model.care import codes
from saman.model.care.competence import Competence, Competences, orders_of
from saman.model.fhir import resource_number
from saman.record.context import system
from saman.record.cursor import Place, Seal
from saman.record.database import Connection, Pool
from saman.record.door import Door
from saman.record.fence import GATED, enter, gate
from saman.record.rows import Resource, key
from saman.record.store import Store
from saman.record.stored import stored

MOST_WANTED = 200
"""Most open tasks that are held against who may do them."""

_NO_LICENCE = "DELETE FROM licence WHERE practitioner = ANY($1::text[])"
_LICENSE = "INSERT INTO licence SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[])"
_FORGET = "DELETE FROM delegation WHERE ground = ANY($1::text[])"
_KEEP = """INSERT INTO delegation (ground, giver, receiver, competence, party, person, status, since, until)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::timestamptz[], $9::timestamptz[])"""
_DIRECTORY = """SELECT type, id, version, updated, deleted, person, meta, body FROM resource
WHERE type = ANY($1::smallint[]) AND NOT deleted"""

_HERE = """here AS MATERIALIZED (
    SELECT m.practitioner, m.since, m.until FROM membership m
    WHERE m.party = $4 AND m.since <= $5 AND m.until > $5
      AND NOT EXISTS (SELECT FROM leaver l WHERE l.practitioner = m.practitioner))"""
_ABLE = f"""WITH asked AS (
    SELECT a.competence, string_to_array(a.held, ',') AS held, string_to_array(a.given, ',') AS given
    FROM unnest($1::text[], $2::text[], $3::text[]) AS a(competence, held, given)),
{_HERE}
SELECT a.competence, h.practitioner, '' AS giver, '' AS ground, '' AS person, least(max(h.until), max(l.until)) AS until
FROM asked a JOIN licence l ON l.profession = ANY(a.held) AND l.since <= $5 AND l.until > $5
JOIN here h ON h.practitioner = l.practitioner
WHERE $6 = '' OR h.practitioner = $6
GROUP BY a.competence, h.practitioner
UNION ALL
SELECT d.competence, d.receiver, d.giver, d.ground, d.person,
    least(d.until, max(r.until), max(g.until), max(l.until))
FROM asked a
JOIN delegation d ON d.competence = a.competence AND d.party = $4 AND d.status = '{ACCEPTED}'
    AND d.since <= $5 AND d.until > $5
JOIN here r ON r.practitioner = d.receiver AND r.since <= d.since
JOIN here g ON g.practitioner = d.giver AND g.since <= d.since
JOIN licence l ON l.practitioner = d.giver AND l.profession = ANY(a.given) AND l.since <= $5 AND l.until > $5
WHERE $6 = '' OR d.receiver = $6
GROUP BY d.ground, d.competence, d.receiver, d.giver, d.person, d.until
ORDER BY competence, giver, until DESC, practitioner"""
_GIVERS = f"""WITH asked AS (
    SELECT a.competence, string_to_array(a.given, ',') AS given
    FROM unnest($1::text[], $2::text[], $3::text[]) AS a(competence, held, given)),
{_HERE}
SELECT DISTINCT a.competence, h.practitioner FROM asked a
JOIN licence l ON l.profession = ANY(a.given) AND l.since <= $5 AND l.until > $5
JOIN here h ON h.practitioner = l.practitioner
ORDER BY a.competence, h.practitioner"""
_STILL = f"""SELECT ground FROM delegation
WHERE ground = ANY($1::text[]) AND status = '{ACCEPTED}' AND since <= $2 AND until > $2 FOR SHARE"""
_RUNNING = f"""SELECT ground, giver, receiver, competence, party, person, status, since, until FROM delegation
WHERE party = ANY($1::text[]) AND until > $2 AND status IN ('{OFFERED}', '{ACCEPTED}')
ORDER BY until, competence, receiver, ground"""
_WANTED = f"""SELECT DISTINCT w.id, w.owner, w.due, t.code FROM work w
JOIN token t ON t.shard = w.shard AND t.type = $3::smallint AND t.id = w.id
    AND t.system_key = $4::bigint AND t.code = ANY($5::text[])
WHERE {GATED} AND w.owner = ANY($6::text[]) ORDER BY w.due, w.id, t.code LIMIT {MOST_WANTED}"""

Written = Sequence[tuple[str, Resource | None]]
"""Resources by `Type/id`, None when deleted."""

UNREADABLE = "?"
"""In the place of a person whose seal this server cannot open: such a delegation is for nobody."""


class Able(msgspec.Struct, frozen=True, kw_only=True):
    """A practitioner holds a competence until a time: by licence, or by the delegation `ground` of `giver`.

    `person` is the id of the only Patient it is for, empty for everybody; `order` that of the only ServiceRequest.
    """

    competence: str
    practitioner: str
    until: datetime
    giver: str = ""
    ground: str = ""
    person: str = ""
    order: str = ""

    def fits(self, person: str, orders: Collection[str]) -> bool:
        """Whether it is for a task about a person, done for these ServiceRequests."""
        return self.person in ("", person) and (not self.order or self.order in orders)


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A delegation that is offered or accepted and not over; whether it counts is `able`'s to say."""

    ground: str
    giver: str
    receiver: str
    competence: str
    party: str
    person: str
    status: str
    since: datetime
    until: datetime
    order: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An open task of a unit (`owner`, an Organization id) asks for an activity; who it is about is not in it."""

    task: str
    owner: str
    activity: str
    due: datetime | None


async def learn(connection: Connection, written: Written, zone: tzinfo, seal: Seal) -> None:
    """Put what written Practitioners and PractitionerRoles say about competence in the place of what they said."""
    people = [one for one in written if one[0].startswith("Practitioner/")]
    if people:
        await connection.execute(_NO_LICENCE, [ground for ground, _ in people])
        held = [one for _, person in people if person is not None for one in licences(person, zone)]
        await _insert(connection, _LICENSE, [(o.practitioner, o.profession, o.since, o.until) for o in held])
    roles = [one for one in written if one[0].startswith("PractitionerRole/")]
    if roles:
        await connection.execute(_FORGET, [ground for ground, _ in roles])
        given = [one for _, role in roles if role is not None and (one := delegation(role, zone)) is not None]
        await _insert(connection, _KEEP, [_row(one, seal) for one in given])


def _row(one: Delegation, seal: Seal) -> tuple[Any, ...]:
    person = opened(seal, one.sealed) if one.sealed else ""
    return (
        one.ground, one.giver, one.receiver, one.competence, one.party, person, one.status, one.since, one.until
    )  # fmt: skip


async def _insert(connection: Connection, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    columns = list(zip(*rows, strict=True))
    if columns:
        await connection.execute(sql, *columns)


_PURPOSE = "delegation"


def sealed(seal: Seal, person: str, order: str = "") -> str:
    """The id of a Patient, and of the one ServiceRequest that it is for alone, as they may stand in the directory."""
    return seal.close(Place(None, scope_of(person, order), ""), _PURPOSE)


def scope_of(person: str, order: str) -> str:
    """Whom and what a delegation is for in one text, as the table holds it; no id has a slash."""
    return f"{person}/{order}" if order else person


def opened(seal: Seal, text: str) -> str:
    """What `scope_of` gave, `UNREADABLE` when it is not from this installation."""
    place = seal.open(text, _PURPOSE)
    return UNREADABLE if isinstance(place, Refusal) or not place.text else place.text


async def learn_all(store: Store, now: datetime) -> int:
    """Derive everything anew from the directory that is there; says from how many resources."""
    kinds = [resource_number(kind) for kind in ("Practitioner", "PractitionerRole")]
    async with store.pool.acquire() as connection, connection.transaction():
        await enter(connection, system(now))
        rows = [stored(row) for row in await connection.fetch(_DIRECTORY, kinds)]
        written = [(row.reference, row.resource()) for row in rows]
        await learn(connection, written, store.policy.zone, store.seal)
    return len(rows)


async def able(
    source: Pool | Connection, wanted: Iterable[Competence], party: str, at: datetime, practitioner: str = ""
) -> tuple[Able, ...]:
    """Who of a unit's members holds these competences at a time, or one of them; licences before delegations."""
    rows = await source.fetch(_ABLE, *_asked(wanted), party, at, practitioner)
    return tuple(Able(**_scoped(row)) for row in rows)


def _scoped(row: asyncpg.Record) -> dict[str, Any]:
    person, _, order = str(row["person"]).partition("/")
    return dict[str, Any](row) | {"person": person, "order": order}


async def givers(
    source: Pool | Connection, wanted: Iterable[Competence], party: str, at: datetime
) -> tuple[tuple[str, str], ...]:
    """Competence and practitioner of each member of a unit who may delegate it."""
    rows = await source.fetch(_GIVERS, *_asked(wanted), party, at)
    return tuple((row["competence"], row["practitioner"]) for row in rows)


def _asked(wanted: Iterable[Competence]) -> tuple[list[str], list[str], list[str]]:
    known = list(wanted)
    return [one.id for one in known], [",".join(one.held_by) for one in known], [",".join(one.givers) for one in known]


async def running(source: Pool | Connection, parties: Sequence[str], now: datetime) -> tuple[Given, ...]:
    """The delegations of these units that are offered or accepted and not over, the first to end first."""
    rows = await source.fetch(_RUNNING, list(parties), now)
    return tuple(Given(**_scoped(row)) for row in rows)


async def asked_for(
    store: Store, parties: Sequence[str], activities: Iterable[str], now: datetime
) -> tuple[Asked, ...]:
    """The open tasks of these units that ask for one of these activities, the first due first; about whom is not said.

    Read without a person's name or number, so nobody's look at anybody.
    """
    wanted = sorted(activities)
    if not wanted:
        return ()
    owners = [f"Organization/{party}" for party in parties]
    values = (resource_number("Task"), key(codes.ACTIVITY), wanted, owners)
    rows = await Door(store, system(now)).fetch(gate(_WANTED), *values)
    return tuple(
        Asked(
            task=row["id"], owner=row["owner"].removeprefix("Organization/"), activity=row["code"], due=row["due"]
        )
        for row in rows
    )  # fmt: skip


async def lacking(door: Door, competences: Competences, task: Resource, people: Iterable[str]) -> tuple[str, ...]:
    """What of a Task's competences somebody among `people` does not hold in the unit of whoever asks, by id.

    A delegation counts for tasks of its own unit, and is held still until the transaction is over.
    """
    needs = competences.of(task)
    party, now = door.context.party, door.context.now
    own = task.get("owner", {}).get("reference") == f"Organization/{party}"
    about = str(task.get("for", {}).get("reference", "")).removeprefix("Patient/")
    orders = orders_of(task)
    source = door.connection or door.store.pool
    wanted = [competences.known[id] for id in needs if id in competences.known]
    missing: set[str] = {id for id in needs if id not in competences.known}
    for who in sorted(people):
        found = [
            one
            for one in await able(source, wanted, party, now, who)
            if not one.ground or (own and one.fits(about, orders))
        ]
        grounds = [one.ground for one in found if one.ground]
        still = {row["ground"] for row in await source.fetch(_STILL, grounds, now)} if grounds else set()
        held = {one.competence for one in found if not one.ground or one.ground in still}
        missing |= set(needs) - held
    return tuple(id for id in needs if id in missing)
