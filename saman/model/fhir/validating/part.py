"""What is checked at each kind of element: its rules as far as they could be broken, and where to look on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from saman.model.fhir.definitions import PRIMITIVES, Element, lineage, structure
from saman.model.fhir.fhirpath import Evaluate, compiled, parse
from saman.model.fhir.fhirpath.items import steps
from saman.model.fhir.fhirpath.syntax import Node
from saman.model.fhir.validating.deciding import Known, elements_asked, holds_anyway
from saman.model.fhir.validating.media_types import Form, form_of
from saman.model.fhir.validating.rules import Rule, open_binding, rules_at, rules_of

NOT_EVALUATED = frozenset({"ele-1", "dom-3", "txt-1", "txt-2"})
"""Rules that are kept otherwise: narratives are looked at with the structure, the others on the way through."""

_SIMPLE = "sqty-1"
_MOST_KEPT = 512


class Compiled(NamedTuple):
    """A rule ready to be evaluated; `shortcut` tells of some elements that they keep it."""

    rule: Rule
    tree: Node
    evaluate: Evaluate
    shortcut: Callable[[Any], bool] | None


def _leads_outside(reference: Any) -> bool:
    """Whether a Reference is none to a contained resource, so that it need not be looked for."""
    text = reference.get("reference")
    return not (isinstance(text, str) and text.startswith("#"))


_SHORTCUTS: Mapping[str, Callable[[Any], bool]] = MappingProxyType({"ref-1": _leads_outside})

_BEGINNING = "%resource.snapshot.element.first().path&'.'"
_QUICKER: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"sdf-8": (_BEGINNING, f"iif(%resource.kind = 'logical', {_BEGINNING}, %resource.type&'.')")}
)
"""What a rule works out for each element, and the same in words that do not go through all elements each time."""


@cache
def _compiled(rule: Rule) -> Compiled:
    long, short = _QUICKER.get(rule.key, ("", ""))
    expression = rule.expression.replace(long, short) if long else rule.expression
    evaluate = compiled(expression, is_lenient=True)
    return Compiled(rule, parse(rule.expression), evaluate, _SHORTCUTS.get(rule.key))


class Child(NamedTuple):
    """Where an element leads: its name in a path and the part it is.

    For the extensions of a primitive `value_name` is where its value stands. `form` is what a code has to look like.
    """

    name: str
    part: Part
    value_name: str = ""
    form: Form | None = None


class Part:
    """An element of one kind; made once, with what is compiled for it."""

    def __init__(self, name: str, more: Sequence[Rule] = ()) -> None:
        self.name = name
        self.types = lineage(name)
        self.is_resource = "Resource" in self.types
        rules = [one for one in (*rules_of(name), *more) if one.key not in NOT_EVALUATED]
        self._rules = tuple(_compiled(one) for one in rules)
        self.has_rules = bool(rules)
        asked = elements_asked((one.tree for one in self._rules), self.types)
        self._spelled = {name: _spellings(self.name, name) for name in asked}
        self._looked_at = frozenset(one for names in self._spelled.values() for one in names)
        self._kept: dict[frozenset[str], tuple[Compiled, ...]] = {}

    @cached_property
    def children(self) -> Mapping[str, Child]:
        """The elements below that have something to check, by their names in JSON."""
        return dict(_children(self.name))

    def open_rules(self, value: Any) -> tuple[Compiled, ...]:
        """The rules that have to be evaluated, given the names of what `value` holds."""
        if type(value) is not dict:
            return self._rules
        there = self._looked_at.intersection(value)
        found = self._kept.get(there)
        if found is None:
            found = tuple(one for one in self._rules if not self._holds_anyway(one, there))
            if len(self._kept) < _MOST_KEPT:
                self._kept[there] = found
        return found

    def _holds_anyway(self, one: Compiled, there: frozenset[str]) -> bool:
        def element(name: str) -> Known:
            return Known.SOMETHING if not there.isdisjoint(self._spelled[name]) else Known.NOTHING

        return holds_anyway(one.tree, self.types, element)


def _spellings(block: str, name: str) -> frozenset[str]:
    """How an element can be called in JSON, with and without its extensions."""
    ways = steps(block).get(name, ())
    return frozenset(one for json_name, shadow, _ in ways for one in (json_name, shadow) if one)


def _children(block: str) -> list[tuple[str, Child]]:
    found: list[tuple[str, Child]] = []
    for element in structure.blocks["Element" if block in PRIMITIVES else block]:
        stem = element.name.removesuffix("[x]")
        for json_name, type_name in element.json_names():
            name = f"{stem}.ofType({type_name})" if element.is_choice else stem
            found += _child(block, element, json_name, type_name, name)
    return found


def _child(block: str, element: Element, json_name: str, type_name: str, name: str) -> list[tuple[str, Child]]:
    more = tuple(one for one in rules_at(block, element.name) if one.key != _SIMPLE or type_name == "Quantity")
    form = form_of(block, open_binding(block, element.name))
    if type_name not in PRIMITIVES:
        return [(json_name, Child(name, part_of(type_name, more)))]
    found = []
    if form or not NOT_EVALUATED.issuperset(one.key for one in more):
        found.append((json_name, Child(name, part_of(type_name, more), form=form)))
    if not type_name.startswith("system-"):
        found.append((f"_{json_name}", Child(name, part_of("Element"), json_name)))
    return found


@cache
def part_of(name: str, more: tuple[Rule, ...] = ()) -> Part:
    """The part of a name, with the rules that its place adds."""
    return Part(name, more)
