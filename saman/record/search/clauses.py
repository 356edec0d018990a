"""Each kind of search value as a condition on its index table (https://hl7.org/fhir/R4/search.html#ptypes)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES, date_range, fold, implied_systems, resource_number
from saman.model.fhir.search_rows import of_type
from saman.record.rows import key, short_key
from saman.record.search.asked import MEANT, Clause, prefix, unescape
from saman.record.search.asked import parts as parts_of
from saman.record.search.filter.comparing import COMPARED, compared
from saman.record.search.measures import near_condition, number_condition, quantity_condition

Bind = Callable[[Any, str], str]
"""Takes a value and its SQL type, gives the placeholder that stands for it."""

TABLE = {
    "token": "token",
    "uri": "token",
    "string": "string",
    "date": "date",
    "reference": "reference",
    "number": "quantity",
    "quantity": "quantity",
    "special": "quantity",
}
"""The index table of each type of parameter."""

PARTED = frozenset({"token", "reference", "quantity"})
"""The index tables that say which of several like elements a value stands in."""

MOST_WRITTEN, MOST_PATHS = 20, 50
"""Values that stand in the text of a statement one by one, and steps of an address that are looked above."""


def table_of(clause: Clause) -> str:
    """The index table that a clause looks into."""
    return "token" if clause.modifier == "identifier" else TABLE[clause.parameter.type]


def condition(clause: Clause, alias: str, bind: Bind, now: datetime, base: str) -> str | Refusal:
    """What a row `alias` of the clause's index table must fulfil, apart from belonging to the parameter."""
    kind = clause.parameter.type
    if clause.modifier in COMPARED:
        return compared(clause, alias, bind)
    if clause.modifier in MEANT and kind != "uri":
        return refused(Kind.INVALID, "not-supported", "This modifier cannot be used here.", clause.parameter.code)
    if kind in ("token", "uri") and _is_list(clause):
        return _among(clause, alias, bind, base)
    parts: list[str] = []
    for value in clause.values:
        if kind == "date":
            part = date_condition(value, alias, bind, now)
        elif kind == "reference" and clause.modifier != "identifier":
            part = _reference(clause, unescape(value), alias, bind, base)
        elif kind in _OTHERS:
            part = _OTHERS[kind](clause, value, alias, bind)
        else:
            part = _token(clause, value, alias, bind)
        if isinstance(part, Refusal):
            return part
        parts.append(part)
    return f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0]


def points(clause: Clause, bind: Bind, base: str) -> str:
    """The values of a code, uri or reference clause as rows `v(key, text, kin)`: `kin` is system or type, or null."""
    if clause.parameter.type == "reference":
        found = [pointed(clause, unescape(value), base) for value in clause.values]
        rows = [(short_key(target), target, resource_number(kind) if kind else None) for kind, target in found]
    elif clause.parameter.type == "uri":
        rows = [(short_key(text), text, None) for text in map(unescape, clause.values)]
    else:
        parts = [split_bar(value) for value in clause.values]
        rows = [(short_key(c), c, kin) for s, bar, c in parts if bar for kin in _systems(clause, s)]
        rows += [(short_key(s), s, None) for s, bar, _ in parts if not bar]
    keys, texts, kins = zip(*dict.fromkeys(rows), strict=True)
    kind = "smallint[]" if clause.parameter.type == "reference" else "bigint[]"
    return f"unnest({bind(keys, 'integer[]')}, {bind(texts, 'text[]')}, {bind(kins, kind)}) AS v(key, text, kin)"


def _is_list(clause: Clause) -> bool:
    """Whether its values are too many to be written one by one, or none at all."""
    plain = clause.modifier in ("", "not") and not any(value.endswith("|") for value in clause.values)
    return plain and not 0 < len(clause.values) <= MOST_WRITTEN


def _among(clause: Clause, alias: str, bind: Bind, base: str) -> str:
    if not clause.values:
        return "false"
    same = f"v.key = {alias}.code_key AND v.text = {alias}.code AND (v.kin IS NULL OR v.kin = {alias}.system_key)"
    return f"EXISTS (SELECT FROM {points(clause, bind, base)} WHERE {same})"


def _token(clause: Clause, value: str, alias: str, bind: Bind) -> str | Refusal:
    if clause.modifier == "text":
        return _starting(fold(unescape(value)), alias, bind)
    if clause.modifier == "of-type":
        return _of_type(clause, value, alias, bind)
    system, bar, code = split_bar(value)
    if not bar:
        return _coded(system, alias, bind)
    systems = ", ".join(bind(one, "bigint") for one in _systems(clause, system))
    of_system = f"{alias}.system_key IN ({systems})"
    return f"({_coded(code, alias, bind)} AND {of_system})" if code else f"({of_system} AND {alias}.code <> '')"


def _systems(clause: Clause, system: str) -> list[int]:
    """The keys of a system, and of none where the parameter's codes belong to it without saying so."""
    implied = system in implied_systems(clause.parameter.base, clause.parameter.code)
    return [key(system), key("")] if implied else [key(system)]


def _of_type(clause: Clause, value: str, alias: str, bind: Bind) -> str | Refusal:
    """An identifier by the coding of its type: `system|code|value`."""
    given = list(map(unescape, parts_of(value, "|")))
    if len(given) != 3 or not all(given):
        return refused(Kind.INVALID, "value", "':of-type' takes system|code|value.", f"{clause.parameter.code}:of-type")
    system, code, text = given
    return f"({_coded(text, alias, bind)} AND {alias}.system_key = {bind(key(of_type(system, code)), 'bigint')})"


def _coded(code: str, alias: str, bind: Bind) -> str:
    return f"({alias}.code_key = {bind(short_key(code), 'integer')} AND {alias}.code = {bind(code, 'text')})"


def split_bar(value: str) -> tuple[str, bool, str]:
    """System, whether a bar that is not escaped follows, and code; without a bar the first is the code."""
    position = next((i for i, c in enumerate(value) if c == "|" and value[i - 1 : i] != "\\"), None)
    if position is None:
        return unescape(value), False, ""
    return unescape(value[:position]), True, unescape(value[position + 1 :])


def _uri(clause: Clause, value: str, alias: str, bind: Bind) -> str:
    """The same address, or one that lies above or below it, path by path."""
    uri = unescape(value)
    if clause.modifier == "below":
        low = uri.rstrip("/") + "/"
        inside = f"{alias}.code >= {bind(low, 'text')} AND {alias}.code < {bind(low + chr(0x10FFFF), 'text')}"
        return f"({_coded(uri, alias, bind)} OR ({inside}))"
    if clause.modifier == "above":
        cuts = [match.start() for match in re.finditer(r"(?<![:/])/(?!/)", uri)][:MOST_PATHS]
        above = dict.fromkeys([uri, *(uri[:cut] for cut in cuts), *(uri[: cut + 1] for cut in cuts)])
        return f"({' OR '.join(_coded(one, alias, bind) for one in above)})"
    return _coded(uri, alias, bind)


def _string(clause: Clause, value: str, alias: str, bind: Bind) -> str:
    modifier, value = clause.modifier, unescape(value)
    if modifier == "exact":
        return f"({alias}.folded = {bind(fold(value), 'text')} AND {alias}.exact = {bind(value, 'text')})"
    folded = fold(value)
    if modifier == "contains":
        return f"position({bind(folded, 'text')} in {alias}.folded) > 0"
    return _starting(folded, alias, bind)


def _starting(folded: str, alias: str, bind: Bind) -> str:
    return f"({alias}.folded >= {bind(folded, 'text')} AND {alias}.folded < {bind(folded + chr(0x10FFFF), 'text')})"


_OTHERS: Mapping[str, Callable[[Clause, str, str, Bind], str | Refusal]] = {
    "string": _string,
    "uri": _uri,
    "number": number_condition,
    "quantity": quantity_condition,
    "special": near_condition,
}


def _reference(clause: Clause, value: str, alias: str, bind: Bind, base: str) -> str:
    kind, target = pointed(clause, value, base)
    return (
        f"({_pointing(target, alias, bind)} AND {_typed(kind, alias, bind)})"
        if kind
        else _pointing(target, alias, bind)
    )


def pointed(clause: Clause, value: str, base: str) -> tuple[str, str]:
    """The type, empty when any will do, and the target of a reference as it was asked for."""
    value = value.removeprefix(base).lstrip("/") if base and value.startswith(base) else value
    kind, slash, rest = value.partition("/")
    if slash and kind in RESOURCE_TYPES:
        return kind, rest.partition("/_history/")[0]
    return clause.modifier, value


def _pointing(target: str, alias: str, bind: Bind) -> str:
    return f"({alias}.target_key = {bind(short_key(target), 'integer')} AND {alias}.target = {bind(target, 'text')})"


def _typed(kind: str, alias: str, bind: Bind) -> str:
    return f"{alias}.target_type = {bind(resource_number(kind), 'smallint')}"


_WITHIN = "({low} >= {first} AND {high} <= {last})"
_RANGES = {
    "eq": _WITHIN,
    "ne": f"NOT {_WITHIN}",
    "gt": "{high} > {last}",
    "lt": "{low} < {first}",
    "ge": f"({{high}} > {{last}} OR {_WITHIN})",
    "le": f"({{low}} < {{first}} OR {_WITHIN})",
    "sa": "{low} >= {last}",
    "eb": "{high} <= {first}",
    "ap": "({low} < {last} AND {high} > {first})",
}
"""Comparisons of a row's range with the value's range (https://hl7.org/fhir/R4/search.html#prefix)."""

_INSIDE = "({low} >= {first} AND {low} < {last})"
_POINTS = {
    "eq": _INSIDE,
    "ap": _INSIDE,
    "ne": f"NOT {_INSIDE}",
    "gt": "{low} >= {last}",
    "sa": "{low} >= {last}",
    "lt": "{low} < {first}",
    "eb": "{low} < {first}",
    "ge": "{low} >= {first}",
    "le": "{low} < {last}",
}
"""The same for one point in time."""


def date_condition(value: str, alias: str, bind: Bind, now: datetime) -> str | Refusal:
    """What the range in `low` and `high` of `alias` must fulfil for a value such as `ge2026-11`."""
    return _compared(value, _RANGES, (f"{alias}.low", f"{alias}.high"), bind, now)


def point_condition(value: str, column: str, bind: Bind, now: datetime) -> str | Refusal:
    """The same for a column that holds one point in time."""
    return _compared(value, _POINTS, (column, column), bind, now)


def _compared(
    value: str, forms: Mapping[str, str], columns: tuple[str, str], bind: Bind, now: datetime
) -> str | Refusal:
    asked = _span(value, now)
    if isinstance(asked, Refusal):
        return asked
    comparison, start, end = asked
    form = forms[comparison]
    names = {"low": columns[0], "high": columns[1]}
    ends = {"first": start, "last": end}
    names |= {name: bind(moment, "timestamptz") for name, moment in ends.items() if f"{{{name}}}" in form}
    return form.format_map(names)


def _span(value: str, now: datetime) -> tuple[str, datetime, datetime] | Refusal:
    comparison, text = prefix(value)
    span = date_range(text)
    if isinstance(span, Refusal):
        return Refusal(Kind.INVALID, tuple(Issue("value", issue.text, "date") for issue in span.issues))
    if comparison != "ap":
        return comparison, *span
    slack = abs(now - span[0]) / 10
    return comparison, _shift(span[0], -slack), _shift(span[1], slack)


def _shift(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment
