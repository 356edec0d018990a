"""Much at once, for pages that show a person or a list of people: one statement where a client would ask many times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import resource_number
from saman.record.audit import REFUSED, Entry, readings
from saman.record.door import Door
from saman.record.fence import GATED, Fence, gate
from saman.record.limits import hurried
from saman.record.narrowing import within
from saman.record.reading import COLUMNS
from saman.record.rows import person_shard
from saman.record.search.asked import Clause, Query
from saman.record.search.find import entries_of, frame_of, spelled_out
from saman.record.search.newest import latest_statement, newest_statement
from saman.record.search.order import first_in_time
from saman.record.search.query import read_query
from saman.record.search.resolve import resolved
from saman.record.search.ways import SUBJECTS
from saman.record.stored import Stored, stored
from saman.record.traffic import shown

About = dict[str, tuple[Stored, ...]]

_PATIENT = resource_number("Patient")


@cache
def about_sql(fence: Fence) -> str:
    """Of the person $6 at shard $5: of each type $3 at most $4 resources, newest first."""
    near = """SELECT y.* FROM resource y
                WHERE y.shard = $5::smallint AND y.type = k.t AND y.person = $6::text AND NOT y.deleted"""
    return gate(f"""SELECT {COLUMNS}, seen.ground, seen.fenced
        FROM unnest($3::smallint[], $4::bigint[]) AS k(t, most) CROSS JOIN LATERAL (
            {first_in_time(near, "y", "k.most")}
        ) AS r {fence.join("r", whom=True)} WHERE {GATED} AND {fence.holds("r")}""")


@hurried(lambda door, person, types: [Entry(door.context, "S", _PATIENT, person=person, query="$everything")])
async def about(door: Door, person: str, types: Mapping[str, int]) -> About:
    """The newest resources about a person by type, of each at most so many; the log says which types were asked for.

    What `Patient/[id]/$everything?_type=…` gives (https://hl7.org/fhir/R4/patient-operation-everything.html).
    """
    numbers = [resource_number(name) for name in types]
    shard = person_shard(person, door.store.mint)
    rows = await door.fetch(about_sql(door.store.fence), numbers, list(types.values()), shard, person, whom=person)
    there = {row["type"] for row in rows}
    missed = tuple(name for name, number in zip(types, numbers, strict=True) if number not in there)
    plain = Entry(door.context, "S", numbers[0] if len(numbers) == 1 else _PATIENT, person=person, query="$everything")
    first, *others = readings(plain, rows) or [plain]
    await door.log(msgspec.structs.replace(first, missed=missed), *others)
    found: dict[str, list[Stored]] = {name: [] for name in types}
    for one in map(stored, shown(rows)):
        found[one.type].append(one)
    return {name: tuple(each) for name, each in found.items()}


async def newest(
    door: Door, type_name: str, pairs: Iterable[tuple[str, str]], since: datetime
) -> tuple[Stored, ...] | Refusal:
    """The newest of each person and code asked for, at most `_count` of each, with a clinical time not before `since`.

    `pairs` name people (`patient`) and values of one code or reference, both as lists if wanted: what
    `Observation/$lastn` gives (https://hl7.org/fhir/R4/observation-operation-lastn.html), for any type.
    """
    query = read_query(type_name, pairs, strict=True)
    return query if isinstance(query, Refusal) else await _newest(door, query, since)


@hurried(lambda door, query, since: entries_of(door.context, query, ()))
async def _newest(door: Door, query: Query, since: datetime) -> tuple[Stored, ...] | Refusal:
    statement = newest_statement(query, frame_of(door), since)
    if isinstance(statement, Refusal):
        return statement
    rows: list[Any] = list(await door.fetch(statement.sql, *statement.values, whom=statement.whom))
    await door.log(*entries_of(door.context, query, rows))
    return tuple(map(stored, shown(rows)))


async def latest(
    door: Door, type_name: str, pairs: Iterable[tuple[str, str]], most: int
) -> tuple[Stored, ...] | Refusal:
    """Of all that matches `pairs` the newest of each code, at most `most` of each, newest first.

    Codings that stand together anywhere among them are one code: `Observation/$lastn` without a list of codes.
    """
    query = read_query(type_name, pairs, strict=True)
    if isinstance(query, Refusal):
        return query
    named: list[str] = []
    rows = await _latest_rows(door, query, most, named)
    entries = entries_of(door.context, query, () if isinstance(rows, Refusal) else rows, named)
    if isinstance(rows, Refusal):
        await door.log(*(msgspec.structs.replace(one, outcome=REFUSED) for one in entries))
        return rows
    await door.log(*entries)
    return tuple(map(stored, shown(rows)))


@hurried(lambda door, query, most, named: ())
async def _latest_rows(door: Door, query: Query, most: int, named: list[str]) -> list[Any] | Refusal:
    """The rows of `latest`; `named` gets whom its chains ask about. Whose they are has to be said, and few they be."""
    spelled, frame = await spelled_out(door, query), frame_of(door)
    narrowed = spelled if isinstance(spelled, Refusal) else within(spelled, door.context.narrowing)
    asked = narrowed if isinstance(narrowed, Refusal) else await resolved(door, narrowed, frame, named)
    if asked is None or isinstance(asked, Refusal):
        return asked or []
    if not any(says_whose(clause) for clause in asked.clauses):
        text = f"Say whose: one of {' and '.join(SUBJECTS)} has to name few."
        return refused(Kind.TOO_COSTLY, "too-costly", text, SUBJECTS[0])
    statement = latest_statement(asked, frame, most)
    if isinstance(statement, Refusal):
        return statement
    return newest_of_groups(await door.fetch(statement.sql, *statement.values, whom=statement.whom), most)


def says_whose(clause: Clause) -> bool:
    """Whether a condition names people or things that resources are about."""
    return clause.parameter.code in SUBJECTS and clause.modifier != "missing"


def newest_of_groups(rows: Iterable[Any], most: int) -> list[Any]:
    """The first `most` rows of each group of codes; rows come newest first, one for each of their codes."""
    codes: dict[str, list[Any]] = {}
    first: dict[str, Any] = {}
    for row in rows:
        first.setdefault(row["id"], row)
        codes.setdefault(row["id"], []).append((row["person"], row["system_key"], row["code"]))
    group_of = _groups(codes.values())
    count: Counter[Any] = Counter()
    kept: list[Any] = []
    for id, row in first.items():
        group = group_of(codes[id][0])
        count[group] += 1
        if count[group] <= most:
            kept.append(row)
    return kept


def _groups(together: Iterable[list[Any]]) -> Callable[[Any], Any]:
    """Says of a code which one stands for its group: all that stand together with it, and so on."""
    leads: dict[Any, Any] = {}

    def top(code: Any) -> Any:
        while (above := leads.setdefault(code, code)) != code:
            leads[code] = code = leads[above]
        return code

    for one, *others in together:
        for other in others:
            leads[top(other)] = top(one)
    return top
