"""Every place in a resource that points somewhere else, so that a transaction can rewrite it.

Source: https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from saman.model.fhir.definitions import PRIMITIVES, lineage, structure

_URIS = frozenset(("uri", "url", "canonical", "oid", "uuid"))


class Link(NamedTuple):
    """A value of type uri, url, canonical, oid or uuid: `holder[key]`, which may be assigned to; `path` names it."""

    holder: Any
    key: str | int
    path: str


def references(resource: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each Reference in `resource` with its path, those in contained and nested resources and extensions too."""
    for value, type_name, path in _values(resource, resource["resourceType"], resource["resourceType"]):
        if type_name == "Reference":
            yield value, path


def links(resource: dict[str, Any]) -> Iterator[Link]:
    """Each uri, url, canonical, oid and uuid whose text is a `urn:uuid:` or `urn:oid:`.

    Addresses inside a narrative's `a` and `img` and texts of type string (as Identifier.value) are not among them.
    """
    for value, type_name, path in _values(resource, resource["resourceType"], resource["resourceType"]):
        for name, known in _steps(type_name).items():
            if known in _URIS and name in value:
                yield from _urns(value, name, f"{path}.{name}")


def _urns(holder: dict[str, Any], name: str, path: str) -> Iterator[Link]:
    value = holder[name]
    if isinstance(value, list):
        yield from (Link(value, index, f"{path}[{index}]") for index, one in enumerate(value) if _is_urn(one))
    elif _is_urn(value):
        yield Link(holder, name, path)


def _is_urn(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("urn:uuid:", "urn:oid:"))


def _values(value: dict[str, Any], type_name: str, path: str) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Each object below and including `value`, with its type and path."""
    yield value, type_name, path
    known = _steps(type_name)
    for name, item in value.items():
        child = known.get(name)
        if child is not None and type(item) in (dict, list):
            if type(item) is dict:
                yield from _typed(item, child, f"{path}.{name}")
            else:
                for index, one in enumerate(item):
                    yield from _typed(one, child, f"{path}.{name}[{index}]")


def _typed(value: Any, type_name: str, path: str) -> Iterator[tuple[dict[str, Any], str, str]]:
    if isinstance(value, dict):
        yield from _values(value, value["resourceType"] if type_name == "Resource" else type_name, path)


@cache
def _steps(type_name: str) -> dict[str, str]:
    """The type of each JSON name of a type; primitives' shadows are Elements."""
    found: dict[str, str] = {}
    for element in structure.blocks[type_name]:
        for name, one in element.json_names():
            found[name] = one
            if one in PRIMITIVES:
                found[f"_{name}"] = "Element"
    if "Reference" in lineage(type_name):
        del found["reference"]
    return found
