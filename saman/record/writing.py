"""The one way rows are written: checked against what is there, with search values, events and audit, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

import asyncpg
import msgspec

from saman.kernel.clock import instant
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model import fhir
from saman.model.access import RELATION_TYPES, holder_of
from saman.model.access.membership import MEMBERSHIP_TYPES
from saman.model.access.standing import STANDING_TYPES
from saman.model.access.visits import is_labelled
from saman.record.audit import REFUSED, Entry
from saman.record.audit_events.ids import pretended
from saman.record.change import Change, judged, judging, unfit
from saman.record.contents.attached import unattachable
from saman.record.contents.keeping import kept
from saman.record.context import Context
from saman.record.database import Rows
from saman.record.delegation import learn
from saman.record.door import Door
from saman.record.fence import AT, GATED, NUMBER, Fence, gate
from saman.record.grants import regroup, relate, see_visits, stand
from saman.record.membership import enrol
from saman.record.parameters.settling import TYPE as SEARCH_PARAMETER
from saman.record.parameters.settling import settle, unsearchable
from saman.record.pointing import pointed
from saman.record.refusals import conflict
from saman.record.rows import Resource, Row, make_row, person_of, person_shard, placed
from saman.record.stored import Stored, Written
from saman.record.valued import VALUES, columns, columns_of
from saman.record.work import index_work

_TYPES = (
    "timestamptz", "text", "text", "text", "text[]", "text[]",
    "smallint[]", "smallint[]", "text[]", "bigint[]", "boolean[]", "boolean[]",
    "text[]", "smallint[]", "timestamptz[]", "timestamptz[]", "text[]", "text[]", "text[]", "text[]",
    *VALUES, "bigint",
)  # fmt: skip
_PERSONS, _DOMAINS, _GROUND = "$15::text[]", "$16::smallint[]", 6

_GRANTED = f"""SELECT g.ground FROM grants g
    WHERE g.context = {NUMBER} AND g.person = k.p AND g.domain = k.m
      AND g.since <= {AT} AND g.until > {AT}"""

_ALLOWED = f"""($1::text = '0' OR NOT EXISTS (
    SELECT FROM unnest({_PERSONS}, {_DOMAINS}) AS k(p, m) WHERE k.m <> 0 AND NOT EXISTS ({_GRANTED})))"""

_GROUNDS = f"""ARRAY(SELECT coalesce(({_GRANTED} LIMIT 1), '')
    FROM unnest({_PERSONS}, {_DOMAINS}) WITH ORDINALITY AS k(p, m, o) ORDER BY o)"""


@cache
def put_sql(fence: Fence) -> str:
    """The statement around the database's `put`: no row comes back when the context may not write about somebody."""
    *arguments, known = [f"${number}::{kind}" for number, kind in enumerate(_TYPES, start=3)]
    arguments.insert(_GROUND, _GROUNDS)
    allowed = _ALLOWED if fence.is_on else "true"
    return gate(
        f"SELECT place, version, updated, problem FROM put({', '.join(arguments)})"
        f" WHERE {GATED} AND (SELECT set_config('saman.parameters', {known}::text, true)) IS NOT NULL"
        f" AND {allowed} ORDER BY place"
    )


_POINTED = ("smallint[]", "smallint[]", "text[]", "text[]", "smallint[]", "text[]", "smallint[]")


@cache
def put_pointing_sql(fence: Fence) -> str:
    """The same for rows that lead to what may be somebody else's: what does is marked when all was written."""
    begun = len(_TYPES) + 3
    pointed = ", ".join(f"${number}::{kind}" for number, kind in enumerate(_POINTED, start=begun))
    return f"""WITH written AS MATERIALIZED ({put_sql(fence)}),
        marked AS MATERIALIZED (SELECT mark_away({pointed}) FROM written HAVING bool_and(problem = ''))
        SELECT place, version, updated, problem FROM written LEFT JOIN marked ON true ORDER BY place"""


_PROBLEMS = {
    "exists": Issue("duplicate", "A resource with this id exists already."),
    "missing": Issue("not-found", "There is no such resource to change."),
    "conflict": conflict().issues[0],
    "person": Issue(
        "business-rule",
        "A resource keeps the person it is about. Mark this one as entered in error and make a new one.",
    ),
}
_KINDS = {
    "exists": Kind.CONFLICT,
    "missing": Kind.NOT_FOUND,
    "conflict": Kind.PRECONDITION,
    "person": Kind.UNPROCESSABLE,
}


FOLLOWED = RELATION_TYPES | MEMBERSHIP_TYPES | STANDING_TYPES | {SEARCH_PARAMETER}
"""Types from whose resources more follows than rows, events and audit."""


def needs_transaction(changes: Sequence[Change]) -> bool:
    """Whether more than rows, events and audit follows from the changes."""
    return any(change.type in FOLLOWED or _is_visit(change) for change in changes)


def _is_visit(change: Change) -> bool:
    """Whether it is a visit that says, or may have said before, what guardians see."""
    return change.type == "Encounter" and (bool(change.id) or is_labelled(change.resource))


async def write(door: Door, changes: Sequence[Change]) -> list[Written] | Refusal:
    """Write all changes or none; what is refused is logged, and stays logged whatever becomes of the transaction."""
    rows: list[Row] = []
    resources: list[Resource] = []
    sent: dict[int, Row] = {}
    validation = await judging(door)
    for change in changes:
        pretence = pretended(change.resource, change.id, door.base)
        if pretence is not None:
            await door.log(Entry(door.context, "C", fhir.resource_number(change.type), change.id, outcome=REFUSED))
            return pretence
        broken = None if change.remove or change.is_fit else unfit(door, change.resource, validation)
        if broken is not None:
            return broken
        row = change.row or row_of(door, change)
        if isinstance(row, Refusal):
            return row
        fitting = await judged(door, change)
        fitting = fitting if isinstance(fitting, Refusal) else await kept(door, fitting)
        if isinstance(fitting, Refusal):
            await log_refused(door, [row])
            return fitting
        if fitting.resource is not change.resource:
            if fitting.type != "Binary":
                sent[len(rows)] = row
            row = row_of(door, fitting)
            if isinstance(row, Refusal):
                return row
        row.expected = fitting.expected
        rows.append(row)
        resources.append(fitting.resource)
    unfit_beside = await unattachable(door, rows, resources) or await unsearchable(door, rows, resources)
    result = unfit_beside or await _put(door, rows)
    if isinstance(result, Refusal):
        if not door.again(result):
            await log_refused(door, rows)
        return result
    if needs_transaction(changes):
        await _follow(door, rows, changes)
    return [_told(one, sent.get(place)) for place, one in enumerate(result)] if sent else result


def _told(one: Written, sent: Row | None) -> Written:
    """What was written as its writer knows it: without what is withheld from them, and was put back."""
    if sent is None:
        return one
    return msgspec.structs.replace(one, stored=msgspec.structs.replace(one.stored, meta=sent.meta, body=sent.body))


def row_of(door: Door, change: Change) -> Row | Refusal:
    """The row for a change; a new resource gets its id and shard."""
    resource, mint = change.resource, door.store.mint
    known = door.store.parameters.now
    values = known.extract(resource)
    about = person_of(resource, values)
    if change.id:
        place = placed(change.type, change.id, about, mint)
        if isinstance(place, Refusal):
            return place
        shard, chosen = place
        row = make_row(resource | {"id": change.id}, door.context.now, shard, change.expected, values)
        row.chosen = chosen
    else:
        shard = mint.new_shard() if about is None or change.type == "Patient" else person_shard(about, mint)
        row = make_row(resource | {"id": mint.make(shard)}, door.context.now, shard, change.expected, values)
    row.parameters = known.written
    row.request, row.actor = door.context.request, door.context.actor
    row.holder = holder_of(resource, door.context.party)
    row.pointed = pointed(row.meta + row.body, about, door.base, mint)
    if change.remove:
        row.removed, row.meta, row.body, row.values, row.until = True, "", "}", fhir.SearchValues(), None
        row.pointed = ()
    return row


async def _follow(door: Door, rows: Sequence[Row], changes: Sequence[Change]) -> None:
    """What else a write changes: who works where, who may see whom, and the lists of open work."""
    connection, now = door.connection, door.context.now
    assert connection is not None
    written = [(row, _as_stored(row, change, now)) for row, change in zip(rows, changes, strict=True)]
    staff = [(f"{row.type_name}/{row.id}", one) for row, one in written if row.type_name in MEMBERSHIP_TYPES]
    if staff:
        await enrol(connection, staff, door.store.policy.zone, now)
        await learn(connection, staff, door.store.policy.zone, door.store.seal)
    posts = [(f"{row.type_name}/{row.id}", one) for row, one in written if row.type_name in STANDING_TYPES]
    if posts:
        await stand(connection, posts, door.store.policy)
    ties = [(f"{row.type_name}/{row.id}", one) for row, one in written if row.type_name in RELATION_TYPES]
    if ties:
        await relate(connection, ties, door.store.policy)
    visits = [(f"{row.type_name}/{row.id}", one) for row, one in written if row.type_name == "Encounter"]
    if visits:
        await see_visits(connection, visits, door.store.policy)
    if any(row.type_name == "Organization" for row in rows):
        await regroup(connection, door.store.policy)
    definitions = [(row.id, one) for row, one in written if row.type_name == SEARCH_PARAMETER]
    if definitions:
        await settle(connection, door.store, definitions)
    tasks = [(row, one) for row, one in written if row.type_name == "Task"]
    if tasks:
        owners = await index_work(connection, [row for row, _ in tasks], [one for _, one in tasks])
        door.store.tell_after(connection, owners)


def _as_stored(row: Row, change: Change, now: datetime) -> Resource | None:
    """The resource with what the record adds to it; None when it is deleted."""
    if change.remove:
        return None
    meta = change.resource.get("meta", {}) | {"lastUpdated": instant(now)}
    return change.resource | {"id": row.id, "meta": meta}


async def log_refused(door: Door, rows: Sequence[Row]) -> None:
    """One entry for each person that was to be written about."""
    about = {row.person: row for row in reversed(rows)}
    await door.log(
        *(Entry(door.context, _action(row), row.type, row.id, None, row.person, REFUSED) for row in about.values())
    )


def _action(row: Row) -> str:
    if row.removed:
        return "D"
    return "C" if row.expected == 0 else "U"


async def _put(door: Door, rows: Sequence[Row]) -> list[Written] | Refusal:
    async def send(context: Context, rows: Sequence[Row]) -> Rows:
        fence, pointed = door.store.fence, _pointed(rows)
        sql, more = (put_pointing_sql(fence), columns(7, pointed)) if pointed else (put_sql(fence), ())
        return await Door(door.store, context, connection=door.connection).fetch(sql, *_arguments(rows, context), *more)

    try:
        if door.connection is None and len(rows) == 1 and rows[0].expected == 0 and not rows[0].chosen:
            results = await door.store.joined.put(door.context, rows[0], send)
        else:
            results = await send(door.context, rows)
    except asyncpg.InsufficientPrivilegeError:
        return _hidden()
    except asyncpg.UniqueViolationError:
        return Refusal(Kind.CONFLICT, (_PROBLEMS["exists"],))
    if not results:
        return _hidden()
    troubled = next((result for result in results if result["problem"]), None)
    if troubled is not None:
        return _problem(troubled["problem"], rows[troubled["place"] - 1], len(rows) > 1)
    return [_written(row, result) for row, result in zip(rows, results, strict=True)]


def _problem(problem: str, row: Row, many: bool) -> Refusal:
    issue = _PROBLEMS[problem]
    place = f"{row.type_name}/{row.id}" if many else ""
    return Refusal(_KINDS[problem], (Issue(issue.code, issue.text, place, key=f"record.{problem}"),))


def _hidden() -> Refusal:
    return refused(Kind.FORBIDDEN, "forbidden", "You may not write this about this person.", key="record.hidden")


def _written(row: Row, result: asyncpg.Record) -> Written:
    version, updated = result["version"], result["updated"]
    stored = Stored(row.type_name, row.id, version, updated, row.person, row.meta, row.body, row.removed)
    return Written(stored, created=version == 1)


def _arguments(rows: Sequence[Row], context: Context) -> chain[Any]:
    return chain(
        (context.now, context.role, context.party, context.purpose),
        ([row.request for row in rows], [row.actor for row in rows]),
        columns(
            14,
            [
                (
                    r.shard,
                    r.type,
                    r.id,
                    r.expected,
                    r.chosen,
                    r.removed,
                    r.person,
                    r.domain,
                    r.at,
                    r.until,
                    r.meta,
                    r.body,
                    r.sensitivity,
                    r.holder,
                )
                for r in rows
            ],
        ),
        columns_of([row.values for row in rows]),
        (min(row.parameters for row in rows),),
    )


def _pointed(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    return [(row.shard, row.type, row.id, row.person, *one) for row in rows for one in row.pointed]
