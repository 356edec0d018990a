"""Generate the R4 data: `python -m tools.generate_r4 FOLDER`, FOLDER holding the two unpacked npm packages.

How to get them is in docs/subsystems/fhir.md. Running it twice gives the same bytes.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import msgspec

from tools.generate_r4 import codes, search, source, structure

DATA = Path(__file__).parents[2] / "saman" / "model" / "fhir" / "data"


def write(name: str, value: Any) -> None:
    """One data file, compressed without name or time so that its bytes depend on `value` alone."""
    text = msgspec.json.encode(value)
    (DATA / name).write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    print(f"{name}: {len(text):,} bytes, {(DATA / name).stat().st_size:,} compressed")


def known_numbers() -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Numbers given before, which never change: of resource types, and of parameters by base and code."""
    types, parameters = DATA / "structure.json.gz", DATA / "search.json.gz"
    if not types.exists() or not parameters.exists():
        return {}, {}
    rows = msgspec.json.decode(gzip.decompress(parameters.read_bytes()))["parameters"]
    return (
        msgspec.json.decode(gzip.decompress(types.read_bytes()))["resources"],
        {(row[1], row[2]): row[0] for row in rows},
    )


def number_resources(definitions: list[dict[str, Any]], known: dict[str, int]) -> dict[str, int]:
    """A number for each resource type that can be stored."""
    names = sorted(one["name"] for one in definitions if one["kind"] == "resource" and not one["abstract"])
    numbers = dict(known)
    for name in names:
        numbers.setdefault(name, max(numbers.values(), default=0) + 1)
    return numbers


def main(folder: Path) -> None:
    definitions = source.base_types(folder)
    known_types, known_parameters = known_numbers()
    complete = codes.complete_codes(codes.required_value_sets(definitions), source.expansions(folder))
    write(
        "structure.json.gz",
        {
            "version": "4.0.1",
            "resources": number_resources(definitions, known_types),
            "parents": {one["name"]: one.get("baseDefinition", "").rpartition("/")[2] for one in definitions},
            "blocks": structure.blocks(definitions, set(complete)),
        },
    )
    write("codes.json.gz", complete)
    patient = source.read(folder / source.EXAMPLES / "package" / "CompartmentDefinition-patient.json")
    write(
        "search.json.gz",
        {
            "parameters": search.parameters(source.official_parameters(folder), known_parameters),
            "patient": search.compartment(patient),
        },
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m tools.generate_r4 FOLDER")
    main(Path(sys.argv[1]))
