"""What a Questionnaire says beyond R4, in extensions, and how large it may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Tree = Mapping[str, Any]

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
FHIR = "http://hl7.org/fhir/StructureDefinition/"

_HELD: Mapping[str, tuple[str, ...]] = {
    f"{FHIR}variable": ("valueExpression",),
    f"{FHIR}questionnaire-unit": ("valueCoding",),
    f"{SDC}initialExpression": ("valueExpression",),
    f"{SDC}itemPopulationContext": ("valueExpression",),
    f"{SDC}observationLinkPeriod": ("valueDuration",),
    f"{SDC}sourceQueries": ("valueReference",),
    f"{SDC}observationExtract": ("valueBoolean",),
    f"{SDC}observation-extract-category": ("valueCodeableConcept",),
    f"{SDC}itemExtractionContext": ("valueCode", "valueExpression"),
    f"{SDC}definitionExtract": ("extension",),
    f"{SDC}definitionExtractValue": ("extension",),
}
"""What each extension that is used here holds by its definition."""

MOST_ITEMS = 2000
MOST_DEPTH = 30


def extensions(holder: Tree, url: str) -> Iterator[Any]:
    """The values (or parts) of all extensions with this address that hold what their definition says."""
    for one in holder.get("extension", ()):
        if one.get("url") == url:
            yield from (one[name] for name in _HELD[url] if name in one)


def extension(holder: Tree, url: str) -> Any:
    """The value of the first of them; None for none."""
    return next(extensions(holder, url), None)


def place_of(item: Tree) -> str:
    """An item, or the form itself, as an expression."""
    link = item.get("linkId", "").replace("\\", "\\\\").replace("'", "\\'")
    return f"Questionnaire.repeat(item).where(linkId = '{link}')" if link else "Questionnaire"


def nameless(tree: Tree) -> str:
    """Where the first item stands that does not say its link or, in a form, its type; empty when all do."""
    needed = ("linkId", "type") if tree["resourceType"] == "Questionnaire" else ("linkId",)
    waiting: list[tuple[Any, str]] = [(tree, str(tree["resourceType"]))]
    while waiting:
        holder, place = waiting.pop()
        for name in ("item", "answer"):
            for number, one in enumerate(holder.get(name, ())):
                at = f"{place}.{name}[{number}]"
                missing = next((each for each in needed if name == "item" and each not in one), "")
                if missing:
                    return f"{at}.{missing}"
                waiting.append((one, at))
    return ""


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
