"""Static checking: what cannot mean anything for the type that an expression starts from (…/N1/#type-safety).

Types are followed through the expression as far as the R4 definitions tell them: an element that no type has, a name
of another type than the one at hand, a function of texts over what is none, and the like are found before anything is
evaluated. Where a type is not known (`children()`, `%constants`, elements of a resource of any type) nothing is found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from saman.model.fhir.definitions import lineage, structure
from saman.model.fhir.fhirpath.functions import FUNCTIONS
from saman.model.fhir.fhirpath.items import steps
from saman.model.fhir.fhirpath.signatures import NUMBERS, ORDERED, RESULTS, TEXTS, UNORDERED, system_of
from saman.model.fhir.fhirpath.syntax import (
    Call,
    Constant,
    Empty,
    Index,
    Literal,
    Measure,
    Member,
    Moment,
    Name,
    Node,
    Operation,
    SemanticFault,
    Sign,
    TypeTest,
    Variable,
)
from saman.model.fhir.fhirpath.types import SYSTEM, type_argument
from saman.model.fhir.fhirpath.types import exists as is_type
from saman.model.fhir.fhirpath.values import system_type

Types = frozenset[str] | None
"""The types that items can have; None when that is not known."""

_ABSTRACT = ("Resource", "DomainResource", "Element", "BackboneElement", "System.Any")
_NOTHING: frozenset[str] = frozenset()
_BOOLEAN = frozenset(("System.Boolean",))
_TIMES = ("System.Date", "System.DateTime", "System.Time")
_ROUNDS = 8


class Outcome(NamedTuple):
    """What an expression gives: its types, and whether the order of what it gives is known."""

    types: Types
    is_ordered: bool = True


def check(tree: Node, type_name: str, checks_order: bool = False) -> tuple[SemanticFault, ...]:
    """All that cannot be meant in an expression that starts from `type_name`; empty when nothing was found.

    `checks_order` also finds functions that depend on an order where there is none (`children().first()`).
    """
    checker = _Checker(frozenset((type_name,)), checks_order)
    checker.outcome(tree, checker.root)
    return tuple(checker.faults)


def types_of(tree: Node, type_name: str) -> Types:
    """The types that what an expression selects from `type_name` can have; None when that is not known."""
    checker = _Checker(frozenset((type_name,)), checks_order=False)
    return checker.outcome(tree, checker.root).types


def _both(one: Types, other: Types) -> Types:
    return None if one is None or other is None else one | other


def _systems(types: frozenset[str]) -> set[str]:
    return {system_of(one) for one in types}


class _Checker:
    """Follows types through one expression."""

    def __init__(self, root: Types, checks_order: bool) -> None:
        self.root = root
        self.faults: list[SemanticFault] = []
        self._checks_order = checks_order
        self._ways: dict[type[Node], Callable[[Any, Types], Outcome]] = {
            Name: self._name,
            Member: self._member,
            Call: lambda node, this: self._call(node, Outcome(this), this),
            Index: self._index,
            Operation: self._operation,
            TypeTest: self._type_test,
            Literal: lambda node, _: Outcome(frozenset((system_type(node.value),))),
            Measure: lambda *_: Outcome(frozenset(("System.Quantity",))),
            Moment: lambda node, _: Outcome(frozenset((f"System.{node.kind}",))),
            Empty: lambda *_: Outcome(_NOTHING),
            Variable: self._variable,
            Constant: self._constant,
            Sign: lambda node, this: Outcome(self.outcome(node.operand, this).types),
        }

    def outcome(self, node: Node, this: Types) -> Outcome:
        """What a node gives when `$this` has the types `this`."""
        return self._ways[type(node)](node, this)

    def _fault(self, text: str, node: Node) -> None:
        self.faults.append(SemanticFault(text, node.position))

    def _name(self, node: Name, this: Types) -> Outcome:
        name = node.name
        if this is None:
            return Outcome(frozenset((name,)) if name in structure.parents and name[0].isupper() else None)
        if name in structure.parents:
            narrowed = {one for one in this if name in lineage(one)} | {name for one in this if one in lineage(name)}
            if narrowed:
                return Outcome(frozenset(narrowed))
            if name in structure.resources and this:
                self._fault(f"This starts from {name}, but is evaluated over {_listed(this)}", node)
                return Outcome(None)
        return Outcome(self._element(this, node))

    def _element(self, types: Types, node: Name) -> Types:
        """The types of an element."""
        if types is None or not types:
            return types
        found = [way[2] for one in types for way in steps(one).get(node.name, ())]
        if found:
            return frozenset(found)
        if any(one in _ABSTRACT for one in types):
            return None
        self._fault(f"{_listed(types)} has no element {node.name}", node)
        return None

    def _member(self, node: Member, this: Types) -> Outcome:
        source = self.outcome(node.source, this)
        if isinstance(node.member, Call):
            return self._call(node.member, source, this)
        if isinstance(node.member, Name):
            return Outcome(self._element(source.types, node.member), source.is_ordered)
        return source

    def _index(self, node: Index, this: Types) -> Outcome:
        source = self.outcome(node.source, this)
        self.outcome(node.index, this)
        self._needs_order(source, node)
        return Outcome(source.types)

    def _needs_order(self, source: Outcome, node: Node) -> None:
        if self._checks_order and not source.is_ordered:
            self._fault("What this is taken from has no order", node)

    def _variable(self, node: Variable, this: Types) -> Outcome:
        if node.name == "this":
            return Outcome(this)
        return Outcome(frozenset(("System.Integer",)) if node.name == "index" else None)

    def _constant(self, node: Constant, _: Types) -> Outcome:
        if node.name == "context" or (
            node.name == "resource" and self.root and self.root <= structure.resources.keys()
        ):
            return Outcome(self.root)
        is_text = node.name in ("ucum", "sct", "loinc") or node.name.startswith(("vs-", "ext-"))
        return Outcome(frozenset(("System.String",)) if is_text else None)

    def _type_test(self, node: TypeTest, this: Types) -> Outcome:
        operand = self.outcome(node.operand, this)
        return Outcome(_BOOLEAN) if node.operator == "is" else Outcome(_kept(operand.types, node.namespace, node.name))

    def _operation(self, node: Operation, this: Types) -> Outcome:
        left, right = self.outcome(node.left, this).types, self.outcome(node.right, this).types
        if node.operator == "|":
            return Outcome(_both(left, right))
        if node.operator == "&":
            return Outcome(frozenset(("System.String",)))
        if node.operator in ("+", "-", "*", "/", "div", "mod"):
            return Outcome(self._arithmetic(node, left, right))
        return Outcome(_BOOLEAN)

    def _arithmetic(self, node: Operation, left: Types, right: Types) -> Types:
        if left is None or right is None:
            return None
        ones, others = _systems(left), _systems(right)
        if node.operator in ("+", "-") and ones and ones <= set(_TIMES):
            if others and "System.Quantity" not in others:
                self._fault("A date or time is moved by a quantity", node)
            return left
        if "System.Quantity" in ones | others:
            return frozenset(("System.Quantity",))
        if ones == others == {"System.Integer"} and node.operator == "/":
            return frozenset(("System.Decimal",))
        return frozenset(ones) if ones == others else None

    def _call(self, node: Call, source: Outcome, this: Types) -> Outcome:
        function = FUNCTIONS.get(node.name)
        if function is None or not function.least <= len(node.arguments) <= function.most:
            return Outcome(None)  # told when it is compiled
        if function.type_argument:
            namespace, name = type_argument(node.arguments[0])
            return Outcome(_BOOLEAN if node.name == "is" else _kept(source.types, namespace, name), source.is_ordered)
        if node.name in ORDERED:
            self._needs_order(source, node)
        self._check_input(node, source.types)
        if node.name == "repeat":
            return Outcome(self._repeated(node, source.types), source.is_ordered)
        given = [
            self.outcome(_key(node, one), source.types if number in function.item_by_item else this).types
            for number, one in enumerate(node.arguments)
        ]
        return self._result(node, source, given)

    def _result(self, node: Call, source: Outcome, given: list[Types]) -> Outcome:
        if node.name == "iif":
            if given[0] and "System.Boolean" not in _systems(given[0]):
                self._fault("iif() decides on true or false", node.arguments[0])
            return Outcome(_both(given[1], given[2]) if len(given) > 2 else given[1])
        if node.name == "select":
            return Outcome(given[0], source.is_ordered)
        if node.name in ("union", "combine"):
            return Outcome(_both(source.types, given[0]))
        found = RESULTS.get(node.name)
        if found == "input":
            return Outcome(source.types, source.is_ordered)
        return Outcome(frozenset((found,)) if found else None, node.name not in UNORDERED)

    def _repeated(self, node: Call, source: Types) -> Types:
        """What repeat() gives: the argument over the input, and over what this gives."""
        found = self.outcome(node.arguments[0], source).types
        for _ in range(_ROUNDS):
            before, told = found, len(self.faults)
            found = _both(found, self.outcome(node.arguments[0], found).types)
            del self.faults[told:]
            if found == before or found is None:
                break
        return found

    def _check_input(self, node: Call, types: Types) -> None:
        if not types or any(one in _ABSTRACT for one in types):
            return
        systems = _systems(types)
        if node.name in TEXTS and "System.String" not in systems:
            self._fault(f"{node.name}() is for texts, not for {_listed(types)}", node)
        elif node.name in NUMBERS and not systems & {"System.Integer", "System.Decimal", "System.Quantity"}:
            self._fault(f"{node.name}() is for numbers, not for {_listed(types)}", node)


def _key(node: Call, argument: Node) -> Node:
    """A key to sort by may have a minus before it whatever its type."""
    return argument.operand if node.name == "sort" and isinstance(argument, Sign) else argument


def _kept(types: Types, namespace: str, name: str) -> Types:
    """The types of what `as` keeps; nothing for a type that there is not, which is told when it is evaluated."""
    if not is_type(name, namespace):
        return _NOTHING
    is_system = namespace == "System" or (name in SYSTEM and name not in structure.parents)
    if name == "Quantity" and not namespace and types and "System.Quantity" in types:
        return types & {"System.Quantity"}
    return frozenset((f"System.{name}" if is_system else name,))


def _listed(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))
