"""Elements of a resource as places that can be changed: where each stands, and of what type it is."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from saman.model.fhir.definitions import PRIMITIVES, Element, structure
from saman.model.fhir.patch.outcome import NotApplicable, Tree


class Spelling(msgspec.Struct, frozen=True):
    """How an element is written in JSON for one of its types; `shadow` holds ids and extensions of primitives."""

    json: str
    shadow: str
    type: str
    repeats: bool


class Node(msgspec.Struct):
    """One value of a resource; `holder[spelling.json]` is where it stands, at `position` when that is a list.

    `among` are all ways in which the element may be written there. The root has no holder.
    """

    type: str
    value: Any
    shadow: Any = None
    holder: Tree | None = None
    spelling: Spelling | None = None
    position: int = 0
    among: tuple[Spelling, ...] = ()

    def children(self, name: str) -> list[Node]:
        """The elements of this value that are called `name`."""
        found: list[Node] = []
        if isinstance(self.value, dict):
            among = spellings(self.type).get(name, ())
            for one in among:
                found += [
                    Node(typed(value, one), value, shadow, self.value, one, position, among)
                    for position, (value, shadow) in enumerate(paired(self.value, one))
                ]
        return found


def typed(value: Any, spelling: Spelling) -> str:
    """The type of a value; a resource says its own."""
    if spelling.type == "Resource" and isinstance(value, dict):
        return str(value.get("resourceType"))
    return spelling.type


def paired(holder: Tree, spelling: Spelling) -> list[tuple[Any, Any]]:
    """The values of an element, each with its shadow."""
    values, shadows = holder.get(spelling.json), holder.get(spelling.shadow) if spelling.shadow else None
    if values is None and shadows is None:
        return []
    if not spelling.repeats:
        return [(values, shadows)]
    values, shadows = values or [], shadows or []
    longest = max(len(values), len(shadows))
    return list(zip(_filled(values, longest), _filled(shadows, longest), strict=True))


def _filled(values: list[Any], length: int) -> list[Any]:
    return [*values, *[None] * (length - len(values))]


def put(holder: Tree, spelling: Spelling, pairs: list[tuple[Any, Any]]) -> None:
    """Write the values of an element with their shadows, leaving out what is empty."""
    values, shadows = [value for value, _ in pairs], [shadow for _, shadow in pairs]
    for name, found in ((spelling.json, values), (spelling.shadow, shadows)):
        if not name:
            continue
        if all(one is None for one in found):
            holder.pop(name, None)
        else:
            holder[name] = found if spelling.repeats else found[0]


@cache
def spellings(type_name: str) -> dict[str, tuple[Spelling, ...]]:
    """The elements of a type by their names in FHIRPath."""
    return {
        one.name.removesuffix("[x]"): tuple(_spelling(one, json, kind) for json, kind in one.json_names())
        for one in structure.blocks.get(type_name, ())
    }


def _spelling(element: Element, json_name: str, type_name: str) -> Spelling:
    has_shadow = type_name in PRIMITIVES and not type_name.startswith("system-")
    return Spelling(json_name, f"_{json_name}" if has_shadow else "", type_name, element.max != 1)


def spelled(among: tuple[Spelling, ...], type_name: str) -> Spelling:
    """Which of the ways to write an element is that for a value of this type; NotApplicable when there is none."""
    if len(among) == 1:
        return among[0]
    found = next((one for one in among if one.type == type_name), None)
    if found is None:
        text = "This element cannot be of the type of the value." if among else "There can be no element of this name."
        raise NotApplicable(text, "value" if among else "name")
    return found
