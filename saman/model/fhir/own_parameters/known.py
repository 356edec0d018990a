"""The search parameters that can be used: the official ones, and those that were defined besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from saman.model.fhir.definitions import SearchParameter, search_parameters
from saman.model.fhir.evaluating import kind_of, value_of
from saman.model.fhir.fhirpath import Context, Evaluate, FhirPathError, Item, compile_path, item_of
from saman.model.fhir.own_parameters.defining import Definition, collectors_of, sides_for
from saman.model.fhir.search_rows import Collectors, SearchValues
from saman.model.fhir.search_values import extract

WORK = 20_000
"""How much an expression may do over one resource."""
MOST_VALUES = 1000
"""Values that a resource is found by under one parameter."""
_MOST_DIGITS, _MOST_EXPONENT = 40, 30

_GONE = object()


class Own(NamedTuple):
    """A definition with the number of its values in the index; `ready` once all that was there before has them.

    `done` is how much of that has been gone through, in percent.
    """

    number: int
    definition: Definition
    ready: bool = True
    done: int = 0


class _Rule(NamedTuple):
    number: int
    evaluates: Sequence[Evaluate]
    collectors: Collectors
    follows: bool


class Parameters:
    """What resources are found by; `changed` numbers the state of all that is known, `written` that of what is kept."""

    def __init__(self, own: Iterable[Own] = (), changed: int = 0, written: int = 0) -> None:
        self.changed, self.written = changed, written
        self._own: dict[str, dict[str, Own]] = {}
        for one in own:
            for base in one.definition.bases:
                self._own.setdefault(base, {})[one.definition.code] = one
        self.codes = frozenset(code for known in self._own.values() for code in known)
        self.is_building = any(not one.ready for known in self._own.values() for one in known.values())
        self._parameters: dict[str, Mapping[str, SearchParameter]] = {}
        self._rules: dict[str, Sequence[_Rule]] = {}

    def of(self, type_name: str) -> Mapping[str, SearchParameter]:
        """The search parameters of a resource type that can be used, by code."""
        if type_name not in self._own:
            return search_parameters(type_name)
        if type_name not in self._parameters:
            own = {code: _usable(one, type_name) for code, one in self._own[type_name].items() if one.ready}
            self._parameters[type_name] = MappingProxyType({**own, **search_parameters(type_name)})
        return self._parameters[type_name]

    def reason(self, type_name: str, name: str) -> str:
        """Why a parameter of this name cannot be used yet; empty when there is none that ever will."""
        one = self._own.get(type_name, {}).get(name.partition(":")[0].partition(".")[0])
        return "" if one is None or one.ready else f"is being indexed, {one.done} % done"

    def extract(self, resource: dict[str, Any]) -> SearchValues:
        """Everything that a valid resource can be found by."""
        values = extract(resource)
        if resource["resourceType"] in self._own:
            self._add(values, resource, frozenset())
            values.without_repeats()
        return values

    def own_values(self, resource: dict[str, Any], *numbers: int) -> SearchValues:
        """What a resource can be found by under parameters of one's own: all of them, or those with these numbers."""
        values = SearchValues()
        self._add(values, resource, frozenset(numbers))
        return values.without_repeats()

    def _add(self, values: SearchValues, resource: dict[str, Any], only: frozenset[int]) -> None:
        rules = [one for one in self._rules_of(resource["resourceType"]) if not only or one.number in only]
        blind = resource if all(one.follows for one in rules) else _blinded(resource)
        for rule in rules:
            _take(rule, resource if rule.follows else blind, values)

    def _rules_of(self, type_name: str) -> Sequence[_Rule]:
        if type_name not in self._rules:
            own = self._own.get(type_name, {}).values()
            self._rules[type_name] = tuple(_rule(one, type_name) for one in own)
        return self._rules[type_name]


OFFICIAL = Parameters()
"""The official ones alone."""


def _usable(one: Own, type_name: str) -> SearchParameter:
    what = one.definition
    return SearchParameter(one.number, type_name, what.code, what.type, what.expression, what.targets, what.url)


def _rule(one: Own, type_name: str) -> _Rule:
    what = one.definition
    evaluates = tuple(map(compile_path, sides_for(what.expression, type_name)))
    return _Rule(one.number, evaluates, collectors_of(what.type), what.type == "reference")


def _blinded(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without what its references lead to, which the person may have withheld from who searches."""
    cut = _cut(resource)
    return cut if isinstance(cut, dict) else {"resourceType": resource["resourceType"]}


def _cut(value: Any) -> Any:
    if isinstance(value, list):
        return [cut for one in value if (cut := _cut(one)) is not _GONE] or _GONE
    if not isinstance(value, dict):
        return value
    parts = {name: _cut(one) for name, one in value.items()}
    if isinstance(value.get("reference"), str) or parts.get("valueReference") is _GONE:
        return _GONE
    return {name: one for name, one in parts.items() if one is not _GONE} or _GONE


def _take(rule: _Rule, resource: dict[str, Any], values: SearchValues) -> None:
    """Add what a resource has; one that an expression cannot be worked out for has nothing."""
    context = Context(resource, left=WORK)
    try:
        found = [one for evaluate in rule.evaluates for one in evaluate([item_of(resource)], context)]
    except FhirPathError:
        return
    for item in found[:MOST_VALUES]:
        collect, value = rule.collectors.get(kind_of(item)), _fit(item)
        if collect is not None and value is not None:
            collect(values, rule.number, value)


def _fit(item: Item) -> Any:
    """The value of an item as it stands in JSON; None when the index cannot hold it."""
    value = value_of(item)
    return value if _is_fit(value.get("value") if isinstance(value, dict) else value) else None


def _is_fit(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
    if isinstance(value, int | Decimal):
        number = Decimal(value)
        digits = len(number.as_tuple().digits)
        return number.is_finite() and digits <= _MOST_DIGITS and abs(number.adjusted()) <= _MOST_EXPONENT
    return True
