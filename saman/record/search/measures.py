"""Numbers, quantities and positions as conditions on their index table.

The index holds doubles, in base units where UCUM knows the unit. What it finds is held against the digits as they were
written, where the unit is the one that was asked for.
Source: https://hl7.org/fhir/R4/search.html#number and #quantity, https://hl7.org/fhir/R4/location.html#search
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir.quantities import Asked, asked_number, nearest, scale
from saman.record.rows import unit_key
from saman.record.search.asked import Clause, parts, prefix, unescape

Bind = Callable[[Any, str], str]

_EXACT = {
    "eq": "({low} >= {first} AND {high} < {last})",
    "ne": "NOT ({low} >= {first} AND {high} < {last})",
    "gt": "{high} > {value}",
    "lt": "{low} < {value}",
    "ge": "{high} >= {value}",
    "le": "{low} <= {value}",
    "sa": "{low} > {value}",
    "eb": "{high} < {value}",
    "ap": "({low} <= {last} AND {high} >= {first})",
}
_ABOUT = {
    "eq": "{low} >= {first} AND {low} <= {last} AND {high} <= {last}",
    "ne": "true",
    "gt": "{high} >= {value}",
    "lt": "{low} <= {value}",
    "ge": "{high} >= {value}",
    "le": "{low} <= {value}",
    "sa": "{low} >= {value}",
    "eb": "{low} <= {value} AND {high} <= {value}",
    "ap": "{low} <= {last} AND {high} >= {first}",
}
"""What doubles say beforehand: two numbers that differ may have the same double, and never the wrong order."""

EARTH = 6371.0
"""Kilometres of the mean radius."""
_KILOMETRES = {"km": 1.0, "m": 0.001, "[mi_us]": 1.609347, "[mi_i]": 1.609344, "mi": 1.609344}
DEFAULT_KILOMETRES = 10.0


def number_condition(clause: Clause, value: str, alias: str, bind: Bind) -> str | Refusal:
    """What a row `alias` of `quantity` must fulfil for a number such as `ge0.5`."""
    comparison, text = prefix(value)
    asked = _asked(clause, comparison, text)
    if isinstance(asked, Refusal):
        return asked
    doubles = _compared(_ABOUT, comparison, asked, (f"{alias}.low", f"{alias}.high"), bind, nearest)
    return f"({alias}.unit_key = 0 AND {doubles} AND {_as_written(comparison, asked, alias, bind)})"


def quantity_condition(clause: Clause, value: str, alias: str, bind: Bind) -> str | Refusal:
    """The same for a quantity: `5.4`, `5.4||mg` or `5.4|http://unitsofmeasure.org|mg`."""
    comparison, text = prefix(value)
    number, *unit = map(unescape, parts(text, "|"))
    if len(unit) not in (0, 2) or (unit and not unit[1]):
        wrong = "A quantity is written as a number, number||code or number|system|code."
        return refused(Kind.INVALID, "value", wrong, clause.parameter.code)
    asked = _asked(clause, comparison, number)
    if isinstance(asked, Refusal):
        return asked
    exact = _as_written(comparison, asked, alias, bind)
    if not unit:
        return exact
    system, code = unit
    there = bind(code, "text")
    if not system:
        return f"(({alias}.unit = {there} OR {alias}.label = {there}) AND {exact})"
    known = scale(system, code)
    turned = known.of if known else nearest
    ends = (f"{alias}.low", f"{alias}.high")
    doubles = _compared(_ABOUT, comparison, asked, ends, bind, turned)
    inside = f"{alias}.unit_key = {bind(unit_key(system, code), 'bigint')} AND {doubles}"
    if known is None:
        return f"({inside} AND {alias}.unit = {there} AND {exact})"
    other = _compared(_EXACT, comparison, asked, ends, bind, turned)
    return f"({inside} AND CASE WHEN {alias}.unit = {there} THEN {exact} ELSE {other} END)"


def near_condition(clause: Clause, value: str, alias: str, bind: Bind) -> str | Refusal:
    """What a position must fulfil for `latitude|longitude|distance|unit`; without a distance it is ten kilometres."""
    told = list(map(unescape, parts(value, "|")))
    found = [asked_number(one) for one in told[:3] if one]
    numbers = [nearest(one.value) for one in found if isinstance(one, Asked)]
    unit = _KILOMETRES.get(told[3]) if len(told) == 4 and told[3] else 1.0
    if len(numbers) != len(found) or unit is None or not _is_place(told, numbers):
        wrong = "A place is written as latitude|longitude|distance|unit; the unit is km, m or [mi_i]."
        return refused(Kind.INVALID, "value", wrong, clause.parameter.code)
    latitude, longitude, *rest = numbers
    distance = rest[0] * unit if rest else DEFAULT_KILOMETRES
    degrees = math.degrees(distance / EARTH) * 1.0000001
    here, there = bind(latitude, "float8"), bind(longitude, "float8")
    low, high = bind(latitude - degrees, "float8"), bind(latitude + degrees, "float8")
    half = bind(math.sin(min(distance / EARTH / 2, math.pi / 2)) ** 2, "float8")
    return f"""({alias}.unit_key = 0 AND {alias}.low >= {low} AND {alias}.low <= {high}
        AND sin(radians({alias}.low - {here}) / 2) ^ 2 + cos(radians({here})) * cos(radians({alias}.low))
            * sin(radians({alias}.high - {there}) / 2) ^ 2 <= {half})"""


def _is_place(told: list[str], numbers: list[float]) -> bool:
    if len(told) not in (2, 3, 4) or len(numbers) < 2 or not all(told[:2]):
        return False
    return abs(numbers[0]) <= 90 and abs(numbers[1]) <= 180 and all(one >= 0 for one in numbers[2:])


def _asked(clause: Clause, comparison: str, text: str) -> Asked | Refusal:
    asked = asked_number(text)
    if isinstance(asked, Refusal):
        return Refusal(asked.kind, tuple(Issue(one.code, one.text, clause.parameter.code) for one in asked.issues))
    if comparison != "ap":
        return asked
    slack = abs(asked.value) / 10
    return Asked(asked.value, min(asked.first, asked.value - slack), max(asked.last, asked.value + slack))


def _as_written(comparison: str, asked: Asked, alias: str, bind: Bind) -> str:
    return _compared(_EXACT, comparison, asked, (f"{alias}.value", f"{alias}.top"), bind, None)


def _compared(
    forms: dict[str, str],
    comparison: str,
    asked: Asked,
    columns: tuple[str, str],
    bind: Bind,
    turned: Callable[[Decimal], float] | None,
) -> str:
    """The comparison with a row's span, as doubles that `turned` makes of the numbers or, without it, as numerics."""
    form, (low, high) = forms[comparison], columns
    names = {"low": low, "high": f"coalesce({high}, {low})"}
    for name, number in zip(("value", "first", "last"), asked, strict=True):
        if f"{{{name}}}" in form:
            names[name] = bind(turned(number), "float8") if turned else bind(number, "numeric")
    return form.format_map(names)
