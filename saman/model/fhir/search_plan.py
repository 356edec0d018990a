"""How the search values of a resource type are gathered in one walk over the resource.

Each official expression is split into the elements it starts with, which become a tree of JSON names shared by all
parameters of the type, and a rest (`where(resolve() is Patient)`) that FHIRPath evaluates at the element. What
cannot be split so is evaluated from the root.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from saman.model.fhir.definitions import SearchParameter, lineage, search_parameters, structure, value_sets
from saman.model.fhir.fhirpath import Context, Evaluate, Item, Node, compile_path, parse
from saman.model.fhir.fhirpath.items import steps
from saman.model.fhir.fhirpath.syntax import Call, Member, Name, Operation, TypeTest
from saman.model.fhir.fhirpath.types import is_a
from saman.model.fhir.search_rows import COLLECTORS, Collect, Collectors

_ITEMWISE = ("where", "as", "ofType", "extension", "resolve")


class Rest(NamedTuple):
    """What is left of an expression at an element, and what takes rows from the items it selects."""

    number: int
    evaluate: Evaluate
    collectors: Collectors


class Branch:
    """An element that some parameter looks at or into; the values of a part stand together for composite ones."""

    __slots__ = ("branches", "collect", "is_part", "rests", "type", "value_set")

    def __init__(self, type_name: str, value_set: str = "") -> None:
        self.type = type_name
        self.value_set = value_set
        self.is_part = False
        self.branches: dict[str, Branch] = {}
        self.collect: list[tuple[int, Collect]] = []
        self.rests: list[Rest] = []


@cache
def plan(type_name: str) -> Branch:
    """The tree of a resource type; `rests` of its root are the expressions that could not be split."""
    root = Branch(type_name)
    for parameter in search_parameters(type_name).values():
        if parameter.type in COLLECTORS and parameter.expression:
            for side in sides(parse(parameter.expression)):
                if applies(side, type_name):
                    _place(root, side, parameter)
    for parameter in search_parameters(type_name).values():
        for side in sides(parse(parameter.expression)) if parameter.components else ():
            _mark_parts(root, side)
    return root


def _mark_parts(root: Branch, side: Node) -> None:
    """Mark the element that a composite parameter starts from, unless that is the resource itself."""
    chain = _chain(side)
    if applies(side, root.type) and chain:
        for branch, rest in _grow(root, _from_root(root, chain)):
            assert not rest
            branch.is_part = branch is not root


@cache
def implied_systems(type_name: str, code: str) -> frozenset[str]:
    """Code systems that the codes of a token parameter belong to without saying so, as `Patient.gender` does.

    Rows of such codes have no system; a search for `http://hl7.org/fhir/administrative-gender|male` means them.
    Codes of a parameter that is not official belong to none.
    """
    parameter = search_parameters(type_name).get(code)
    return frozenset(_systems(plan(type_name), parameter.number)) if parameter else frozenset()


def _systems(branch: Branch, number: int) -> Iterator[str]:
    if branch.type == "code" and any(number == one for one, _ in branch.collect):
        yield from value_sets.get(branch.value_set, ())
    for below in branch.branches.values():
        yield from _systems(below, number)


def sides(node: Node) -> Iterator[Node]:
    """The operands of a union; most have one for each type that shares the parameter."""
    if isinstance(node, Operation) and node.operator == "|":
        yield from sides(node.left)
        yield from sides(node.right)
    else:
        yield node


def _place(root: Branch, side: Node, parameter: SearchParameter) -> None:
    chain = _chain(side)
    collectors = COLLECTORS[parameter.type]
    if not chain:
        root.rests.append(Rest(parameter.number, compile_path(side), collectors))
        return
    for branch, rest in _grow(root, _from_root(root, chain)):
        if rest:
            evaluate = _one_after_other([compile_path(one) for one in rest])
            branch.rests.append(Rest(parameter.number, evaluate, collectors))
        elif branch.type in collectors:
            branch.collect.append((parameter.number, collectors[branch.type]))


def applies(side: Node, type_name: str) -> bool:
    """Whether a path does not start from another resource type."""
    chain = _chain(side)
    head = chain[0].name if chain and isinstance(chain[0], Name) else ""
    return head not in structure.resources or head in lineage(type_name)


def _from_root(root: Branch, chain: list[Node]) -> list[Node]:
    """`chain` without the name of the type that it may start with."""
    return chain[1:] if isinstance(chain[0], Name) and chain[0].name in lineage(root.type) else chain


def _chain(node: Node) -> list[Node]:
    """The steps of a path of elements and conditions on them, first one first; empty for anything else."""
    found: list[Node] = []
    while isinstance(node, Member | TypeTest):
        if isinstance(node, TypeTest):
            found.append(node)
            node = node.operand
        else:
            found.append(node.member)
            node = node.source
    itemwise = all(
        isinstance(one, Name)
        or (isinstance(one, TypeTest) and one.operator == "as")
        or (isinstance(one, Call) and one.name in _ITEMWISE)
        for one in found
    )
    return [node, *reversed(found)] if itemwise and isinstance(node, Name) else []


def _grow(branch: Branch, chain: list[Node]) -> Iterator[tuple[Branch, list[Node]]]:
    """The branches at which `chain` ends or something else than an element follows, and what is left there."""
    if not chain:
        yield branch, []
    elif wanted := _kept_type(chain[0]):
        if is_a(branch.type, wanted):
            yield from _grow(branch, chain[1:])
    elif isinstance(chain[0], Name) and branch.type in structure.blocks:
        for json_name, _, type_name in steps(branch.type).get(chain[0].name, ()):
            below = branch.branches.get(json_name) or Branch(type_name, _value_set(branch.type, json_name))
            for found in _grow(below, chain[1:]):
                branch.branches[json_name] = below
                yield found
    else:
        yield branch, chain


def _value_set(block: str, json_name: str) -> str:
    return next((element.value_set for element in structure.blocks[block] if element.name == json_name), "")


def _kept_type(node: Node) -> str:
    """The type that `as X`, `as(X)` or `ofType(X)` keeps; empty for any other step."""
    if isinstance(node, TypeTest):
        return node.name
    if isinstance(node, Call) and node.name in ("as", "ofType") and len(node.arguments) == 1:
        argument = node.arguments[0]
        return argument.name if isinstance(argument, Name) else ""
    return ""


def _one_after_other(evaluates: list[Evaluate]) -> Evaluate:
    if len(evaluates) == 1:
        return evaluates[0]

    def evaluate(items: list[Item], context: Context) -> list[Item]:
        for one in evaluates:
            items = one(items, context)
        return items

    return evaluate
