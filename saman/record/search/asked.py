"""What a search asks for, as it was understood: conditions on values, on what is linked, and what to bring along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

import msgspec

from saman.model.fhir import SearchParameter
from saman.model.fhir.own_parameters import OFFICIAL, Parameters

DEFAULT_COUNT = 20

MODIFIERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "token": frozenset({"", "not", "missing", "text", "in", "not-in", "above", "below", "of-type"}),
        "string": frozenset({"", "exact", "contains", "missing"}),
        "date": frozenset({"", "missing"}),
        "reference": frozenset({"", "missing", "identifier", "above", "below"}),
        "uri": frozenset({"", "missing", "above", "below"}),
        "number": frozenset({"", "missing"}),
        "quantity": frozenset({"", "missing"}),
        "composite": frozenset({""}),
        "special": frozenset({""}),
    }
)
"""The types of parameters that work, each with its modifiers; a reference also takes a resource type."""

MEANT = frozenset({"in", "not-in", "above", "below"})
"""The modifiers whose values are spelled out, as codes or ids, before rows are looked for; addresses are not."""

_SPLIT = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\([\\,|$])")
_PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.DOTALL)


class Clause(msgspec.Struct, frozen=True):
    """One parameter of a search: any of `values` may match. Values keep their escapes until they are taken apart."""

    parameter: SearchParameter
    modifier: str
    values: tuple[str, ...]

    @property
    def negative(self) -> bool:
        """Whether a match is the absence of something."""
        return self.modifier in ("not", "not-in") or (self.modifier == "missing" and self.values == ("true",))


class Link(msgspec.Struct, frozen=True):
    """A condition on what a reference leads to, or with `back` on what refers here by it; any of `ends` may do.

    Source: https://hl7.org/fhir/R4/search.html#chaining and #has
    """

    parameter: SearchParameter
    ends: tuple[Query, ...]
    back: bool = False


class Logic(msgspec.Struct, frozen=True):
    """Conditions put together: all of them, any of them (none of no conditions at all), or that the one does not hold.

    Source: https://hl7.org/fhir/R4/search_filter.html
    """

    how: Literal["and", "or", "not"]
    of: tuple[Condition, ...]


Condition: TypeAlias = Clause | Link | Logic

NEVER = Logic("or", ())
"""What nothing fulfils."""


class Include(msgspec.Struct, frozen=True):
    """Bring along what a reference parameter leads to, or with `back` what refers here by it.

    `parameter` None: every reference of the type `source`, or of any type when that is empty. `target`: of one type
    only. `iterate`: also from what was brought along.
    """

    source: str
    parameter: SearchParameter | None
    target: str = ""
    iterate: bool = False
    back: bool = False


class Within(msgspec.Struct, frozen=True):
    """One of the ways in which an app may find something: about this person only if one is named, and all of these."""

    person: str | None
    clauses: tuple[Clause, ...]


class Query(msgspec.Struct, frozen=True):
    """A checked search for one resource type; `sort` is a parameter code, its direction beside it, `then` what follows.

    With `within` a match must fulfil one of them besides: what the scopes of an app leave. `filters` are conditions
    that are more than a clause or a link, `known` the parameters that it was read with.
    """

    type: str
    clauses: tuple[Clause, ...] = ()
    links: tuple[Link, ...] = ()
    sort: str = ""
    descending: bool = True
    then: tuple[tuple[str, bool], ...] = ()
    count: int = DEFAULT_COUNT
    total: bool = False
    includes: tuple[Include, ...] = ()
    cursor: str = ""
    used: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    within: tuple[Within, ...] = ()
    provenance: bool = False
    filters: tuple[Condition, ...] = ()
    known: Parameters = OFFICIAL

    @property
    def passed_over(self) -> tuple[str, ...]:
        """What is said of each parameter that was ignored."""
        why = ((name, self.known.reason(self.type, name)) for name in self.ignored)
        return tuple(f"'{name}' {reason or 'is not a search parameter here'} and was ignored." for name, reason in why)

    @property
    def describe(self) -> str:
        """The search in one line, without page marker and size: what a page marker is bound to and the log keeps."""
        return f"{self.type}?" + "&".join(f"{n}={v}" for n, v in self.used if n not in ("_cursor", "_count"))


def alternatives(value: str) -> tuple[str, ...]:
    """The values of a parameter, of which any may match, with their escapes."""
    if "," not in value:
        return (value,) if value else ()
    return tuple(part for part in _SPLIT.split(value) if part)


def parts(value: str, mark: str) -> list[str]:
    """`value` taken apart at each `mark` that is not escaped; the parts keep their escapes."""
    return re.split(rf"(?<!\\){re.escape(mark)}", value)


def unescape(value: str) -> str:
    r"""`value` without the escapes of R4: `\,` `\|` `\$` and `\\`."""
    return _ESCAPED.sub(r"\1", value) if "\\" in value else value


def prefix(value: str) -> tuple[str, str]:
    """The comparison that stands before an ordered value, `eq` when none does, and the value."""
    found = _PREFIX.fullmatch(value)
    assert found is not None
    return found[1] or "eq", found[2]
