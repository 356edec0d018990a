"""The search values of resources as the columns that the database's `add_values` takes.

A value that stands in one of several like elements says in which, from 1, where a composite parameter asks for what
stands together; all others say 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from saman.model.fhir import SearchValues, resource_number
from saman.model.fhir.quantities import Span, nearest, scale
from saman.record.rows import ALSO_SUBJECTS, PATIENT, UNSOUGHT, key, short_key, unit_key

VALUES = (
    "integer[]", "smallint[]", "bigint[]", "integer[]", "text[]", "text[]", "smallint[]", "boolean[]",
    "integer[]", "smallint[]", "text[]", "text[]",
    "integer[]", "smallint[]", "timestamptz[]", "timestamptz[]",
    "integer[]", "smallint[]", "smallint[]", "integer[]", "text[]", "smallint[]",
    "integer[]", "smallint[]", "bigint[]", "float8[]", "float8[]", "text[]", "text[]", "text[]", "text[]", "smallint[]",
)  # fmt: skip
"""The types of the columns that `columns_of` gives."""

TYPES = ("smallint[]", "smallint[]", "text[]", "text[]", "smallint[]", "timestamptz[]", *VALUES)
"""The types of all that `add_values` takes: shards, types, ids, people, domains and times of the resources before."""

Taken = set[tuple[Any, ...]]


def columns_of(several: Sequence[SearchValues]) -> list[Any]:
    """The columns of tokens, strings, dates, references and quantities; the first of each is the place in `several`."""
    places = list(enumerate(several, 1))
    tokens = [(at, *row) for at, one in places for row in _marked(_in_parts(one, _tokens))]
    strings = [(at, n, f, e) for at, one in places for n, f, e in one.strings]
    dates = [(at, n, low, high) for at, one in places for n, low, high in one.dates]
    references = [(at, n, t, short_key(d), d, p) for at, one in places for n, t, d, p in _in_parts(one, _references)]
    quantities = [(at, *row) for at, one in places for row in _in_parts(one, _quantities)]
    tables = ((8, tokens), (4, strings), (4, dates), (6, references), (10, quantities))
    return [column for width, rows in tables for column in columns(width, rows)]


def columns(width: int, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Rows of `width` values as columns, also when there are none."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _in_parts(values: SearchValues, taken: Callable[[SearchValues], Taken]) -> Sequence[tuple[Any, ...]]:
    """The rows of `values`, each with the number of the part that it stands in."""
    if not values.parts:
        return [(*row, 0) for row in taken(values)]
    within = [(number, taken(part)) for number, part in enumerate(values.parts, 1)]
    apart = taken(values).difference(*(rows for _, rows in within))
    return [*((*row, 0) for row in apart), *((*row, number) for number, rows in within for row in rows)]


def _marked(tokens: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The columns of codes: of those that are the same in a resource the first is looked for among its person's."""
    codes = {(number, code) for number, _, code, _, _ in tokens}
    if len(codes) < len(tokens):
        tokens = sorted(tokens, key=lambda one: (one[4], key(one[1]), one[3]))
    for number, system, code, said, part in tokens:
        is_first = (number, code) in codes
        codes.discard((number, code))
        yield number, key(system), short_key(code), code, said, part, is_first and number not in UNSOUGHT


def _tokens(values: SearchValues) -> Taken:
    """The codes; what a concept is called only where none of its codes is called the same."""
    called = {(number, said) for number, _, code, said in values.tokens if code and said}
    coded = {
        (number, system, code, said)
        for number, system, code, said in values.tokens
        if code or (said and (system or (number, said) not in called))
    }
    return coded | {(number, "", uri, "") for number, uri in values.uris}


def _references(values: SearchValues) -> Taken:
    found = {
        (number, None, url) if url else (number, resource_number(kind), target)
        for number, kind, target, url in values.references
    }
    return {one for one in found if not _is_said(one, found)}


def _is_said(one: tuple[Any, ...], found: Taken) -> bool:
    """Whether it is a Patient of `patient` whom `subject` names too."""
    number, kind, target = one
    subjects = ALSO_SUBJECTS.get(number, ()) if kind == PATIENT else ()
    return any((subject, kind, target) in found for subject in subjects)


def _quantities(values: SearchValues) -> Taken:
    found = {_quantity(*one) for one in values.quantities}
    found |= {(number, 0, *_ends(span, nearest), *_digits(span), "", None) for number, span in values.numbers}
    return found | {(number, 0, low, high, "0", None, "", None) for number, low, high in values.positions}


def _quantity(number: int, span: Span, system: str, code: str, label: str) -> tuple[Any, ...]:
    known = scale(system, code)
    ends = _ends(span, known.of if known else nearest)
    return number, unit_key(system, code), *ends, *_digits(span), code, label if label and label != code else None


def _ends(span: Span, turned: Callable[[Decimal], float]) -> tuple[float, float | None]:
    low = -math.inf if span.low is None else turned(span.low)
    if span.low == span.high:
        return low, None
    return low, math.inf if span.high is None else turned(span.high)


def _digits(span: Span) -> tuple[str, str | None]:
    low = "-Infinity" if span.low is None else str(span.low)
    return low, None if span.low == span.high else "Infinity" if span.high is None else str(span.high)
