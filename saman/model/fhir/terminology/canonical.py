"""Canonical URLs, their versions, and which version is the newest (https://hl7.org/fhir/R4/references.html#canonical)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_PARTS = re.compile(r"(\d{1,18})|([a-z]+)", re.ASCII)


class Canonical(NamedTuple):
    """A URL, and the version asked for; empty for the newest."""

    url: str
    version: str = ""


def canonical(text: str) -> Canonical:
    """`url|version` taken apart; a fragment is not part of it."""
    url, _, version = text.partition("|")
    return Canonical(url, version)


def newness(resource: dict[str, Any]) -> tuple[bool, bool, tuple[tuple[int, str], ...]]:
    """Orders resources of one URL: those in use last, then by version, whose numbers count as numbers."""
    status = resource.get("status", "")
    parts = _PARTS.findall(resource.get("version", "").lower())
    version = tuple((int(number), word) if number else (-1, word) for number, word in parts)
    return status == "active", status != "retired", version
