"""The OpenAPI 3.1 description, made from the same routes and search parameters as the CapabilityStatement.

Every resource type has its own paths; what they share stands once under components. The schemas say what any R4
resource of a type has in common, not all its elements: those are in the official definitions.
Source: https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from saman import __version__
from saman.apps.fhir_api.bulk.described import bulk_paths
from saman.apps.fhir_api.capability import searchable, worded
from saman.apps.fhir_api.openapi_parts import (
    BODY_ERRORS,
    FHIR,
    OUTCOMES,
    PARAMETERS,
    READ_ERRORS,
    SCHEMAS,
    WRITE_ERRORS,
    answer,
    parameter,
    ref,
    search_parameter,
)
from saman.apps.fhir_api.operations.declared import Operation
from saman.apps.fhir_api.operations.described import operation_paths
from saman.apps.fhir_api.routes import Interaction, Route
from saman.model.fhir import RESOURCE_TYPES
from saman.model.fhir.own_parameters import OFFICIAL, Parameters
from saman.record.search.links import MADE
from saman.record.search.words import WORDED
from saman.record.step import JSON_PATCH

Json = dict[str, Any]

_SINGLE = ("If-None-Match", "If-Modified-Since")
_PART = ("_summary", "_elements")
_PAGED = ("_count", "_cursor", "_since", "_at", *_PART)
_RESULT = ("_count", "_sort", "_total", "_include", "_revinclude", *_PART, "_cursor", "Prefer")
_SEARCHES = (Interaction.SEARCH_TYPE, Interaction.SEARCH_SYSTEM, Interaction.SEARCH_COMPARTMENT)
_CONDITIONAL = {
    Interaction.UPDATE: "Write a new version of the one {} that fulfils the condition, or create it",
    Interaction.PATCH: "Patch the one {} that fulfils the condition",
    Interaction.DELETE: "Delete the one {} that fulfils the condition",
}
_WORDS = {
    Interaction.READ: "Read the current version of a {}",
    Interaction.VREAD: "Read one version of a {}",
    Interaction.CREATE: "Create a {}",
    Interaction.UPDATE: "Write a new version of a {}",
    Interaction.PATCH: "Change some elements of a {}",
    Interaction.DELETE: "Delete a {}",
    Interaction.SEARCH_TYPE: "Search {}",
    Interaction.SEARCH_SYSTEM: "Search several types",
    Interaction.SEARCH_COMPARTMENT: "Search what belongs to a {}",
    Interaction.HISTORY_INSTANCE: "Versions of one {}, newest first",
    Interaction.HISTORY_TYPE: "Versions of all of type {}, newest first",
    Interaction.HISTORY_SYSTEM: "Versions of everything, newest first",
    Interaction.BUNDLE: "Batch or transaction",
}
_ANYTHING: Json = {"*/*": {"schema": {}}}
"""What a Binary holds may be of any media type."""


def openapi_document(
    routes: Sequence[Route], base: str, operations: Sequence[Operation] = (), known: Parameters = OFFICIAL
) -> Json:
    """The description of the interface below `base`, as an OpenAPI document; `known` are the search parameters."""
    paths: dict[str, Json] = {"/metadata": _public("metadata", "The CapabilityStatement", ref("CapabilityStatement"))}
    paths["/openapi.json"] = _public("openapi", "This description", {"type": "object"}, "application/json")
    for route in routes:
        for name in (route.types or RESOURCE_TYPES) if "{type}" in route.pattern else ("",):
            path = f"/{route.pattern.replace('{type}', name)}"
            paths.setdefault(path, _shared(path))[route.method.lower()] = _operation(route, name, known)
    paths |= operation_paths(operations)
    paths |= bulk_paths()
    return {
        "openapi": "3.1.0",
        "info": {"title": "Saman FHIR R4 interface", "version": __version__, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": base}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "parameters": dict(PARAMETERS) | _search_parameters(RESOURCE_TYPES, known),
            "responses": OUTCOMES,
            "schemas": dict(SCHEMAS) | {name: _resource_schema(name) for name in RESOURCE_TYPES if name not in SCHEMAS},
        },
    }


def _public(name: str, words: str, schema: Json, media: str = FHIR) -> Json:
    responses = {"200": answer(words, schema, media), "304": {"description": "Not modified"}, "406": _outcome("406")}
    return {"get": {"operationId": name, "summary": words, "security": [], "responses": responses}}


def _shared(path: str) -> Json:
    named = [parameter(name) for name in ("id", "version", "inside") if f"{{{name}}}" in path]
    return {"parameters": named} if named else {}


def _operation(route: Route, name: str, known: Parameters) -> Json:
    does = route.interaction
    described: Json = {
        "operationId": _operation_id(route, name),
        "summary": (_CONDITIONAL if _is_conditional(route) else _WORDS)[does].format(name),
        "tags": [name or "Bundle"],
        "parameters": _parameters(route, name, known),
        "responses": _responses(does, name),
    }
    body = _body(route, name)
    return described | ({"requestBody": body} if body else {})


def _operation_id(route: Route, name: str) -> str:
    beside = "-posted" if route.pattern.endswith("_search") else "-where" if _is_conditional(route) else ""
    return f"{route.interaction.value}{beside}-{name}".rstrip("-")


def _is_conditional(route: Route) -> bool:
    """Whether the resource is named by a condition in the address."""
    return route.pattern == "{type}" and route.interaction in _CONDITIONAL


def _parameters(route: Route, name: str, known: Parameters) -> list[Json]:
    does = route.interaction
    if does in _SEARCHES:
        return [parameter("Prefer")] if route.method == "POST" else _asked(does, name, known)
    if _is_conditional(route):
        return [*_own(name, known), *(parameter(one) for one in ("If-Match", "Prefer", "_format", "_pretty"))]
    named: dict[Interaction, Iterable[str]] = {
        Interaction.READ: (*_SINGLE, *_PART),
        Interaction.VREAD: (*_SINGLE, *_PART),
        Interaction.HISTORY_SYSTEM: _PAGED,
        Interaction.HISTORY_INSTANCE: _PAGED,
        Interaction.HISTORY_TYPE: _PAGED,
        Interaction.CREATE: ("If-None-Exist", "Prefer"),
        Interaction.UPDATE: ("If-Match", "If-None-Match", "Prefer"),
        Interaction.PATCH: ("If-Match", "Prefer"),
        Interaction.DELETE: ("If-Match", "Prefer"),
    }
    return [parameter(one) for one in (*named.get(does, ()), "_format", "_pretty")]


def _asked(does: Interaction, name: str, known: Parameters) -> list[Json]:
    own = _own(name, known) if does is Interaction.SEARCH_TYPE else []
    of_several = ("_type",) if does is Interaction.SEARCH_SYSTEM else ()
    together = () if name in MADE else ("_filter", "_list", *_words(name))
    return [*own, *(parameter(one) for one in (*of_several, *together, *_RESULT, "_format", "_pretty"))]


def _words(name: str) -> Iterable[str]:
    """The parameters of a type, or of any, that ask for words."""
    return (one.code for one in worded(name)) if name in RESOURCE_TYPES else WORDED


def _own(name: str, known: Parameters) -> list[Json]:
    return [ref(_key(one.number), "parameters") for one in searchable(name, known)]


def _key(number: int) -> str:
    return f"search-{number}"


def _search_parameters(names: Iterable[str], known: Parameters) -> dict[str, Json]:
    return {_key(one.number): search_parameter(one) for name in names for one in searchable(name, known)}


def _body(route: Route, name: str) -> Json | None:
    if route.pattern.endswith("_search"):
        return {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}
    if route.method == "PATCH":
        sent = {JSON_PATCH: {"schema": {"type": "array", "minItems": 1}}, FHIR: {"schema": ref("Parameters")}}
        return {"required": True, "content": sent}
    if route.method not in ("POST", "PUT"):
        return None
    schema = ref(name) if name else ref("Request")
    as_it_is = _ANYTHING if name == "Binary" and not _is_conditional(route) else {}
    return {"required": True, "content": {FHIR: {"schema": schema}} | as_it_is}


def _responses(does: Interaction, name: str) -> Json:
    errors = READ_ERRORS
    if does in (Interaction.CREATE, Interaction.UPDATE, Interaction.PATCH, Interaction.BUNDLE):
        errors = BODY_ERRORS
    elif does is Interaction.DELETE:
        errors = WRITE_ERRORS
    elif does in _SEARCHES:
        errors = (*READ_ERRORS, "413", "415")
    return _done(does, name) | {code: _outcome(code) for code in errors}


def _done(does: Interaction, name: str) -> Json:
    if does in (Interaction.READ, Interaction.VREAD):
        if name == "Binary":
            return _content()
        return {"200": answer("The resource", ref(name)), "304": {"description": "Not modified"}}
    if does in (Interaction.CREATE, Interaction.UPDATE, Interaction.PATCH):
        schema = {"anyOf": [ref(name), ref("OperationOutcome")]}
        return {"200": answer("Stored, or there already", schema), "201": answer("Created", schema)}
    if does is Interaction.DELETE:
        return {"200": answer("Deleted", ref("OperationOutcome")), "204": {"description": "Deleted, or was not there"}}
    return {"200": answer("A Bundle", ref("Bundle"))}


def _content() -> Json:
    """What a Binary holds, or the Binary as a resource."""
    whole = answer("What it holds, or the resource", ref("Binary"))
    part = {"description": "The part that Range asks for", "content": _ANYTHING}
    none = answer("There is no such part", ref("OperationOutcome"))
    both = {"content": whole["content"] | _ANYTHING}
    return {"200": whole | both, "206": part, "304": {"description": "Not modified"}, "416": none}


def _outcome(code: str) -> Json:
    return ref(code, "responses")


def _resource_schema(name: str) -> Json:
    return {"allOf": [ref("Resource"), {"properties": {"resourceType": {"const": name}}}]}
