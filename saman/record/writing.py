"""The one way rows are written: checked against what is there, with search values, events and audit, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import asyncpg

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.fhir import resource_number
from saman.record.context import Context
from saman.record.database import Connection, Pool
from saman.record.fence import GATED, Fence, gate, opening
from saman.record.rows import Row
from saman.record.stored import Stored, Written

_TYPES = (
    "timestamptz", "text", "text", "text", "text", "text",
    "smallint[]", "smallint[]", "text[]", "bigint[]", "boolean[]", "boolean[]",
    "text[]", "smallint[]", "timestamptz[]", "text[]", "text[]",
    "integer[]", "smallint[]", "text[]", "text[]",
    "integer[]", "smallint[]", "text[]", "text[]",
    "integer[]", "smallint[]", "timestamptz[]", "timestamptz[]",
    "integer[]", "smallint[]", "smallint[]", "text[]",
)  # fmt: skip
_PERSONS, _DOMAINS, _GROUND = "$15::text[]", "$16::smallint[]", 6

_GRANTED = """SELECT g.ground FROM grants g
    WHERE g.context = $1::text::bigint AND g.person = k.p AND g.domain = k.m
      AND g.since <= $2::text::timestamptz AND g.until > $2::text::timestamptz"""

_ALLOWED = f"""($1::text = '0' OR NOT EXISTS (
    SELECT FROM unnest({_PERSONS}, {_DOMAINS}) AS k(p, m) WHERE k.m <> 0 AND NOT EXISTS ({_GRANTED})))"""

_GROUND_OF = f"coalesce((SELECT ({_GRANTED} LIMIT 1) FROM unnest({_PERSONS}, {_DOMAINS}) AS k(p, m) LIMIT 1), '')"


def put_sql(fence: Fence) -> str:
    """The statement around the database's `put`: no row comes back when the context may not write about somebody."""
    arguments = [f"${number}::{kind}" for number, kind in enumerate(_TYPES, start=3)]
    arguments.insert(_GROUND, _GROUND_OF)
    allowed = _ALLOWED if fence.is_on else "true"
    return gate(
        f"SELECT place, version, problem FROM put({', '.join(arguments)}) WHERE {GATED} AND {allowed} ORDER BY place"
    )


_PROBLEMS = {
    "exists": Issue("duplicate", "A resource with this id exists already."),
    "missing": Issue("not-found", "There is no such resource to change."),
    "conflict": Issue("conflict", "The resource has changed since the version you have. Fetch it and try again."),
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


async def put(connection: Connection | Pool, sql: str, rows: Sequence[Row], context: Context) -> list[Written] | Refusal:
    """Write all of `rows` or none: with durable audit entries, or with a Refusal that says which could not be."""
    try:
        results = await connection.fetch(sql, *opening(context), *_arguments(rows, context))
    except asyncpg.InsufficientPrivilegeError:
        return _hidden()
    except asyncpg.UniqueViolationError:
        return Refusal(Kind.CONFLICT, (_PROBLEMS["exists"],))
    except (asyncpg.DiskFullError, asyncpg.OutOfMemoryError):
        return Refusal(Kind.STORAGE_FULL, (Issue("no-store", "The storage is full. Nothing was changed."),))
    if not results:
        return _hidden()
    troubled = next((result for result in results if result["problem"]), None)
    if troubled is not None:
        return _problem(troubled["problem"], rows[troubled["place"] - 1], len(rows) > 1)
    return [_written(row, result["version"], context) for row, result in zip(rows, results, strict=True)]


def _problem(problem: str, row: Row, many: bool) -> Refusal:
    issue = _PROBLEMS[problem]
    place = f"{row.type_name}/{row.id}" if many else ""
    return Refusal(_KINDS[problem], (Issue(issue.code, issue.text, place, key=f"record.{problem}"),))


def _hidden() -> Refusal:
    return Refusal(Kind.FORBIDDEN, (Issue("forbidden", "You may not write this about this person."),))


def _written(row: Row, version: int, context: Context) -> Written:
    stored = Stored(row.type_name, row.id, version, context.now, row.person, row.meta, row.body, row.removed)
    return Written(stored, created=version == 1)


def _arguments(rows: Sequence[Row], context: Context) -> chain[Any]:
    tokens = [(place, n, s, c) for place, row in enumerate(rows, 1) for n, s, c in _tokens(row)]
    strings = [(place, n, f, e) for place, row in enumerate(rows, 1) for n, f, e in row.values.strings]
    dates = [(place, n, low, high) for place, row in enumerate(rows, 1) for n, low, high in row.values.dates]
    references = [(place, n, t, d) for place, row in enumerate(rows, 1) for n, t, d in _references(row)]
    return chain(
        (context.now, context.request, context.actor, context.role, context.party, context.purpose),
        _columns(
            11,
            [
                (r.shard, r.type, r.id, r.expected, r.chosen, r.removed, r.person, r.domain, r.at, r.meta, r.body)
                for r in rows
            ],
        ),
        _columns(4, tokens),
        _columns(4, strings),
        _columns(4, dates),
        _columns(4, references),
    )


def _tokens(row: Row) -> set[tuple[int, str, str]]:
    coded = {(number, system, code) for number, system, code, _ in row.values.tokens if code}
    return coded | {(number, "", uri) for number, uri in row.values.uris}


def _references(row: Row) -> set[tuple[int, int | None, str]]:
    return {
        (number, None, url) if url else (number, resource_number(kind), target)
        for number, kind, target, url in row.values.references
    }


def _columns(width: int, rows: list[tuple[Any, ...]]) -> list[Any]:
    return list(zip(*rows, strict=True)) if rows else [()] * width
