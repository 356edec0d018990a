"""Every place in a resource that points somewhere else, so that a transaction can rewrite it.

Source: https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from saman.model.fhir.definitions import PRIMITIVES, structure

Trail = tuple[Any, str, int]
"""Where an object stands: the trail of what holds it, its name, its position in a list or -1; a path when needed."""

_Object = tuple[dict[str, Any], str, Trail]

_URIS = frozenset(("uri", "url", "canonical", "oid", "uuid"))
_URNS = ("urn:uuid:", "urn:oid:")


class Link(NamedTuple):
    """A value of type uri, url, canonical, oid or uuid: `holder[key]`, which may be assigned to."""

    holder: Any
    key: str | int
    trail: Trail

    @property
    def path(self) -> str:
        """Where it stands: `DocumentReference.content[0].attachment.url`."""
        return _path(self.trail)


class Leads(NamedTuple):
    """What of a resource leads elsewhere: each Reference, and each link."""

    references: list[dict[str, Any]]
    links: list[Link]


def leads(resource: dict[str, Any]) -> Leads:
    """What `references` and `links` give of a valid `resource`, which is gone through once for both."""
    found = _objects(resource)
    return Leads([value for value, type_name, _ in found if type_name == "Reference"], list(_links(found)))


def reference_path(resource: dict[str, Any], reference: dict[str, Any]) -> str:
    """Where in `resource` a Reference stands that `leads` has found."""
    return next((path for one, path in references(resource) if one is reference), "")


def references(resource: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each Reference of a valid `resource` with its path, also in contained and nested resources and in extensions."""
    return ((value, _path(trail)) for value, type_name, trail in _objects(resource) if type_name == "Reference")


def files(resource: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each Attachment of a valid `resource` with its path, and each Binary inside of it."""
    return (
        (value, _path(trail))
        for value, type_name, trail in _objects(resource)
        if type_name == "Attachment" or (type_name == "Binary" and value is not resource)
    )


def links(resource: dict[str, Any]) -> Iterator[Link]:
    """Each uri, url, canonical, oid and uuid of a valid `resource` whose text is a `urn:uuid:` or `urn:oid:`.

    Addresses inside a narrative's `a` and `img` and texts of type string (as Identifier.value) are not among them.
    """
    return _links(_objects(resource))


def _links(found: list[_Object]) -> Iterator[Link]:
    for value, type_name, trail in found:
        for name in _uri_names(type_name):
            one = value.get(name)
            if type(one) is str:
                if one.startswith(_URNS):
                    yield Link(value, name, (trail, name, -1))
            elif type(one) is list:
                yield from (Link(one, index, (trail, name, index)) for index, each in enumerate(one) if _is_urn(each))


def _is_urn(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(_URNS)


def _objects(resource: dict[str, Any]) -> list[_Object]:
    """Each object below and including `resource`, with its type and where it stands."""
    found: list[_Object] = []
    _add(resource, resource["resourceType"], (None, resource["resourceType"], -1), found)
    return found


def _add(value: dict[str, Any], type_name: str, trail: Trail, found: list[_Object]) -> None:
    if type_name == "Resource":
        type_name = value["resourceType"]
    found.append((value, type_name, trail))
    types = json_types(type_name)
    for name, element in value.items():
        shape = type(element)
        if shape is dict:
            if name in types:
                _add(element, types[name], (trail, name, -1), found)
        elif shape is list and name in types:
            for index, one in enumerate(element):
                if type(one) is dict:
                    _add(one, types[name], (trail, name, index), found)


def _path(trail: Trail | None) -> str:
    """`Observation.component[1].valueReference`."""
    steps: list[str] = []
    while trail is not None:
        trail, name, index = trail
        steps.append(name if index < 0 else f"{name}[{index}]")
    return ".".join(reversed(steps))


@cache
def json_types(type_name: str) -> dict[str, str]:
    """The type of each JSON name of a type; the shadows of primitives are Elements."""
    names = [pair for element in structure.blocks[type_name] for pair in element.json_names()]
    shadows = {f"_{name}": "Element" for name, one in names if one in PRIMITIVES}
    return {**shadows, **dict(names)}


@cache
def _uri_names(type_name: str) -> tuple[str, ...]:
    return tuple(name for name, one in json_types(type_name).items() if one in _URIS)
