"""Operators that are compiled so far: union, equality with a constant, boolean logic, tests of type."""

from __future__ import annotations

from collections.abc import Callable

from saman.model.fhir.fhirpath.items import Context, Evaluate, Item
from saman.model.fhir.fhirpath.syntax import Literal, Node, NotSupported, Operation
from saman.model.fhir.fhirpath.types import is_a

Compile = Callable[[Node], Evaluate]
TRUE: list[Item] = [("System.Boolean", True, None)]
FALSE: list[Item] = [("System.Boolean", False, None)]


def as_items(value: bool | None) -> list[Item]:
    """Three-valued truth as a collection; None is empty."""
    return [] if value is None else TRUE if value else FALSE


def truth(items: list[Item]) -> bool | None:
    """The collection as a condition: empty is None, a boolean itself, any other single item true."""
    if not items:
        return None
    return items[0][1] is not False


def _union(node: Operation, compile_node: Compile) -> Evaluate:
    left, right = compile_node(node.left), compile_node(node.right)

    def union(items: list[Item], context: Context) -> list[Item]:
        found: list[Item] = []
        for item in (*left(items, context), *right(items, context)):
            if item not in found:
                found.append(item)
        return found

    return union


def _equal(node: Operation, compile_node: Compile) -> Evaluate:
    """Equality where one side is a constant, so that no units, zones or precisions come into it."""
    if not isinstance(node.left, Literal) and not isinstance(node.right, Literal):
        raise NotSupported(f"{node.operator} is supported only with a constant on one side yet", node.position)
    left, right, wanted = compile_node(node.left), compile_node(node.right), node.operator == "="

    def equal(items: list[Item], context: Context) -> list[Item]:
        first, second = left(items, context), right(items, context)
        if not first or not second:
            return []
        same = len(first) == len(second) and all(map(_same, first, second))
        return as_items(same is wanted)

    return equal


def _same(one: Item, other: Item) -> bool:
    return type(one[1]) is type(other[1]) and bool(one[1] == other[1])


def _and(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _or(left: bool | None, right: bool | None) -> bool | None:
    if left or right:
        return True
    return None if left is None or right is None else False


def _xor(left: bool | None, right: bool | None) -> bool | None:
    return None if left is None or right is None else left is not right


def _implies(left: bool | None, right: bool | None) -> bool | None:
    return _or(None if left is None else not left, right)


def _logic(combine: Callable[[bool | None, bool | None], bool | None]) -> Callable[[Operation, Compile], Evaluate]:
    def build(node: Operation, compile_node: Compile) -> Evaluate:
        left, right = compile_node(node.left), compile_node(node.right)
        return lambda items, context: as_items(combine(truth(left(items, context)), truth(right(items, context))))

    return build


def keep_type(namespace: str, name: str) -> Evaluate:
    """The items of a type."""
    return lambda items, _: [item for item in items if is_a(item[0], name, namespace)]


def test_type(namespace: str, name: str) -> Evaluate:
    """Whether the item is of a type; empty for nothing."""
    return lambda items, _: as_items(is_a(items[0][0], name, namespace)) if items else []


OPERATORS: dict[str, Callable[[Operation, Compile], Evaluate]] = {
    "|": _union,
    "=": _equal,
    "!=": _equal,
    "and": _logic(_and),
    "or": _logic(_or),
    "xor": _logic(_xor),
    "implies": _logic(_implies),
}
"""What compiles each binary operator."""
