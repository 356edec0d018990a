"""Rows for the search index, and what makes them from a value of each type.

Source: the tables of https://hl7.org/fhir/R4/search.html#string, #token, #date, #reference, #quantity and #uri
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from saman.kernel.remembering import remembered
from saman.model.fhir.definitions import RESOURCE_TYPES
from saman.model.fhir.folding import fold
from saman.model.fhir.moments import value_range
from saman.model.fhir.quantities import Span, nearest
from saman.model.fhir.reference_text import literal

REMEMBERED = 2048
"""Texts that a process has folded last: the same names of codes come again and again."""

MAX_INDEXED = 250
"""Characters of a text that an index keeps; two of these in four bytes each fit a B-tree row of PostgreSQL."""


def indexed(text: str) -> str:
    """`text` as far as the index keeps it; values that are searched for are cut the same way."""
    return text[:MAX_INDEXED]


class SearchValues(msgspec.Struct):
    """Rows for the search index; the first field of each row is the number of the search parameter.

    tokens: (number, system, code, folded text), "" for what is not given; the identifier that a reference
      gives stands under the reference's parameter. strings: (number, folded, exact). dates: (number, first
      moment, first moment after), UTC. references: (number, type, id, url); relative: no url; absolute: all
      three; urn or canonical: url alone, canonical with and without its version. quantities: (number, span, system,
      code, unit in words). numbers: (number, span). positions: (number, latitude, longitude). uris: (number, uri).
    parts: the same of each element whose values a composite parameter asks for together; they stand among the others
      too. No text is longer than MAX_INDEXED.
    """

    tokens: list[tuple[int, str, str, str]] = msgspec.field(default_factory=list)
    strings: list[tuple[int, str, str]] = msgspec.field(default_factory=list)
    dates: list[tuple[int, datetime, datetime]] = msgspec.field(default_factory=list)
    references: list[tuple[int, str, str, str]] = msgspec.field(default_factory=list)
    quantities: list[tuple[int, Span, str, str, str]] = msgspec.field(default_factory=list)
    numbers: list[tuple[int, Span]] = msgspec.field(default_factory=list)
    positions: list[tuple[int, float, float]] = msgspec.field(default_factory=list)
    uris: list[tuple[int, str]] = msgspec.field(default_factory=list)
    parts: list[SearchValues] = msgspec.field(default_factory=list)

    def add_part(self, part: SearchValues) -> None:
        """Take the values of one element, which belong together."""
        for name in ROWS:
            getattr(self, name).extend(getattr(part, name))
        self.parts.append(part)

    def without_repeats(self) -> SearchValues:
        """The same rows, each once."""
        for name in ROWS:
            rows = getattr(self, name)
            if len(rows) > 1:
                setattr(self, name, list(dict.fromkeys(rows)))
        return self


ROWS: tuple[str, ...] = tuple(name for name in SearchValues.__struct_fields__ if name != "parts")
"""The names of the lists of rows."""

Collect = Callable[[SearchValues, int, Any], None]
Collectors = Mapping[str, Collect]


@remembered(REMEMBERED)
def _folded(text: str) -> str:
    return indexed(fold(indexed(text)))


def _code(values: SearchValues, number: int, value: str) -> None:
    values.tokens.append((number, "", indexed(value), ""))


def _boolean(values: SearchValues, number: int, value: bool) -> None:
    values.tokens.append((number, "", "true" if value else "false", ""))


def _coding(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    system, code, display = value.get("system", ""), value.get("code", ""), value.get("display", "")
    if system or code or display:
        values.tokens.append((number, indexed(system), indexed(code), _folded(display)))


def _concept(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    for coding in value.get("coding", ()):
        _coding(values, number, coding)
    if text := value.get("text"):
        values.tokens.append((number, "", "", _folded(text)))


def of_type(system: str, code: str) -> str:
    """What stands for a system in the row of an identifier's value, to find it by the identifier's type."""
    return indexed(f"of-type {system}|{code}")


def _identifier(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    if code := value.get("value"):
        kind = value.get("type", {})
        values.tokens.append((number, indexed(value.get("system", "")), indexed(code), _folded(kind.get("text", ""))))
        for one in kind.get("coding", ()):
            of = of_type(one.get("system", ""), one.get("code", ""))
            values.tokens.append((number, of, indexed(code), _folded(one.get("display", ""))))


def _contact(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    if code := value.get("value"):
        values.tokens.append((number, "", indexed(code), ""))


def _text(values: SearchValues, number: int, value: str) -> None:
    values.strings.append((number, _folded(value), indexed(value)))


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
        values.references.append((number, parts.type, parts.id, indexed(text) if parts.base else ""))
    elif text and not text.startswith("#"):
        values.references.append((number, "", "", indexed(text)))
    if "identifier" in value:
        _identifier(values, number, value["identifier"])


def _canonical(values: SearchValues, number: int, value: str) -> None:
    if not value.startswith("#"):
        for url in dict.fromkeys((value, value.partition("|")[0])):
            values.references.append((number, "", "", indexed(url)))


def _resource(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    """A resource standing where a reference is asked for, as the first entry of a document does."""
    if "id" in value:
        values.references.append((number, value["resourceType"], value["id"], ""))


def _quantity(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    if (amount := value.get("value")) is not None:
        _measured(values, number, Span(Decimal(amount), Decimal(amount)), value)


def _measured(values: SearchValues, number: int, span: Span, unit: dict[str, Any]) -> None:
    system, code, label = (indexed(unit.get(name, "")) for name in ("system", "code", "unit"))
    values.quantities.append((number, span, system, code, label))


def _money(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    unit = {"system": "urn:iso:std:iso:4217", "code": value.get("currency", "")}
    _quantity(values, number, unit | {"value": value.get("value")})


def _range(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    if span := _span(value):
        _measured(values, number, span, value.get("low") or value.get("high") or {})


def _span(value: dict[str, Any]) -> Span | None:
    """The span of a Range; None when it says nothing."""
    ends = [value.get(end, {}).get("value") for end in ("low", "high")]
    low, high = (None if amount is None else Decimal(amount) for amount in ends)
    return None if low is None and high is None else Span(low, high)


def _sampled(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    _quantity(values, number, value.get("origin", {}))


def _number(values: SearchValues, number: int, value: int | Decimal) -> None:
    values.numbers.append((number, Span(Decimal(value), Decimal(value))))


def _number_range(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    if span := _span(value):
        values.numbers.append((number, span))


def _position(values: SearchValues, number: int, value: dict[str, Any]) -> None:
    if "latitude" in value and "longitude" in value:
        values.positions.append((number, nearest(value["latitude"]), nearest(value["longitude"])))


def _uri(values: SearchValues, number: int, value: str) -> None:
    values.uris.append((number, indexed(value)))


def _versioned(values: SearchValues, number: int, value: str) -> None:
    """A canonical address, found with its version and without."""
    for uri in dict.fromkeys((value, value.partition("|")[0])):
        _uri(values, number, uri)


_URIS = ("uri", "url", "canonical", "oid", "uuid")
_TEXTS = ("string", "markdown", "code", "id", *_URIS)
COLLECTORS: Mapping[str, Collectors] = {
    "token": {
        **dict.fromkeys(_TEXTS, _code),
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
    "reference": {
        **dict.fromkeys(RESOURCE_TYPES, _resource),
        **dict.fromkeys(_URIS, _canonical),
        "Reference": _reference,
    },
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
    "uri": {**dict.fromkeys(_URIS, _uri), "canonical": _versioned},
    "special": {"Location.position": _position},
}
"""What takes rows from a value, by search type and type of the value."""
