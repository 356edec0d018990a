"""Every place in a resource that points somewhere else, so that a transaction can rewrite it.

Source: https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from saman.model.fhir.definitions import PRIMITIVES, structure

_Object = tuple[dict[str, Any], str, str]

_URIS = frozenset(("uri", "url", "canonical", "oid", "uuid"))


class Link(NamedTuple):
    """A value of type uri, url, canonical, oid or uuid: `holder[key]`, which may be assigned to; `path` names it."""

    holder: Any
    key: str | int
    path: str


def references(resource: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each Reference of a valid `resource` with its path, also in contained and nested resources and in extensions."""
    return ((value, path) for value, type_name, path in _objects(resource) if type_name == "Reference")


def files(resource: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each Attachment of a valid `resource` with its path, and each Binary inside of it."""
    return (
        (value, path)
        for value, type_name, path in _objects(resource)
        if type_name == "Attachment" or (type_name == "Binary" and value is not resource)
    )


def links(resource: dict[str, Any]) -> Iterator[Link]:
    """Each uri, url, canonical, oid and uuid of a valid `resource` whose text is a `urn:uuid:` or `urn:oid:`.

    Addresses inside a narrative's `a` and `img` and texts of type string (as Identifier.value) are not among them.
    """
    for value, type_name, path in _objects(resource):
        for name in _uri_names(type_name) & value.keys():
            yield from _urns(value, name, f"{path}.{name}")


def _urns(holder: dict[str, Any], name: str, path: str) -> Iterator[Link]:
    value = holder[name]
    if isinstance(value, list):
        yield from (Link(value, index, f"{path}[{index}]") for index, one in enumerate(value) if _is_urn(one))
    elif _is_urn(value):
        yield Link(holder, name, path)


def _is_urn(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("urn:uuid:", "urn:oid:"))


def _objects(resource: dict[str, Any]) -> list[_Object]:
    """Each object below and including `resource`, with its type and path."""
    found: list[_Object] = []
    _add(resource, resource["resourceType"], resource["resourceType"], found)
    return found


def _add(value: Any, type_name: str, path: str, found: list[_Object]) -> None:
    if type(value) is list:
        for index, one in enumerate(value):
            _add(one, type_name, f"{path}[{index}]", found)
    elif type(value) is dict:
        if type_name == "Resource":
            type_name = value["resourceType"]
        found.append((value, type_name, path))
        types = _types(type_name)
        for name, element in value.items():
            if name in types and type(element) in (dict, list):
                _add(element, types[name], f"{path}.{name}", found)


@cache
def _types(type_name: str) -> dict[str, str]:
    """The type of each JSON name of a type; the shadows of primitives are Elements."""
    names = [pair for element in structure.blocks[type_name] for pair in element.json_names()]
    shadows = {f"_{name}": "Element" for name, one in names if one in PRIMITIVES}
    return {**shadows, **dict(names)}


@cache
def _uri_names(type_name: str) -> frozenset[str]:
    return frozenset(name for name, one in _types(type_name).items() if one in _URIS)
