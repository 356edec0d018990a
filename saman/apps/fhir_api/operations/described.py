"""How the CapabilityStatement and the OpenAPI description tell of operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from saman.apps.fhir_api.openapi_parts import BODY_ERRORS, BUSY, FHIR, OUTCOMES, READ_ERRORS, answer, parameter, ref
from saman.apps.fhir_api.operations.declared import Level, Operation
from saman.apps.fhir_api.operations.parameter import Parameter

Json = dict[str, Any]

_BESIDE = (
    ("import", "https://github.com/smart-on-fhir/bulk-import"),
    ("viewdefinition-run", "http://sql-on-fhir.org/OperationDefinition/$viewdefinition-run"),
)
"""Operations of the whole system whose bodies are no resources of R4, and which are not declared as the others are."""
_WHOLE: Json = {"type": "integer"}
_SCHEMAS: dict[str, Json] = {
    "boolean": {"type": "boolean"}, "integer": _WHOLE, "positiveInt": _WHOLE, "unsignedInt": _WHOLE
}  # fmt: skip
_TEXT: Json = {"type": "string", "minLength": 1}


def told(operations: Iterable[Operation], kind: str = "") -> dict[str, list[Json]]:
    """The element `operation` for a resource type or, without one, for the whole system; empty when it has none."""
    listed = [{"name": one.name, "definition": one.url} for one in operations if kind in (one.types or ("",))]
    listed += [] if kind else [{"name": name, "definition": url} for name, url in _BESIDE]
    return {"operation": listed} if listed else {}


def operation_paths(operations: Sequence[Operation]) -> Iterator[tuple[str, Json]]:
    """The paths of all operations, each with what it takes and answers."""
    for one in operations:
        for level in one.levels:
            for kind in one.types or ("",):
                path = f"/{level.value.replace('{type}', kind)}${one.name}"
                named = {"parameters": [parameter("id")]} if level is Level.INSTANCE else {}
                yield path, named | {method.lower(): _described(one, level, kind, method) for method in one.methods}


def _described(one: Operation, level: Level, kind: str, method: str) -> Json:
    errors = (*READ_ERRORS, "422", BUSY) if method == "GET" else (*BODY_ERRORS, BUSY)
    body = {"requestBody": {"content": {FHIR: {"schema": ref("Resource")}}}} if method == "POST" else {}
    return {
        "operationId": "-".join(filter(None, (method.lower(), one.name, level.name.lower(), kind))),
        "summary": one.summary,
        "tags": [kind or "Operations"],
        "parameters": [
            *(_asked(each) for each in one.takes if method == "GET" and each.is_primitive and not each.not_supported),
            *(parameter(name) for name in ("_format", "_pretty")),
        ],
        "responses": {one.status: answer(one.summary, ref(one.returns))}
        | {code: ref(code, "responses") for code in errors if code in OUTCOMES},
    } | body


def _asked(one: Parameter) -> Json:
    schema = _SCHEMAS.get(one.type, _TEXT)
    return {
        "name": one.name,
        "in": "query",
        "required": one.min > 0,
        "description": one.words or one.name,
        "schema": schema if one.max == 1 else {"type": "array", "items": schema},
    }
