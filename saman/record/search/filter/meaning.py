"""What a `_filter` asks of a resource type: the conditions that the same search parameters make.

What no index can answer is refused with its place in the text; nothing is passed over, because the rest would then ask
for something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from saman.kernel.outcome import Issue, Refusal
from saman.model.fhir import EARLIEST, SearchParameter, search_parameters
from saman.model.fhir.own_parameters import Parameters
from saman.record.search.asked import MEANT, MODIFIERS, Clause, Condition, Logic
from saman.record.search.clauses import condition
from saman.record.search.filter.comparing import AROUND, ENDING, OTHER, OVERLAPPING, SAME
from saman.record.search.filter.syntax import Group, Step, Syntax, Test, Wrong, parse
from saman.record.search.links import MADE, MAX_STEPS, Ends, condition_of, forth

NAME = "_filter"

_PREFIXED = frozenset({"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"})
_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "string": {"eq": SAME, "ne": OTHER, "co": "contains", "sw": "", "ew": ENDING},
        "date": {"po": OVERLAPPING, "co": AROUND},
        "token": {"eq": "", "in": "in", "ni": "not-in", "ss": "below", "sb": "above"},
        "uri": {"eq": ""},
        "reference": {"re": "", "eq": "", "ss": "below", "sb": "above"},
        "special": {"eq": ""},
        "composite": {"eq": ""},
    }
)
"""The modifier that each operator stands for, by the type of the parameter; numbers and dates take prefixes besides."""
_COLUMNS: Mapping[str, frozenset[str]] = MappingProxyType({"_id": frozenset({"eq", "ne"}), "_lastUpdated": _PREFIXED})
"""How what stands in the resource's own row can be compared."""
_SHORT: Mapping[str, str] = MappingProxyType(
    {
        "loinc": "http://loinc.org",
        "snomed": "http://snomed.info/sct",
        "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
        "ucum": "http://unitsofmeasure.org",
    }
)
"""Names that a filter may use for the systems they stand for."""


def read_filter(type_name: str, text: str, ends: Ends) -> Condition | Issue:
    """The condition that a filter stands for; `ends` is what all conditions of a search share."""
    try:
        if type_name in MADE:
            raise Wrong("What is made from the log is not filtered.", 1, "not-supported")
        return _meant(type_name, parse(text), ends, MAX_STEPS)
    except Wrong as wrong:
        return Issue(wrong.code, f"{wrong.text} (character {wrong.at} of '{NAME}')", NAME)


def _meant(type_name: str, syntax: Syntax, ends: Ends, steps: int) -> Condition:
    if isinstance(syntax, Test):
        return _tested(type_name, syntax, ends, steps)
    return Logic(syntax.how, tuple(_meant(type_name, one, ends, steps) for one in syntax.of))


def _tested(type_name: str, test: Test, ends: Ends, steps: int) -> Condition:
    found = _asked(type_name, test.path, test, ends, steps)
    if isinstance(found, Issue):
        raise Wrong(found.text, test.at, found.code)
    if found is None:
        raise Wrong("This path is no search parameter here.", test.at, "not-supported")
    return found


def _asked(type_name: str, path: tuple[Step, ...], test: Test, ends: Ends, steps: int) -> Condition | Issue | None:
    """What a path asks of a resource type, step by step where brackets stand in it."""
    if not any(step.within for step in path):
        name = ".".join(step.name for step in path)
        return condition_of(type_name, name, partial(_leaf, test, ends.known), ends, steps)
    head, *rest = path
    parameter = ends.known.of(type_name).get(head.name)
    if head.within is not None and parameter is not None and parameter.type == "composite":
        return _composite(parameter, head.within, tuple(rest), test)

    def follow(kind: str, left: int) -> Condition | Issue | None:
        there = _asked(kind, tuple(rest), test, ends, left)
        if there is None or isinstance(there, Issue) or head.within is None:
            return there
        try:
            return Logic("and", (_meant(kind, head.within, ends, left), there))
        except Wrong as wrong:
            return Issue(wrong.code, wrong.text)

    return forth(type_name, head.name, follow, ends, steps)


def _leaf(test: Test, parameters: Parameters, type_name: str, name: str) -> Condition | Issue | None:
    """One comparison with a parameter of the type itself."""
    known = parameters.of(type_name)
    parameter = known.get("_id" if name == "id" and name not in known else name)
    if parameter is None or parameter.type not in MODIFIERS or not parameter.expression:
        return None
    if parameter.code in _COLUMNS and test.operator not in _COLUMNS[parameter.code]:
        return Issue("not-supported", f"'{parameter.code}' is not compared in this way.", name)
    if test.operator == "pr":
        return _present(parameter, test)
    if test.operator == "ne" and parameter.type in ("token", "uri"):
        return _unlike(parameter, test)
    if test.operator == "ne" and parameter.type == "composite":
        return Logic("not", (_compared(parameter, "", test),))
    modifier = _WORDS.get(parameter.type, {}).get(test.operator)
    if modifier is not None:
        return _compared(parameter, modifier, test)
    if test.operator in _PREFIXED and parameter.type in ("date", "number", "quantity"):
        return _compared(parameter, "", test, test.operator)
    return Issue("not-supported", f"'{parameter.code}' is not compared in this way.", name)


def _present(parameter: SearchParameter, test: Test) -> Condition | Issue:
    if test.value not in ("true", "false") or "missing" not in MODIFIERS[parameter.type]:
        return Issue("value", "'pr' is true or false, of a parameter that can be missing.", parameter.code)
    return Clause(parameter, "missing", ("false" if test.value == "true" else "true",))


def _unlike(parameter: SearchParameter, test: Test) -> Condition:
    """That there are codes, and none of them is this one: the codes of a concept all say the same."""
    other = Logic("not", (_compared(parameter, "", test),))
    return other if parameter.code == "_id" else Logic("and", (Clause(parameter, "missing", ("false",)), other))


def _compared(parameter: SearchParameter, modifier: str, test: Test, prefix: str = "") -> Clause:
    """The clause of one comparison, tried out, so that what is wrong with its value is told with its place."""
    clause = Clause(parameter, modifier, (prefix + _written(parameter, test.value),))
    if parameter.code not in _COLUMNS and not parameter.components and modifier not in MEANT:
        tried = condition(clause, "x", lambda _, kind: kind, EARLIEST, "")
        if isinstance(tried, Refusal):
            raise Wrong(tried.issues[0].text, test.at, tried.issues[0].code)
    return clause


def _written(parameter: SearchParameter, value: str) -> str:
    """A value as the parameter takes it, each comma as part of it."""
    if parameter.type == "composite":
        return value.replace(",", r"\,")
    system, bar, code = value.partition("|")
    value = f"{_SHORT.get(system, system)}|{code}" if bar and parameter.type == "token" else value
    escaped = value.replace("\\", "\\\\") if parameter.type in ("string", "uri") else value
    return escaped.replace(",", r"\,").replace("$", r"\$")


def _composite(parameter: SearchParameter, within: Syntax, rest: tuple[Step, ...], test: Test) -> Condition | Issue:
    """`component-code-value-quantity[component-code eq x].component-value-quantity gt 5`: all in one element."""
    tests = [*(within.of if isinstance(within, Group) and within.how == "and" else (within,)), _last(rest, test)]
    known = search_parameters(parameter.base)
    given: dict[str, str] = {}
    for one in tests:
        name = one.path[0].name if isinstance(one, Test) and len(one.path) == 1 else ""
        if not isinstance(one, Test) or name in given or name not in dict(parameter.components):
            raise Wrong("Brackets hold each other part of the composite once, with 'and'.", test.at, "not-supported")
        given[name] = _part(known[name], one)
    if len(given) < len(parameter.components):
        raise Wrong("A composite is asked for with all of its parts.", test.at, "not-supported")
    return Clause(parameter, "", ("$".join(given[code] for code, _ in parameter.components),))


def _last(rest: tuple[Step, ...], test: Test) -> Test:
    return Test(rest, test.operator, test.value, test.at)


def _part(parameter: SearchParameter, test: Test) -> str:
    ordered = parameter.type in ("date", "number", "quantity")
    plain = "sw" if parameter.type == "string" else "re" if parameter.type == "reference" else "eq"
    if test.operator != plain and not (ordered and test.operator in _PREFIXED):
        raise Wrong(f"'{parameter.code}' is not compared in this way within brackets.", test.at, "not-supported")
    return _compared(parameter, "", test, test.operator if ordered else "").values[0]
