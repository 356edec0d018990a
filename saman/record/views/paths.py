"""FHIRPath to SQL: the ways into a resource, and what stands between them.

Source: https://sql-on-fhir.org/ig/latest/StructureDefinition-ViewDefinition.html#supported-fhirpath-functionality
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from saman.kernel.outcome import Issue
from saman.model.fhir import RESOURCE_TYPES
from saman.model.fhir.definitions import PRIMITIVES, Element, structure
from saman.model.fhir.fhirpath import FhirPathError, Node, NotSupported
from saman.model.fhir.fhirpath.syntax import (
    Call,
    Constant,
    Empty,
    Index,
    Literal,
    Member,
    Moment,
    Name,
    Operation,
    Sign,
    Variable,
)
from saman.record.views.functions import FUNCTIONS
from saman.record.views.moments import moment_type
from saman.record.views.operators import negative, operation
from saman.record.views.values import CHOICE, NOTHING, Item, Path, Scope, element_sql, sql_type

_LITERALS = {bool: "boolean", str: "string", int: "integer"}


def compile_path(node: Node, scope: Scope) -> Path:
    """The values that an expression selects.

    Raises FhirPathError for what makes no sense here, NotSupported for what views cannot do.
    """
    compile_one = _COMPILERS.get(type(node))
    if compile_one is None:
        raise NotSupported(f"{type(node).__name__} is not part of what views can do", node.position)
    return compile_one(node, scope)


def _name(node: Name, scope: Scope) -> Path:
    if node.name == scope.focus.type and node.name in RESOURCE_TYPES:
        return Path(scope.focus)
    return step(Path(scope.focus), node.name, scope, node.position)


def _member(node: Member, scope: Scope) -> Path:
    source = compile_path(node.source, scope)
    if isinstance(node.member, Name):
        return step(source, node.member.name, scope, node.member.position)
    if isinstance(node.member, Call):
        return _called(source, node.member, scope)
    raise NotSupported("A variable cannot stand behind a point", node.member.position)


def _call(node: Call, scope: Scope) -> Path:
    return _called(Path(scope.focus), node, scope)


def _called(source: Path, call: Call, scope: Scope) -> Path:
    function = FUNCTIONS.get(call.name)
    if function is None:
        raise NotSupported(f"The function {call.name[:40]}() is not part of what views can do", call.position)
    return function(source, call, scope, compile_path)


def _index(node: Index, scope: Scope) -> Path:
    index = node.index
    value: Any = index.value if isinstance(index, Literal) else None
    if isinstance(index, Constant):
        value = scope.constants.get(index.name, ("", None))[1]
    if type(value) is not int or not 0 <= value < 2**31:
        raise NotSupported("A whole number is expected as index, 0 or more", index.position)
    return compile_path(node.source, scope).at(scope.draft.bind(value, "bigint"))


def _literal(node: Literal, scope: Scope) -> Path:
    return Path(scope.bound(_LITERALS.get(type(node.value), "decimal"), node.value, node.position))


def _moment(node: Moment, scope: Scope) -> Path:
    return Path(scope.bound(moment_type(node), node.text.removesuffix("T"), node.position))


def _constant(node: Constant, scope: Scope) -> Path:
    if node.name in scope.constants:
        return Path(scope.bound(*scope.constants[node.name], node.position))
    if node.name == "rowIndex":
        return Path(Item("integer", f"{scope.index}::numeric"))
    if node.name == "resource":
        return Path(scope.resource)
    raise FhirPathError(f"There is no constant %{node.name[:40]}", node.position)


def _variable(node: Variable, scope: Scope) -> Path:
    if node.name != "this":
        raise NotSupported(f"${node.name} is not part of what views can do", node.position)
    return Path(scope.focus)


def _operation(node: Operation, scope: Scope) -> Path:
    return operation(node, scope, compile_path)


def _sign(node: Sign, scope: Scope) -> Path:
    return negative(node, scope, compile_path)


def step(source: Path, name: str, scope: Scope, position: int) -> Path:
    """The elements of this name of each value."""
    item = source.item
    if not item.type:
        return source
    if item.type == CHOICE:
        raise NotSupported(f"Say with ofType() which type has {name[:40]}", position)
    if item.type in PRIMITIVES:
        return _beside(source, name, scope, position)
    element = _elements(item.type).get(name)
    if element is None:
        return _unknown(name, item.type, scope, position)
    if element.is_choice:
        return source.of(Item(CHOICE, item.sql, choices=element.json_names()))
    type_name = element.types[0].removeprefix("system-")
    if element.max == 1:
        return source.of(Item(type_name, item.sql, name))
    return _each(source, name, type_name, scope)


def _each(source: Path, name: str, type_name: str, scope: Scope) -> Path:
    """One row for each element of a list; of primitives those that have a value."""
    alias = scope.draft.alias()
    held, kind = f"{source.item.sql} -> '{name}'", sql_type(type_name)
    function, value = "jsonb_array_elements_text", f"{alias}.v"
    if kind == "jsonb":
        function = "jsonb_array_elements"
    elif kind != "text":
        value = f"({alias}.v::{kind})"
    return Path(
        Item(type_name, value),
        (*source.froms, f"{function}({held}) WITH ORDINALITY AS {alias}(v, n)"),
        source.wheres,
        (*source.order, f"{alias}.n"),
    )


def _beside(source: Path, name: str, scope: Scope, position: int) -> Path:
    """What JSON keeps beside a primitive: its id and its extensions."""
    item = source.item
    if name not in ("id", "extension"):
        return _unknown(name, item.type, scope, position)
    if not item.name:
        raise NotSupported("Extensions of values that repeat are not part of what views can do", position)
    return step(
        source.of(Item("Element", element_sql(item.carrier, f"_{item.name}", "Element"))), name, scope, position
    )


def _unknown(name: str, type_name: str, scope: Scope, position: int) -> Path:
    text = f"R4 has no element {name[:40]} in {type_name}, so it is always empty (at character {position + 1})."
    scope.draft.warnings.append(Issue("not-found", text, scope.place, severity="warning"))
    return Path(NOTHING)


@cache
def _elements(type_name: str) -> Mapping[str, Element]:
    found = structure.blocks.get(type_name, ())
    return MappingProxyType({one.name.removesuffix("[x]"): one for one in found})


_COMPILERS: dict[type[Node], Callable[[Any, Scope], Path]] = {
    Name: _name,
    Member: _member,
    Call: _call,
    Index: _index,
    Literal: _literal,
    Moment: _moment,
    Constant: _constant,
    Variable: _variable,
    Operation: _operation,
    Sign: _sign,
    Empty: lambda _node, _scope: Path(NOTHING),
}
