"""Codes of the value sets that elements are bound to with strength `required`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

INCOMPLETE = {
    "http://hl7.org/fhir/StructureDefinition/valueset-toocostly",
    "http://hl7.org/fhir/StructureDefinition/valueset-unclosed",
}


def required_value_sets(definitions: list[dict[str, Any]]) -> set[str]:
    """Value sets that some base element requires."""
    return {
        binding["valueSet"].partition("|")[0]
        for definition in definitions
        for element in definition["snapshot"]["element"]
        if (binding := element.get("binding", {})).get("strength") == "required"
    }


def complete_codes(required: set[str], expansions: dict[str, dict[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Codes by value set and code system, for those of `required` whose expansion is complete."""
    found: dict[str, dict[str, list[str]]] = {}
    for url in sorted(required & expansions.keys()):
        expansion = expansions[url]["expansion"]
        if not INCOMPLETE & {one["url"] for one in expansion.get("extension", ())}:
            found[url] = _by_system(expansion.get("contains", ()))
    return found


def _by_system(contains: Any) -> dict[str, list[str]]:
    codes: dict[str, set[str]] = {}
    for concept in _flat(contains):
        codes.setdefault(concept["system"], set()).add(concept["code"])
    return {system: sorted(known) for system, known in sorted(codes.items())}


def _flat(contains: Any) -> Iterator[dict[str, Any]]:
    for concept in contains:
        if "code" in concept and not concept.get("abstract"):
            yield concept
        yield from _flat(concept.get("contains", ()))
