"""All functions: what builds each, and how many arguments it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from saman.model.fhir.fhirpath import (
    boundaries,
    conversions,
    filters,
    mathematics,
    patterns,
    resources,
    sets,
    texts,
    times,
)
from saman.model.fhir.fhirpath.amounts import Amount
from saman.model.fhir.fhirpath.invocation import Build, Invocation, of_collections, of_items, of_value
from saman.model.fhir.fhirpath.items import Context, Evaluate, Item
from saman.model.fhir.fhirpath.syntax import EvaluationFault
from saman.model.fhir.fhirpath.times import PartialTime
from saman.model.fhir.fhirpath.values import NUMBERS, item


class Function(NamedTuple):
    """What compiles a function, the least and most arguments, and the arguments that are looked at item by item.

    `item_by_item` arguments have each item as `$this`; an argument that names a type is in `types`.
    """

    build: Build
    least: int = 0
    most: int = 0
    item_by_item: tuple[int, ...] = ()
    type_argument: bool = False


_TEXT, _NUMBER, _WHOLE = (str,), NUMBERS, (int,)


def _clock(kind: str, first: int, last: int) -> Build:
    """now(), today(), timeOfDay(): a part of the moment that the context has."""

    def build(call: Invocation) -> Evaluate:
        position = call.position

        def evaluate(_: list[Item], context: Context) -> list[Item]:
            if context.now is None:
                raise EvaluationFault("What time it is was not given", position)
            moment = times.moment(context.now)
            zone = moment.zone if kind == "DateTime" else None
            return [item(PartialTime(kind, moment.parts[first:last], zone))]

        return evaluate

    return build


def _one(build: Build, item_by_item: bool = False) -> Function:
    return Function(build, 1, 1, (0,) if item_by_item else ())


def _of_texts(function: Callable[..., object], count: int) -> Function:
    return Function(of_value(function, _TEXT, *[_TEXT] * count), count, count)


_CONVERSIONS = {
    "Boolean": conversions.to_boolean,
    "Integer": conversions.to_integer,
    "Decimal": conversions.to_decimal,
    "String": conversions.to_text,
    "Date": conversions.to_date,
    "DateTime": conversions.to_date_time,
    "Time": conversions.to_time,
}

FUNCTIONS: dict[str, Function] = {
    "empty": Function(of_items(sets.empty)),
    "exists": Function(filters.exists, 0, 1, (0,)),
    "all": _one(filters.every, item_by_item=True),
    "allTrue": Function(sets.flags(all, True)),
    "anyTrue": Function(sets.flags(any, True)),
    "allFalse": Function(sets.flags(all, False)),
    "anyFalse": Function(sets.flags(any, False)),
    "subsetOf": _one(of_collections(sets.subset)),
    "supersetOf": _one(of_collections(sets.superset)),
    "count": Function(of_items(sets.count)),
    "distinct": Function(sets.each_once),
    "isDistinct": Function(sets.is_distinct),
    "not": Function(sets.negate),
    "where": _one(filters.where, item_by_item=True),
    "select": _one(filters.select, item_by_item=True),
    "repeat": _one(filters.repeat, item_by_item=True),
    "aggregate": Function(filters.aggregate, 1, 2, (0,)),
    "sort": Function(filters.sort, 0, 9, tuple(range(9))),
    "iif": Function(filters.choose, 2, 3, (0, 1, 2)),
    "trace": Function(filters.trace, 1, 2, (1,)),
    "ofType": Function(filters.of_type, 1, 1, type_argument=True),
    "as": Function(filters.as_type, 1, 1, type_argument=True),
    "is": Function(filters.is_of_type, 1, 1, type_argument=True),
    "single": Function(sets.single),
    "first": Function(of_items(sets.first)),
    "last": Function(of_items(sets.last)),
    "tail": Function(of_items(sets.tail)),
    "skip": _one(sets.numbered(sets.skip)),
    "take": _one(sets.numbered(sets.take)),
    "union": _one(of_collections(sets.union)),
    "combine": _one(of_collections(sets.combine)),
    "intersect": _one(of_collections(sets.intersect)),
    "exclude": _one(of_collections(sets.exclude)),
    "indexOf": _of_texts(texts.index_of, 1),
    "substring": Function(of_value(texts.substring, _TEXT, _WHOLE, _WHOLE), 1, 2),
    "startsWith": _of_texts(texts.starts_with, 1),
    "endsWith": _of_texts(texts.ends_with, 1),
    "contains": _of_texts(texts.contains, 1),
    "upper": _of_texts(str.upper, 0),
    "lower": _of_texts(str.lower, 0),
    "replace": _of_texts(texts.replace, 2),
    "matches": Function(patterns.on_texts(patterns.matches), 1, 1),
    "matchesFull": Function(patterns.on_texts(patterns.matches_full), 1, 1),
    "replaceMatches": Function(patterns.on_texts(patterns.replace_matches), 2, 2),
    "length": _of_texts(len, 0),
    "toChars": _of_texts(texts.to_chars, 0),
    "trim": _of_texts(str.strip, 0),
    "split": _of_texts(texts.split, 1),
    "join": Function(texts.join, 0, 1),
    "encode": _of_texts(texts.encode, 1),
    "decode": _of_texts(texts.decode, 1),
    "escape": _of_texts(texts.escape, 1),
    "unescape": _of_texts(texts.unescape, 1),
    "abs": Function(of_value(mathematics.absolute, (*_NUMBER, Amount))),
    "ceiling": Function(of_value(mathematics.ceiling, _NUMBER)),
    "exp": Function(of_value(mathematics.exponential, _NUMBER)),
    "floor": Function(of_value(mathematics.floor, _NUMBER)),
    "ln": Function(of_value(mathematics.natural_logarithm, _NUMBER)),
    "log": _one(of_value(mathematics.logarithm, _NUMBER, _NUMBER)),
    "power": _one(of_value(mathematics.power, _NUMBER, _NUMBER)),
    "round": Function(of_value(mathematics.round_to, _NUMBER, _WHOLE), 0, 1),
    "sqrt": Function(of_value(mathematics.square_root, _NUMBER)),
    "truncate": Function(of_value(mathematics.truncate, _NUMBER)),
    "toQuantity": Function(conversions.quantity, 0, 1),
    "convertsToQuantity": Function(conversions.converts(conversions.to_quantity), 0, 1),
    "lowBoundary": Function(boundaries.boundary(is_low=True), 0, 1),
    "highBoundary": Function(boundaries.boundary(is_low=False), 0, 1),
    "precision": Function(conversions.converted(boundaries.precision)),
    "comparable": _one(boundaries.comparable),
    "children": Function(resources.below),
    "descendants": Function(resources.descendants),
    "now": Function(_clock("DateTime", 0, 6)),
    "today": Function(_clock("Date", 0, 3)),
    "timeOfDay": Function(_clock("Time", 3, 6)),
    "type": Function(resources.type_of),
    "extension": _one(resources.extension),
    "hasValue": Function(of_items(resources.has_value)),
    "getValue": Function(of_items(resources.get_value)),
    "resolve": Function(resources.resolve),
    "memberOf": _one(resources.member_of),
    "subsumes": _one(resources.subsuming(swapped=False)),
    "subsumedBy": _one(resources.subsuming(swapped=True)),
    "conformsTo": _one(resources.conforms_to),
    "htmlChecks": Function(of_items(resources.html_checks)),
    "checkModifiers": Function(resources.check_modifiers, 1, 99),
    "elementDefinition": Function(resources.needs_profiles),
    "slice": Function(resources.needs_profiles, 2, 2),
}
"""The functions of FHIRPath and of FHIR R4, by name."""

for _name, _convert in _CONVERSIONS.items():
    FUNCTIONS[f"to{_name}"] = Function(conversions.converted(_convert))
    FUNCTIONS[f"convertsTo{_name}"] = Function(conversions.converts(_convert))
