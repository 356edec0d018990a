"""What a Questionnaire says beyond R4, in extensions, and how large it may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Tree = Mapping[str, Any]

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
FHIR = "http://hl7.org/fhir/StructureDefinition/"

MOST_ITEMS = 2000
MOST_DEPTH = 30


def extensions(holder: Tree, url: str) -> Iterator[Any]:
    """The values of all extensions with this address."""
    for one in holder.get("extension", ()):
        if one.get("url") == url:
            yield next((value for name, value in one.items() if name.startswith("value")), one.get("extension"))


def extension(holder: Tree, url: str) -> Any:
    """The value of the first of them; None for none."""
    return next(extensions(holder, url), None)


def place_of(item: Tree) -> str:
    """An item, or the form itself, as an expression."""
    link = item.get("linkId", "").replace("\\", "\\\\").replace("'", "\\'")
    return f"Questionnaire.repeat(item).where(linkId = '{link}')" if link else "Questionnaire"


def fault_of(tree: Tree) -> str:
    """Why a form is too large to work with, in words; empty when it is not."""
    waiting, count = [(tree, 0)], 0
    while waiting:
        holder, depth = waiting.pop()
        inner = [*holder.get("item", ()), *(one for each in holder.get("answer", ()) for one in each.get("item", ()))]
        count += len(inner)
        if count > MOST_ITEMS or depth > MOST_DEPTH:
            return f"A form may have at most {MOST_ITEMS} items, {MOST_DEPTH} deep."
        waiting += [(one, depth + 1) for one in inner]
    return ""
