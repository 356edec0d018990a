"""From the parameters of an address to a checked query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.fhir import SearchParameter, search_parameters

DEFAULT_COUNT, MAX_COUNT = 20, 1000
MAX_VALUES = 200

Pairs = Iterable[tuple[str, str]]

MODIFIERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "token": frozenset({"", "not", "missing"}),
        "string": frozenset({"", "exact", "contains", "missing"}),
        "date": frozenset({"", "missing"}),
        "reference": frozenset({"", "missing"}),
        "uri": frozenset({"", "missing"}),
    }
)
"""The types of parameters that work, each with its modifiers; a reference also takes a resource type."""

_RESULT = frozenset({"_count", "_sort", "_total", "_include", "_cursor", "_format", "_pretty"})
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
        return self.modifier == "not" or (self.modifier == "missing" and self.values == ("true",))


class Include(msgspec.Struct, frozen=True):
    """Bring along what a reference parameter of the matches points to, perhaps of one type only."""

    parameter: SearchParameter
    target: str


class Within(msgspec.Struct, frozen=True):
    """One of the ways in which an app may find something: about this person only if one is named, and all of these."""

    person: str | None
    clauses: tuple[Clause, ...]


class Query(msgspec.Struct, frozen=True):
    """A checked search for one resource type; `sort` is a parameter code, its direction beside it.

    With `within` a match must fulfil one of them besides: what the scopes of an app leave.
    """

    type: str
    clauses: tuple[Clause, ...]
    sort: str
    descending: bool
    count: int
    total: bool
    includes: tuple[Include, ...]
    cursor: str
    used: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    within: tuple[Within, ...] = ()
    provenance: bool = False

    @property
    def describe(self) -> str:
        """The search in one line, without page marker and size: what a page marker is bound to and the log keeps."""
        return f"{self.type}?" + "&".join(f"{n}={v}" for n, v in self.used if n not in ("_cursor", "_count"))


def alternatives(value: str) -> tuple[str, ...]:
    """The values of a parameter, of which any may match, with their escapes."""
    return tuple(part for part in _SPLIT.split(value) if part)


def unescape(value: str) -> str:
    r"""`value` without the escapes of R4: `\,` `\|` `\$` and `\\`."""
    return _ESCAPED.sub(r"\1", value)


def prefix(value: str) -> tuple[str, str]:
    """The comparison that stands before an ordered value, `eq` when none does, and the value."""
    found = _PREFIX.fullmatch(value)
    assert found is not None
    return found[1] or "eq", found[2]


class _Reader:
    def __init__(self, type_name: str) -> None:
        self.type = type_name
        self.parameters = search_parameters(type_name)
        self.issues: list[Issue] = []
        self.ignored: list[str] = []
        self.clauses: list[Clause] = []
        self.includes: list[Include] = []
        self.provenance = False
        self.used: list[tuple[str, str]] = []

    def take(self, name: str, value: str) -> None:
        """Sort one filter, `_include` or `_revinclude` into its place."""
        if name == "_include":
            self._include(value)
        elif name == "_revinclude":
            self._revinclude(value)
        else:
            self._filter(name, value)

    def _filter(self, name: str, value: str) -> None:
        code, _, modifier = name.partition(":")
        parameter = self.parameters.get(code)
        if parameter is None or parameter.type not in MODIFIERS or not parameter.expression or "." in name:
            self._unknown(name)
            return
        if modifier not in MODIFIERS[parameter.type] and not _typed(parameter, modifier):
            self._wrong(name, "not-supported", f"The modifier ':{modifier}' is not supported for '{code}'.")
            return
        values = alternatives(value)
        if not values or len(values) > MAX_VALUES:
            self._wrong(name, "value", f"'{code}' needs between one and {MAX_VALUES} values.")
            return
        if modifier == "missing" and values not in (("true",), ("false",)):
            self._wrong(name, "value", f"'{code}:missing' is true or false.")
            return
        self.clauses.append(Clause(parameter, modifier, values))
        self.used.append((name, value))

    def _revinclude(self, value: str) -> None:
        if value != "Provenance:target":
            self._wrong("_revinclude", "not-supported", "'_revinclude' takes Provenance:target alone.")
            return
        self.provenance = True
        self.used.append(("_revinclude", value))

    def _include(self, value: str) -> None:
        source, _, rest = value.partition(":")
        code, _, target = rest.partition(":")
        parameter = self.parameters.get(code)
        if source != self.type or parameter is None or parameter.type != "reference":
            self._wrong(
                "_include", "value", f"'_include' is written {self.type}:parameter, with a reference parameter."
            )
            return
        self.includes.append(Include(parameter, target))
        self.used.append(("_include", value))

    def _unknown(self, name: str) -> None:
        self.ignored.append(name)

    def _wrong(self, name: str, code: str, text: str) -> None:
        self.issues.append(Issue(code, text, name))


def _typed(parameter: SearchParameter, modifier: str) -> bool:
    return parameter.type == "reference" and modifier in parameter.targets


def read_query(type_name: str, pairs: Pairs, *, strict: bool = False) -> Query | Refusal:
    """The query that `pairs` (decoded names and values, in order) ask for.

    Unknown parameters are ignored and named in `ignored`, or refused when `strict` (`Prefer: handling=strict`).
    """
    reader = _Reader(type_name)
    result: dict[str, str] = {}
    for name, value in pairs:
        if "\0" in value:
            reader.issues.append(Issue("value", "A parameter may not hold the character NUL.", name))
        elif name in _RESULT and name != "_include":
            result[name] = value
        else:
            reader.take(name, value)
    sort, descending = _sort(reader, result.get("_sort", ""))
    count = _count(reader, result.get("_count", ""))
    total = result.get("_total", "none")
    if total not in ("none", "estimate", "accurate"):
        reader.issues.append(Issue("value", "'_total' is none, estimate or accurate.", "_total"))
    if strict:
        reader.issues += [Issue("not-supported", f"'{name}' is not a search parameter of {type_name} here.", name)
                          for name in reader.ignored]  # fmt: skip
    if reader.issues:
        return Refusal(Kind.INVALID, tuple(reader.issues))
    reader.used += [(name, result[name]) for name in ("_sort", "_total", "_count") if name in result]
    return Query(
        type_name,
        tuple(reader.clauses),
        sort,
        descending,
        count,
        total != "none",
        tuple(reader.includes),
        result.get("_cursor", ""),
        tuple(reader.used),
        tuple(reader.ignored),
        provenance=reader.provenance,
    )


def _sort(reader: _Reader, value: str) -> tuple[str, bool]:
    if not value:
        return "", True
    first, *more = value.split(",")
    code = first.removeprefix("-")
    parameter = reader.parameters.get(code)
    if more or parameter is None or parameter.type not in ("date", "string", "token", "uri"):
        reader.issues.append(
            Issue(
                "not-supported",
                "'_sort' takes one date, string or token parameter, with '-' for newest first.",
                "_sort",
            )
        )
    return code, first.startswith("-")


def _count(reader: _Reader, value: str) -> int:
    if not value:
        return DEFAULT_COUNT
    if not value.isascii() or not value.isdigit() or len(value) > 6:
        reader.issues.append(Issue("value", "'_count' is a whole number.", "_count"))
        return DEFAULT_COUNT
    return min(int(value), MAX_COUNT)
