"""The second level of validation: what R4 itself says beyond structure, for a resource whose structure is right.

Rules (invariants) and required codes that no list holds. Source: https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from saman.kernel.outcome import Issue
from saman.model.fhir.fhirpath import Context, FhirPathError, Item, Outside
from saman.model.fhir.fhirpath.values import truth
from saman.model.fhir.place import Place, written
from saman.model.fhir.validating import contained
from saman.model.fhir.validating.part import Child, Compiled, Part, part_of
from saman.model.fhir.validating.rules import Rule, rules_of
from saman.model.fhir.validation import MAX_ISSUES

MAX_WORK = 400_000
"""Items that the rules of one resource, with all that is in it, may look at."""

_OUTSIDE = Outside(conforms_to=lambda _item, _url: True)
_ENTRIES = frozenset({"Bundle.entry", "Bundle.entry.response", "Parameters.parameter"})


Watch = Callable[[str, Any, Place, Context], None]
"""Told of each extension and each resource that is passed: type, value, place, and what it is evaluated in."""


class Looking:
    """One validation: what was found, and how much work is left."""

    def __init__(self, now: datetime | None, *, errors_only: bool) -> None:
        self.now = now
        self.errors_only = errors_only
        self.issues: list[Issue] = []
        self.unevaluated: list[str] = []
        self.left = MAX_WORK
        self.is_full = False
        self.watch: Watch | None = None
        self.whole: dict[str, Any] = {}

    def spend(self, steps: int) -> None:
        """Count work; say so once it is too much."""
        if self.left > 0 >= self.left - steps:
            self.note("too-costly", "There is too much in this to check it against the rules.", None)
        self.left -= steps

    def note(self, code: str, text: str, place: Place | None, severity: str = "error") -> None:
        """Keep an issue."""
        if not self.is_full:
            self.issues.append(Issue(code, text, written(place), severity, f"fhir.{code}"))
            self.is_full = len(self.issues) >= MAX_ISSUES

    def broken(self, rule: Rule, place: Place) -> None:
        """Keep that a rule is broken, in the words of the definitions."""
        if rule.severity == "error" or not self.errors_only:
            self.note("invariant", f"{rule.key}: {rule.text}", place, rule.severity)


def look(resource: dict[str, Any], looking: Looking) -> None:
    """Note in `looking` which rules of R4 a resource breaks; its structure has to be right."""
    kind = resource["resourceType"]
    looking.whole = resource
    _Walk(looking, resource, resource).visit(part_of(kind), resource, (None, kind, -1))


class _Walk:
    """The way through one resource; a contained one has its own, with the one that holds it as root."""

    def __init__(self, looking: Looking, resource: Any, root: Any) -> None:
        self._looking = looking
        self._resource = resource
        self._context = Context(resource, now=looking.now, root=root, outside=_OUTSIDE)

    def visit(self, part: Part, value: Any, place: Place) -> None:
        """Check an element that is an object, and all below it."""
        if part.has_rules:
            for one in part.open_rules(value):
                self._check(one, (part.name, value, None), place)
        children = part.children
        if not children.keys().isdisjoint(value) and not self._looking.is_full:
            for name, below in value.items():
                child = children.get(name)
                if child is not None:
                    self._below(child, below, value, place, part)
        if self._looking.watch is not None and (part.is_resource or part.name == "Extension"):
            self._looking.watch(part.name, value, place, self._context)
        if part.is_resource:
            if "contained" in value:
                for index in contained.unreferenced(value):
                    self._looking.broken(_rule("DomainResource", contained.RULE), (place, "contained", index))
        elif len(value) == 1 and "id" in value:
            self._looking.broken(_rule("Element", "ele-1"), place)

    def _below(self, child: Child, value: Any, holder: Any, place: Place, part: Part) -> None:
        beside = holder.get(child.value_name) if child.value_name else None
        if type(value) is not list:
            self._one(child, value, (place, child.name, -1), beside, part)
            return
        for index, one in enumerate(value):
            if one is not None:
                self._one(child, one, (place, child.name, index), beside[index] if beside else None, part)

    def _one(self, child: Child, value: Any, place: Place, primitive: Any, part: Part) -> None:
        if type(value) is not dict:
            self._primitive(child, value, place)
        elif child.part.name == "Resource":
            self._resource_below(value, place, part)
        elif primitive is None or len(value) > 1 or "id" not in value:
            self.visit(child.part, value, place)

    def _primitive(self, child: Child, value: Any, place: Place) -> None:
        for one in child.part.open_rules(value):
            self._check(one, (child.part.name, value, None), place)
        if child.form is not None and not child.form[0](value):
            self._looking.note("code-invalid", f"Expected {child.form[1]}.", place)

    def _resource_below(self, value: Any, place: Place, holder: Part) -> None:
        root = value if holder.name in _ENTRIES else self._resource
        _Walk(self._looking, value, root).visit(part_of(value["resourceType"]), value, place)

    def _check(self, one: Compiled, item: Item, place: Place) -> None:
        looking, rule = self._looking, one.rule
        if looking.errors_only and rule.severity != "error":
            return
        if one.shortcut is not None and one.shortcut(item[1]):
            return
        if self._holds(one, [item]) is False:
            looking.broken(rule, place)

    def _holds(self, one: Compiled, items: list[Item]) -> bool | None:
        looking, context = self._looking, self._context
        if looking.left <= 0:
            return None
        context.origin, context.left = items, looking.left
        try:
            return truth(one.evaluate(items, context), 0)
        except FhirPathError:
            looking.unevaluated.append(one.rule.key)
            return None
        finally:
            looking.spend(looking.left - context.left)


@cache
def _rule(type_name: str, key: str) -> Rule:
    return next(rule for rule in rules_of(type_name) if rule.key == key)


def base_issues(
    resource: dict[str, Any], now: datetime | None = None, *, errors_only: bool = False
) -> tuple[Issue, ...]:
    """What a resource whose structure is right breaks of R4's own rules, at most 50 issues.

    Each names its place as a FHIRPath expression, and the rule by its key and the words of the definitions; none holds
    a value of the resource. Warnings are recommendations; `errors_only` leaves them out.
    """
    looking = Looking(now, errors_only=errors_only)
    look(resource, looking)
    return tuple(looking.issues)
