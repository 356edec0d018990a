"""From the parameters of an address to a checked query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from saman.kernel.bounds import bounds
from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.fhir.own_parameters import OFFICIAL, Parameters
from saman.record.search.asked import DEFAULT_COUNT, Clause, Condition, Include, Link, Query
from saman.record.search.bring import read_include
from saman.record.search.filter.meaning import NAME as FILTER
from saman.record.search.filter.meaning import read_filter
from saman.record.search.filter.walking import conditions
from saman.record.search.links import Ends, asking, clause_of, condition_of
from saman.record.search.listed import NAME as LIST
from saman.record.search.listed import read_list

MAX_LINKS, MAX_SORTS, MAX_CLAUSES, MAX_INCLUDES = 8, 5, 50, 20
"""How many chained conditions a search may have, keys to be sorted by, other conditions, and things brought along."""
SORTABLE = frozenset({"date", "string", "token", "uri", "reference", "number", "quantity"})
"""The types of parameters that a search can be sorted by."""

Pairs = Iterable[tuple[str, str]]

_RESULT = frozenset({"_count", "_sort", "_total", "_cursor", "_format", "_pretty"})
_INCLUDES = ("_include", "_revinclude")


class _Reader:
    def __init__(self, type_name: str, known: Parameters) -> None:
        self.type = type_name
        self.known = known
        self.parameters = known.of(type_name)
        self.issues: list[Issue] = []
        self.ignored: list[str] = []
        self.clauses: list[Clause] = []
        self.links: list[Link] = []
        self.filters: list[Condition] = []
        self.ends = Ends(known)
        self.includes: list[Include] = []
        self.provenance = False
        self.used: list[tuple[str, str]] = []

    def take(self, name: str, value: str) -> None:
        """Sort one filter, `_include` or `_revinclude` into its place."""
        if name.partition(":")[0] in _INCLUDES:
            self._include(name, value)
        else:
            self._filter(name, value)

    def _filter(self, name: str, value: str) -> None:
        found = _condition(self.type, name, value, self.ends)
        if found is None:
            self.ignored.append(name)
        elif isinstance(found, Issue):
            self.issues.append(found)
        else:
            own = asking(self.type, [found], self.known)
            self.clauses += own.clauses
            self.links += own.links
            self.filters += own.filters
            self.used.append((name, value))

    def _include(self, name: str, value: str) -> None:
        if (name, value) == ("_revinclude", "Provenance:target"):
            self.provenance = True
        else:
            found = read_include(self.type, name, value, self.known)
            if isinstance(found, Issue):
                self.issues.append(found)
                return
            self.includes += [found] if found not in self.includes else []
        self.used.append((name, value))


def read_query(type_name: str, pairs: Pairs, *, strict: bool = False, known: Parameters = OFFICIAL) -> Query | Refusal:
    """The query that `pairs` (decoded names and values, in order) ask for, by the parameters that are `known`.

    Unknown parameters are ignored and named in `ignored`, or refused when `strict` (`Prefer: handling=strict`).
    """
    reader = _Reader(type_name, known)
    result: dict[str, str] = {}
    for name, value in pairs:
        if "\0" in value:
            reader.issues.append(Issue("value", "A parameter may not hold the character NUL.", name))
        elif name == "_sort" and result.get(name):
            result[name] += f",{value}"
        elif name in _RESULT:
            result[name] = value
        else:
            reader.take(name, value)
    query = Query(
        type_name,
        tuple(reader.clauses),
        tuple(reader.links),
        includes=tuple(reader.includes),
        provenance=reader.provenance,
        filters=tuple(reader.filters),
        known=known,
    )
    reader.issues += _too_many(query)
    sorts = _sort(reader, result.get("_sort", ""))
    (sort, descending), *then = sorts or (("", True),)
    count = _count(reader, result.get("_count", ""))
    total = result.get("_total", "none")
    if total not in ("none", "estimate", "accurate"):
        reader.issues.append(Issue("value", "'_total' is none, estimate or accurate.", "_total"))
    if strict:
        reader.issues += [
            Issue("not-supported", f"'{name}' {why or f'is not a search parameter of {type_name} here'}.", name)
            for name in reader.ignored
            for why in [known.reason(type_name, name)]
        ]
    if reader.issues:
        return Refusal(Kind.INVALID, tuple(reader.issues))
    reader.used += [(name, result[name]) for name in ("_sort", "_total", "_count") if name in result]
    return msgspec.structs.replace(
        query,
        sort=sort,
        descending=descending,
        then=tuple(then),
        count=count,
        total=total != "none",
        cursor=result.get("_cursor", ""),
        used=tuple(reader.used),
        ignored=tuple(reader.ignored),
    )


def _condition(type_name: str, name: str, value: str, ends: Ends) -> Condition | Issue | None:
    """What one parameter asks, `_filter` and `_list` among them."""
    if name == FILTER:
        return read_filter(type_name, value, ends)
    if name == LIST:
        return read_list(type_name, value, ends)
    return condition_of(type_name, name, lambda kind, rest: clause_of(kind, rest, value, ends.known), ends)


def _too_many(query: Query) -> Iterator[Issue]:
    asked = list(conditions(query))
    clauses = [one.parameter.code for one in asked if isinstance(one, Clause)]
    if len(asked) - len(clauses) > MAX_LINKS:
        yield Issue("too-costly", f"A search has at most {MAX_LINKS} chained conditions.", "_has")
    if len(clauses) > MAX_CLAUSES:
        yield Issue("too-costly", f"A search has at most {MAX_CLAUSES} conditions.", clauses[-1])
    if len(query.includes) > MAX_INCLUDES:
        text = f"A search brings along at most {MAX_INCLUDES} things. '*' stands for all references."
        yield Issue("too-costly", text, "_include")


def _sort(reader: _Reader, value: str) -> tuple[tuple[str, bool], ...]:
    """The codes to sort by, each with whether it goes down."""
    wanted = [(code.removeprefix("-"), code.startswith("-")) for code in value.split(",")] if value else []
    known = [reader.parameters.get(code) for code, _ in wanted]
    if len(wanted) > MAX_SORTS or any(one is None or one.type not in SORTABLE or not one.expression for one in known):
        text = f"'_sort' takes up to {MAX_SORTS} parameters, '-' to go down; composite ones and places have no order."
        reader.issues.append(Issue("not-supported", text, "_sort"))
    return tuple(wanted)


def _count(reader: _Reader, value: str) -> int:
    if not value:
        return min(DEFAULT_COUNT, bounds().page)
    if not value.isascii() or not value.isdigit() or len(value) > 6:
        reader.issues.append(Issue("value", "'_count' is a whole number.", "_count"))
        return DEFAULT_COUNT
    return min(int(value), bounds().page)
