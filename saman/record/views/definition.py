"""Reads a ViewDefinition: everything that is wrong with it is said at once, each with its place.

Source: https://sql-on-fhir.org/ig/latest/StructureDefinition-ViewDefinition.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.fhir import RESOURCE_TYPES
from saman.model.fhir.fhirpath import FhirPathError, Node, parse
from saman.model.fhir.primitives import primitives

MAX_COLUMNS = 500
MAX_SELECTS = 100
MAX_DEPTH = 10
MAX_CONSTANTS = 100
MAX_PATH = 2000
MAX_NESTING = 50
MAX_NAME = 63
"""Longest name of a column: what PostgreSQL and most databases keep of one."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TYPE = re.compile(r"(?:http://hl7\.org/(?:fhir/StructureDefinition/|fhirpath/System\.))?([A-Za-z][A-Za-z0-9.]{0,120})")
_WAYS = ("forEach", "forEachOrNull", "repeat")
_OF_SELECT = frozenset(("column", "select", "unionAll", "id", "extension", *_WAYS))
_OF_COLUMN = frozenset(
    ("path", "name", "description", "collection", "type", "tag", "tags", "id", "extension", "modifierExtension")
)
_CONSTANT_TYPES = frozenset(
    (
        "base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id", "instant", "integer",
        "oid", "string", "positiveInt", "time", "unsignedInt", "uri", "url", "uuid",
    )
)  # fmt: skip
_CONSTANTS = {f"value{one[0].upper()}{one[1:]}": one for one in _CONSTANT_TYPES}


class Column(msgspec.Struct, frozen=True):
    """A column as it was asked for; `type` is empty where it was not said."""

    name: str
    path: Node
    type: str
    collection: bool
    place: str


class Select(msgspec.Struct, frozen=True):
    """What one row, or each row of `paths`, gives; `way` is forEach, forEachOrNull, repeat or empty."""

    place: str
    way: str = ""
    paths: tuple[Node, ...] = ()
    columns: tuple[Column, ...] = ()
    selects: tuple[Select, ...] = ()
    unions: tuple[Select, ...] = ()


class Definition(msgspec.Struct, frozen=True):
    """A ViewDefinition whose form is right; `constants` are pairs of type and value, `wheres` of path and place."""

    name: str
    resource: str
    constants: Mapping[str, tuple[str, Any]]
    selects: tuple[Select, ...]
    wheres: tuple[tuple[Node, str], ...]


def columns_of(selects: Iterable[Select]) -> Iterator[Column]:
    """The columns of the rows in their order; those of a unionAll are those of its first select."""
    for one in selects:
        yield from one.columns
        yield from columns_of(one.selects)
        yield from columns_of(one.unions[:1])


def read_definition(tree: Any) -> Definition | Refusal:
    """A ViewDefinition as decoded JSON; refused with all that is wrong with its form."""
    reader = _Reader()
    found = reader.definition(tree if isinstance(tree, dict) else {})
    return Refusal(Kind.UNPROCESSABLE, tuple(reader.issues)) if reader.issues else found


class _Reader:
    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self._selects = 0
        self._columns = 0

    def wrong(self, text: str, place: str, code: str = "value") -> None:
        if len(self.issues) < 50:
            self.issues.append(Issue(code, text, place))

    def definition(self, tree: dict[str, Any]) -> Definition:
        top = "ViewDefinition"
        if tree.get("resourceType", top) != top:
            self.wrong("A ViewDefinition is expected.", top, "structure")
        resource = tree.get("resource")
        if resource not in RESOURCE_TYPES:
            self.wrong("A resource type of R4 is expected.", f"{top}.resource", "value" if resource else "required")
        name = tree.get("name")
        if name is not None:
            self._check_name(name, f"{top}.name")
        constants = self._constants(tree, top)
        selects = self._selects_of(tree, "select", top, 1, least=1)
        self._check_columns(selects, top)
        return Definition(
            name if isinstance(name, str) else "",
            resource if isinstance(resource, str) else "",
            constants,
            selects,
            self._wheres(tree, top),
        )

    def _check_columns(self, selects: tuple[Select, ...], top: str) -> None:
        known: set[str] = set()
        for column in columns_of(selects):
            if column.name in known:
                self.wrong("There is a column of this name already.", f"{column.place}.name", "duplicate")
            known.add(column.name)
        if not known and not self.issues:
            self.wrong("There is no column.", f"{top}.select", "required")

    def _list(self, tree: dict[str, Any], name: str, above: str, least: int = 0) -> list[tuple[dict[str, Any], str]]:
        """The objects of a list with their places."""
        found = tree.get(name, [])
        if not isinstance(found, list) or len(found) < least:
            self.wrong("A list is expected, and not an empty one.", f"{above}.{name}", "structure")
            return []
        places = [(one, f"{above}.{name}[{number}]") for number, one in enumerate(found)]
        for one, place in places:
            if not isinstance(one, dict):
                self.wrong("An object is expected.", place, "structure")
        return [(one, place) for one, place in places if isinstance(one, dict)]

    def _check_name(self, name: Any, place: str) -> bool:
        if not isinstance(name, str) or len(name) > MAX_NAME or not _NAME.fullmatch(name):
            text = f"A name of letters, digits and _ is expected that begins with a letter, {MAX_NAME} at most."
            self.wrong(text, place)
            return False
        return True

    def _constants(self, tree: dict[str, Any], above: str) -> Mapping[str, tuple[str, Any]]:
        found: dict[str, tuple[str, Any]] = {}
        listed = self._list(tree, "constant", above)
        if len(listed) > MAX_CONSTANTS:
            self.wrong(f"At most {MAX_CONSTANTS} constants are taken.", f"{above}.constant", "too-costly")
        for one, place in listed[:MAX_CONSTANTS]:
            name, value = one.get("name"), self._constant(one, place)
            if not self._check_name(name, f"{place}.name") or value is None:
                continue
            if name in found:
                self.wrong("There is a constant of this name already.", f"{place}.name", "duplicate")
            found[str(name)] = value
        return found

    def _constant(self, one: dict[str, Any], place: str) -> tuple[str, Any] | None:
        given = [name for name in one if name.startswith("value")]
        if len(given) != 1 or given[0] not in _CONSTANTS:
            self.wrong("One value is expected, of a type such as valueString.", place, "required")
            return None
        kind = _CONSTANTS[given[0]]
        if not primitives[kind].valid(one[given[0]]):
            self.wrong(f"Expected: {primitives[kind].expected}.", f"{place}.{given[0]}")
            return None
        return kind, one[given[0]]

    def _wheres(self, tree: dict[str, Any], above: str) -> tuple[tuple[Node, str], ...]:
        listed = self._list(tree, "where", above)
        if len(listed) > MAX_SELECTS:
            self.wrong(f"At most {MAX_SELECTS} conditions are taken.", f"{above}.where", "too-costly")
        read = [(self._path(one.get("path"), f"{place}.path"), f"{place}.path") for one, place in listed[:MAX_SELECTS]]
        return tuple((node, place) for node, place in read if node is not None)

    def _path(self, text: Any, place: str) -> Node | None:
        if not isinstance(text, str) or not text.strip():
            self.wrong("A FHIRPath expression is expected.", place, "required" if text is None else "value")
            return None
        if len(text) > MAX_PATH:
            self.wrong(f"An expression may have {MAX_PATH} characters.", place, "too-long")
            return None
        try:
            node = parse(text)
        except FhirPathError as error:
            self.wrong(f"{error}.", place, "invalid")
            return None
        if not _is_shallow(node):
            self.wrong(f"An expression may be nested {MAX_NESTING} deep.", place, "too-costly")
            return None
        return node

    def _selects_of(
        self, tree: dict[str, Any], name: str, above: str, depth: int, least: int = 0
    ) -> tuple[Select, ...]:
        listed = self._list(tree, name, above, least)
        if listed and depth > MAX_DEPTH:
            self.wrong(f"Selects may be nested {MAX_DEPTH} deep.", f"{above}.{name}", "too-costly")
            return ()
        self._selects += len(listed)
        if self._selects > MAX_SELECTS:
            self.wrong(f"At most {MAX_SELECTS} selects are taken.", f"{above}.{name}", "too-costly")
            return ()
        return tuple(self._select(one, place, depth) for one, place in listed)

    def _select(self, tree: dict[str, Any], place: str, depth: int) -> Select:
        for name in sorted(set(tree) - _OF_SELECT):
            self.wrong("This is not an element of a select.", f"{place}.{name[:40]}", "structure")
        ways = [name for name in _WAYS if name in tree]
        if len(ways) > 1:
            self.wrong(f"Only one of {', '.join(_WAYS)} can be given.", place, "structure")
        way = ways[0] if ways else ""
        if not {"column", "select", "unionAll"} & set(tree):
            self.wrong("A select needs columns, selects or a unionAll.", place, "required")
        return Select(
            place,
            way,
            self._paths(tree, way, place),
            self._columns_of(tree, place),
            self._selects_of(tree, "select", place, depth + 1),
            self._selects_of(tree, "unionAll", place, depth + 1),
        )

    def _paths(self, tree: dict[str, Any], way: str, place: str) -> tuple[Node, ...]:
        if not way:
            return ()
        given = tree[way]
        if way != "repeat":
            node = self._path(given, f"{place}.{way}")
            return () if node is None else (node,)
        if not isinstance(given, list) or not 0 < len(given) <= MAX_DEPTH:
            self.wrong(f"A list of 1 to {MAX_DEPTH} expressions is expected.", f"{place}.repeat", "structure")
            return ()
        read = [self._path(one, f"{place}.repeat[{number}]") for number, one in enumerate(given)]
        return tuple(node for node in read if node is not None)

    def _columns_of(self, tree: dict[str, Any], above: str) -> tuple[Column, ...]:
        listed = self._list(tree, "column", above)
        self._columns += len(listed)
        if self._columns > MAX_COLUMNS:
            self.wrong(f"At most {MAX_COLUMNS} columns are taken.", f"{above}.column", "too-costly")
            return ()
        read = [self._column(one, place) for one, place in listed]
        return tuple(one for one in read if one is not None)

    def _column(self, tree: dict[str, Any], place: str) -> Column | None:
        for unknown in sorted(set(tree) - _OF_COLUMN):
            self.wrong("This is not an element of a column.", f"{place}.{unknown[:40]}", "structure")
        name, collection, kind = tree.get("name"), tree.get("collection", False), tree.get("type", "")
        found = _TYPE.fullmatch(kind) if isinstance(kind, str) and kind else None
        if kind != "" and found is None:
            self.wrong("A type of FHIR is expected.", f"{place}.type")
        if not isinstance(collection, bool):
            self.wrong("true or false is expected.", f"{place}.collection")
        node = self._path(tree.get("path"), f"{place}.path")
        if not self._check_name(name, f"{place}.name") or node is None:
            return None
        return Column(str(name), node, _plain(found[1]) if found else "", collection is True, place)


def _plain(type_name: str) -> str:
    """A type as FHIR spells it; the primitives of FHIRPath begin with a capital letter."""
    small = type_name[0].lower() + type_name[1:]
    return small if small in ("boolean", "string", "integer", "decimal", "date", "dateTime", "time") else type_name


def _is_shallow(node: Node) -> bool:
    level = [node]
    for _ in range(MAX_NESTING):
        level = [below for one in level for below in one.children()]
    return not level
