"""Profiles to validate against, written as short as they can be: a line for each element of the snapshot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from saman.kernel.outcome import Issue
from saman.model.fhir.validating import Known, Level, Validation

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BASE = "http://example.org/StructureDefinition/"
Found = Callable[[dict[str, Any]], list[tuple[str, str, str]]]


def profile(name: str, type_name: str, *elements: dict[str, Any]) -> dict[str, Any]:
    """A profile of a type; the first element, that of the type itself, is put before those given."""
    return {
        "resourceType": "StructureDefinition", "url": BASE + name, "name": name, "status": "active", "kind": "resource",
        "abstract": False, "type": type_name, "derivation": "constraint",
        "snapshot": {"element": [{"id": type_name, "path": type_name}, *elements]},
    }  # fmt: skip


def sliced(path: str, kind: str, by: str, **more: Any) -> dict[str, Any]:
    """An element whose slices are told apart by one discriminator."""
    return {"path": path, "slicing": {"discriminator": [{"type": kind, "path": by}], "rules": "open"} | more}


def piece(path: str, name: str, **more: Any) -> dict[str, Any]:
    """A slice."""
    return {"path": path, "sliceName": name} | more


def validation(*definitions: dict[str, Any], level: Level = Level.PROFILES) -> Validation:
    """An installation that has loaded these definitions."""
    known = {(one["resourceType"], one["url"]): one for one in definitions}
    return Validation(level, Known(lambda kind, url: known.get((kind, url))))


def against(*definitions: dict[str, Any]) -> Found:
    """What is wrong with a resource by the first of these profiles: severity, code and place, no recommendations."""
    judge = validation(*definitions)

    def found(resource: dict[str, Any]) -> list[tuple[str, str, str]]:
        issues: tuple[Issue, ...] = judge.whole(resource, NOW, [definitions[0]["url"]])
        return [(one.severity, one.code, one.path) for one in issues if "dom-6" not in one.text]

    return found
