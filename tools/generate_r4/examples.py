"""The official example resources, for the conformance tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tools.generate_r4.source import EXAMPLES

DEFINITIONS = (
    "CodeSystem-",
    "ConceptMap-",
    "OperationDefinition-",
    "SearchParameter-",
    "StructureDefinition-",
    "ValueSet-",
    "ig-r4",
    "package",
)
COLLECTIONS = frozenset(
    (
        "Bundle-conceptmaps",
        "Bundle-dataelements",
        "Bundle-extensions",
        "Bundle-profiles-others",
        "Bundle-resources",
        "Bundle-searchParams",
        "Bundle-terminologies",
        "Bundle-types",
        "Bundle-v2-valuesets",
        "Bundle-v3-valuesets",
        "Bundle-valueset-expansions",
        "Bundle-valuesets",
        "ImplementationGuide-fhir",
    )
)
"""The specification's own definitions gathered in one file each; they are not examples."""


def examples(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each example by name, without insignificant white space, its numbers as written."""
    for file in sorted((folder / EXAMPLES / "package").glob("*.json")):
        if not file.stem.startswith(DEFINITIONS) and file.stem not in COLLECTIONS:
            yield file.stem, msgspec.json.format(file.read_bytes(), indent=-1)


def as_lines(folder: Path) -> bytes:
    """All examples, one a line: name, tab, JSON."""
    return b"".join(name.encode() + b"\t" + text + b"\n" for name, text in examples(folder))
