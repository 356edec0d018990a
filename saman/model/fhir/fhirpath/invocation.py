"""How functions are built: from the collection before the point and the arguments to closures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from saman.model.fhir.fhirpath.items import Context, Evaluate, Item, spend
from saman.model.fhir.fhirpath.syntax import Call, EvaluationFault, Node
from saman.model.fhir.fhirpath.values import MAX_TEXT, Unfit, expect, items_of, single


class Invocation(NamedTuple):
    """A call to compile: what gives its input, its arguments, and what compiles other nodes."""

    node: Call
    source: Evaluate
    arguments: tuple[Evaluate, ...]
    is_lenient: bool

    @property
    def position(self) -> int:
        """Where the call stands."""
        return self.node.position


CHARACTERS = 100
"""Characters of a text that count as one step of work."""

Build = Callable[[Invocation], Evaluate]
Kinds = tuple[type, ...]


def of_items(function: Callable[[list[Item]], list[Item]]) -> Build:
    """A function of the whole collection."""

    def build(call: Invocation) -> Evaluate:
        source = call.source
        return lambda this, context: function(source(this, context))

    return build


def of_collections(function: Callable[[list[Item], list[Item], Context, int], list[Item]]) -> Build:
    """A function of the collection and of a second one."""

    def build(call: Invocation) -> Evaluate:
        source, other, position = call.source, call.arguments[0], call.position
        return lambda this, context: function(source(this, context), other(this, context), context, position)

    return build


def of_value(function: Callable[..., Any], kinds: Kinds, *wanted: Kinds) -> Build:
    """A function of one plain value of some kinds and of plain arguments; empty if any of them is.

    An argument that is not given is left out.
    """

    def build(call: Invocation) -> Evaluate:
        source, arguments, position = call.source, tuple(zip(call.arguments, wanted, strict=False)), call.position

        def evaluate(this: list[Item], context: Context) -> list[Item]:
            value = expect(single(source(this, context), position), kinds, position)
            if value is None:
                return []
            if type(value) is str:
                spend(context, len(value) // CHARACTERS, position)
            given = []
            for argument, allowed in arguments:
                one = expect(single(argument(this, context), position), allowed, position)
                if one is None:
                    return []
                given.append(one)
            try:
                return items_of(_within(function(value, *given)))
            except Unfit as fault:
                raise EvaluationFault(str(fault), position) from None

        return evaluate

    return build


def _within(found: Any) -> Any:
    """What was found, unless it is a text that grew too long."""
    if type(found) is str and len(found) > MAX_TEXT:
        raise Unfit("This text is too long")
    return found


def constant(items: list[Item]) -> Evaluate:
    """What gives the same whatever it is evaluated over."""
    return lambda _this, _context: items


def mentions(node: Node, name: str) -> bool:
    """Whether `$index` or `$total` stands somewhere in an expression."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if getattr(one, "name", "") == name and type(one).__name__ == "Variable":
            return True
        waiting.extend(one.children())
    return False
