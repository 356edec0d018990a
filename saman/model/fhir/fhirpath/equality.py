"""When items are the same, when they are alike, and which comes first (http://hl7.org/fhirpath/N1/#equality)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from saman.model.fhir.fhirpath import amounts, times
from saman.model.fhir.fhirpath.amounts import Amount
from saman.model.fhir.fhirpath.items import Context, Item, child_step, spend, steps
from saman.model.fhir.fhirpath.syntax import EvaluationFault
from saman.model.fhir.fhirpath.times import PartialTime
from saman.model.fhir.fhirpath.values import NUMBERS, READERS, plain

Same = Callable[[list[Item], list[Item], Context], bool | None]


def equal(left: list[Item], right: list[Item], context: Context) -> bool | None:
    """Whether both collections hold the same in the same order; None when that cannot be said."""
    if len(left) != len(right):
        return False
    found: bool | None = True
    for one, other in zip(left, right, strict=True):
        same = same_item(one, other, context)
        if same is False:
            return False
        found = same if found else found
    return found


def same_item(one: Item, other: Item, context: Context) -> bool | None:
    """Whether two items are the same; None when too little is known (@2026 and @2026-05, `kg` and `cm`)."""
    left, right = plain(one), plain(other)
    kind, other_kind = type(left), type(right)
    if kind is other_kind:
        if kind is PartialTime:
            return _same_time(left, right)
        if kind is Amount:
            return _none_or_zero(amounts.order(left, right, context.outside.unit))
        return _complex(one, other, context, equal) if kind is dict or left is None else bool(left == right)
    if kind in NUMBERS and other_kind in NUMBERS:
        return bool(left == right)
    if kind is Amount and other_kind in NUMBERS:
        return _none_or_zero(amounts.order(left, Amount(Decimal(right), "1"), context.outside.unit))
    if other_kind is Amount and kind in NUMBERS:
        return same_item(other, one, context)
    return False


def _none_or_zero(order: int | None) -> bool | None:
    return None if order is None else order == 0


def _same_time(left: PartialTime, right: PartialTime) -> bool | None:
    if (left.kind == "Time") is not (right.kind == "Time"):
        return False
    return _none_or_zero(times.order(left, right))


def _complex(one: Item, other: Item, context: Context, same: Same) -> bool | None:
    """Whether all elements are the same, or alike; texts of the type Narrative are compared as they stand."""
    if one[0] != other[0]:
        return False
    if one[1] is other[1] and one[2] is other[2]:
        return True
    names = steps(one[0])
    spend(context, len(names), 0)
    found: bool | None = True
    for name in names:
        step = child_step(name)
        left, right = step([one], context), step([other], context)
        result = same(left, right, context) if left or right else True
        if result is False:
            return False
        found = result if found else found
    return found


def equivalent(left: list[Item], right: list[Item], context: Context) -> bool:
    """Whether both collections hold what is alike, in any order."""
    if len(left) != len(right):
        return False
    open_ones = list(right)
    for one in left:
        spend(context, len(open_ones), 0)
        place = next((place for place, other in enumerate(open_ones) if alike(one, other, context)), -1)
        if place < 0:
            return False
        del open_ones[place]
    return True


def alike(one: Item, other: Item, context: Context) -> bool:
    """Whether two items mean the same: case, spaces, order and digits that only one of them has do not count."""
    left, right = plain(one), plain(other)
    kind, other_kind = type(left), type(right)
    if kind in NUMBERS and other_kind in NUMBERS:
        places = amounts.decimals(left), amounts.decimals(right)
        return amounts.rounded_alike(Fraction(left), Fraction(right), *places)
    if kind is not other_kind:
        return False
    if kind is str:
        return left == right or _folded(left) == _folded(right)
    if kind is PartialTime:
        return _same_time(left, right) is True
    if kind is Amount:
        return amounts.equivalent(left, right, context.outside.unit)
    return _complex(one, other, context, equivalent) is True if kind is dict or left is None else bool(left == right)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


def order(left: Any, right: Any, context: Context, position: int) -> int | None:
    """Negative, 0 or positive as one plain value comes before, with or after another; None when that is not known.

    EvaluationFault for kinds that have no order, or different kinds.
    """
    kind, other_kind = type(left), type(right)
    if (kind in NUMBERS and other_kind in NUMBERS) or (kind is str and other_kind is str):
        return int(left > right) - int(left < right)
    if kind is PartialTime and other_kind is PartialTime and (left.kind == "Time") is (right.kind == "Time"):
        return times.order(left, right)
    if Amount in (kind, other_kind):
        one, other = _as_amount(left), _as_amount(right)
        if one and other:
            return amounts.order(one, other, context.outside.unit)
    raise EvaluationFault("These values have no order", position)


def _as_amount(value: Any) -> Amount | None:
    if type(value) in NUMBERS:
        return Amount(Decimal(value), "1")
    return value if isinstance(value, Amount) else None


class Distinct:
    """Items met so far, each once."""

    def __init__(self, context: Context, position: int) -> None:
        self.items: list[Item] = []
        self._context = context
        self._position = position
        self._buckets: dict[Any, list[Item]] = {}

    def add(self, one: Item) -> bool:
        """Keep an item unless there is one that is the same; whether it was new."""
        type_name, value, _ = one
        is_text = type(value) is str and type_name not in READERS
        bucket = self._buckets.setdefault((str, value) if is_text else _key(one, self._context), [])
        if bucket and (is_text or self._is_in(one, bucket)):
            return False
        spend(self._context, 1, self._position)
        bucket.append(one)
        self.items.append(one)
        return True

    def holds(self, one: Item) -> bool:
        """Whether there is an item that is the same."""
        return self._is_in(one, self._buckets.get(_key(one, self._context), []))

    def _is_in(self, one: Item, bucket: list[Item]) -> bool:
        spend(self._context, len(bucket), self._position)
        return any(same_item(one, other, self._context) for other in bucket)


def distinct(items: Iterable[Item], context: Context, position: int) -> Distinct:
    """The items, each once, in the order in which they came first."""
    found = Distinct(context, position)
    for one in items:
        found.add(one)
    return found


def _key(one: Item, context: Context) -> Any:
    """The same for items that are the same, and rarely for others."""
    value = plain(one)
    kind = type(value)
    if kind is str or kind is bool:
        return kind, value
    if kind is PartialTime:
        return value.kind == "Time", times.in_utc(value)
    if kind in NUMBERS:
        return "number", value, ()
    if kind is Amount:
        unit = amounts.measured(value, context.outside.unit)
        return (
            ("number", Fraction(value.value) * unit.factor, unit.base) if unit else ("number", value.value, value.unit)
        )
    return one[0], _digest(value, 4), _digest(one[2], 4)


def _digest(value: Any, levels: int) -> int:
    """A number from texts that are no times, and from the names of elements."""
    if type(value) is dict:
        if type(value.get("value")) in NUMBERS:
            return 0  # a quantity may be the same in another unit
        return hash(frozenset((name, _digest(below, levels - 1)) for name, below in value.items())) if levels else 0
    if type(value) is list:
        return hash(tuple(_digest(below, levels - 1) for below in value)) if levels else 0
    return hash(value) if type(value) is str and not value[:1].isdigit() else 0
