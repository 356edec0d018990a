"""Operators of FHIRPath in SQL, whose logic with three values is that of FHIRPath."""

from __future__ import annotations

from collections.abc import Callable

from saman.model.fhir.fhirpath import FhirPathError, Node, NotSupported
from saman.model.fhir.fhirpath.syntax import Operation, Sign
from saman.record.views.moments import compared
from saman.record.views.values import Item, Path, Scope

Compile = Callable[[Node, Scope], Path]

_LOGIC = {
    "and": "({0} AND {1})",
    "or": "({0} OR {1})",
    "xor": "({0} <> {1})",
    "implies": "(NOT {0} OR {1})",
}
_ARITHMETIC = {
    "+": "({0} + {1})",
    "-": "({0} - {1})",
    "*": "({0} * {1})",
    "/": "trim_scale({0} / nullif({1}, 0))",
    "div": "div({0}, nullif({1}, 0))",
    "mod": "mod({0}, nullif({1}, 0))",
}
_ORDER = {"<": ("<", False), ">": ("<", True), ">=": ("<", False), "<=": ("<", True)}
"""Each comparison as `before`, with whether the sides change places; the last two are the first two denied."""


def operation(node: Operation, scope: Scope, compile_path: Compile) -> Path:
    """The value of `left operator right`."""
    if node.operator in _LOGIC:
        left, right = (truth(side, scope, compile_path) for side in (node.left, node.right))
        return Path(Item("boolean", _LOGIC[node.operator].format(left, right)))
    left_path, right_path = compile_path(node.left, scope), compile_path(node.right, scope)
    if node.operator == "&":
        return _joined(left_path, right_path, node, scope)
    if not left_path.item.type or not right_path.item.type:
        return _with_nothing(node)
    if node.operator in ("=", "!="):
        return _equal(left_path, right_path, node, scope)
    if node.operator in _ORDER:
        return _ordered(left_path, right_path, node, scope)
    if node.operator in _ARITHMETIC:
        return _calculated(left_path, right_path, node, scope)
    raise NotSupported(f"The operator {node.operator} is not part of what views can do", node.position)


def truth(node: Node, scope: Scope, compile_path: Compile) -> str:
    """An expression as a condition; FhirPathError when it is of another type."""
    return condition(compile_path(node, scope), node.position, scope)


def condition(path: Path, position: int, scope: Scope) -> str:
    """The values of a path as a condition; FhirPathError when they are of another type."""
    if not path.item.type:
        return "NULL::boolean"
    if path.item.family != "boolean":
        raise FhirPathError("Something that is true or false is expected", position)
    return scope.draft.one(path, scope.place)


def negative(node: Sign, scope: Scope, compile_path: Compile) -> Path:
    """A number with its sign."""
    path = compile_path(node.operand, scope)
    if not path.item.type:
        return Path()
    if path.item.family != "number":
        raise FhirPathError("A number is expected behind the sign", node.position)
    value = scope.draft.one(path, scope.place)
    return Path(Item(_number([path.item]), f"(- {value})" if node.operator == "-" else value))


def _with_nothing(node: Operation) -> Path:
    """What comes of an operand that is always empty: the type is known, the value never is."""
    if node.operator in ("=", "!=", *_ORDER):
        return Path(Item("boolean", "NULL::boolean"))
    return Path()


def _same_family(left: Path, right: Path, node: Operation) -> str:
    found = {left.item.family, right.item.family}
    if "choice" in found:
        raise FhirPathError("Say with ofType() which type is meant", node.position)
    if len(found) > 1:
        words = f"{left.item.type} and {right.item.type}"
        raise FhirPathError(f"{words} cannot be held against each other", node.position)
    return found.pop()


def _equal(left: Path, right: Path, node: Operation, scope: Scope) -> Path:
    """Whether both have the same values in the same order."""
    kind = _same_family(left, right, node)
    if kind in ("moment", "time"):
        same = _before("=", kind, *(scope.draft.one(side, scope.place) for side in (left, right)))
    elif left.is_many or right.is_many:
        same = f"({left.array} = {right.array})"
    else:
        same = f"({left.item.sql} = {right.item.sql})"
    return Path(Item("boolean", same if node.operator == "=" else f"(NOT {same})"))


def _before(operator: str, kind: str, left: str, right: str) -> str:
    if kind == "moment":
        return compared(operator, left, right)
    return f"(({left})::time {operator} ({right})::time)" if kind == "time" else f"({left} {operator} {right})"


def _ordered(left: Path, right: Path, node: Operation, scope: Scope) -> Path:
    kind = _same_family(left, right, node)
    if kind in ("json", "boolean"):
        raise FhirPathError(f"Values of type {left.item.type} have no order", node.position)
    operator, turned = _ORDER[node.operator]
    sides = [scope.draft.one(side, scope.place) for side in (left, right)]
    before = _before(operator, kind, *(reversed(sides) if turned else sides))
    return Path(Item("boolean", f"(NOT {before})" if node.operator.endswith("=") else before))


def _calculated(left: Path, right: Path, node: Operation, scope: Scope) -> Path:
    kind = _same_family(left, right, node)
    sides = [scope.draft.one(side, scope.place) for side in (left, right)]
    if kind == "text" and node.operator == "+":
        return Path(Item("string", f"({sides[0]} || {sides[1]})"))
    if kind != "number":
        raise FhirPathError(f"{node.operator} is for numbers, and not for {left.item.type}", node.position)
    whole = node.operator in ("div", "mod")
    type_name = "decimal" if node.operator == "/" else _number(() if whole else (left.item, right.item))
    return Path(Item(type_name, _ARITHMETIC[node.operator].format(*sides)))


def _joined(left: Path, right: Path, node: Operation, scope: Scope) -> Path:
    """Two texts as one; what is empty is the empty text."""
    sides = []
    for path in (left, right):
        if path.item.family not in ("text", "nothing"):
            raise FhirPathError(f"& is for texts, and not for {path.item.type}", node.position)
        sides.append(f"coalesce({scope.draft.one(path, scope.place)}, '')")
    return Path(Item("string", f"({sides[0]} || {sides[1]})"))


def _number(items: tuple[Item, ...] | list[Item]) -> str:
    return "decimal" if any(item.type == "decimal" for item in items) else "integer"
