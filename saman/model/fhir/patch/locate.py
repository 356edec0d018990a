"""FHIRPath that leads to a place in a resource: names, indexers, `where()` and a few other functions.

Paths are those of https://hl7.org/fhir/R4/fhirpatch.html: they stay inside the resource.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from saman.model.fhir.definitions import lineage
from saman.model.fhir.fhirpath import FhirPathError, parse
from saman.model.fhir.fhirpath import Node as Expression
from saman.model.fhir.fhirpath.syntax import (
    Call,
    Index,
    Literal,
    Member,
    Moment,
    Name,
    Operation,
    TypeTest,
    Variable,
)
from saman.model.fhir.patch.elements import Node
from saman.model.fhir.patch.json_patch import same
from saman.model.fhir.patch.outcome import NotApplicable

MAX_PATH = 2000
_UNKNOWN = "A path of a patch is made of names, indexers, where(), first(), last(), single(), ofType() and extension()."
_WORDS = re.compile(r"'(?:[^'\\]|\\.)*'|(?<=\.)(div|mod)\b(?!\()", re.DOTALL)
"""Elements that are called like operators; paths of patches name them without quotes (`Patient.text.div`)."""

Nodes = list[Node]


def read_path(text: str) -> Expression | str:
    """The path as it is written, or why it is none."""
    if len(text) > MAX_PATH:
        return f"A path has at most {MAX_PATH} characters."
    try:
        return parse(_WORDS.sub(lambda found: f"`{found[1]}`" if found[1] else found[0], text))
    except FhirPathError as why:
        return f"This is not FHIRPath (at character {why.position + 1})."


class TooManySteps(Exception):
    """A patch looks at too much."""


class Steps:
    """How much the paths of a patch may still look at."""

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self, steps: int) -> None:
        """Count work; raises TooManySteps when it is too much."""
        self._left -= steps
        if self._left < 0:
            raise TooManySteps("The paths of this patch look at more elements than one call may. Send smaller ones.")


def located(path: Expression, root: Node, steps: Steps) -> Nodes:
    """The elements that a path leads to; NotApplicable for a path that cannot be followed here, TooManySteps."""
    return _Finder(root, steps).nodes(path, [root])


class _Finder:
    def __init__(self, root: Node, steps: Steps) -> None:
        self.root = root
        self.steps = steps

    def nodes(self, path: Expression, here: Nodes) -> Nodes:
        """What `path` leads to from `here`."""
        found = self._nodes(path, here)
        self.steps.spend(1 + len(here) + len(found))
        return found

    def _nodes(self, path: Expression, here: Nodes) -> Nodes:
        if isinstance(path, Name):
            is_root = here == [self.root] and path.name in lineage(self.root.type)
            return [self.root] if is_root else [child for one in here for child in one.children(path.name)]
        if isinstance(path, Member):
            return self._member(path.member, self.nodes(path.source, here))
        if isinstance(path, Index):
            return self._at(path.index, self.nodes(path.source, here))
        if isinstance(path, Call):
            return self._called(path, here)
        if isinstance(path, TypeTest) and path.operator == "as":
            return _of_type(self.nodes(path.operand, here), path.name)
        if isinstance(path, Variable) and path.name == "this":
            return here
        raise NotApplicable(_UNKNOWN)

    def _member(self, member: Expression, source: Nodes) -> Nodes:
        if isinstance(member, Name):
            return [child for one in source for child in one.children(member.name)]
        return self.nodes(member, source)

    def _at(self, index: Expression, found: Nodes) -> Nodes:
        if not isinstance(index, Literal) or type(index.value) is not int:
            raise NotApplicable(_UNKNOWN)
        return found[index.value : index.value + 1]

    def _called(self, call: Call, here: Nodes) -> Nodes:
        if call.name == "where" and len(call.arguments) == 1:
            self.steps.spend(len(here))
            return [one for one in here if self._holds(call.arguments[0], one)]
        if call.name == "extension" and len(call.arguments) == 1:
            return _extensions(here, call.arguments[0])
        if call.name in ("ofType", "as") and len(call.arguments) == 1:
            return _of_type(here, _type_name(call.arguments[0]))
        if call.name in ("first", "last", "single") and not call.arguments:
            if call.name == "single" and len(here) > 1:
                raise NotApplicable("The path leads to more than one element.")
            return here[-1:] if call.name == "last" else here[:1]
        raise NotApplicable(_UNKNOWN)

    def _holds(self, criterion: Expression, node: Node) -> bool:
        """Whether `criterion` is true of one element; what compares nothing with something is not."""
        if isinstance(criterion, Operation):
            return self._operation(criterion, node)
        if isinstance(criterion, Member) and isinstance(criterion.member, Call) and not criterion.member.arguments:
            if criterion.member.name in ("exists", "empty"):
                there = bool(self.nodes(criterion.source, [node]))
                return there == (criterion.member.name == "exists")
            if criterion.member.name == "not":
                return not self._holds(criterion.source, node)
        found = self.nodes(criterion, [node])
        return len(found) == 1 and found[0].value is True

    def _operation(self, criterion: Operation, node: Node) -> bool:
        if criterion.operator in ("and", "or"):
            left, right = self._holds(criterion.left, node), self._holds(criterion.right, node)
            return (left and right) if criterion.operator == "and" else (left or right)
        if criterion.operator not in ("=", "!="):
            raise NotApplicable("A where() compares with = and !=, and joins with and, or and not().")
        left_values, right_values = self._values(criterion.left, node), self._values(criterion.right, node)
        if not left_values or not right_values:
            return False
        return same(left_values, right_values) == (criterion.operator == "=")

    def _values(self, expression: Expression, node: Node) -> list[Any]:
        if isinstance(expression, Literal):
            value = expression.value
            return [Decimal(value) if type(value) is int else value]
        if isinstance(expression, Moment):
            return [expression.text]
        return [one.value for one in self.nodes(expression, [node])]


def _extensions(here: Nodes, url: Expression) -> Nodes:
    if not isinstance(url, Literal):
        raise NotApplicable(_UNKNOWN)
    found = [child for one in here for child in one.children("extension")]
    return [one for one in found if isinstance(one.value, dict) and one.value.get("url") == url.value]


def _type_name(expression: Expression) -> str:
    if isinstance(expression, Member) and isinstance(expression.member, Name):
        return expression.member.name
    if isinstance(expression, Name):
        return expression.name
    raise NotApplicable(_UNKNOWN)


def _of_type(found: Nodes, name: str) -> Nodes:
    return [one for one in found if name in lineage(one.type)]
