"""Syntax tree to closures; functions and operators are tables that later work adds to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saman.model.fhir.definitions import structure
from saman.model.fhir.fhirpath.functions import FUNCTIONS
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item, child_step
from saman.model.fhir.fhirpath.operators import OPERATORS, keep_type, test_type
from saman.model.fhir.fhirpath.parser import parse
from saman.model.fhir.fhirpath.syntax import (
    Call,
    Empty,
    Index,
    Literal,
    Member,
    Name,
    Node,
    NotSupported,
    Operation,
    TypeTest,
    Variable,
)
from saman.model.fhir.fhirpath.types import is_a, system_type


def compile_path(expression: str | Node) -> Evaluate:
    """A function from items and their context to the items that `expression` selects.

    Raises FhirPathError when the text is not FHIRPath, NotSupported when it needs what the engine lacks.
    """
    return _compile(parse(expression) if isinstance(expression, str) else expression)


def _compile(node: Node) -> Evaluate:
    compile_one = _COMPILERS.get(type(node))
    if compile_one is None:
        raise NotSupported(f"{type(node).__name__} is not supported yet", node.position)
    return compile_one(node)


def _name(node: Name) -> Evaluate:
    """A name at the start of a path: the type of the item itself, or else one of its elements."""
    if node.name not in structure.parents:
        return child_step(node.name)
    element = child_step(node.name)

    def start(items: list[Item], context: Context) -> list[Item]:
        return [item for item in items if is_a(item[0], node.name)] or element(items, context)

    return start


def _member(node: Member) -> Evaluate:
    source = _compile(node.source)
    member = child_step(node.member.name) if isinstance(node.member, Name) else _compile(node.member)
    return lambda items, context: member(source(items, context), context)


def _call(node: Call) -> Evaluate:
    function = FUNCTIONS.get(node.name)
    if function is None:
        raise NotSupported(f"The function {node.name}() is not supported yet", node.position)
    return function(node, _compile)


def _index(node: Index) -> Evaluate:
    if not isinstance(node.index, Literal) or type(node.index.value) is not int:
        raise NotSupported("Only a whole number is supported as index yet", node.index.position)
    source, start = _compile(node.source), node.index.value
    return lambda items, context: source(items, context)[start : start + 1]


def _operation(node: Operation) -> Evaluate:
    operator = OPERATORS.get(node.operator)
    if operator is None:
        raise NotSupported(f"The operator {node.operator} is not supported yet", node.position)
    return operator(node, _compile)


def _type_test(node: TypeTest) -> Evaluate:
    operand = _compile(node.operand)
    then = test_type(node.namespace, node.name) if node.operator == "is" else keep_type(node.namespace, node.name)
    return lambda items, context: then(operand(items, context), context)


def _literal(node: Literal) -> Evaluate:
    constant: list[Item] = [(system_type(node.value), node.value, None)]
    return lambda _items, _context: constant


def _empty(_: Empty) -> Evaluate:
    return lambda _items, _context: []


def _variable(node: Variable) -> Evaluate:
    if node.name != "this":
        raise NotSupported(f"${node.name} is not supported yet", node.position)
    return lambda items, _context: items


_COMPILERS: dict[type[Node], Callable[[Any], Evaluate]] = {
    Name: _name,
    Member: _member,
    Call: _call,
    Index: _index,
    Operation: _operation,
    TypeTest: _type_test,
    Literal: _literal,
    Empty: _empty,
    Variable: _variable,
}
