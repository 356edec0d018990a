"""Rules (invariants) of types, blocks and elements, each where it is defined and not where it is inherited."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

Rule = list[str]  # key, severity, what it says, expression
Rules = dict[str, list[Rule]]

MENDED = {
    "que-7": ("answer is Boolean", "answer is boolean"),  # no FHIR type has the name with a capital; mended in R4B
}
"""Expressions that cannot mean what their text says: what of them is wrong, and what stands there instead."""


SIMPLE = "http://hl7.org/fhir/StructureDefinition/SimpleQuantity"
OF_SIMPLE = ["sqty-1", "error", "The comparator is not used on a SimpleQuantity", "comparator.empty()"]
"""The one rule of the only profile that R4's own elements have as their type."""


def rules(definitions: list[dict[str, Any]], blocks: Mapping[str, Any]) -> dict[str, Rules]:
    """Rules by block (`Observation`, `Observation.component`), and of single elements (`ElementDefinition.max`)."""
    roots = {one["name"]: _keys(one["snapshot"]["element"][0]) for one in definitions}
    found: dict[str, Rules] = {"blocks": {}, "elements": {}}
    for definition in definitions:
        if definition["kind"] == "primitive-type":
            continue
        parent = definition.get("baseDefinition", "").rpartition("/")[2]
        for element in definition["snapshot"]["element"]:
            path = element["path"]
            known = roots.get(parent, set()) if path == definition["name"] else _of_types(element, roots)
            own = [_rule(one) for one in element.get("constraint", ()) if one["key"] not in known]
            if any(SIMPLE in one.get("profile", ()) for one in element.get("type", ())):
                own.append(OF_SIMPLE)
            if own:
                found["blocks" if path in blocks else "elements"][path] = own
    return found


def open_bindings(definitions: list[dict[str, Any]], complete: Container[str]) -> dict[str, str]:
    """Value sets that elements require and whose codes cannot be listed, by path: media types, units."""
    return {
        element["path"]: url
        for definition in definitions
        for element in definition["snapshot"]["element"]
        if (binding := element.get("binding", {})).get("strength") == "required"
        and (url := binding["valueSet"].partition("|")[0]) not in complete
    }


def _keys(element: dict[str, Any]) -> set[str]:
    return {one["key"] for one in element.get("constraint", ())}


def _of_types(element: dict[str, Any], roots: dict[str, set[str]]) -> set[str]:
    """Keys of the rules that the types of an element have by themselves, and that every element has."""
    known = {"ele-1", "ext-1"}
    return known.union(*(roots.get(one["code"], set()) for one in element.get("type", ())))


def _rule(constraint: dict[str, Any]) -> Rule:
    key, expression = constraint["key"], constraint["expression"]
    wrong, right = MENDED.get(key, ("", ""))
    return [key, constraint["severity"], constraint["human"], expression.replace(wrong, right) if wrong else expression]
