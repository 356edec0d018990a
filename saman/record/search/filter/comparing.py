"""Comparisons of a `_filter` that no parameter with a modifier stands for, as conditions on the index tables.

Source: https://hl7.org/fhir/R4/search_filter.html#ops
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from saman.kernel.outcome import Refusal
from saman.model.fhir import date_range, fold
from saman.record.search.asked import Clause, unescape

Bind = Callable[[Any, str], str]

SAME, OTHER, ENDING, OVERLAPPING, AROUND = "~same", "~other", "~ending", "~overlapping", "~around"
"""Modifiers that only a filter makes: no parameter can be written with them."""

_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        SAME: "{alias}.folded = {text}",
        OTHER: "{alias}.folded <> {text}",
        ENDING: "right({alias}.folded, length({text})) = {text}",
    }
)
_SPANS: Mapping[str, str] = MappingProxyType(
    {
        OVERLAPPING: "({alias}.low < {last} AND {alias}.high > {first})",
        AROUND: "({alias}.low <= {first} AND {alias}.high >= {last})",
    }
)
COMPARED = frozenset({*_TEXTS, *_SPANS})


def compared(clause: Clause, alias: str, bind: Bind) -> str | Refusal:
    """What a row `alias` must fulfil for a clause with one of these modifiers, which has one value."""
    value = unescape(clause.values[0])
    if clause.modifier in _TEXTS:
        return _TEXTS[clause.modifier].format(alias=alias, text=bind(fold(value), "text"))
    span = date_range(value)
    if isinstance(span, Refusal):
        return span
    first, last = (bind(moment, "timestamptz") for moment in span)
    return _SPANS[clause.modifier].format(alias=alias, first=first, last=last)
