"""Values as answers to a question of a given type, and answers as values of an element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from saman.model.fhir.definitions import PRIMITIVES
from saman.model.fhir.evaluating import kind_of, value_of
from saman.model.fhir.fhirpath import Item
from saman.model.fhir.primitives import primitives

Tree = Mapping[str, Any]

NAMES: Mapping[str, str] = {
    "boolean": "valueBoolean", "decimal": "valueDecimal", "integer": "valueInteger", "date": "valueDate",
    "dateTime": "valueDateTime", "time": "valueTime", "string": "valueString", "text": "valueString",
    "url": "valueUri", "choice": "valueCoding", "open-choice": "valueCoding", "attachment": "valueAttachment",
    "reference": "valueReference", "quantity": "valueQuantity",
}  # fmt: skip
"""How an answer to each type of question is called in JSON (https://hl7.org/fhir/R4/valueset-item-type.html)."""

_TEXTS = frozenset({"string", "code", "id", "markdown", "uri", "url", "canonical", "uuid", "oid"})
_DAY = len("1948-03-14")


def answer(one: Item, question: Tree) -> dict[str, Any] | None:
    """An item as an answer to a question; None when it is of a type that is none."""
    kind, value = question["type"], value_of(one)
    if kind == "open-choice" and kind_of(one) in _TEXTS:
        return _right("valueString", value)
    read = _AS.get(kind)
    return None if read is None else _right(NAMES[kind], read(kind_of(one), value, question))


def _right(name: str, value: Any) -> dict[str, Any] | None:
    """An answer with a value; None for one that has not the form of its type, such as a time without seconds."""
    kind = name[len("value")].lower() + name[len("value") + 1 :]
    is_right = value is not None and (kind not in PRIMITIVES or primitives[kind].valid(value))
    return {name: value} if is_right else None


def _of(*kinds: str) -> Callable[[str, Any, Tree], Any]:
    return lambda kind, value, _: value if kind in kinds else None


def _number(kind: str, value: Any, _: Tree) -> Any:
    return value if kind in ("decimal", "integer", "positiveInt", "unsignedInt") else None


def _day(kind: str, value: Any, _: Tree) -> Any:
    return value[:_DAY] if kind in ("date", "dateTime", "instant") and isinstance(value, str) else None


def _text(kind: str, value: Any, _: Tree) -> Any:
    if kind in _TEXTS:
        return value or None
    return str(value) if kind in ("integer", "decimal", "date", "dateTime", "positiveInt", "unsignedInt") else None


def _coding(kind: str, value: Any, question: Tree) -> Any:
    """A coding; the first of a concept; for a code alone the option that has it."""
    if kind == "Coding":
        return value
    if kind == "CodeableConcept":
        return next(iter(value.get("coding", ())), None)
    options = (one.get("valueCoding", {}) for one in question.get("answerOption", ()))
    return next((one for one in options if one.get("code") == value), None) if kind in _TEXTS else None


def _reference(kind: str, value: Any, _: Tree) -> Any:
    if kind == "Reference":
        return value
    is_resource = isinstance(value, dict) and {"resourceType", "id"} <= value.keys()
    return {"reference": f"{kind}/{value['id']}"} if is_resource else None


def _quantity(kind: str, value: Any, _: Tree) -> Any:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return {"value": value}
    return value if kind in ("Quantity", "Age", "Duration", "Count", "Distance", "Money", "SimpleQuantity") else None


_AS: Mapping[str, Callable[[str, Any, Tree], Any]] = {
    "boolean": _of("boolean"), "decimal": _number, "integer": _of("integer", "positiveInt", "unsignedInt"),
    "date": _day, "dateTime": _of("date", "dateTime", "instant"), "time": _of("time"), "string": _text, "text": _text,
    "url": _of("uri", "url", "canonical", "string"), "choice": _coding, "open-choice": _coding,
    "attachment": _of("Attachment"), "reference": _reference, "quantity": _quantity,
}  # fmt: skip


def value(given: Tree) -> tuple[str, Any]:
    """The name (`valueCoding`) and value of an answer; empty for one without."""
    return next(((name, one) for name, one in given.items() if name.startswith("value")), ("", None))
