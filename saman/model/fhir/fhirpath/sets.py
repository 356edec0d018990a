"""Functions of whole collections: how many, which part, both together (http://hl7.org/fhirpath/N1/#subsetting)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from saman.model.fhir.fhirpath.equality import distinct
from saman.model.fhir.fhirpath.invocation import Build, Invocation
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item, spend
from saman.model.fhir.fhirpath.syntax import EvaluationFault
from saman.model.fhir.fhirpath.values import FALSE, TRUE, as_items, expect, item, plain, truth
from saman.model.fhir.fhirpath.values import single as single_value


def empty(items: list[Item]) -> list[Item]:
    """Whether there is no item."""
    return FALSE if items else TRUE


def count(items: list[Item]) -> list[Item]:
    """How many items there are."""
    return [item(len(items))]


def first(items: list[Item]) -> list[Item]:
    """The first item."""
    return items[:1]


def last(items: list[Item]) -> list[Item]:
    """The last item."""
    return items[-1:]


def tail(items: list[Item]) -> list[Item]:
    """All items but the first."""
    return items[1:]


def negate(call: Invocation) -> Evaluate:
    """not(): the other of true and false."""
    source, position = call.source, call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        value = truth(source(this, context), position)
        return as_items(None if value is None else not value)

    return evaluate


def single(call: Invocation) -> Evaluate:
    """The one item; an error if there are several."""
    source, position = call.source, call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        if len(items) > 1:
            raise EvaluationFault("single() found several items", position)
        return items

    return evaluate


def numbered(part: Callable[[list[Item], int], list[Item]]) -> Build:
    """skip() and take(): a part of the collection that a number tells."""

    def build(call: Invocation) -> Evaluate:
        source, argument, position = call.source, call.arguments[0], call.position

        def evaluate(this: list[Item], context: Context) -> list[Item]:
            number = expect(single_value(argument(this, context), position), (int,), position)
            items = source(this, context)
            return [] if number is None else part(items, max(0, number))

        return evaluate

    return build


def skip(items: list[Item], number: int) -> list[Item]:
    """All items but the first ones."""
    return items[number:]


def take(items: list[Item], number: int) -> list[Item]:
    """The first items."""
    return items[:number]


def flags(together: Callable[[Iterable[bool]], bool], wanted: bool) -> Build:
    """allTrue() and the like; a value that is neither true nor false is an error."""

    def build(call: Invocation) -> Evaluate:
        source, position = call.source, call.position

        def evaluate(this: list[Item], context: Context) -> list[Item]:
            values = [expect(plain(one), (bool,), position) for one in source(this, context)]
            return as_items(together(value is wanted for value in values))

        return evaluate

    return build


def each_once(call: Invocation) -> Evaluate:
    """distinct(): the items, each once."""
    source, position = call.source, call.position
    return lambda this, context: distinct(source(this, context), context, position).items


def is_distinct(call: Invocation) -> Evaluate:
    """Whether no item is there twice."""
    source, position = call.source, call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        return as_items(len(distinct(items, context, position).items) == len(items))

    return evaluate


def union(left: list[Item], right: list[Item], context: Context, position: int) -> list[Item]:
    """The items of both, each once."""
    return distinct((*left, *right), context, position).items


def combine(left: list[Item], right: list[Item], context: Context, position: int) -> list[Item]:
    """The items of both, as often as they are there."""
    spend(context, len(left) + len(right), position)
    return left + right


def intersect(left: list[Item], right: list[Item], context: Context, position: int) -> list[Item]:
    """The items that both have, each once."""
    others = distinct(right, context, position)
    return [one for one in distinct(left, context, position).items if others.holds(one)]


def exclude(left: list[Item], right: list[Item], context: Context, position: int) -> list[Item]:
    """The items of the first that the second does not have."""
    others = distinct(right, context, position)
    return [one for one in left if not others.holds(one)]


def subset(left: list[Item], right: list[Item], context: Context, position: int) -> list[Item]:
    """Whether the second has all items of the first."""
    others = distinct(right, context, position)
    return as_items(all(others.holds(one) for one in left))


def superset(left: list[Item], right: list[Item], context: Context, position: int) -> list[Item]:
    """Whether the first has all items of the second."""
    return subset(right, left, context, position)
