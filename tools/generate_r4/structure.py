"""Elements of every type, from the snapshots of the StructureDefinitions."""

from __future__ import annotations

from typing import Any

Element = list[Any]  # name, min, max (0 = no limit), types, value set, reference targets
SYSTEM_TYPE = "http://hl7.org/fhirpath/System."
PROFILE = "http://hl7.org/fhir/StructureDefinition/"


def blocks(definitions: list[dict[str, Any]], complete: set[str]) -> dict[str, list[Element]]:
    """Elements by block: `Observation`, `Observation.component`, `Quantity`, …; primitives have none."""
    found: dict[str, list[Element]] = {}
    for definition in definitions:
        if definition["kind"] != "primitive-type":
            _add_blocks(definition, complete, found)
    return dict(sorted(found.items()))


def marks(definitions: list[dict[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Elements of the blocks of resources that are in a summary, and those that change the meaning of others."""
    found: dict[str, dict[str, list[str]]] = {"summary": {}, "modifiers": {}}
    for definition in definitions:
        if definition["kind"] == "resource":
            for element in definition["snapshot"]["element"][1:]:
                block, _, name = element["path"].rpartition(".")
                for flag, kind in (("isSummary", "summary"), ("isModifier", "modifiers")):
                    if element.get(flag):
                        found[kind].setdefault(block, []).append(name.removesuffix("[x]"))
    return {kind: dict(sorted(each.items())) for kind, each in found.items()}


def _add_blocks(definition: dict[str, Any], complete: set[str], found: dict[str, list[Element]]) -> None:
    found[definition["name"]] = []
    for element in definition["snapshot"]["element"][1:]:
        parent, _, name = element["path"].rpartition(".")
        types = _types(element, definition)
        if types == [element["path"]]:
            found[element["path"]] = []
        found[parent].append(
            _trimmed(
                [
                    name,
                    element["min"],
                    0 if element["max"] == "*" else int(element["max"]),
                    types,
                    _value_set(element, complete),
                    _targets(element),
                ]
            )
        )


def _types(element: dict[str, Any], definition: dict[str, Any]) -> list[str]:
    if "contentReference" in element:
        return [element["contentReference"].rpartition("#")[2]]
    types = [one["code"] for one in element["type"]]
    if types[0] in ("BackboneElement", "Element"):
        return [element["path"]]
    if types[0].startswith(SYSTEM_TYPE):
        return [_attribute_type(element, definition)]
    return list(types)


def _attribute_type(element: dict[str, Any], definition: dict[str, Any]) -> str:
    """The type of an element that is an attribute in XML (`Element.id`, `Extension.url`) or a resource's id."""
    if element["path"] == "Extension.url":
        return "system-uri"
    return "system-id" if definition["kind"] == "resource" and element["path"].count(".") == 1 else "system-string"


def _value_set(element: dict[str, Any], complete: set[str]) -> str:
    binding = element.get("binding", {})
    url: str = binding.get("valueSet", "").partition("|")[0]
    return url if binding.get("strength") == "required" and url in complete else ""


def _targets(element: dict[str, Any]) -> list[str]:
    """Types a Reference may point at; empty when any resource will do."""
    profiles = [
        target.removeprefix(PROFILE)
        for one in element.get("type", ())
        if one["code"] == "Reference"
        for target in one.get("targetProfile", ())
    ]
    return [] if "Resource" in profiles else profiles


def _trimmed(element: Element) -> Element:
    """`element` without empty fields at its end."""
    while not element[-1]:
        element.pop()
    return element
