"""A profile with its snapshot as others read it: each element with a text, where it comes from, and its own rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from saman.model.fhir.definitions import structure
from saman.model.fhir.validating.rules import Rule, rules_at, rules_of


def with_snapshot(definition: Mapping[str, Any], elements: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The StructureDefinition with these elements as its snapshot."""
    return {**definition, "snapshot": {"element": [_shown(one) for one in elements]}}


def _shown(element: Mapping[str, Any]) -> dict[str, Any]:
    path = element["path"]
    base = {"path": path, "min": element.get("min", 0), "max": element.get("max", "*")}
    shown = {"definition": element.get("short", path), "base": base, **element}
    told = {rule.get("key") for rule in element.get("constraint", ())}
    own = [_rule(one) for one in _rules(shown["base"]["path"]) if one.key not in told]
    return {**shown, "constraint": [*element.get("constraint", ()), *own]} if own else shown


def _rules(path: str) -> tuple[Rule, ...]:
    """The rules that R4 has for an element beside those of its type."""
    if path in structure.blocks:
        return rules_of(path)
    block, _, name = path.rpartition(".")
    return rules_at(block, name)


def _rule(rule: Rule) -> dict[str, str]:
    return {"key": rule.key, "severity": rule.severity, "human": rule.text, "expression": rule.expression}
