"""Reading the two official npm packages as they were unpacked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

EXAMPLES = "hl7.fhir.r4.examples-4.0.1"
EXPANSIONS = "hl7.fhir.r4.expansions-4.0.1"


def read(path: Path) -> Any:
    """One JSON file."""
    return msgspec.json.decode(path.read_bytes())


def definitions(folder: Path, kind: str) -> list[dict[str, Any]]:
    """All resources of the type `kind` in the examples package, by id."""
    files = sorted((folder / EXAMPLES / "package").glob(f"{kind}-*.json"))
    found = [read(file) for file in files]
    return sorted((one for one in found if one["resourceType"] == kind), key=lambda one: one["id"])


def base_types(folder: Path) -> list[dict[str, Any]]:
    """The StructureDefinitions of resources and data types themselves, not of profiles on them."""
    return [
        one
        for one in definitions(folder, "StructureDefinition")
        if one["kind"] != "logical" and one.get("derivation") != "constraint"
    ]


def official_parameters(folder: Path) -> list[dict[str, Any]]:
    """The SearchParameters that the specification lists, without those of profiles and examples."""
    bundle = read(folder / EXAMPLES / "package" / "Bundle-searchParams.json")
    listed = {entry["resource"]["url"] for entry in bundle["entry"]}
    return [one for one in definitions(folder, "SearchParameter") if one["url"] in listed]


def expansions(folder: Path) -> dict[str, dict[str, Any]]:
    """Expanded value sets by canonical URL."""
    files = sorted((folder / EXPANSIONS / "package").glob("ValueSet-*.json"))
    return {one["url"]: one for one in map(read, files)}
