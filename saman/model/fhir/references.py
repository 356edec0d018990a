"""Every place in a resource that points somewhere else, so that a transaction can rewrite it.

Source: https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from saman.model.fhir.definitions import PRIMITIVES, structure
from saman.model.fhir.place import Place, written

_Object = tuple[dict[str, Any], str, Place]

_URIS = frozenset(("uri", "url", "oid", "uuid"))
_URNS = ("urn:uuid:", "urn:oid:")


class Link(NamedTuple):
    """A value of type uri, url, oid or uuid: `holder[key]`, which may be assigned to."""

    holder: Any
    key: str | int
    place: Place

    @property
    def path(self) -> str:
        """Where it stands: `DocumentReference.content[0].attachment.url`."""
        return written(self.place)


class Leads(NamedTuple):
    """What of a resource leads elsewhere: each Reference, each link, and each Narrative with a `urn:` in it."""

    references: list[dict[str, Any]]
    links: list[Link]
    narratives: list[dict[str, Any]]


def leads(resource: dict[str, Any]) -> Leads:
    """What leads elsewhere in a valid `resource`, which is gone through once for all.

    Links are those that begin with `urn:uuid:` or `urn:oid:`. Canonical addresses are not among them, nor texts of type
    string (as Identifier.value).
    """
    found = _objects(resource)
    narratives = [value for value, type_name, _ in found if type_name == "Narrative" and "urn:" in value.get("div", "")]
    return Leads([value for value, type_name, _ in found if type_name == "Reference"], list(_links(found)), narratives)


def reference_path(resource: dict[str, Any], reference: dict[str, Any]) -> str:
    """Where in `resource` a Reference stands that `leads` has found."""
    return next((path for one, path in references(resource) if one is reference), "")


def references(resource: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each Reference of a valid `resource` with its path, also in contained and nested resources and in extensions."""
    return ((value, written(place)) for value, type_name, place in _objects(resource) if type_name == "Reference")


def files(resource: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each Attachment of a valid `resource` with its path, and each Binary inside of it."""
    return (
        (value, written(place))
        for value, type_name, place in _objects(resource)
        if type_name == "Attachment" or (type_name == "Binary" and value is not resource)
    )


def _links(found: list[_Object]) -> Iterator[Link]:
    for value, type_name, place in found:
        for name in _uri_names(type_name):
            one = value.get(name)
            if type(one) is str:
                if one.startswith(_URNS):
                    yield Link(value, name, (place, name, -1))
            elif type(one) is list:
                yield from (Link(one, index, (place, name, index)) for index, each in enumerate(one) if _is_urn(each))


def _is_urn(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(_URNS)


def _objects(resource: dict[str, Any]) -> list[_Object]:
    """Each object below and including `resource`, with its type and where it stands."""
    found: list[_Object] = []
    _add(resource, resource["resourceType"], (None, resource["resourceType"], -1), found)
    return found


def _add(value: dict[str, Any], type_name: str, place: Place, found: list[_Object]) -> None:
    if type_name == "Resource":
        type_name = value["resourceType"]
    found.append((value, type_name, place))
    types = json_types(type_name)
    for name, element in value.items():
        shape = type(element)
        if shape is dict:
            if name in types:
                _add(element, types[name], (place, name, -1), found)
        elif shape is list and name in types:
            for index, one in enumerate(element):
                if type(one) is dict:
                    _add(one, types[name], (place, name, index), found)


@cache
def json_types(type_name: str) -> dict[str, str]:
    """The type of each JSON name of a type; the shadows of primitives are Elements."""
    names = [pair for element in structure.blocks[type_name] for pair in element.json_names()]
    shadows = {f"_{name}": "Element" for name, one in names if one in PRIMITIVES}
    return {**shadows, **dict(names)}


@cache
def _uri_names(type_name: str) -> tuple[str, ...]:
    return tuple(name for name, one in json_types(type_name).items() if one in _URIS)
