"""What an element is called in every way that a definition may call it, by its place in a resource."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from saman.model.fhir.definitions import PRIMITIVES, Element, lineage, structure
from saman.model.fhir.fhirpath import Item
from saman.model.fhir.place import Place

_DEFINITIONS = ("CanonicalResource", "MetadataResource")
"""What extensions call all resources that define something; R4 has no such types."""

_OF_DEFINITIONS = frozenset(("status", "date", "publisher", "contact"))


class Passed(NamedTuple):
    """An element on the way to another: how its name can be written, and the types that it has."""

    names: frozenset[str]
    types: frozenset[str]


class Standing(NamedTuple):
    """An element: what it is, and all that was passed on the way to it, itself last."""

    item: Item
    way: tuple[Passed, ...]
    extension: str = ""
    """The address of the extension that it is, or whose value it is; empty for neither."""

    def is_called(self, path: str) -> bool:
        """Whether a path leads to it from the resource, or from a type that it stands in, or is its own type."""
        parts = path.split(".")
        return any(self._is_way(parts[: len(parts) - after], parts, after) for after in range(len(self.way)))

    def _is_way(self, head: list[str], parts: list[str], after: int) -> bool:
        """Whether a path begins with the type of what stands so many steps above and goes on with their names."""
        names = zip(parts[len(head) :], self.way[len(self.way) - after :], strict=True) if head else ()
        return ".".join(head) in self.way[-after - 1].types and all(name in one.names for name, one in names)


def standing(whole: dict[str, Any], place: Place) -> Standing:
    """What stands at a place of a resource whose structure is right."""
    steps: list[tuple[str, int]] = []
    at: Place | None = place
    while at is not None and at[0] is not None:
        steps.append((at[1], at[2]))
        at = at[0]
    kind = whole["resourceType"]
    item: Item = (kind, whole, None)
    way = [Passed(frozenset(), _types(kind))]
    extension = ""
    for name, index in reversed(steps):
        extension = item[1]["url"] if item[0] == "Extension" and name.startswith("value") else ""
        element, type_name = _element(item[0], name)
        item = _below(item, element, type_name, index)
        names = frozenset((element.name, element.name.removesuffix("[x]"), _json_name(element, type_name)))
        way.append(Passed(names, _types(item[0])))
    is_extension = item[0] == "Extension" and isinstance(item[1], dict)
    return Standing(item, tuple(way), item[1]["url"] if is_extension else extension)


@cache
def _types(type_name: str) -> frozenset[str]:
    elements = {one.name for one in structure.blocks.get(type_name, ())}
    families = _DEFINITIONS if elements >= _OF_DEFINITIONS else ()
    blocks = ("BackboneElement", "Element") if "." in type_name else ()
    return frozenset((*lineage(type_name), *families, *blocks))


def _element(block: str, name: str) -> tuple[Element, str]:
    """The element of a name as in a place, `value.ofType(Quantity)`, and its type."""
    stem, _, chosen = name.removesuffix(")").partition(".ofType(")
    elements = structure.blocks["Element" if block in PRIMITIVES else block]
    found = next(one for one in elements if one.name.removesuffix("[x]") == stem)
    return found, chosen or found.types[0]


def _json_name(element: Element, type_name: str) -> str:
    return next(name for name, each in element.json_names() if each == type_name)


def _below(holder: Item, element: Element, type_name: str, index: int) -> Item:
    tree = holder[1] if isinstance(holder[1], dict) else holder[2]
    name = _json_name(element, type_name)
    value, shadow = _at(tree.get(name), index), _at(tree.get(f"_{name}"), index)
    if type_name == "Resource" and isinstance(value, dict):
        type_name = value["resourceType"]
    return type_name, value, shadow


def _at(value: Any, index: int) -> Any:
    if not isinstance(value, list):
        return value
    return value[index] if 0 <= index < len(value) else None
