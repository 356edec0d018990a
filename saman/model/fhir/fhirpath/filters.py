"""Functions that look at one item after the other (http://hl7.org/fhirpath/N1/#filtering-and-projection)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from saman.model.fhir.fhirpath.equality import Distinct, order
from saman.model.fhir.fhirpath.invocation import Invocation, mentions
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item, spend
from saman.model.fhir.fhirpath.syntax import EvaluationFault, Sign
from saman.model.fhir.fhirpath.types import exists as is_type
from saman.model.fhir.fhirpath.types import kinds, type_argument, unknown
from saman.model.fhir.fhirpath.values import FALSE, TRUE, expect, plain, single, truth

Each = Callable[[list[Item], Context], list[list[Item]]]


def _each(call: Invocation, number: int = 0) -> Each:
    """What an argument gives for each item, which is `$this` in it."""
    body, position = call.arguments[number], call.position

    def over(items: list[Item], context: Context) -> list[list[Item]]:
        spend(context, len(items), position)
        return [body([item], context) for item in items]

    def numbered(items: list[Item], context: Context) -> list[list[Item]]:
        spend(context, len(items), position)
        before, found = context.index, []
        for number, item in enumerate(items):
            context.index = number
            found.append(body([item], context))
        context.index = before
        return found

    return numbered if mentions(call.node.arguments[number], "index") else over


def where(call: Invocation) -> Evaluate:
    """The items for which the criteria are true."""
    source, criteria, each, position = call.source, call.arguments[0], _each(call), call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        context.left -= len(items)
        if context.left < 0:
            spend(context, 0, position)
        return [item for item in items if truth(criteria([item], context), position)]

    def numbered(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        found = each(items, context)
        return [item for item, criteria in zip(items, found, strict=True) if truth(criteria, position)]

    return numbered if mentions(call.node.arguments[0], "index") else evaluate


def exists(call: Invocation) -> Evaluate:
    """Whether there is any item, or any for which the criteria are true."""
    found = where(call) if call.arguments else call.source
    return lambda this, context: TRUE if found(this, context) else FALSE


def every(call: Invocation) -> Evaluate:
    """all(): whether the criteria are true for each item."""
    source, each, position = call.source, _each(call), call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        found = each(source(this, context), context)
        return TRUE if all(truth(criteria, position) for criteria in found) else FALSE

    return evaluate


def select(call: Invocation) -> Evaluate:
    """What the argument gives for each item, in one collection."""
    source, each, position = call.source, _each(call), call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        found: list[Item] = []
        for some in each(source(this, context), context):
            spend(context, len(some), position)
            found += some
        return found

    return evaluate


def repeat(call: Invocation) -> Evaluate:
    """What the argument gives for each item, and for each item that this gives, until nothing new comes."""
    source, each, position = call.source, _each(call), call.position

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        found = Distinct(context, position)
        waiting = source(this, context)
        while waiting:
            waiting = [one for some in each(waiting, context) for one in some if found.add(one)]
        return found.items

    return evaluate


def aggregate(call: Invocation) -> Evaluate:
    """What is left of `$total` when the argument was worked out for each item."""
    source, body, position = call.source, call.arguments[0], call.position
    start = call.arguments[1] if len(call.arguments) > 1 else None

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        before = context.total, context.index
        total = start(this, context) if start else []
        for number, item in enumerate(items):
            context.total, context.index = total, number
            total = body([item], context)
            spend(context, 1 + len(total), position)
        context.total, context.index = before
        return total

    return evaluate


def choose(call: Invocation) -> Evaluate:
    """iif(): one of two arguments; the other is not worked out."""
    source, position = call.source, call.position
    criterion, chosen, *others = call.arguments

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        if len(items) > 1:
            raise EvaluationFault("iif() is for one item", position)
        found = single(criterion(items, context), position)
        if found is not None and type(found) is not bool:
            raise EvaluationFault("iif() decides on true or false", position)
        if found:
            return chosen(items, context)
        return others[0](items, context) if others else []

    return evaluate


def trace(call: Invocation) -> Evaluate:
    """The input, which is shown to `Outside.trace` under a name."""
    source, name, position = call.source, call.arguments[0], call.position
    each = _each(call, 1) if len(call.arguments) > 1 else None

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        if context.outside.trace:
            shown = [one for some in each(items, context) for one in some] if each else items
            given = expect(single(name(this, context), position), (str,), position)
            context.outside.trace(given or "", shown)
        return items

    return evaluate


def sort(call: Invocation) -> Evaluate:
    """The items in order: of themselves, or of keys, each the other way round with a minus before it; none first."""
    source, position = call.source, call.position
    nodes = call.node.arguments
    falling = [isinstance(node, Sign) and node.operator == "-" for node in nodes] or [False]
    keys = [_each(call, number) for number in range(len(nodes))]

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        spend(context, len(items) * len(items).bit_length(), position)
        given = [[single(found, position) for found in key(items, context)] for key in keys]
        rows = list(zip(*given, strict=True)) if given else [(plain(item),) for item in items]

        def compare(one: int, other: int) -> int:
            for left, right, down in zip(rows[one], rows[other], falling, strict=True):
                if found := _before(left, right, down, context, position):
                    return found
            return 0

        return [items[number] for number in sorted(range(len(items)), key=cmp_to_key(compare))]

    return evaluate


def _before(left: Any, right: Any, down: bool, context: Context, position: int) -> int:
    if left is None or right is None:
        return (left is not None) - (right is not None)
    found = order(left, right, context, position) or 0
    return -found if down else found


def of_type(call: Invocation) -> Evaluate:
    """ofType(): the items of a type."""
    namespace, name = type_argument(call.node.arguments[0])
    return kept(call.source, namespace, name, call.position, call.is_lenient)


def as_type(call: Invocation) -> Evaluate:
    """as(): the one item if it is of a type."""
    namespace, name = type_argument(call.node.arguments[0])
    return kept_one(call.source, namespace, name, call.position, is_lenient=call.is_lenient)


def is_of_type(call: Invocation) -> Evaluate:
    """is(): whether the one item is of a type."""
    namespace, name = type_argument(call.node.arguments[0])
    return tested(call.source, namespace, name, call.position)


def kept(source: Evaluate, namespace: str, name: str, position: int, is_lenient: bool) -> Evaluate:
    """The items of a type; unless `is_lenient`, a primitive only as the very type that it is."""
    known, wanted = is_type(name, namespace), kinds(name, namespace, is_kept=not is_lenient)

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        if not known:
            raise EvaluationFault(unknown(namespace, name), position)
        return [item for item in items if item[0] in wanted]

    return evaluate


def kept_one(source: Evaluate, namespace: str, name: str, position: int, is_lenient: bool) -> Evaluate:
    """What `as` keeps: the one item if it is of a type; all items of the type if `is_lenient`."""

    def one(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        if len(items) > 1:
            raise EvaluationFault("`as` is for one item; ofType() keeps those of a type", position)
        return items

    return kept(source if is_lenient else one, namespace, name, position, is_lenient)


def tested(source: Evaluate, namespace: str, name: str, position: int) -> Evaluate:
    """Whether the one item is of a type; empty for nothing."""
    wanted = kinds(name, namespace)

    def evaluate(this: list[Item], context: Context) -> list[Item]:
        items = source(this, context)
        if not items:
            return []
        if len(items) > 1:
            raise EvaluationFault("`is` is for one item", position)
        return TRUE if items[0][0] in wanted else FALSE

    return evaluate
