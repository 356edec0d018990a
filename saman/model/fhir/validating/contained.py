"""Whether contained resources are referred to (dom-3), in one walk through the resource whatever it contains.

As a FHIRPath expression the rule looks through the whole resource four times for each contained one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from saman.model.fhir.definitions import lineage
from saman.model.fhir.fhirpath import Item, item_of
from saman.model.fhir.fhirpath.items import children

RULE = "dom-3"


def unreferenced(resource: dict[str, Any]) -> list[int]:
    """Positions of contained resources that nothing refers to and that do not refer to what holds them."""
    referred = set(_local(item_of(resource)))
    return [
        index
        for index, one in enumerate(resource["contained"])
        if "id" in one and f"#{one['id']}" not in referred and "#" not in set(_local(item_of(one)))
    ]


def _local(top: Item) -> Iterator[str]:
    """All references and addresses below an item that begin with `#`."""
    waiting = [top]
    while waiting:
        item = waiting.pop()
        type_name, value, _ = item
        if type(value) is str:
            if value.startswith("#") and "uri" in lineage(type_name):
                yield value
            continue
        if type_name == "Reference" and value:
            text = value.get("reference")
            if isinstance(text, str) and text.startswith("#"):
                yield text
        waiting.extend(children(item))
