"""The CapabilityStatement, made from the routes and search parameters that work.

Source: https://hl7.org/fhir/R4/capabilitystatement.html and https://hl7.org/fhir/R4/http.html#capabilities
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from saman import __version__
from saman.apps.fhir_api.routes import Interaction, Route
from saman.kernel.clock import instant
from saman.model.fhir import RESOURCE_TYPES, SearchParameter, search_parameters
from saman.record.search.query import MODIFIERS

Resource = dict[str, Any]

_BUNDLES = ("transaction", "batch")
_SYSTEM = {Interaction.BUNDLE, Interaction.CAPABILITIES, Interaction.OPENAPI}
_SECURITY = (
    "Every call but metadata and openapi.json needs a bearer token or a session. What is shown and what may be written "
    "follows from the care relations of the person, the role, the organisation and the purpose of the caller; what a "
    "caller may not see is answered like what does not exist. Everything is logged before it is shown."
)
_DOCUMENTATION = (
    "Searches take _count, _sort (one parameter), _total, _include and _summary=count; pages follow the next links. "
    "Prefer: return=minimal, representation or OperationOutcome; handling=strict refuses unknown parameters. "
    "Numbers keep their digits; the order of properties is not kept."
)


def capability_statement(routes: Iterable[Route], base: str, now: datetime) -> Resource:
    """What this server does, as a CapabilityStatement resource."""
    codes = [route.interaction for route in routes]
    interactions = [one.value for one in dict.fromkeys(codes) if one not in _SYSTEM]
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{base}/metadata",
        "version": __version__,
        "name": "Saman",
        "title": "Saman FHIR R4 interface",
        "status": "active",
        "date": instant(now),
        "kind": "instance",
        "software": {"name": "Saman", "version": __version__},
        "implementation": {"description": "Saman: integrated health and social care", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": _DOCUMENTATION,
                "security": _security(),
                "resource": [_resource(name, interactions) for name in RESOURCE_TYPES],
                "interaction": [{"code": code} for code in _BUNDLES if Interaction.BUNDLE in codes],
            }
        ],
    }


def _security() -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    service = {"coding": [{"system": system, "code": "OAuth"}], "text": "OAuth 2.0 bearer tokens"}
    return {"cors": False, "service": [service], "description": _SECURITY}


def _resource(name: str, interactions: list[str]) -> dict[str, Any]:
    return {
        "type": name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{name}",
        "interaction": [{"code": code} for code in interactions],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": False,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal", "logical"],
        "searchParam": [{"name": p.code, "definition": p.url, "type": p.type} for p in searchable(name)],
    } | _includes(name)


def searchable(type_name: str) -> tuple[SearchParameter, ...]:
    """The search parameters that work for a resource type: of a kind that is searched, over stated elements."""
    found = (one for one in search_parameters(type_name).values() if one.type in MODIFIERS and one.expression)
    return tuple(sorted(found, key=lambda one: one.code))


def _includes(name: str) -> dict[str, list[str]]:
    found = [f"{name}:{one.code}" for one in searchable(name) if one.type == "reference"]
    return {"searchInclude": found} if found else {}
