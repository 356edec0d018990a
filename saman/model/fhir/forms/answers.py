"""Values as answers to a question of a given type, and answers as values of an element."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from saman.model.fhir.definitions import PRIMITIVES
from saman.model.fhir.evaluating import kind_of, value_of
from saman.model.fhir.fhirpath import Item
from saman.model.fhir.forms.reading import FHIR, extension
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
_NUMBERS = frozenset({"decimal", "integer", "positiveInt", "unsignedInt"})
_DAY = len("1948-03-14")
_UNIT = f"{FHIR}questionnaire-unit"


def answer(one: Item, question: Tree, offered: Iterable[Tree] = ()) -> dict[str, Any] | None:
    """An item as an answer to a question; None when it is none.

    `offered` are codings that can be chosen beside those of the question itself.
    """
    kind, value = question["type"], value_of(one)
    if kind in ("choice", "open-choice"):
        return _chosen(kind_of(one), value, question, [*_options(question, "valueCoding"), *offered])
    read = _AS.get(kind)
    return None if read is None else _right(NAMES[kind], read(kind_of(one), value, question))


def selected(question: Tree) -> list[dict[str, Any]]:
    """The options that are chosen to begin with."""
    options = (one for one in question.get("answerOption", ()) if one.get("initialSelected") is True)
    return [{name: one} for name, one in map(value, options) if name]


def unit_of(question: Tree) -> dict[str, Any]:
    """The unit that a question asks in, as elements of a Quantity."""
    told = extension(question, _UNIT) or {}
    pairs = (("unit", "display"), ("system", "system"), ("code", "code"))
    unit = {to: told[at] for to, at in pairs if at in told}
    return {"unit": told["code"]} | unit if "code" in told else unit


def _options(question: Tree, name: str) -> Iterator[Any]:
    return (one[name] for one in question.get("answerOption", ()) if name in one)


def _chosen(kind: str, value: Any, question: Tree, codings: list[Tree]) -> dict[str, Any] | None:
    """What is chosen by a value: an option of its own type, or a coding; where others may be written, a text."""
    name = f"value{kind[0].upper()}{kind[1:]}"
    plain = "valueString" if kind in _TEXTS else name
    if plain != "valueCoding" and value in _options(question, plain):
        return _right(plain, value)
    made = _coding(kind, value, codings)
    if made is None and question["type"] == "open-choice" and kind in _TEXTS:
        return _right("valueString", value)
    return _right("valueCoding", made)


def _right(name: str, value: Any) -> dict[str, Any] | None:
    """An answer with a value; None for one that has not the form of its type, such as a time without seconds."""
    kind = name[len("value")].lower() + name[len("value") + 1 :]
    is_right = value is not None and (kind not in PRIMITIVES or primitives[kind].valid(value))
    return {name: value} if is_right else None


def _of(*kinds: str) -> Callable[[str, Any, Tree], Any]:
    return lambda kind, value, _: value if kind in kinds else None


def _number(kind: str, value: Any, question: Tree) -> Any:
    """A number; of an amount that is in the unit of the question, its value."""
    if kind == "Quantity":
        unit = unit_of(question).get("code")
        return value.get("value") if unit and unit == value.get("code") and "comparator" not in value else None
    return value if kind in _NUMBERS else None


def _whole(kind: str, value: Any, question: Tree) -> Any:
    found = _number(kind, value, question) if kind != "decimal" else None
    return int(found) if found is not None and found == int(found) else None


def _day(kind: str, value: Any, _: Tree) -> Any:
    return value[:_DAY] if kind in ("date", "dateTime", "instant") and isinstance(value, str) else None


def _text(kind: str, value: Any, _: Tree) -> Any:
    if kind in _TEXTS:
        return value or None
    return str(value) if kind in ("integer", "decimal", "date", "dateTime", "positiveInt", "unsignedInt") else None


def _coding(kind: str, value: Any, offered: list[Tree]) -> Any:
    """A coding; of a concept the one that is offered, else the first; for a code alone the one that has it."""
    if kind == "Coding":
        return value
    if kind == "CodeableConcept":
        codings = value.get("coding", ())
        known = {(one.get("system"), one.get("code")) for one in offered}
        fitting = (one for one in codings if (one.get("system"), one.get("code")) in known)
        return next(fitting, next(iter(codings), None))
    return next((one for one in offered if one.get("code") == value), None) if kind in _TEXTS else None


def _reference(kind: str, value: Any, _: Tree) -> Any:
    if kind == "Reference":
        return value
    is_resource = isinstance(value, dict) and {"resourceType", "id"} <= value.keys()
    return {"reference": f"{kind}/{value['id']}"} if is_resource else None


def _quantity(kind: str, value: Any, question: Tree) -> Any:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return {"value": value} | unit_of(question)
    return value if kind in ("Quantity", "Age", "Duration", "Count", "Distance", "Money", "SimpleQuantity") else None


_AS: Mapping[str, Callable[[str, Any, Tree], Any]] = {
    "boolean": _of("boolean"), "decimal": _number, "integer": _whole,
    "date": _day, "dateTime": _of("date", "dateTime", "instant"), "time": _of("time"), "string": _text, "text": _text,
    "url": _of("uri", "url", "canonical", "string"), "attachment": _of("Attachment"),
    "reference": _reference, "quantity": _quantity,
}  # fmt: skip


def value(given: Tree) -> tuple[str, Any]:
    """The name (`valueCoding`) and value of an answer; empty for one without."""
    return next(((name, one) for name, one in given.items() if name.startswith("value")), ("", None))
