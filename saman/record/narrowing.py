"""What an app's token narrows: held against every row that leaves the database and every change that goes in.

The scopes of an app come after everything else: they never show what the context may not see. Searches carry them in
their statement, so that pages and totals are right; besides, no row of a resource passes `Door.fetch` that no scope of
the token lets be read or searched, whatever asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access.domain import DOMAIN_OF_TYPE, Domain
from saman.model.access.scopes import Constraint, Limit, Narrowing
from saman.model.fhir import SearchValues, extract, implied_systems, resource_name, search_parameters
from saman.record.rows import COMBINED, Resource, person_of
from saman.record.search.asked import Clause, Link, Query, Within, unescape
from saman.record.search.query import read_query
from saman.record.search.ways import persons_of
from saman.record.stored import stored

KEY = "scope.insufficient"
"""The key of refusals for want of a scope, which answers of the interface name in their header."""

_CONSTRAINING = frozenset({"token", "uri", "reference"})
_APART = frozenset({"_id", "_lastUpdated", *COMBINED})


def insufficient() -> Refusal:
    """The answer to an app whose scopes do not allow this at all, whomever it is about."""
    return refused(Kind.FORBIDDEN, "forbidden", "The scopes of this token do not allow this.", key=KEY)


@lru_cache(4096)
def clauses_of(type_name: str, constraint: Constraint) -> tuple[Clause, ...] | None:
    """The constraint of a scope as clauses of a search; None when searches here cannot hold all of it."""
    pairs = [(name, ",".join(values)) for name, values in constraint]
    query = read_query(type_name, pairs, strict=True) if type_name in DOMAIN_OF_TYPE else None
    if (
        not isinstance(query, Query)
        or query.filters
        or len(query.clauses) != len(pairs)
        or not all(map(_holds, query.clauses))
    ):
        return None
    return query.clauses


def _holds(clause: Clause) -> bool:
    parameter = clause.parameter
    if parameter.type == "reference" and any(":" in value for value in clause.values):
        return False
    return parameter.type in _CONSTRAINING and parameter.code not in _APART and not clause.modifier


def within(query: Query, narrowing: Narrowing | None) -> Query | Refusal:
    """The query as far as the scopes go; refused when they do not allow searches of this type."""
    if narrowing is None:
        return query
    limits = narrowing.limits(query.type, "s")
    if not limits:
        return insufficient()
    if limits[0].is_open:
        return query
    ways = tuple(
        Within(limit.person, clauses)
        for limit in limits
        if (clauses := clauses_of(query.type, limit.searched)) is not None
    )
    if not ways:
        return insufficient()
    return msgspec.structs.replace(query, within=ways, clauses=(*query.clauses, *_about(query, limits)))


def let(link: Link, narrowing: Narrowing | None) -> list[Query] | Refusal:
    """The ends of a link that the scopes let be searched, as far as they go; refused when that is none."""
    ends = [within(end, narrowing) for end in link.ends]
    refusal = next((one for one in ends if isinstance(one, Refusal)), None)
    allowed = [one for one in ends if isinstance(one, Query)]
    return refusal if refusal is not None and not allowed else allowed


def _about(query: Query, limits: Sequence[Limit]) -> Iterable[Clause]:
    """The person that all limits name, as a clause that leads to their rows, where nothing else does."""
    named = {limit.person for limit in limits}
    patient = search_parameters(query.type).get("patient")
    person = named.pop() if len(named) == 1 else None
    if person is None or patient is None or DOMAIN_OF_TYPE[query.type] is Domain.DIRECTORY:
        return ()
    clause = Clause(patient, "", (person,))
    if not persons_of(query.type, clause) or any(persons_of(query.type, one) for one in query.clauses):
        return ()
    return (clause,)


def passed(rows: list[Any], narrowing: Narrowing) -> list[Any]:
    """The rows without those of resources that no scope lets be read or searched; other rows are left alone."""
    if not rows or not {"type", "person", "body"} <= set(rows[0].keys()):
        return rows
    return [row for row in rows if lets_row(narrowing, row, "rs")]


def lets_row(narrowing: Narrowing | None, row: Any, letters: str) -> bool:
    """Whether the scopes let a row of `resource` or `history` through for any of `letters`."""
    if narrowing is None:
        return True
    type_name = resource_name(row["type"])
    limits = _about_whom(narrowing.limits(type_name, letters), f"{type_name}/{row['id']}", row["person"])
    if not all(limit.searched for limit in limits):
        return True
    return bool(limits) and not row["deleted"] and _matches(limits, stored(row).resource())


def lets_resource(narrowing: Narrowing, resource: Resource, letters: str) -> bool:
    """Whether the scopes let a resource through, as it was sent, for any of `letters`."""
    type_name = resource["resourceType"]
    limits = narrowing.limits(type_name, letters)
    if limits and limits[0].is_open:
        return True
    values = extract(resource)
    limits = _about_whom(limits, f"{type_name}/{resource.get('id', '')}", person_of(resource, values))
    return any(_fits(limit, type_name, values) for limit in limits)


def fulfils(clauses: Iterable[Clause], resource: Resource) -> bool:
    """Whether a resource has what all of these clauses, such as `clauses_of` makes, look for."""
    values = extract(resource)
    return all(_found(clause, resource["resourceType"], values) for clause in clauses)


def _about_whom(limits: Sequence[Limit], reference: str, person: str | None) -> tuple[Limit, ...]:
    """The limits that the resource at `reference`, about this person, passes but for its search values."""
    directory = person is None and DOMAIN_OF_TYPE[reference.partition("/")[0]] is Domain.DIRECTORY
    return tuple(
        limit
        for limit in limits
        if (limit.person is None or limit.person == person or directory) and limit.only in ("", reference)
    )


def _matches(limits: Sequence[Limit], resource: Resource) -> bool:
    values = extract(resource)
    return any(_fits(limit, resource["resourceType"], values) for limit in limits)


def _fits(limit: Limit, type_name: str, values: SearchValues) -> bool:
    clauses = clauses_of(type_name, limit.searched)
    return clauses is not None and all(_found(clause, type_name, values) for clause in clauses)


def _found(clause: Clause, type_name: str, values: SearchValues) -> bool:
    """Whether one of the clause's values is among those of a resource, as the search itself would say."""
    number = clause.parameter.number
    wanted = [unescape(value) for value in clause.values]
    if clause.parameter.type == "uri":
        return any((number, value) in values.uris for value in wanted)
    if clause.parameter.type == "reference":
        there = {(kind, id) for one, kind, id, url in values.references if one == number and not url}
        return any(_pointed(value, clause.parameter.targets, there) for value in wanted)
    codes = {(system, code) for one, system, code, _ in values.tokens if one == number and code}
    implied = implied_systems(type_name, clause.parameter.code)
    codes |= {(system, code) for own, code in codes if not own for system in implied}
    return any(_coded(value, codes) for value in wanted)


def _coded(value: str, codes: set[tuple[str, str]]) -> bool:
    system, bar, code = value.partition("|")
    if not bar:
        return any(value == one for _, one in codes)
    return any(system == own and code in ("", one) for own, one in codes)


def _pointed(value: str, targets: Iterable[str], there: set[tuple[str, str]]) -> bool:
    kind, slash, id = value.partition("/")
    return (kind, id) in there if slash and kind in targets else any(value == one for _, one in there)
