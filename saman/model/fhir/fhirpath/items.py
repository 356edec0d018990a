"""What an expression is evaluated over: typed values of a resource, and the way from one to its elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any, NamedTuple

import msgspec

from saman.model.fhir.definitions import PRIMITIVES, structure
from saman.model.fhir.fhirpath.syntax import EvaluationFault
from saman.model.fhir.fhirpath.units import Measure, measured

Item = tuple[str, Any, Any]
"""A value with its type: type, value, shadow; a plain tuple, since making one is what evaluation mostly does.

The type is that of the definitions (`Quantity`, `Observation.component`, `code`) or `System.Boolean` and the like.
The shadow is the object with id and extensions of a primitive. The value is None where only that is given, and for a
resource that is known by its type alone (the target of a reference).
"""

MAX_STEPS = 200_000
"""How much work one evaluation may do: items that functions look at, one by one."""


UNCOUNTED = 1 << 62
"""Work for those who evaluate only expressions of their own, over resources of any size."""

FEW = 10
"""Elements that one step may give without being counted as work."""

MANY = 1000
"""Items in one collection from which on what they hold is counted as work."""


class Outside(NamedTuple):
    """What an evaluation asks others for; without an answer (None) a function gives nothing, or is refused.

    `resolve` takes the text of a reference and gives the resource; `member_of` a coded item and the address of a value
    set; `subsumes` two coded items; `conforms_to` an item and the address of a profile; `trace` a name and items;
    `unit` a UCUM code.
    """

    resolve: Callable[[str], dict[str, Any] | None] | None = None
    member_of: Callable[[Item, str], bool | None] | None = None
    subsumes: Callable[[Item, Item], bool | None] | None = None
    conforms_to: Callable[[Item, str], bool | None] | None = None
    trace: Callable[[str, list[Item]], None] | None = None
    unit: Measure = measured


NOBODY = Outside()


class Context(msgspec.Struct):
    """One evaluation: the resource that is looked at (`%resource`), and what else stays the same throughout.

    `now` is the moment that now() and today() tell, with its zone. `origin` (`%context`) and `root` (`%rootResource`,
    the resource that holds a contained one) are the resource when not given. `constants` are further `%names`.
    `left` counts down the work that may still be done; `index` and `total` are `$index` and `$total`.
    """

    resource: dict[str, Any]
    now: datetime | None = None
    origin: list[Item] | None = None
    root: dict[str, Any] | None = None
    constants: Mapping[str, list[Item]] = {}
    outside: Outside = NOBODY
    left: int = MAX_STEPS
    index: int | None = None
    total: list[Item] | None = None


Evaluate = Callable[[list[Item], Context], list[Item]]
"""From `$this` and the context to what an expression selects."""

Step = tuple[str, str, str]  # name in JSON, name of the shadow or "", type

TYPE_INFO = "System.SimpleTypeInfo"


def spend(context: Context, steps: int, position: int) -> None:
    """Count work that was done; EvaluationFault when it is too much."""
    context.left -= steps
    if context.left < 0:
        raise EvaluationFault("This expression takes too much work", position)


def item_of(resource: dict[str, Any]) -> Item:
    """A resource as the item that a path starts from."""
    return resource["resourceType"], resource, None


def child_step(name: str) -> Evaluate:
    """The elements called `name` of each item."""
    known: dict[str, tuple[Step, ...]] = {}

    def step(items: list[Item], context: Context) -> list[Item]:
        found: list[Item] = []
        if len(items) > MANY:
            for item in items:
                more = step([item], context)
                spend(context, len(more), 0)
                found += more
            return found
        for type_name, value, shadow in items:
            holder = value if type(value) is dict else shadow
            if holder:
                ways = known.get(type_name)
                if ways is None:
                    ways = steps(type_name).get(name, ())
                    if type_name in _steps:
                        known[type_name] = ways
                for json_name, shadow_name, child_type in ways:
                    element = holder.get(json_name)
                    beside = holder.get(shadow_name) if shadow_name else None
                    if element is not None or beside is not None:
                        _add(found, child_type, element, beside)
        if len(found) > FEW:
            spend(context, len(found), 0)
        return found

    return step


def _add(found: list[Item], type_name: str, value: Any, shadow: Any) -> None:
    if type(value) is list or type(shadow) is list:
        pairs = zip_longest(_listed(value), _listed(shadow))
        found.extend(_item(type_name, *pair) for pair in pairs if pair != (None, None))
    else:
        found.append(_item(type_name, value, shadow))


def _listed(value: Any) -> list[Any]:
    return value if type(value) is list else [] if value is None else [value]


def _item(type_name: str, value: Any, shadow: Any) -> Item:
    return (value["resourceType"] if type_name == "Resource" else type_name), value, shadow


def children(item: Item) -> list[Item]:
    """All elements of an item, in the order of the definitions."""
    type_name, value, shadow = item
    holder = value if type(value) is dict else shadow
    found: list[Item] = []
    if holder:
        for ways in steps(type_name).values():
            for json_name, shadow_name, child_type in ways:
                element, beside = holder.get(json_name), holder.get(shadow_name)
                if element is not None or beside is not None:
                    _add(found, child_type, element, beside)
    return found


def steps(type_name: str) -> Mapping[str, tuple[Step, ...]]:
    """How each element of a type is spelled in JSON, once for each type that it can have."""
    found = _steps.get(type_name)
    if found is None:
        found = dict(_spelled(type_name))
        if found:
            _steps[type_name] = found
    return found


def _spelled(type_name: str) -> Iterator[tuple[str, tuple[Step, ...]]]:
    block = "Element" if type_name in PRIMITIVES else type_name
    for element in structure.blocks.get(block, ()):
        yield element.name.removesuffix("[x]"), tuple(_step(name, one) for name, one in element.json_names())


def _step(json_name: str, type_name: str) -> Step:
    has_shadow = type_name in PRIMITIVES and not type_name.startswith("system-")
    return json_name, f"_{json_name}" if has_shadow else "", type_name.removeprefix("system-")


_steps: dict[str, Mapping[str, tuple[Step, ...]]] = {
    TYPE_INFO: {name: ((name, "", "System.String"),) for name in ("namespace", "name")},
    "System.Quantity": {"value": (("value", "", "System.Decimal"),), "unit": (("unit", "", "System.String"),)},
}
