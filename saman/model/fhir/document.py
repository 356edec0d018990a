"""Documents: a Composition and what it needs to be read (https://hl7.org/fhir/R4/documents.html)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from saman.kernel.clock import instant
from saman.model.fhir.reference_text import literal
from saman.model.fhir.references import references

Resource = dict[str, Any]
Place = tuple[str, str]
"""Type and id of a resource on this server."""

_INDEX = re.compile(r"\[\d+\]")
_PARTS = frozenset(
    (
        "CarePlan.activity.reference", "CarePlan.addresses", "CarePlan.goal", "DeviceUseStatement.device",
        "DiagnosticReport.imagingStudy", "DiagnosticReport.media.link", "DiagnosticReport.result",
        "DiagnosticReport.specimen", "Goal.addresses", "List.entry.item", "Medication.ingredient.itemReference",
        "MedicationAdministration.medicationReference", "MedicationDispense.medicationReference",
        "MedicationRequest.medicationReference", "MedicationStatement.medicationReference", "Observation.derivedFrom",
        "Observation.hasMember", "Observation.specimen", "PractitionerRole.organization",
        "PractitionerRole.practitioner",
    )
)  # fmt: skip
"""References to what a resource is made of: without them an entry can't be read."""


def needed(resource: Resource, base: str) -> Iterator[Place]:
    """What a document that holds `resource` holds as well: all that a Composition refers to, the parts of all others.

    Earlier documents that a Composition replaces are none of its content. `base` is the address of this server.
    """
    is_composition = resource["resourceType"] == "Composition"
    for reference, path in references(resource):
        where = _INDEX.sub("", path)
        is_content = not where.startswith("Composition.relatesTo") if is_composition else where in _PARTS
        place = local_place(reference, base) if is_content else None
        if place is not None:
            yield place


def local_place(reference: Mapping[str, Any], base: str) -> Place | None:
    """Where on this server a Reference leads; None for what is elsewhere or contained."""
    found = literal(reference.get("reference", ""))
    return (found.type, found.id) if found is not None and found.base in ("", f"{base}/") else None


def document(composition: Resource, content: Iterable[Resource], base: str, uuid: str, now: datetime) -> Resource:
    """The Bundle of a document; `uuid` is a new one, which names this document and no other."""
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid}"},
        "type": "document",
        "timestamp": instant(now),
        "entry": _entries([composition, *content], base),
    }


def _entries(resources: Sequence[Resource], base: str) -> list[Resource]:
    return [{"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one} for one in resources]
