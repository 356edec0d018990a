"""Whether a resource that is not stored, but made when it is read, fulfils a clause of a search.

The same comparisons as those that `search/clauses.py` makes of the rows of stored resources.
"""

from __future__ import annotations

from datetime import datetime

from saman.kernel.outcome import Refusal
from saman.model.fhir import RESOURCE_TYPES, SearchValues, date_range, fold
from saman.record.search.asked import Clause, prefix, unescape


def fulfils(clause: Clause, values: SearchValues, base: str) -> bool:
    """Whether one of the clause's values is among `values`, or none of them where the clause asks for that."""
    kind = clause.parameter.type
    if clause.modifier == "missing":
        return _has(clause, values) is (clause.values == ("false",))
    found = any(_one(kind, clause, value, values, base) for value in clause.values)
    return found is not (clause.modifier == "not")


def _has(clause: Clause, values: SearchValues) -> bool:
    number = clause.parameter.number
    rows = (values.tokens, values.strings, values.dates, values.references, values.uris)
    return any(row[0] == number for table in rows for row in table)


def _one(kind: str, clause: Clause, value: str, values: SearchValues, base: str) -> bool:
    number = clause.parameter.number
    if kind == "date":
        return any(_dated(value, low, high) for n, low, high in values.dates if n == number)
    if kind == "reference":
        return _refers(clause, unescape(value), values, base)
    if kind == "uri":
        return (number, unescape(value)) in values.uris
    if kind == "string":
        return any(_says(clause.modifier, unescape(value), f, e) for n, f, e in values.strings if n == number)
    system, bar, code = value.rpartition("|")
    coded = [(s, c) for n, s, c, _ in values.tokens if n == number]
    return any(c == unescape(code) or not code for s, c in coded if not bar or s == unescape(system))


def _says(modifier: str, asked: str, folded: str, exact: str) -> bool:
    if modifier == "exact":
        return exact == asked
    return fold(asked) in folded if modifier == "contains" else folded.startswith(fold(asked))


def _refers(clause: Clause, value: str, values: SearchValues, base: str) -> bool:
    value = value.removeprefix(f"{base}/") if base else value
    kind, slash, rest = value.partition("/")
    kind, id = (kind, rest.partition("/_history/")[0]) if slash and kind in RESOURCE_TYPES else (clause.modifier, value)
    number = clause.parameter.number
    return any(target == id and kind in ("", named) for n, named, target, _ in values.references if n == number)


def _dated(value: str, low: datetime, high: datetime) -> bool:
    comparison, text = prefix(value)
    asked = date_range(text)
    if isinstance(asked, Refusal):
        return False
    first, last = asked
    within = low >= first and high <= last
    return {
        "eq": within,
        "ne": not within,
        "gt": high > last,
        "lt": low < first,
        "ge": high > last or within,
        "le": low < first or within,
        "sa": low >= last,
        "eb": high <= first,
        "ap": low < last and high > first,
    }[comparison]
