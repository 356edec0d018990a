"""Puts values where a definition says: the way from a resource along names of elements, as R4 defines them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from saman.model.fhir.definitions import Element, structure

Tree = dict[str, Any]


class Unfit(Exception):
    """There is no such element, or the value is not of its type; told without the value."""


_FITS: Mapping[str, frozenset[str]] = {
    "valueBoolean": frozenset({"boolean"}),
    "valueDecimal": frozenset({"decimal"}),
    "valueInteger": frozenset({"integer", "positiveInt", "unsignedInt", "decimal"}),
    "valueDate": frozenset({"date", "dateTime"}),
    "valueDateTime": frozenset({"dateTime", "instant"}),
    "valueTime": frozenset({"time"}),
    "valueString": frozenset({"string", "markdown", "code", "id"}),
    "valueUri": frozenset({"uri", "url", "canonical"}),
    "valueCoding": frozenset({"Coding", "CodeableConcept", "code"}),
    "valueQuantity": frozenset({"Quantity", "Age", "Duration", "Count", "Distance"}),
    "valueReference": frozenset({"Reference"}),
    "valueAttachment": frozenset({"Attachment"}),
}
_ROOT = "resourceType"


class Below(NamedTuple):
    """The element of a group: answers are put into it; what is elsewhere goes to what is around it."""

    around: Tree | Below
    path: tuple[str, ...]
    made: Tree


Into = Tree | Below
"""A resource, or the element of a group in it."""


def begin(holder: Into, path: Sequence[str]) -> Below:
    """Another element at `path` (its type first) below a resource, to which the answers of a group belong."""
    made: Tree = {}
    _place(holder, path, made)
    return Below(holder, tuple(path), made)


def assign(holder: Into, path: Sequence[str], answer: tuple[str, Any]) -> None:
    """Put an answer (`valueString`, its value) at `path` below a resource, or below the element of a group."""
    _place(holder, path, answer)


def pruned(value: Any) -> Any:
    """A tree without the elements that were begun and into which nothing was put."""
    if isinstance(value, dict):
        return {name: one for name, each in value.items() if (one := pruned(each)) not in ({}, [])}
    return [one for each in value if (one := pruned(each)) not in ({}, [])] if isinstance(value, list) else value


def _place(holder: Into, path: Sequence[str], given: Any) -> None:
    while isinstance(holder, Below):
        inner = path[len(holder.path) :]
        if inner and tuple(path[: len(holder.path)]) == holder.path:
            _put(holder.made, [_kind(holder.path), *inner], given)
            return
        holder = holder.around
    _put(holder, path, given)


def _kind(path: Sequence[str]) -> str:
    """The type of the element that a path leads to."""
    kind = path[0]
    for name in path[1:]:
        kind = _element(kind, name)[1]
    return kind


def _element(kind: str, name: str) -> tuple[Element, str, str]:
    """An element by its name in a path, with its type and its name in JSON; a choice is named with its type."""
    for one in structure.blocks.get(kind, ()):
        for json_name, type_name in one.json_names():
            if name == json_name and (name != _ROOT):
                return one, type_name, json_name
    raise Unfit("The definition names an element that R4 does not have here.")


def _put(holder: Tree, path: Sequence[str], given: Any) -> None:
    kind, *names = path
    if holder.get(_ROOT, kind) != kind:
        raise Unfit("The definition names an element of another type than the resource that begins here.")
    if names == ["id"] and _ROOT in holder and isinstance(given, tuple):
        holder["id"] = given[1]
        return
    for name in names[:-1]:
        element, kind, key = _element(kind, name)
        if kind not in structure.blocks:
            raise Unfit("The definition goes on below a value that has no elements.")
        inner = holder.setdefault(key, {} if element.max == 1 else [{}])
        holder = inner if element.max == 1 else inner[-1]
    element, kind, key = _element(kind, names[-1])
    made = given if isinstance(given, dict) else _as(kind, *given)
    if element.max != 1:
        holder.setdefault(key, []).append(made)
    elif key in holder:
        raise Unfit("The element has a value already, and can have only one.")
    else:
        holder[key] = made


def _as(kind: str, name: str, value: Any) -> Any:
    """The value of an answer as one of the type of an element."""
    if name == f"value{kind[0].upper()}{kind[1:]}":
        return value
    if kind not in _FITS.get(name, frozenset()):
        raise Unfit("The answer is not of the type that the element has.")
    if name == "valueCoding":
        return {"CodeableConcept": {"coding": [value]}, "code": value.get("code", "")}.get(kind, value)
    return value
