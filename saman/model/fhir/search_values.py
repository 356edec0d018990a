"""What a resource can be found by, taken from it with the official search parameter expressions.

Source: https://hl7.org/fhir/R4/search.html and https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import msgspec

from saman.model.fhir.definitions import PRIMITIVES, lineage, search_parameters, structure
from saman.model.fhir.fhirpath import Context, Evaluate, Item, Node, compile_path, item_of, parse
from saman.model.fhir.fhirpath.items import steps
from saman.model.fhir.fhirpath.syntax import Index, Member, Name, Operation, TypeTest
from saman.model.fhir.folding import fold
from saman.model.fhir.moments import value_range
from saman.model.fhir.reference_text import literal


class SearchValues(msgspec.Struct):
    """Rows for the search index; the first field of each row is the number of the search parameter.

    tokens: (number, system, code, folded text), "" for what is not given; for a reference by identifier alone
      the row stands under the reference's parameter. strings: (number, folded, exact). dates: (number, first
      moment, first moment after), UTC. references: (number, type, id, url); relative: no url; absolute: all
      three; urn or canonical: url alone, canonical with and without its version. quantities: (number, value,
      system, code or else unit); a range gives both its ends. numbers: (number, value). uris: (number, uri).
    """

    tokens: list[tuple[int, str, str, str]] = msgspec.field(default_factory=list)
    strings: list[tuple[int, str, str]] = msgspec.field(default_factory=list)
    dates: list[tuple[int, datetime, datetime]] = msgspec.field(default_factory=list)
    references: list[tuple[int, str, str, str]] = msgspec.field(default_factory=list)
    quantities: list[tuple[int, Decimal, str, str]] = msgspec.field(default_factory=list)
    numbers: list[tuple[int, Decimal]] = msgspec.field(default_factory=list)
    uris: list[tuple[int, str]] = msgspec.field(default_factory=list)


Collect = Callable[[SearchValues, int, Any], None]


class _Path(NamedTuple):
    """One way to values of a parameter; `first` are the JSON names one of which the resource needs to have."""

    number: int
    first: frozenset[str]
    evaluate: Evaluate
    collectors: dict[str, Collect]


def extract(resource: dict[str, Any]) -> SearchValues:
    """Everything a valid `resource` can be found by; composite and special parameters give nothing."""
    values = SearchValues()
    start, context = [item_of(resource)], Context(resource)
    for path in _paths(resource["resourceType"]):
        if not path.first or not path.first.isdisjoint(resource):
            for item in path.evaluate(start, context):
                collect = path.collectors.get(item.type)
                if collect and item.value is not None:
                    collect(values, path.number, item.value)
                elif path.collectors is _REFERENCE and item.type in structure.resources:
                    _reference_to_resource(values, path.number, item)
    return _without_repeats(values)


def _without_repeats(values: SearchValues) -> SearchValues:
    return SearchValues(*(list(dict.fromkeys(getattr(values, name))) for name in values.__struct_fields__))


@cache
def _paths(type_name: str) -> tuple[_Path, ...]:
    """The compiled paths of a type: each side of a union that can apply to it, by parameter."""
    bases = lineage(type_name)
    return tuple(
        _Path(one.number, _first_names(side, type_name), compile_path(side), COLLECTORS[one.type])
        for one in search_parameters(type_name).values()
        if one.type in COLLECTORS and one.expression
        for side in _sides(parse(one.expression))
        if _head(side) in bases or _head(side) not in structure.parents
    )


def _sides(node: Node) -> Iterator[Node]:
    if isinstance(node, Operation) and node.operator == "|":
        yield from _sides(node.left)
        yield from _sides(node.right)
    else:
        yield node


def _chain(node: Node) -> list[Node]:
    """The steps of a simple path, first one first; empty for anything that is not one path."""
    found: list[Node] = []
    while isinstance(node, Member | Index | TypeTest):
        if isinstance(node, Member):
            found.append(node.member)
            node = node.source
        else:
            node = node.source if isinstance(node, Index) else node.operand
    return [node, *reversed(found)] if isinstance(node, Name) else []


def _head(node: Node) -> str:
    chain = _chain(node)
    return chain[0].name if chain and isinstance(chain[0], Name) else ""


def _first_names(node: Node, type_name: str) -> frozenset[str]:
    """JSON names of the first element of a path; none if that cannot be told, as in a condition."""
    chain = _chain(node)
    if len(chain) < 2 or not isinstance(chain[1], Name):
        return frozenset()
    return frozenset(json_name for json_name, _, _ in steps(type_name).get(chain[1].name, ()))


def _code(values: SearchValues, number: int, value: str) -> None:
    values.tokens.append((number, "", value, ""))


def _boolean(values: SearchValues, number: int, value: bool) -> None:
    values.tokens.append((number, "", "true" if value else "false", ""))


def _coding(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    system, code, display = value.get("system", ""), value.get("code", ""), value.get("display", "")
    if system or code or display:
        values.tokens.append((number, system, code, fold(display)))


def _concept(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    for coding in value.get("coding", ()):
        _coding(values, number, coding)
    if text := value.get("text"):
        values.tokens.append((number, "", "", fold(text)))


def _identifier(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    if code := value.get("value"):
        values.tokens.append((number, value.get("system", ""), code, fold(value.get("type", {}).get("text", ""))))


def _contact(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    if code := value.get("value"):
        values.tokens.append((number, "", code, ""))


def _text(values: SearchValues, number: int, value: str) -> None:
    values.strings.append((number, fold(value), value))


def _parts(*names: str) -> Collect:
    """Each of the texts under `names` as a string."""

    def collect(values: SearchValues, number: int, value: dict[str, Any]) -> None:
        for name in names:
            part = value.get(name)
            for text in part if type(part) is list else (part,):
                if text:
                    _text(values, number, text)

    return collect


def _moment(type_name: str) -> Collect:
    def collect(values: SearchValues, number: int, value: Any) -> None:
        if found := value_range(type_name, value):
            values.dates.append((number, *found))

    return collect


def _reference(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    text = value.get("reference", "")
    if parts := literal(text):
        values.references.append((number, parts.type, parts.id, text if parts.base else ""))
    elif text and not text.startswith("#"):
        values.references.append((number, "", "", text))
    elif not text and "identifier" in value:
        _identifier(values, number, value["identifier"])


def _canonical(values: SearchValues, number: int, value: str) -> None:
    if not value.startswith("#"):
        for url in dict.fromkeys((value, value.partition("|")[0])):
            values.references.append((number, "", "", url))


def _reference_to_resource(values: SearchValues, number: int, item: Item) -> None:
    """A resource standing where a reference is asked for, as the first entry of a document does."""
    if item.value is not None and "id" in item.value:
        values.references.append((number, item.type, item.value["id"], ""))


def _quantity(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    if (amount := value.get("value")) is not None:
        unit = value.get("code") or value.get("unit") or ""
        values.quantities.append((number, Decimal(amount), value.get("system", ""), unit))


def _money(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    if (amount := value.get("value")) is not None:
        values.quantities.append((number, Decimal(amount), "urn:iso:std:iso:4217", value.get("currency", "")))


def _range(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    for end in ("low", "high"):
        _quantity(values, number, value.get(end, {}))


def _sampled(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    _quantity(values, number, value.get("origin", {}))


def _number(values: SearchValues, number: int, value: int | Decimal) -> None:
    values.numbers.append((number, Decimal(value)))


def _number_range(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    for end in ("low", "high"):
        if (amount := value.get(end, {}).get("value")) is not None:
            _number(values, number, amount)


def _uri(values: SearchValues, number: int, value: str) -> None:
    values.uris.append((number, value))


_URIS = ("uri", "url", "canonical", "oid", "uuid")
_TEXTS = ("string", "markdown", "code", "id", "system-id", "system-string", *_URIS)
_REFERENCE: dict[str, Collect] = {
    "Reference": _reference,
    **dict.fromkeys(_URIS, _canonical),
}
COLLECTORS: dict[str, dict[str, Collect]] = {
    "token": {
        **dict.fromkeys(_TEXTS, _code),
        **dict.fromkeys(PRIMITIVES & {"dateTime", "date", "integer", "positiveInt"}, lambda *_: None),
        "boolean": _boolean,
        "System.Boolean": _boolean,
        "Coding": _coding,
        "CodeableConcept": _concept,
        "Identifier": _identifier,
        "ContactPoint": _contact,
    },
    "string": {
        **dict.fromkeys(_TEXTS, _text),
        "HumanName": _parts("family", "given", "prefix", "suffix", "text"),
        "Address": _parts("line", "city", "district", "state", "postalCode", "country", "text"),
    },
    "date": {one: _moment(one) for one in ("date", "dateTime", "instant", "Period", "Timing")},
    "reference": _REFERENCE,
    "quantity": {
        **dict.fromkeys(("Quantity", "Age", "Duration", "Distance", "Count"), _quantity),
        "Money": _money,
        "Range": _range,
        "SampledData": _sampled,
    },
    "number": {
        **dict.fromkeys(("integer", "decimal", "positiveInt", "unsignedInt"), _number),
        "Range": _number_range,
    },
    "uri": dict.fromkeys(_URIS, _uri),
}
"""What takes rows from a value, by search type and type of the value."""
