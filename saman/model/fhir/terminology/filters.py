"""Filters of value sets as tests of a concept (https://hl7.org/fhir/R4/valueset-filter-operator.html)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from saman.kernel.outcome import Kind, Refusal, refused
from saman.kernel.patterns import Unfitting, pattern
from saman.model.fhir.terminology.code_system import CodeSystem, Concept

Test = Callable[[Concept], bool]
Values = Callable[[Concept], Iterable[str]]
Make = Callable[[CodeSystem, str, str], Test | Refusal]

_SELF = frozenset({"concept", "code"})
"""Properties that name the concept itself."""


def read_filter(system: CodeSystem, told: Mapping[str, Any]) -> Test | Refusal:
    """The filter that `told` (property, op, value) writes; refused when the code system has nothing to test."""
    name, op, value = told.get("property", ""), told.get("op", ""), told.get("value", "")
    if not name or not value or (op != "regex" and op not in _MAKE):
        text = "A filter names a property, an operator of R4 and a value."
        return refused(Kind.UNPROCESSABLE, "not-supported", text)
    if op == "regex":
        return _regex(system, name, value)
    return _MAKE[op](system, name, value)


def cost_of(told: Mapping[str, Any], concepts: int) -> int:
    """Steps that it takes to make a filter on a code system of so many concepts ready: hierarchies are walked."""
    return 2 * concepts if told.get("op") in _WALKING else 1


def _regex(system: CodeSystem, name: str, value: str) -> Test | Refusal:
    values = _values(system, name)
    if isinstance(values, Refusal):
        return values
    try:
        wanted = pattern(value)
    except Unfitting as fault:
        return refused(Kind.UNPROCESSABLE, "not-supported", f"{fault}.")
    return lambda concept: any(map(wanted.is_whole, values(concept)))


def _values(system: CodeSystem, name: str) -> Values | Refusal:
    """How the values of a property are found; refused for a property that the code system does not have."""
    if name in _SELF:
        return lambda concept: (concept.code,)
    if name in ("display", "definition"):
        return lambda concept: filter(None, (getattr(concept, name),))
    if name == "designation":
        return lambda concept: (one["value"] for one in concept.designations)
    if name == "parent":
        return lambda concept: system.parents.get(concept.code, ())
    if name == "child":
        return lambda concept: system.children.get(concept.code, ())
    if name not in system.declared:
        return refused(Kind.UNPROCESSABLE, "not-found", "The code system has no property of this name.")
    return lambda concept: concept.values(name)


def _equal(system: CodeSystem, name: str, value: str) -> Test | Refusal:
    values = _values(system, name)
    return values if isinstance(values, Refusal) else lambda concept: value in values(concept)


def _listed(wanted: bool) -> Make:
    def make(system: CodeSystem, name: str, value: str) -> Test | Refusal:
        values = _values(system, name)
        if isinstance(values, Refusal):
            return values
        codes = frozenset(one.strip() for one in value.split(","))
        return lambda concept: any(one in codes for one in values(concept)) is wanted

    return make


def _exists(system: CodeSystem, name: str, value: str) -> Test | Refusal:
    values = _values(system, name)
    if isinstance(values, Refusal):
        return values
    if value not in ("true", "false"):
        return refused(Kind.UNPROCESSABLE, "value", "The value of 'exists' is true or false.")
    return lambda concept: any(True for _ in values(concept)) is (value == "true")


def _by_place(codes: Callable[[CodeSystem, str], set[str]], wanted: bool) -> Make:
    """Tests by where concepts lie in the hierarchy; `codes` are those that hold when `wanted`."""

    def make(system: CodeSystem, name: str, value: str) -> Test | Refusal:
        if name not in _SELF:
            text = "Filters by hierarchy are about the property 'concept'."
            return refused(Kind.UNPROCESSABLE, "not-supported", text)
        if not system.says_is_a:
            text = "The hierarchy of this code system does not say what is a kind of what."
            return refused(Kind.UNPROCESSABLE, "not-supported", text)
        top = system.find(value)
        if top is None:
            return refused(
                Kind.UNPROCESSABLE, "not-found", "The code system has no concept with the code of the filter."
            )
        found = codes(system, top.code)
        return lambda concept: (concept.code in found) is wanted

    return make


_MAKE: dict[str, Make] = {
    "=": _equal,
    "in": _listed(wanted=True),
    "not-in": _listed(wanted=False),
    "exists": _exists,
    "is-a": _by_place(lambda system, code: system.below(code) | {code}, wanted=True),
    "is-not-a": _by_place(lambda system, code: system.below(code) | {code}, wanted=False),
    "descendent-of": _by_place(lambda system, code: system.below(code) - {code}, wanted=True),
    "generalizes": _by_place(lambda system, code: system.above(code) | {code}, wanted=True),
}
_WALKING = frozenset({"is-a", "is-not-a", "descendent-of", "generalizes"})
