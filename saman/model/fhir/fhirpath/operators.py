"""Operators between two expressions (http://hl7.org/fhirpath/N1/#operations)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saman.model.fhir.fhirpath.calculation import ARITHMETIC, Combine
from saman.model.fhir.fhirpath.equality import Same, distinct, equal, equivalent, order
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item
from saman.model.fhir.fhirpath.syntax import EvaluationFault
from saman.model.fhir.fhirpath.values import (
    FALSE,
    READERS,
    TRUE,
    Unfit,
    as_items,
    expect,
    items_of,
    joined,
    single,
    truth,
)

Binary = Callable[[Evaluate, Evaluate, int], Evaluate]
"""From what gives the left and the right, and the place of the operator, to what gives the outcome."""


def union(sides: list[Evaluate], position: int) -> Evaluate:
    """`|`: what all sides give, each once."""

    def together(this: list[Item], context: Context) -> list[Item]:
        found: list[Item] = []
        for side in sides:
            found += side(this, context)
        return distinct(found, context, position).items if len(found) > 1 else found

    return together


def _equality(same: Same, wanted: bool) -> Binary:
    """`=` and `!=`: empty when a side is, or when too little is known."""

    def build(left: Evaluate, right: Evaluate, _: int) -> Evaluate:
        def compare(this: list[Item], context: Context) -> list[Item]:
            one, other = left(this, context), right(this, context)
            if not one or not other:
                return []
            found = same(one, other, context)
            return [] if found is None else TRUE if found is wanted else FALSE

        return compare

    return build


def _equivalence(wanted: bool) -> Binary:
    """`~` and `!~`: never empty."""

    def build(left: Evaluate, right: Evaluate, _: int) -> Evaluate:
        return lambda this, context: as_items(equivalent(left(this, context), right(this, context), context) is wanted)

    return build


def _comparison(holds: Callable[[int], bool]) -> Binary:
    def build(left: Evaluate, right: Evaluate, position: int) -> Evaluate:
        def compare(this: list[Item], context: Context) -> list[Item]:
            one = single(left(this, context), position)
            other = single(right(this, context), position)
            if one is None or other is None:
                return []
            found = order(one, other, context, position)
            return [] if found is None else as_items(holds(found))

        return compare

    return build


def _arithmetic(combine: Combine) -> Binary:
    def build(left: Evaluate, right: Evaluate, position: int) -> Evaluate:
        def calculate(this: list[Item], context: Context) -> list[Item]:
            one = single(left(this, context), position)
            other = single(right(this, context), position)
            if one is None or other is None:
                return []
            try:
                return items_of(combine(one, other, context, position))
            except Unfit as fault:
                raise EvaluationFault(str(fault), position) from None

        return calculate

    return build


def _concatenate(left: Evaluate, right: Evaluate, position: int) -> Evaluate:
    """`&`: a side that is empty is an empty text."""

    def concatenate(this: list[Item], context: Context) -> list[Item]:
        texts: list[Any] = [expect(single(side(this, context), position), (str,), position) for side in (left, right)]
        try:
            return items_of(joined([text or "" for text in texts]))
        except Unfit as fault:
            raise EvaluationFault(str(fault), position) from None

    return concatenate


def _membership(swapped: bool) -> Binary:
    """`in` and `contains`: empty when there is nothing to look for."""

    def build(left: Evaluate, right: Evaluate, position: int) -> Evaluate:
        def compare(this: list[Item], context: Context) -> list[Item]:
            one, many = left(this, context), right(this, context)
            if swapped:
                one, many = many, one
            if not one:
                return []
            if len(one) > 1:
                raise EvaluationFault("One value is looked for, not several", position)
            return as_items(distinct(many, context, position).holds(one[0]))

        return compare

    return build


def _and(left: Evaluate, right: Evaluate, position: int) -> Evaluate:
    def both(this: list[Item], context: Context) -> list[Item]:
        one = truth(left(this, context), position)
        if one is False:
            return FALSE
        other = truth(right(this, context), position)
        return FALSE if other is False else [] if one is None or other is None else TRUE

    return both


def _or(left: Evaluate, right: Evaluate, position: int) -> Evaluate:
    def either(this: list[Item], context: Context) -> list[Item]:
        one = truth(left(this, context), position)
        if one:
            return TRUE
        other = truth(right(this, context), position)
        return TRUE if other else [] if one is None or other is None else FALSE

    return either


def _xor(left: Evaluate, right: Evaluate, position: int) -> Evaluate:
    def one_of_them(this: list[Item], context: Context) -> list[Item]:
        one, other = truth(left(this, context), position), truth(right(this, context), position)
        return [] if one is None or other is None else as_items(one is not other)

    return one_of_them


def _implies(left: Evaluate, right: Evaluate, position: int) -> Evaluate:
    def implied(this: list[Item], context: Context) -> list[Item]:
        one = truth(left(this, context), position)
        if one is False:
            return TRUE
        other = truth(right(this, context), position)
        return TRUE if other else [] if one is None or other is None else FALSE

    return implied


def equals_text(side: Evaluate, text: str, wanted: bool) -> Evaluate:
    """`=` and `!=` with a constant text, which most conditions are."""

    def compare(this: list[Item], context: Context) -> list[Item]:
        items = side(this, context)
        if not items:
            return []
        same = len(items) == 1 and items[0][1] == text and items[0][0] not in READERS
        return TRUE if same is wanted else FALSE

    return compare


OPERATORS: dict[str, Binary] = {
    "=": _equality(equal, wanted=True),
    "!=": _equality(equal, wanted=False),
    "~": _equivalence(wanted=True),
    "!~": _equivalence(wanted=False),
    "<": _comparison(lambda found: found < 0),
    "<=": _comparison(lambda found: found <= 0),
    ">": _comparison(lambda found: found > 0),
    ">=": _comparison(lambda found: found >= 0),
    "in": _membership(swapped=False),
    "contains": _membership(swapped=True),
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
    "&": _concatenate,
} | {name: _arithmetic(combine) for name, combine in ARITHMETIC.items()}
"""What compiles each operator; a union (`|`) of several is one step, `union`."""
