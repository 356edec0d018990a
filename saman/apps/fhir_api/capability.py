"""The CapabilityStatement, made from the routes and search parameters that work.

Source: https://hl7.org/fhir/R4/capabilitystatement.html and https://hl7.org/fhir/R4/http.html#capabilities
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from saman import __version__
from saman.apps.fhir_api.operations.declared import Operation
from saman.apps.fhir_api.operations.described import told
from saman.apps.fhir_api.routes import Interaction, Route
from saman.kernel.clock import instant
from saman.model.fhir import RESOURCE_TYPES, SearchParameter, compartments, search_parameters
from saman.model.fhir.own_parameters import OFFICIAL, Parameters
from saman.model.subscription.topic import TOPICS
from saman.model.subscription.wanted import BACKPORT
from saman.record.search.asked import MODIFIERS
from saman.record.search.links import MADE
from saman.record.search.words import WORDED

Resource = dict[str, Any]

_BUNDLES = ("transaction", "batch")
_SYSTEM = (Interaction.SEARCH_SYSTEM, Interaction.HISTORY_SYSTEM)
_OTHER = {*_SYSTEM, Interaction.BUNDLE, Interaction.CAPABILITIES, Interaction.OPENAPI, Interaction.SEARCH_COMPARTMENT}
_COMPARTMENT = "http://hl7.org/fhir/CompartmentDefinition/"
_SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_OAUTH_ADDRESSES = {
    "authorize": "authorization_endpoint",
    "token": "token_endpoint",
    "introspect": "introspection_endpoint",
    "revoke": "revocation_endpoint",
    "manage": "management_endpoint",
}
"""https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-fhir-r4-capabilitystatement"""

_TOPIC = f"{BACKPORT}capabilitystatement-subscriptiontopic-canonical"

_SECURITY = (
    "Every call but metadata and openapi.json needs a bearer token or a session. What is shown and what may be written "
    "follows from the care relations of the person, the role, the organisation and the purpose of the caller; what a "
    "caller may not see is answered like what does not exist. The scopes of an app narrow that further, on every "
    "interaction. Everything is logged before it is shown."
)
_DOCUMENTATION = (
    "Searches take _count, _sort, _total, _include and _revinclude (also :iterate and *), chains, _has, _summary and "
    "_elements; _filter has every operator that the type of its parameter takes; _text and _content take words, "
    "phrases in quotes, beginnings*, OR, -words and parentheses. Pages follow next links. "
    "Searches of several types take the parameters that all of them have, and name the types in _type. "
    "Patches are JSON Patch or FHIRPath Patch; in a Bundle JSON Patch is a Binary. "
    "Histories take _since and _at. "
    "Prefer: return=minimal, representation or OperationOutcome; handling=strict refuses unknown parameters. "
    "Numbers keep their digits; the order of properties is not kept."
)


def capability_statement(
    routes: Iterable[Route],
    base: str,
    now: datetime,
    smart: Mapping[str, Any] | None = None,
    operations: Sequence[Operation] = (),
    known: Parameters = OFFICIAL,
) -> Resource:
    """What this server does, as a CapabilityStatement; `smart` is what apps are told, where they are let in.

    `known` are the search parameters that can be used.
    """
    leading = _referring(known)
    codes = [route.interaction for route in routes]
    interactions = [one.value for one in dict.fromkeys(codes) if one not in _OTHER]
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
        "instantiates": ["http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"],
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": _DOCUMENTATION,
                "security": _security(smart),
                "resource": [
                    _resource(name, interactions, known, leading[name]) | told(operations, name) | _topics(name)
                    for name in RESOURCE_TYPES
                ],
                "interaction": [
                    *({"code": code} for code in _BUNDLES if Interaction.BUNDLE in codes),
                    *({"code": one.value} for one in _SYSTEM if one in codes),
                ],
                "compartment": [_COMPARTMENT + one[0].lower() + one[1:] for one in compartments],
            }
            | told(operations)
        ],
    }


def _security(smart: Mapping[str, Any] | None) -> dict[str, Any]:
    code = "OAuth" if smart is None else "SMART-on-FHIR"
    text = "OAuth 2.0 bearer tokens" if smart is None else "OAuth 2.0 with SMART App Launch 2.2"
    service = {"coding": [{"system": _SERVICE, "code": code}], "text": text}
    security = {"cors": smart is not None, "service": [service], "description": _SECURITY}
    if smart is None:
        return security
    addresses = [{"url": name, "valueUri": smart[field]} for name, field in _OAUTH_ADDRESSES.items()]
    return {"extension": [{"url": _OAUTH_URIS, "extension": addresses}], **security}


def _resource(name: str, interactions: list[str], known: Parameters, leading: Sequence[str]) -> dict[str, Any]:
    return {
        "type": name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{name}",
        "interaction": [{"code": code} for code in interactions],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": False,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical"],
        "searchParam": [
            *({"name": p.code, "definition": p.url, "type": p.type} for p in searchable(name, known)),
            *_put_together(name),
        ],
        "searchInclude": ["*", *(f"{name}:{one.code}" for one in searchable(name, known) if one.type == "reference")],
        "searchRevInclude": ["*", "Provenance:target", *leading],
    }


def _put_together(name: str) -> list[dict[str, str]]:
    """The parameters that are made of others, and those that ask for words."""
    told = {"_filter": "special", "_list": "reference"}
    found = [{"name": code, "type": kind} for code, kind in told.items()]
    found += [{"name": one.code, "definition": one.url, "type": one.type} for one in worded(name)]
    return [] if name in MADE else found


def worded(type_name: str) -> tuple[SearchParameter, ...]:
    """The search parameters of a resource type that ask for words."""
    return tuple(one for code, one in search_parameters(type_name).items() if code in WORDED)


def _topics(name: str) -> dict[str, Any]:
    """What can be subscribed to, as the backport of subscriptions tells it, whose versions are not kept."""
    if name != "Subscription":
        return {}
    return {
        "extension": [{"url": _TOPIC, "valueCanonical": url} for url in TOPICS],
        "supportedProfile": [f"{BACKPORT}backport-subscription"],
        "readHistory": False,
    }


def searchable(type_name: str, known: Parameters = OFFICIAL) -> tuple[SearchParameter, ...]:
    """The search parameters that work for a resource type: of a kind that is searched, over stated elements."""
    found = (one for one in known.of(type_name).values() if one.type in MODIFIERS and one.expression)
    return tuple(sorted(found, key=lambda one: one.code))


def _referring(known: Parameters) -> Mapping[str, Sequence[str]]:
    """For each type the includes that bring along what refers to it."""
    found: dict[str, list[str]] = {name: [] for name in RESOURCE_TYPES}
    for source in RESOURCE_TYPES:
        for one in searchable(source, known) if source not in MADE else ():
            for target in one.targets:
                found[target].append(f"{source}:{one.code}")
    return found
