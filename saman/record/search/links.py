"""From the name and value of one search parameter to the condition it stands for, along chains if it names any.

Source: https://hl7.org/fhir/R4/search.html#chaining and #has
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from saman.kernel.outcome import Issue, Refusal
from saman.model.fhir import RESOURCE_TYPES, SearchParameter, date_range
from saman.model.fhir.own_parameters import Parameters
from saman.record.search.asked import MODIFIERS, Clause, Condition, Link, Logic, Query, alternatives, prefix
from saman.record.search.words import WORDED, words_clause

MAX_VALUES = 200
MAX_STEPS = 4
"""How many references a chain may go along."""
MAX_ENDS, MAX_LOOKS = 150, 2000
"""How many types all chains of a search may lead to (one reference to any type leads to all of them), and among how
many they may look for what is asked of them."""

MADE = frozenset({"AuditEvent", "Provenance"})
"""Types that are made from the log when they are asked for: no chain leads to them."""

OF_MADE = frozenset({"", "not", "missing", "exact", "contains"})
"""The modifiers that such types are searched with."""

_TYPES = frozenset(RESOURCE_TYPES)
_BACK = "_has:"

Leaf: TypeAlias = Callable[[str, str], Condition | Issue | None]
"""What is asked of a resource type by the name that a chain ends in."""
Follow: TypeAlias = Callable[[str, int], Condition | Issue | None]
"""What is asked of a type that a chain leads to, with so many steps left."""


class Ends:
    """How far the chains of one search may still branch: a reference to any type leads to each that R4 has.

    `known` are the parameters that a search may ask by.
    """

    def __init__(self, known: Parameters) -> None:
        self.known = known
        self._ends, self._looks = MAX_ENDS, MAX_LOOKS

    def look(self, rest: str) -> Issue | None:
        """Count a type that is looked at; the refusal when there were too many."""
        self._looks -= 1
        return self._costly(rest) if self._looks < 0 else None

    def lead(self, rest: str) -> Issue | None:
        """Count a type that a chain leads to; the refusal when there were too many."""
        self._ends -= 1
        return self._costly(rest) if self._ends < 0 else None

    def _costly(self, rest: str) -> Issue:
        text = f"Chains lead to at most {MAX_ENDS} types. Name the type, as in 'subject:Patient.name'."
        return Issue("too-costly", text, rest)


def condition_of(type_name: str, name: str, leaf: Leaf, ends: Ends, steps: int = MAX_STEPS) -> Condition | Issue | None:
    """What a parameter asks of a resource type; None when there is no such parameter, an Issue when it is misused.

    `leaf` says what is asked of the type that the name leads to; `ends` is what all conditions of a search share.
    """
    if type_name in MADE:
        return leaf(type_name, name)
    if name.startswith(_BACK):
        return _back(type_name, name, leaf, ends, steps)
    if "." in name:
        head, _, rest = name.partition(".")
        return forth(type_name, head, _rest_of(rest, leaf, ends), ends, steps)
    return leaf(type_name, name)


def clause_of(type_name: str, name: str, value: str, parameters: Parameters) -> Clause | Issue | None:
    """What `name=value` asks of a resource type itself; None when there is no such parameter.

    A zone's plus that was sent without its percent encoding has become a space, which no date holds.
    """
    code, _, modifier = name.partition(":")
    if code in WORDED and type_name not in MADE:
        return words_clause(type_name, name, value)
    parameter = parameters.of(type_name).get(code)
    if parameter is None or parameter.type not in MODIFIERS or not parameter.expression or "." in name:
        return None
    known = OF_MADE if type_name in MADE else MODIFIERS[parameter.type]
    if modifier not in known & MODIFIERS[parameter.type] and not _typed(parameter, modifier):
        return Issue("not-supported", f"The modifier ':{modifier}' is not supported for '{code}'.", name)
    values = alternatives(value)
    if not values or len(values) > MAX_VALUES:
        return Issue("value", f"'{code}' needs between one and {MAX_VALUES} values.", name)
    if modifier == "missing" and values not in (("true",), ("false",)):
        return Issue("value", f"'{code}:missing' is true or false.", name)
    if parameter.type == "date" and not modifier:
        values = tuple(one.replace(" ", "+") for one in values)
        wrong = next((span for one in values if isinstance(span := date_range(prefix(one)[1]), Refusal)), None)
        if wrong is not None:
            return Issue("value", wrong.issues[0].text, name)
    return Clause(parameter, modifier, values)


def _typed(parameter: SearchParameter, modifier: str) -> bool:
    return parameter.type == "reference" and modifier in parameter.targets


def _rest_of(rest: str, leaf: Leaf, ends: Ends) -> Follow:
    return lambda kind, steps: condition_of(kind, rest, leaf, ends, steps)


def forth(type_name: str, head: str, follow: Follow, ends: Ends, steps: int) -> Link | Issue | None:
    """`subject:Patient`: along a reference to one type, or to each of its types that know what follows."""
    code, _, kind = head.partition(":")
    parameter = ends.known.of(type_name).get(code)
    if parameter is None or parameter.type != "reference" or not parameter.expression:
        return None
    if kind and kind not in parameter.targets:
        return Issue("value", f"'{code}' does not lead to a resource type of this name.", head)
    kinds = [one for one in ((kind,) if kind else parameter.targets) if one not in MADE]
    if steps == 0:
        return _too_far(head)
    led = _led(kinds, head, follow, ends, steps - 1)
    return Link(parameter, led, back=False) if isinstance(led, tuple) else led


def _back(type_name: str, name: str, leaf: Leaf, ends: Ends, steps: int) -> Link | Issue | None:
    """`_has:Observation:patient:code`: what refers here by a parameter of its own."""
    _, kind, code, *rest = (*name.split(":", 3), "", "")[:4]
    if kind not in _TYPES:
        return Issue("value", "'_has' is written _has:Type:reference:parameter.", name)
    parameter = ends.known.of(kind).get(code)
    if kind in MADE or parameter is None or parameter.type != "reference" or type_name not in parameter.targets:
        return None
    if steps == 0:
        return _too_far(rest[0])
    led = _led([kind], rest[0], _rest_of(rest[0], leaf, ends), ends, steps - 1)
    return Link(parameter, led, back=True) if isinstance(led, tuple) else led


def _too_far(rest: str) -> Issue:
    return Issue("too-costly", f"A chain goes along at most {MAX_STEPS} references.", rest)


def _led(kinds: list[str], place: str, follow: Follow, ends: Ends, steps: int) -> tuple[Query, ...] | Issue | None:
    """What is asked of each of the types that knows it; else why none does."""
    led: list[Query] = []
    wrong: Issue | None = None
    for kind in kinds:
        one = ends.look(place) or follow(kind, steps)
        if isinstance(one, Clause | Link | Logic):
            led.append(asking(kind, [one], ends.known))
            one = ends.lead(place)
        if isinstance(one, Issue) and one.code == "too-costly":
            return one
        wrong = wrong or one
    return tuple(led) or wrong


def asking(kind: str, conditions: Sequence[Condition], known: Parameters) -> Query:
    """A search of a type under these conditions, all of which must hold."""
    plain = [part for one in conditions for part in (one.of if isinstance(one, Logic) and one.how == "and" else [one])]
    return Query(
        kind,
        clauses=tuple(one for one in plain if isinstance(one, Clause)),
        links=tuple(one for one in plain if isinstance(one, Link)),
        filters=tuple(one for one in plain if isinstance(one, Logic)),
        known=known,
    )
