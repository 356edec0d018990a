"""Search parameters and the compartments."""

from __future__ import annotations

from typing import Any

Parameter = list[Any]  # number, base, code, type, expression, targets, url; components only of what is composite

OWN = "{def}"
"""What stands for the resource that a compartment is that of."""


def parameters(official: list[dict[str, Any]], known: dict[tuple[str, str], int]) -> list[Parameter]:
    """Every official parameter once for each base type.

    Numbers already given in `known` stay; new ones follow after the highest, in order of base and code.
    """
    pairs = sorted((base, one["code"]) for one in official for base in one["base"])
    numbers = dict(known)
    for pair in pairs:
        numbers.setdefault(pair, max(numbers.values(), default=0) + 1)
    codes = {one["url"]: one["code"] for one in official}
    rows = [_row(one, base, numbers) + _components(one, codes) for one in official for base in one["base"]]
    return sorted(rows, key=lambda row: row[0])


def _row(one: dict[str, Any], base: str, numbers: dict[tuple[str, str], int]) -> Parameter:
    targets = sorted(one.get("target", ()))
    return [numbers[base, one["code"]], base, one["code"], one["type"], one.get("expression", ""), targets, one["url"]]


def _components(one: dict[str, Any], codes: dict[str, str]) -> list[Any]:
    """The parameters that a composite one puts together, each with whether it stands within the same element."""
    parts = one.get("component", ()) if one["type"] == "composite" else ()
    told = [[codes[part["definition"]], not part["expression"].startswith("%resource")] for part in parts]
    return [told] if told else []


def compartment(definition: dict[str, Any]) -> dict[str, list[str]]:
    """Parameters by resource type through which a resource belongs to a compartment; none for itself."""
    return {one["code"]: sorted({*one["param"]} - {OWN}) for one in definition["resource"] if one.get("param")}
