"""Syntax tree to closures: everything that can be looked up is looked up once, when an expression is compiled."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from saman.model.fhir.definitions import structure
from saman.model.fhir.fhirpath import filters, times
from saman.model.fhir.fhirpath.amounts import Amount
from saman.model.fhir.fhirpath.calculation import negative
from saman.model.fhir.fhirpath.checker import check
from saman.model.fhir.fhirpath.functions import FUNCTIONS
from saman.model.fhir.fhirpath.invocation import Invocation, constant
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item, child_step, item_of
from saman.model.fhir.fhirpath.operators import OPERATORS, equals_text, union
from saman.model.fhir.fhirpath.parser import parse
from saman.model.fhir.fhirpath.syntax import (
    Call,
    Constant,
    Empty,
    EvaluationFault,
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
    SyntaxFault,
    TypeTest,
    Variable,
)
from saman.model.fhir.fhirpath.types import kinds
from saman.model.fhir.fhirpath.values import expect, item, items_of, single, truth

SYSTEMS = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}
_PREFIXES = {
    "vs-": "http://hl7.org/fhir/ValueSet/",
    "ext-": "http://hl7.org/fhir/StructureDefinition/",
}
_RESOURCES: dict[str, Callable[[Context], list[Item]]] = {
    "resource": lambda context: [item_of(context.resource)],
    "rootResource": lambda context: [item_of(context.root or context.resource)],
    "context": lambda context: [item_of(context.resource)] if context.origin is None else context.origin,
}


def compile_path(expression: str | Node) -> Evaluate:
    """A function from items and their context to the items that `expression` selects.

    It is lenient, as the official search parameters need: `as` keeps all items of the type, and `as` and ofType() keep
    primitives derived from it (a canonical as uri). `compiled` is strict unless asked.
    Raises FhirPathError when the text is not FHIRPath, NotSupported when it needs what the engine lacks.
    """
    return _Compiler(is_lenient=True).compile(parse(expression) if isinstance(expression, str) else expression)


@lru_cache(maxsize=2048)
def compiled(expression: str, type_name: str = "", checks_order: bool = False, is_lenient: bool = False) -> Evaluate:
    """A function from items and their context to what `expression` selects; made once for each text.

    With the type that it starts from it is checked first: SemanticFault for elements and types that cannot be, and if
    `checks_order` for functions that depend on an order where there is none. `is_lenient` is as in `compile_path`.
    Raises FhirPathError when the text is not FHIRPath. What it returns raises EvaluationFault.
    """
    tree = parse(expression)
    try:
        if type_name and (faults := check(tree, type_name, checks_order)):
            raise faults[0]
        evaluate = _Compiler(is_lenient).compile(tree)
    except RecursionError:
        raise SyntaxFault("The expression is nested too deeply", 0) from None

    def guarded(this: list[Item], context: Context) -> list[Item]:
        try:
            return evaluate(this, context)
        except RecursionError:
            raise EvaluationFault("What is looked at is nested too deeply", 0) from None

    return guarded


def select(expression: str, context: Context) -> list[Item]:
    """What `expression` selects from the context's origin, or else its resource."""
    return compiled(expression)(_RESOURCES["context"](context), context)


def holds(expression: str, context: Context) -> bool | None:
    """Whether `expression` is true, as a rule (invariant) asks; None when that cannot be said.

    It is lenient as `compile_path` is, since R4's own rules need that (dom-3).
    """
    return truth(compiled(expression, is_lenient=True)(_RESOURCES["context"](context), context), 0)


def _this(this: list[Item], _: Context) -> list[Item]:
    return this


class _Compiler:
    """Compiles one expression."""

    def __init__(self, is_lenient: bool) -> None:
        self._is_lenient = is_lenient
        self._ways: dict[type[Node], Callable[[Any], Evaluate]] = {
            Name: self._name,
            Member: self._member,
            Call: lambda node: self._call(node, _this),
            Index: self._index,
            Operation: self._operation,
            TypeTest: self._type_test,
            Literal: lambda node: constant([item(node.value)]),
            Measure: lambda node: constant([item(Amount(Decimal(node.value), node.unit, node.is_calendar))]),
            Moment: self._moment,
            Empty: lambda _: constant([]),
            Variable: self._variable,
            Constant: self._constant,
            Sign: self._sign,
        }

    def compile(self, node: Node) -> Evaluate:
        """The closure of a node."""
        return self._ways[type(node)](node)

    def _name(self, node: Name) -> Evaluate:
        """A name at the start of a path: the type of the item itself, or else one of its elements."""
        if node.name not in structure.parents:
            return child_step(node.name)
        element, wanted = child_step(node.name), kinds(node.name)

        def start(items: list[Item], context: Context) -> list[Item]:
            return [one for one in items if one[0] in wanted] or element(items, context)

        return start

    def _member(self, node: Member) -> Evaluate:
        source = self.compile(node.source)
        if isinstance(node.member, Call):
            return self._call(node.member, source)
        if isinstance(node.member, Name):
            step = child_step(node.member.name)
            return lambda this, context: step(source(this, context), context)
        if isinstance(node.member, Variable) and node.member.name == "this":
            return source
        raise SemanticFault("A variable stands at the start of a path", node.member.position)

    def _call(self, node: Call, source: Evaluate) -> Evaluate:
        function = FUNCTIONS.get(node.name)
        if function is None:
            raise SemanticFault(f"There is no function {node.name}()", node.position)
        if not function.least <= len(node.arguments) <= function.most:
            raise SemanticFault(f"{node.name}() takes {_in_words(function.least, function.most)}", node.position)
        arguments = () if function.type_argument else tuple(self._argument(node, one) for one in node.arguments)
        return function.build(Invocation(node, source, arguments, self._is_lenient))

    def _argument(self, node: Call, argument: Node) -> Evaluate:
        """An argument; in sort() a minus before a key tells the direction and is no part of it."""
        is_falling = node.name == "sort" and isinstance(argument, Sign) and argument.operator == "-"
        return self.compile(argument.operand if is_falling and isinstance(argument, Sign) else argument)

    def _index(self, node: Index) -> Evaluate:
        source, index, position = self.compile(node.source), self.compile(node.index), node.index.position

        def indexed(this: list[Item], context: Context) -> list[Item]:
            number = expect(single(index(this, context), position), (int,), position)
            return [] if number is None or number < 0 else source(this, context)[number : number + 1]

        return indexed

    def _operation(self, node: Operation) -> Evaluate:
        if node.operator == "|":
            return union([self.compile(side) for side in _sides(node)], node.position)
        if node.operator in ("=", "!="):
            for side, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(side, Literal) and isinstance(side.value, str):
                    return equals_text(self.compile(other), side.value, node.operator == "=")
        return OPERATORS[node.operator](self.compile(node.left), self.compile(node.right), node.position)

    def _type_test(self, node: TypeTest) -> Evaluate:
        operand = self.compile(node.operand)
        if node.operator == "is":
            return filters.tested(operand, node.namespace, node.name, node.position)
        return filters.kept_one(operand, node.namespace, node.name, node.position, self._is_lenient)

    def _moment(self, node: Moment) -> Evaluate:
        read = {"Date": times.date, "DateTime": times.date_time, "Time": times.time}[node.kind]
        value = read(node.text)
        if value is not None:
            return constant([item(value)])

        def impossible(_: list[Item], __: Context) -> list[Item]:
            raise EvaluationFault(f"There is no such {node.kind}", node.position)

        return impossible

    def _variable(self, node: Variable) -> Evaluate:
        if node.name == "this":
            return _this
        if node.name == "total":
            return lambda _, context: context.total or []
        return lambda _, context: [] if context.index is None else [item(context.index)]

    def _constant(self, node: Constant) -> Evaluate:
        if node.name in SYSTEMS:
            return constant([item(SYSTEMS[node.name])])
        for prefix, address in _PREFIXES.items():
            if node.name.startswith(prefix):
                return constant([item(address + node.name.removeprefix(prefix))])
        if node.name in _RESOURCES:
            found = _RESOURCES[node.name]
            return lambda _, context: found(context)

        def given(_: list[Item], context: Context) -> list[Item]:
            items = context.constants.get(node.name)
            if items is None:
                raise EvaluationFault(f"%{node.name} was not given", node.position)
            return items

        return given

    def _sign(self, node: Sign) -> Evaluate:
        operand, position = self.compile(node.operand), node.position

        def signed(this: list[Item], context: Context) -> list[Item]:
            value = single(operand(this, context), position)
            return [] if value is None else items_of(negative(value, position))

        def unsigned(this: list[Item], context: Context) -> list[Item]:
            items = signed(this, context)
            return operand(this, context) if items else []

        return signed if node.operator == "-" else unsigned


def _in_words(least: int, most: int) -> str:
    if most == 0:
        return "no arguments"
    if least == most:
        return f"{least} argument{'s' * (least != 1)}"
    return f"{least} to {most} arguments"


def _sides(node: Operation) -> list[Node]:
    """All operands of a union of several."""
    found = [node.right]
    left = node.left
    while isinstance(left, Operation) and left.operator == "|":
        found.append(left.right)
        left = left.left
    return [left, *reversed(found)]
