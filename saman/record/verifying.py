"""Whether what is stored is as it was written: read in steps, nothing is changed, and only types and ids are named.

Each resource is held against R4, its row and its search values against those worked out from it anew, its versions
against their numbers, and what Binaries hold against its digest.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.access import domain_of
from saman.model.fhir import SearchValues, clinical_time, extract, resource_name
from saman.record.contents.files import PIECE, Contents
from saman.record.contents.marking import content_of
from saman.record.context import system
from saman.record.database import Connection, Rows
from saman.record.fence import enter
from saman.record.parameters.known import FIRST
from saman.record.rows import Resource, checked, own_time, person_of, placed, searched
from saman.record.store import Store
from saman.record.stored import stored
from saman.record.valued import columns_of

STEP = 200
"""Resources in a step."""
MOST_ASTRAY = 100
"""Rows without their resource that are named for each table."""

Key = tuple[int, int, str]
Place = tuple[int, int, str]
START: Place = (-1, -1, "")

COLUMNS = {
    "token": ("param", "system_key", "code_key", "code", "folded", "part", "sought"),
    "string": ("param", "folded", "exact"),
    "date": ("param", "low", "high"),
    "reference": ("param", "target_type", "target_key", "target", "part"),
    "quantity": ("param", "unit_key", "low", "high", "value", "top", "unit", "label", "part"),
}
"""The tables of search values in the order of `columns_of`, with the columns that it gives for each."""

_NEXT = """SELECT shard, type, id, version, updated, person, domain, at, until, meta, body, deleted,
        hashtextextended(person, 0) AS person_key
    FROM resource
    WHERE (shard, type, id) > ($1::smallint, $2::smallint, $3::text) ORDER BY shard, type, id LIMIT $4"""
_OF_KEYS = """JOIN unnest($1::smallint[], $2::smallint[], $3::text[]) AS k(s, t, d)
    ON x.shard = s AND x.type = t AND x.id = d"""
_VALUES = f"""SELECT x.shard, x.type, x.id, x.person_key, x.domain, x.at, {{columns}} FROM {{table}} x {_OF_KEYS}
    WHERE x.param < {FIRST}"""
"""Those of search parameters of one's own apart, which come and go while everything else goes on."""
_PAST = f"""SELECT x.shard, x.type, x.id, x.version, x.updated, x.person, x.meta, x.body, x.deleted
    FROM history x {_OF_KEYS} ORDER BY x.version"""
_CHOSEN = "SELECT key, shard FROM locator WHERE key = ANY($1::text[])"
_ASTRAY = """SELECT DISTINCT x.type, x.id FROM {table} x WHERE NOT EXISTS (
    SELECT FROM resource r WHERE r.shard = x.shard AND r.type = x.type AND r.id = x.id) LIMIT $1"""


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one resource."""

    type: str
    id: str
    what: str


class Verified(msgspec.Struct, frozen=True):
    """What a step went through: how many, what was wrong, and where the next begins; None when all is done."""

    count: int
    faults: tuple[Fault, ...]
    place: Place | None


async def verify_some(store: Store, now: datetime, place: Place = START) -> Verified:
    """The resources after `place`, some at a time, each as it is at one moment."""
    async with _looking(store, now) as connection:
        rows = await connection.fetch(_NEXT, *place, STEP)
        keys = list(map(_key, rows))
        past, found = await _history(connection, keys), await _values(connection, keys)
        chosen = await _chosen(connection, rows)
    faults: list[Fault] = []
    whole = [(row, _resource(row)) for row in rows]
    wanted = _wanted(whole)
    for row, resource in whole:
        before = past.get(_key(row), [])
        told = [
            *_in_row(store, row, resource, chosen),
            *_in_values(row, found[_key(row)], wanted[_key(row)]),
            *_in_versions(row, before),
            *_in_contents(store.contents, [resource, *map(_resource, before)]),
        ]
        faults += [Fault(resource_name(row["type"]), row["id"], what) for what in dict.fromkeys(told)]
    return Verified(len(rows), tuple(faults), _key(rows[-1]) if len(rows) == STEP else None)


async def astray(store: Store, now: datetime) -> tuple[Fault, ...]:
    """Search values and versions of what is not there."""
    faults: list[Fault] = []
    async with _looking(store, now) as connection:
        for table in (*COLUMNS, "history"):
            rows = await connection.fetch(_ASTRAY.format(table=table), MOST_ASTRAY)
            what = f"has rows in {table}, and is not there"
            faults += [Fault(resource_name(row["type"]), row["id"], what) for row in rows]
    return tuple(faults)


@asynccontextmanager
async def _looking(store: Store, now: datetime) -> AsyncIterator[Connection]:
    """A transaction that sees all as it is at one moment and can change nothing."""
    async with (
        store.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await enter(connection, system(now, "verifying"))
        yield connection


def _key(row: Any) -> Key:
    return row["shard"], row["type"], row["id"]


async def _values(connection: Connection, keys: Sequence[Key]) -> dict[Key, dict[str, set[Any]]]:
    """The rows of search values of each resource, by table."""
    found: dict[Key, dict[str, set[Any]]] = defaultdict(lambda: {table: set() for table in COLUMNS})
    for table, names in COLUMNS.items():
        sql = _VALUES.format(columns=", ".join(f"x.{name}" for name in names), table=table)
        for row in await connection.fetch(sql, *_as_columns(keys)):
            found[_key(row)][table].add(tuple(map(_aware, tuple(row)[3:])))
    return found


def _aware(value: Any) -> Any:
    """A value as it was written: what has no end comes from the database without a time zone."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


async def _history(connection: Connection, keys: Sequence[Key]) -> dict[Key, Rows]:
    past: dict[Key, Rows] = {}
    for row in await connection.fetch(_PAST, *_as_columns(keys)):
        past.setdefault(_key(row), []).append(row)
    return past


async def _chosen(connection: Connection, rows: Rows) -> dict[str, int]:
    """The shards of those resources whose ids were chosen elsewhere."""
    found = await connection.fetch(_CHOSEN, [f"{row['type']}/{row['id']}" for row in rows])
    return {row["key"]: row["shard"] for row in found}


def _as_columns(keys: Sequence[Key]) -> list[list[Any]]:
    return [[key[number] for key in keys] for number in range(3)]


def _resource(row: Any) -> Resource | Refusal | None:
    """What a row holds, None when that is a deletion; refused when it cannot be read."""
    if row["deleted"]:
        return None
    try:
        return checked(stored(row).resource())
    except (ValueError, TypeError, AssertionError):
        return checked(None)


def _wanted(whole: Iterable[tuple[Any, Resource | Refusal | None]]) -> dict[Key, dict[str, set[Any]]]:
    """The rows of search values that each resource should have, as its own row says whom it is about."""
    rows = [(row, resource) for row, resource in whole]
    several = [_rowed(row, one) if isinstance(one, dict) else SearchValues() for row, one in rows]
    columns = iter(columns_of(several))
    wanted: dict[Key, dict[str, set[Any]]] = {_key(row): {table: set() for table in COLUMNS} for row, _ in rows}
    for table, names in COLUMNS.items():
        for place, *values in zip(*(next(columns) for _ in range(len(names) + 1)), strict=True):
            row = rows[place - 1][0]
            exact = [_exact(name, value, row) for name, value in zip(names, values, strict=True)]
            wanted[_key(row)][table].add((row["person_key"], row["domain"], row["at"], *exact))
    return wanted


def _rowed(row: Any, resource: Resource) -> SearchValues:
    """The values that have rows of their own: its clinical time has where the resource's row does not say it."""
    values = searched(extract(resource))
    return values if row["until"] is None else own_time(resource["resourceType"], row["at"], values)[0]


def _exact(name: str, value: Any, row: Any) -> Any:
    """A value as the database gives it back: numbers come as texts, and are as they were however they are written."""
    if name == "sought":
        return value and row["person"] is not None
    return Decimal(value) if name in ("value", "top") and value is not None else value


def _until(row: Any, resource: Resource) -> datetime | None:
    return own_time(resource["resourceType"], row["at"], extract(resource))[1]


def _in_row(store: Store, row: Any, resource: Resource | Refusal | None, chosen: dict[str, int]) -> Iterator[str]:
    if resource is None:
        return
    if isinstance(resource, Refusal):
        yield f"is not valid: {', '.join(sorted({one.path for one in resource.issues})) or 'it cannot be read'}"
        return
    about = person_of(resource, extract(resource))
    if row["person"] != about:
        yield "stands with another person than it is about"
    if row["domain"] != int(domain_of(resource)):
        yield "is another kind of data"
    moment = clinical_time(resource)
    if moment is not None and row["at"] != moment:
        yield "stands at another time"
    elif row["until"] is not None and _aware(row["until"]) != _until(row, resource):
        yield "ends at another time"
    home = placed(resource["resourceType"], row["id"], about, store.mint)
    if isinstance(home, Refusal) or row["shard"] != home[0]:
        yield "is on another shard than it belongs to"
    elif home[1] and chosen.get(f"{row['type']}/{row['id']}") != row["shard"]:
        yield "is not found by its id"


def _in_values(row: Any, found: dict[str, set[Any]], wanted: dict[str, set[Any]]) -> Iterator[str]:
    for table in COLUMNS:
        missing, extra = len(wanted[table] - found[table]), len(found[table] - wanted[table])
        if missing:
            yield f"lacks {missing} search values in {table}"
        if extra:
            yield f"has {extra} search values in {table} that are not its own"


def _in_versions(row: Any, past: Rows) -> Iterator[str]:
    if [one["version"] for one in past] != list(range(1, row["version"])):
        yield "has versions missing, or too many"
    moments = [*(one["updated"] for one in past), row["updated"]]
    if any(after <= before for before, after in pairwise(moments)):
        yield "has versions that are not in the order of time"
    if any(one["person"] != row["person"] for one in past):
        yield "was about another person in an earlier version"
    if any(isinstance(_resource(one), Refusal) for one in past):
        yield "has an earlier version that is not valid"


def _in_contents(contents: Contents | None, versions: Iterable[Resource | Refusal | None]) -> Iterator[str]:
    for one in versions:
        content = content_of(one) if isinstance(one, dict) and one["resourceType"] == "Binary" else None
        if content is None:
            continue
        if contents is None or not contents.is_there(content):
            yield "has a content whose file is not there, or is of another length"
        elif _digest(contents, content.digest) != content.digest:
            yield "has a content that is not what was stored"


def _digest(contents: Contents, digest: str) -> str:
    found = hashlib.sha256()
    with contents.file(digest).open("rb") as source:
        while piece := source.read(PIECE):
            found.update(piece)
    return found.hexdigest()
