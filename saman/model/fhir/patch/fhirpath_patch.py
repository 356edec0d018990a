"""FHIRPath Patch: operations in a Parameters resource (https://hl7.org/fhir/R4/fhirpatch.html)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir.fhirpath import Node as Expression
from saman.model.fhir.patch.elements import Node, Spelling, paired, put, spelled, spellings
from saman.model.fhir.patch.locate import Steps, TooManySteps, located, read_path
from saman.model.fhir.patch.outcome import MAX_OPERATIONS, NotApplicable, Tree, clear, copied, unprocessable
from saman.model.fhir.patch.value import Given, given_in
from saman.model.fhir.validation import validate

_NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "add": ("name", "value"),
        "insert": ("value", "index"),
        "delete": (),
        "replace": ("value",),
        "move": ("source", "destination"),
    }
)
_NUMBERS = ("index", "source", "destination")
MOST_STEPS = 200_000
"""Elements that all paths of one patch may look at."""


class Operation(msgspec.Struct, frozen=True):
    """One operation; `number` is its place in the Parameters, `parts` the places of what it was made from."""

    type: str
    path: Expression
    name: str
    value: Given | None
    numbers: Mapping[str, int]
    parts: Mapping[str, str]


class FhirPathPatch(msgspec.Struct, frozen=True):
    """Operations that are done one after the other, or none at all."""

    operations: tuple[Operation, ...]

    def apply(self, tree: Any) -> Any | Refusal:
        """The resource that comes of it; the refusal names the part of the Parameters that cannot be carried out."""
        thinned: list[Any] = []
        steps = Steps(MOST_STEPS)
        for operation in self.operations:
            root = Node(tree["resourceType"], tree)
            try:
                found = located(operation.path, root, steps)
                thinned += [one.holder for one in found if operation.type == "delete"]
                _DO[operation.type](operation, found)
            except TooManySteps as many:
                return refused(Kind.TOO_COSTLY, "too-costly", str(many), operation.parts["path"])
            except NotApplicable as why:
                return unprocessable(why.text, operation.parts[why.place or "path"])
        clear(tree, thinned)
        return tree


def _one(found: list[Node]) -> Node:
    if len(found) != 1:
        many = "no element" if not found else "more than one element"
        raise NotApplicable(f"The path leads to {many}.")
    return found[0]


def _add(operation: Operation, found: list[Node]) -> None:
    node, given = _one(found), _given(operation)
    inside, block = _inside(node)
    among = spellings(block).get(operation.name, ())
    spelling = spelled(among, given.type)
    if not spelling.repeats and any(paired(inside, one) for one in among):
        raise NotApplicable("This element is there already, and there can be only one.", "name")
    put(inside, spelling, [*paired(inside, spelling), given.made(spelling)])


def _inside(node: Node) -> tuple[Tree, str]:
    """The object whose elements are changed, with its type: of a primitive its shadow, made where it is not there."""
    if isinstance(node.value, dict):
        return node.value, node.type
    if node.holder is None or node.spelling is None or not node.spelling.shadow:
        raise NotApplicable("This element has no elements of its own.")
    shadow = dict(node.shadow or {})
    pairs = paired(node.holder, node.spelling)
    pairs[node.position] = (node.value, shadow)
    put(node.holder, node.spelling, pairs)
    return shadow, "Element"


def _insert(operation: Operation, found: list[Node]) -> None:
    holder, spelling = _list(found)
    pairs = paired(holder, spelling)
    if operation.numbers["index"] > len(pairs):
        raise NotApplicable("The list ends before this index.", "index")
    pairs.insert(operation.numbers["index"], _given(operation).made(spelling))
    put(holder, spelling, pairs)


def _list(found: list[Node]) -> tuple[Tree, Spelling]:
    """The list that all elements of a path stand in."""
    first = found[0] if found else None
    if first is None or first.holder is None or first.spelling is None:
        raise NotApplicable("The path leads to no list.")
    if not first.spelling.repeats or any(
        one.holder is not first.holder or one.spelling != first.spelling for one in found
    ):
        raise NotApplicable("The path leads to something else than one list.")
    return first.holder, first.spelling


def _delete(_operation: Operation, found: list[Node]) -> None:
    if found:
        _put_back(_one(found), [])


def _replace(operation: Operation, found: list[Node]) -> None:
    node, given = _one(found), _given(operation)
    if node.spelling is None or node.holder is None:
        raise NotApplicable("The whole resource cannot be replaced by a patch.")
    spelling = spelled(node.among, given.type)
    made = given.made(spelling)
    if spelling == node.spelling:
        _put_back(node, [made])
    else:
        put(node.holder, node.spelling, [])
        put(node.holder, spelling, [made])


def _put_back(node: Node, by: list[tuple[Any, Any]]) -> None:
    if node.spelling is None or node.holder is None:
        raise NotApplicable("The whole resource cannot be removed by a patch.")
    pairs = paired(node.holder, node.spelling)
    pairs[node.position : node.position + 1] = by
    put(node.holder, node.spelling, pairs)


def _move(operation: Operation, found: list[Node]) -> None:
    holder, spelling = _list(found)
    pairs = paired(holder, spelling)
    for name in ("source", "destination"):
        if operation.numbers[name] >= len(pairs):
            raise NotApplicable("The list ends before this index.", name)
    pairs.insert(operation.numbers["destination"], pairs.pop(operation.numbers["source"]))
    put(holder, spelling, pairs)


def _given(operation: Operation) -> Given:
    assert operation.value is not None
    return operation.value


_DO: Mapping[str, Callable[[Operation, list[Node]], None]] = MappingProxyType(
    {"add": _add, "insert": _insert, "delete": _delete, "replace": _replace, "move": _move}
)


def read_fhirpath_patch(parameters: Any) -> FhirPathPatch | Refusal:
    """The patch that a Parameters resource is; refused with the place in it."""
    if not isinstance(parameters, dict) or parameters.get("resourceType") != "Parameters":
        return refused(Kind.INVALID, "structure", "A FHIRPath Patch is a Parameters resource.", "Parameters")
    issues = validate(parameters)
    if issues:
        return Refusal(Kind.INVALID, issues)
    listed = parameters.get("parameter", [])
    if len(listed) > MAX_OPERATIONS:
        text = f"At most {MAX_OPERATIONS} operations fit in one patch."
        return refused(Kind.TOO_LARGE, "too-long", text, "Parameters.parameter")
    operations: list[Operation] = []
    for number, one in enumerate(listed):
        operation = _read(copied(one), f"Parameters.parameter[{number}]")
        if isinstance(operation, Issue):
            return Refusal(Kind.INVALID, (operation,))
        operations.append(operation)
    return FhirPathPatch(tuple(operations))


def _read(parameter: Tree, place: str) -> Operation | Issue:
    if parameter.get("name") != "operation":
        return Issue("value", "Each parameter of a patch is called operation.", f"{place}.name")
    parts = {
        one.get("name", ""): (one, f"{place}.part[{number}]") for number, one in enumerate(parameter.get("part", []))
    }
    places: dict[str, str] = dict.fromkeys(("path", "name", "value", *_NUMBERS), place) | {
        name: where for name, (_, where) in parts.items()
    }
    kind = _text(parts, "type")
    if kind not in _NEEDS:
        return Issue("value", f"The type is one of {', '.join(_NEEDS)}.", places.get("type", place))
    for name in ("path", *_NEEDS[kind]):
        if name not in parts:
            return Issue("required", f"A patch of type {kind} needs {name}.", place)
    path = read_path(_text(parts, "path"))
    if isinstance(path, str):
        return Issue("value", path, places["path"])
    numbers = {name: parts[name][0].get("valueInteger", -1) for name in _NUMBERS if name in _NEEDS[kind]}
    for name, number in numbers.items():
        if number < 0:
            return Issue("value", "An index is an integer from 0.", places[name])
    value = given_in(parts["value"][0]) if "value" in _NEEDS[kind] else None
    if value is None and "value" in _NEEDS[kind]:
        return Issue("required", "A value is written as value[x], or as parts.", places["value"])
    return Operation(kind, path, _text(parts, "name"), value, numbers, places)


def _text(parts: Mapping[str, tuple[Tree, str]], name: str) -> str:
    """The text of a part, whichever type it was sent with."""
    part = parts[name][0] if name in parts else {}
    return next((value for key, value in part.items() if key.startswith("value") and isinstance(value, str)), "")
