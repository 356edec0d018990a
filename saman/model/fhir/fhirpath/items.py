"""What an expression is evaluated over: typed values of a resource, and the way from one to its elements."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from saman.model.fhir.definitions import PRIMITIVES, structure

Item = tuple[str, Any, Any]
"""A value with its type: type, value, shadow; a plain tuple, since making one is what evaluation mostly does.

The type is that of the definitions (`Quantity`, `Observation.component`, `code`) or `System.Boolean` and the like.
The shadow is the object with id and extensions of a primitive. The value is None where only that is given, and for a
resource that is known by its type alone (the target of a reference).
"""


class Context(NamedTuple):
    """What stays the same throughout one evaluation: the resource that is searched."""

    resource: dict[str, Any]


Evaluate = Callable[[list[Item], Context], list[Item]]

_Step = tuple[str, str, str]  # name in JSON, name of the shadow or "", type


def item_of(resource: dict[str, Any]) -> Item:
    """A resource as the item that a path starts from."""
    return resource["resourceType"], resource, None


def child_step(name: str) -> Evaluate:
    """The elements called `name` of each item."""

    def step(items: list[Item], _: Context) -> list[Item]:
        found: list[Item] = []
        for type_name, holder, _shadow in items:
            if type(holder) is dict:
                for json_name, shadow_name, child_type in steps(type_name).get(name, ()):
                    value = holder.get(json_name)
                    shadow = holder.get(shadow_name) if shadow_name else None
                    if value is not None or shadow is not None:
                        _add(found, child_type, value, shadow)
        return found

    return step


def _add(found: list[Item], type_name: str, value: Any, shadow: Any) -> None:
    if type(value) is list or type(shadow) is list:
        values = value or [None] * len(shadow)
        shadows = shadow or [None] * len(values)
        found.extend(_item(type_name, *pair) for pair in zip(values, shadows, strict=False))
    else:
        found.append(_item(type_name, value, shadow))


def _item(type_name: str, value: Any, shadow: Any) -> Item:
    return (value["resourceType"] if type_name == "Resource" else type_name), value, shadow


@cache
def steps(type_name: str) -> dict[str, tuple[_Step, ...]]:
    """How each element of a type is spelled in JSON, once for each type that it can have."""
    return {
        element.name.removesuffix("[x]"): tuple(_step(json_name, one) for json_name, one in element.json_names())
        for element in structure.blocks.get(type_name, ())
    }


def _step(json_name: str, type_name: str) -> _Step:
    has_shadow = type_name in PRIMITIVES and not type_name.startswith("system-")
    return json_name, f"_{json_name}" if has_shadow else "", type_name.removeprefix("system-")
