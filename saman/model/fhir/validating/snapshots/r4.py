"""What R4 itself defines: the elements of each type, and its own profiles and extensions, read when first asked for.

Made by `tools/generate_r4` from the package hl7.fhir.r4.examples, 4.0.1 (CC0).
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from saman.kernel import json
from saman.model.fhir.definitions import read_data

BASE = "http://hl7.org/fhir/StructureDefinition/"


@cache
def _lines() -> dict[str, bytes]:
    lines = (line.partition(b"\t") for line in read_data("profiles.tsv.gz").splitlines())
    return {url.decode(): text for url, _, text in lines}


@lru_cache(256)
def r4_definition(url: str) -> dict[str, Any] | None:
    """The StructureDefinition of R4 with a canonical URL: a type has a snapshot, a profile only a differential."""
    text = _lines().get(url)
    if text is None:
        return None
    return {"resourceType": "StructureDefinition", **json.decode_kept(text.decode())}


def r4_profile(url: str) -> dict[str, Any] | None:
    """The same where it is a profile or an extension, not a type."""
    found = r4_definition(url)
    return found if found is not None and found.get("derivation") == "constraint" else None
