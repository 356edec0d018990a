"""The code systems, value sets and concept maps of R4, without their narratives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tools.generate_r4 import source

HEAD = ("url", "version", "name", "title", "status", "experimental", "language")
KEPT = {
    "CodeSystem": ("caseSensitive", "hierarchyMeaning", "content", "valueSet", "property", "concept"),
    "ValueSet": ("compose",),
    "ConceptMap": ("sourceUri", "sourceCanonical", "targetUri", "targetCanonical", "group"),
}
UNKEPT = frozenset({"extension", "modifierExtension"})

_encoder = msgspec.json.Encoder(order="deterministic")


def as_lines(folder: Path) -> bytes:
    """One resource a line: type, tab, canonical URL, tab, JSON."""
    return b"".join(_lines(folder))


def _lines(folder: Path) -> Iterator[bytes]:
    for kind, kept in KEPT.items():
        for one in source.definitions(folder, kind):
            if kind != "CodeSystem" or one["content"] == "complete":
                slim = {name: plain(one[name]) for name in (*HEAD, *kept) if name in one}
                yield f"{kind}\t{one['url']}\t".encode() + _encoder.encode(slim) + b"\n"


def plain(value: Any) -> Any:
    """`value` without extensions."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if name not in UNKEPT and not name.startswith("_")}
    return [plain(each) for each in value] if isinstance(value, list) else value


def expected(folder: Path) -> bytes:
    """The official expansions for the conformance tests: URL, tab, codes by code system, those cut short left out."""
    lines = []
    for url, one in sorted(source.expansions(folder).items()):
        expansion = one["expansion"]
        if not _is_cut(expansion):
            codes: dict[str, list[str]] = {}
            for each in expansion.get("contains", ()):
                codes.setdefault(each["system"], []).append(each["code"])
            lines.append(url.encode() + b"\t" + _encoder.encode(codes) + b"\n")
    return b"".join(lines)


def _is_cut(expansion: dict[str, Any]) -> bool:
    return any(one["url"] in _CUT for one in expansion.get("extension", ()))


_CUT = frozenset(f"http://hl7.org/fhir/StructureDefinition/valueset-{reason}" for reason in ("toocostly", "unclosed"))
