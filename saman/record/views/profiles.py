"""The two profiles of ViewDefinitions: those that are made to be shared, and those that give plain cells.

Source: https://sql-on-fhir.org/ig/latest/StructureDefinition-ShareableViewDefinition.html,
https://sql-on-fhir.org/ig/latest/StructureDefinition-TabularViewDefinition.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from saman.kernel.outcome import Issue
from saman.record.views.view import View


def not_shareable(tree: Mapping[str, Any]) -> tuple[Issue, ...]:
    """What a view, decoded from JSON and read without a refusal, lacks to be shared between systems."""
    lacking = [f"ViewDefinition.{name}" for name in ("url", "name", "fhirVersion") if not tree.get(name)]
    lacking += _untyped(tree, "ViewDefinition")
    return tuple(Issue("required", "A view that is shared has this.", place) for place in lacking)


def _untyped(select: Mapping[str, Any], above: str) -> Iterator[str]:
    """The places of types that columns do not say."""
    for number, column in enumerate(select.get("column", ())):
        if not column.get("type"):
            yield f"{above}.column[{number}].type"
    for name in ("select", "unionAll"):
        for number, inner in enumerate(select.get(name, ())):
            yield from _untyped(inner, f"{above}.{name}[{number}]")


def not_tabular(view: View) -> tuple[Issue, ...]:
    """The columns of a view, by name, that are more than one plain value."""
    text = "A view of plain cells has one value here, of a primitive type."
    return tuple(Issue("value", text, one.name) for one in view.columns if one.collection or one.kind == "json")
