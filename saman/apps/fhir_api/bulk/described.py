"""How the OpenAPI description tells of the addresses of Bulk Data that are no operations of R4's own."""

from __future__ import annotations

from typing import Any

from saman.apps.fhir_api.bulk.fetching import NDJSON
from saman.apps.fhir_api.openapi_parts import BODY_ERRORS, BUSY, OUTCOMES, READ_ERRORS, answer, ref
from saman.record.bulk.asked import EXPORT, IMPORT

Json = dict[str, Any]

_TEXT: Json = {"type": "string", "minLength": 1}
_LINES: Json = {NDJSON: {"schema": {"type": "string"}}}
_GONE_WRONG = (*READ_ERRORS, "507")
_ASYNC: Json = {
    "name": "Prefer",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "example": "respond-async",
}
_FILE: Json = {
    "type": "object",
    "required": ["type", "url", "count"],
    "properties": {"type": _TEXT, "url": _TEXT, "count": {"type": "integer", "minimum": 0}},
}
_FILES: Json = {"type": "array", "items": _FILE}
_MANIFEST: Json = {
    "type": "object",
    "required": ["transactionTime", "request", "requiresAccessToken", "output", "error"],
    "properties": {
        "transactionTime": {"type": "string", "format": "date-time"},
        "request": _TEXT,
        "requiresAccessToken": {"type": "boolean"},
        **dict.fromkeys(("output", "error", "deleted"), _FILES),
    },
}


def bulk_paths() -> dict[str, Json]:
    """Where an import begins, and where exports and imports are looked for, taken back and fetched."""
    paths: dict[str, Json] = {"/$import": {"post": _begun()}}
    for kind in (EXPORT, IMPORT):
        status = {"get": _status(kind), "delete": _taken_back(kind)}
        paths[f"/${kind}-status/{{job}}"] = {"parameters": [_in_path("job")], **status}
        named = {"parameters": [_in_path("job"), _in_path("name")]}
        paths[f"/${kind}-file/{{job}}/{{name}}"] = {**named, "get": _file(kind)}
    return paths


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _begun() -> Json:
    words = "Begin to store resources, one in each line"
    responses = {"202": answer("It has begun; Content-Location says where it is", ref("OperationOutcome"))}
    sent = {"requestBody": {"required": True, "content": _LINES}, "parameters": [_ASYNC]}
    return _told("begin-import", words, responses, (*BODY_ERRORS, BUSY)) | sent


def _status(kind: str) -> Json:
    responses = {"200": answer("It is done", _MANIFEST, "application/json"), "202": {"description": "Under way"}}
    return _told(f"{kind}-status", f"How far an {kind} is, or what it gave", responses, _GONE_WRONG)


def _taken_back(kind: str) -> Json:
    responses = {"202": {"description": "It has ended, and its files are gone"}}
    return _told(f"{kind}-cancel", f"End an {kind}, and remove its files", responses, _GONE_WRONG)


def _file(kind: str) -> Json:
    responses = {"200": {"description": "The lines", "content": _LINES}}
    return _told(f"{kind}-file", f"A file of an {kind}", responses, _GONE_WRONG)


def _told(name: str, words: str, responses: Json, errors: tuple[str, ...]) -> Json:
    refused = {code: ref(code, "responses") for code in errors if code in OUTCOMES}
    return {"operationId": name, "summary": words, "tags": ["Operations"], "responses": responses | refused}
