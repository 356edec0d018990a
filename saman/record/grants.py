"""Keeps the grants table true: whenever a care relation is written, what follows for every context is worked out anew.

The relations of one person change one at a time (an advisory lock), in the transaction of the resource that makes
them, so that access begins and ends with the fact it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import asyncpg
import msgspec

from saman.model.access import (
    RELATION_TYPES,
    Assignment,
    Grant,
    Holder,
    Policy,
    Relation,
    RelationKind,
    Restriction,
    grants,
    relations,
    restrictions,
)
from saman.model.access.grant import without
from saman.model.access.moment import END, START
from saman.model.access.policy import Span, holds
from saman.model.access.standing import STANDING_TYPES, AsWritten
from saman.model.access.visits import VISIT, is_labelled, visit_of
from saman.model.fhir import resource_number
from saman.record.context import system
from saman.record.database import Connection, Pool
from saman.record.fence import enter
from saman.record.restriction import keep_restrictions, restricted_by, restricting, withhold
from saman.record.rows import Resource
from saman.record.standing import concerned, keep_standing, parties_behind, standing
from saman.record.stored import stored

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(person, 0)) FROM unnest($1::text[]) AS person ORDER BY person"
_SHARE = """SELECT pg_advisory_xact_lock_shared(hashtextextended('holder ' || holder, 0))
FROM unnest($1::text[]) AS holder ORDER BY holder"""
_RESERVE = "SELECT pg_advisory_xact_lock(hashtextextended('holder ' || $1, 0))"
_TOUCHED = "SELECT DISTINCT person FROM relation WHERE ground = ANY($1::text[])"
_FORGET = "DELETE FROM relation WHERE ground = ANY($1::text[])"
_KEEP = """INSERT INTO relation (ground, person, kind, party, role, actor, topic, since, until)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::timestamptz[], $9::timestamptz[])"""
_RELATIONS = """SELECT ground, person, kind, party, role, actor, topic, since, until FROM tie
WHERE person = ANY($1::text[]) ORDER BY person"""
_CONTEXTS = """SELECT number, kind, purpose, role, party, actor FROM context
WHERE kind = 'staff' AND party = ANY($1::text[]) OR kind IN ('citizen', 'relative') AND actor = ANY($2::text[])"""
_REVOKE = "DELETE FROM grants WHERE person = ANY($1::text[]) AND ($2::bigint IS NULL OR context = $2)"
_GRANT = """INSERT INTO grants (context, person, domain, since, until, ground, rows, fenced)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::timestamptz[], $5::timestamptz[], $6::text[],
    $7::text[], $8::boolean[])"""
_OPEN = """INSERT INTO context (kind, purpose, role, party, actor) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING"""
_FIND = """SELECT number, opened FROM context
WHERE kind = $1 AND purpose = $2 AND role = $3 AND party = $4 AND actor = $5"""
_OPENED = "UPDATE context SET opened = true WHERE number = $1"
_RELATED = """SELECT DISTINCT person FROM tie
WHERE CASE WHEN $1 = 'staff' THEN party = $2 ELSE actor = $3 END ORDER BY person"""
_ALL = "SELECT DISTINCT person FROM relation ORDER BY person"

_STORED = """SELECT type, id, version, updated, deleted, person, meta, body FROM resource
WHERE type = ANY($1::smallint[]) AND NOT deleted AND body SIMILAR TO $2 ORDER BY type, id"""
_KEYS = "SELECT shard, type, id FROM resource WHERE type = ANY($1::smallint[]) AND NOT deleted ORDER BY type, id"
_KEYED = """SELECT r.type, r.id, r.version, r.updated, r.deleted, r.person, r.meta, r.body
FROM unnest($1::smallint[], $2::smallint[], $3::text[]) AS k(s, t, d)
JOIN resource r ON r.shard = k.s AND r.type = k.t AND r.id = k.d WHERE NOT r.deleted ORDER BY r.type, r.id"""
_NAMING = "%(PractitionerRole|HealthcareService)/%"

CHUNK = 500
"""Persons whose grants are worked out in one transaction."""


async def relate(connection: Connection, written: Sequence[tuple[str, Resource | None]], policy: Policy) -> None:
    """Replace the relations that each resource makes (`Type/id`, None when deleted), and the grants that follow.

    Holders (parties, citizens, relatives) are locked first, shared, so that no context is being opened for them
    meanwhile; then the persons, so that of two writers the second sees what the first has committed.
    """
    grounds = [ground for ground, _ in written]
    resources = [resource for _, resource in written if resource is not None]
    made = [relation for resource in resources for relation in relations(resource, policy.zone, AsWritten())]
    restricted = [one for resource in resources for one in _restricted(resource, policy)]
    holders = {relation.party or relation.actor or "" for relation in made}
    await connection.execute(_SHARE, sorted(holders | await parties_behind(connection, holders)))
    before = {row["person"] for row in await connection.fetch(_TOUCHED, grounds)}
    consents = [ground for ground in grounds if ground.startswith(("Consent/", VISIT))]
    before |= await restricted_by(connection, consents) if consents else set()
    persons = sorted(before | {relation.person for relation in made} | {one.person for one in restricted})
    await connection.execute(_LOCK, persons)
    await connection.execute(_FORGET, grounds)
    if made:
        await connection.execute(_KEEP, *_columns(_relation_row(relation) for relation in made))
    if consents:
        await keep_restrictions(connection, consents, restricted)
    await refresh(connection, persons, policy)


def _restricted(resource: Resource, policy: Policy) -> tuple[Restriction, ...]:
    """What a Consent restricts, or what a visit says that guardians see."""
    return visit_of(resource) if resource["resourceType"] == "Encounter" else restrictions(resource, policy.zone)


async def refresh(
    connection: Connection, persons: Sequence[str], policy: Policy, only: Assignment | None = None
) -> None:
    """Work out the grants of `persons` for every context that has to do with them, or for one alone."""
    known = [tie_of(row) for row in await connection.fetch(_RELATIONS, persons)]
    contexts = [only] if only else await _contexts(connection, known)
    number = only.number if only else None
    by_person = {person: list(ties) for person, ties in groupby(known, key=lambda relation: relation.person)}
    follow = [grant for person, ties in by_person.items() for grant in _of_person(person, ties, contexts, policy)]
    fenced = await withhold(connection, persons, by_person, contexts, policy.clauses, number)
    await connection.execute(_REVOKE, persons, number)
    if follow:
        rows = (_grant_row(grant, (grant.context, grant.person) in fenced) for grant in follow)
        await connection.execute(_GRANT, *_columns(rows))


async def _contexts(connection: Connection, known: Sequence[Relation]) -> list[Assignment]:
    """The contexts of those who hold one of the relations."""
    parties = {relation.party for relation in known if relation.party}
    actors = {relation.actor for relation in known if relation.actor}
    return [assignment_of(row) for row in await connection.fetch(_CONTEXTS, list(parties), list(actors))]


async def see_visits(connection: Connection, written: Sequence[tuple[str, Resource | None]], policy: Policy) -> None:
    """Follow what visits (Encounters) say that guardians see; nothing when none of them says or said anything."""
    before = await restricted_by(connection, [ground for ground, _ in written])
    if before or any(resource is not None and is_labelled(resource) for _, resource in written):
        await relate(connection, written, policy)


async def stand(connection: Connection, written: Sequence[tuple[str, Resource | None]], policy: Policy) -> None:
    """Follow what posts, services and rosters stand for, for everybody who is tied to one of them."""
    changed = await standing(connection, written, policy.zone)
    if not changed.references:
        return
    await connection.execute(_SHARE, changed.parties)
    await keep_standing(connection, written, changed)
    persons = await concerned(connection, changed.references)
    for start in range(0, len(persons), CHUNK):
        part = persons[start : start + CHUNK]
        await connection.execute(_LOCK, part)
        await refresh(connection, part, policy)


async def relate_anew(pool: Pool, policy: Policy, now: datetime) -> int:
    """Derive what posts, services and rosters stand for, and the ties that name them; says how many resources do."""
    kinds = [resource_number(kind) for kind in STANDING_TYPES]
    tied = [resource_number(kind) for kind in RELATION_TYPES]
    async with pool.acquire() as connection, connection.transaction():
        await enter(connection, system(now))
        posts = [stored(row) for row in await connection.fetch(_STORED, kinds, "%")]
        await stand(connection, [(one.reference, one.resource()) for one in posts], policy)
        ties = [stored(row) for row in await connection.fetch(_STORED, tied, _NAMING)]
        for start in range(0, len(ties), CHUNK):
            await relate(connection, [(one.reference, one.resource()) for one in ties[start : start + CHUNK]], policy)
    return len(posts) + len(ties)


async def restrict_anew(pool: Pool, policy: Policy, now: datetime) -> int:
    """Derive what follows from births, custody and Consents that are older than the tables; says from how many."""
    kinds = [resource_number(kind) for kind in ("Patient", "RelatedPerson", "Consent")]
    async with pool.acquire() as connection, connection.transaction():
        await enter(connection, system(now))
        keys = [tuple(row) for row in await connection.fetch(_KEYS, kinds)]
    for start in range(0, len(keys), CHUNK):
        shards, types, ids = zip(*keys[start : start + CHUNK], strict=True)
        async with pool.acquire() as connection, connection.transaction():
            await enter(connection, system(now))
            found = [stored(row) for row in await connection.fetch(_KEYED, shards, types, ids)]
            await relate(connection, [(one.reference, one.resource()) for one in found], policy)
    return len(keys)


async def regroup(connection: Connection, policy: Policy) -> None:
    """Work out anew what other units of organisations mean for those who have restricted something."""
    if persons := await restricting(connection):
        await connection.execute(_LOCK, persons)
        await refresh(connection, persons, policy)


async def open_context(pool: Pool, wanted: Assignment, policy: Policy) -> int:
    """The number of the context for `wanted` (its own number is ignored); a new one gets its grants before use.

    Whoever writes about its party once it is there works out its grants too, and whoever began before is waited for; so
    the people can be gone through some at a time. One whose opening was broken off is opened by whoever asks next.
    """
    key = (wanted.kind.value, wanted.purpose, wanted.role, wanted.party, wanted.actor or "")
    found = await pool.fetchrow(_FIND, *key) or await _announced(pool, key, wanted.party or wanted.actor or "")
    number: int = found["number"]
    if found["opened"]:
        return number
    own = msgspec.structs.replace(wanted, number=number)
    related = [row["person"] for row in await pool.fetch(_RELATED, key[0], wanted.party, wanted.actor)]
    for start in range(0, len(related), CHUNK):
        async with pool.acquire() as connection, connection.transaction():
            persons = related[start : start + CHUNK]
            await connection.execute(_LOCK, persons)
            await refresh(connection, persons, policy, own)
    await pool.execute(_OPENED, number)
    return number


async def _announced(pool: Pool, key: tuple[str, ...], holder: str) -> asyncpg.Record:
    """A new context, once everybody who wrote about its holder before it was there has come to an end."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_OPEN, *key)
        await connection.execute(_RESERVE, holder)
        found = await connection.fetchrow(_FIND, *key)
    assert found is not None
    return found


async def work_out_anew(pool: Pool, policy: Policy) -> int:
    """Work out the grants of everybody by `policy`, some hundred persons at a time; says for how many."""
    persons = [row["person"] for row in await pool.fetch(_ALL)]
    for start in range(0, len(persons), CHUNK):
        async with pool.acquire() as connection, connection.transaction():
            part = persons[start : start + CHUNK]
            await connection.execute(_LOCK, part)
            await refresh(connection, part, policy)
    return len(persons)


def _of_person(person: str, ties: list[Relation], contexts: Sequence[Assignment], policy: Policy) -> tuple[Grant, ...]:
    parties = {tie.party for tie in ties}
    actors = {tie.actor for tie in ties}
    concerned = [one for one in contexts if (one.party in parties if one.kind is Holder.STAFF else one.actor in actors)]
    personal = {one.number: _openings(person, one, ties) for one in concerned if one.kind is Holder.STAFF and one.actor}
    found = grants(person, ties, concerned, policy)
    return tuple(each for one in found for each in _by_opening(one, personal.get(one.context, ())))


def _openings(person: str, assignment: Assignment, ties: Sequence[Relation]) -> Sequence[tuple[Span, str]]:
    opened = (tie for tie in ties if tie.kind is RelationKind.OPENING and holds(assignment, tie))
    return [(Span(tie.start or START, tie.end or END), tie.ground) for tie in opened if tie.person == person]


def _by_opening(grant: Grant, opened: Sequence[tuple[Span, str]]) -> Iterator[Grant]:
    """A grant of one professional, resting on what was opened while that lasts: so the log says by what it was seen."""
    if not opened:
        yield grant
        return
    whole = Span(grant.since, grant.until)
    for rest in without(whole, [span for span, _ in opened]):
        yield msgspec.structs.replace(grant, since=rest.since, until=rest.until)
    for span, ground in opened:
        if part := span & whole:
            yield msgspec.structs.replace(grant, since=part.since, until=part.until, ground=ground)


def tie_of(row: asyncpg.Record) -> Relation:
    """A row of `relation` or `tie`."""
    return Relation(
        person=row["person"],
        kind=RelationKind(row["kind"]),
        ground=row["ground"],
        party=row["party"],
        role=row["role"],
        actor=row["actor"],
        topic=row["topic"],
        start=row["since"],
        end=row["until"],
    )


def assignment_of(row: asyncpg.Record) -> Assignment:
    """A row of `context`."""
    return Assignment(
        number=row["number"],
        kind=Holder(row["kind"]),
        purpose=row["purpose"],
        role=row["role"],
        party=row["party"],
        actor=row["actor"] or None,
    )


def _relation_row(one: Relation) -> tuple[Any, ...]:
    return (
        one.ground, one.person, one.kind.value, one.party, one.role, one.actor, one.topic, one.start, one.end,
    )  # fmt: skip


def _grant_row(one: Grant, fenced: bool) -> tuple[Any, ...]:
    return one.context, one.person, int(one.domain), one.since, one.until, one.ground, " ".join(one.rows), fenced


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True))
