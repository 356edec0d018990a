"""What the paths of the OpenAPI description share: schemas, parameters, responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saman.model.fhir import SearchParameter
from saman.model.fhir.words.asking import MAX_TEXT
from saman.record.search.asked import MODIFIERS

Json = dict[str, Any]

FHIR = "application/fhir+json"
READ_ERRORS: tuple[str, ...] = ("400", "401", "403", "404", "405", "406", "410", "500", "503")
WRITE_ERRORS: tuple[str, ...] = (*READ_ERRORS, "409", "412", "422", "507")
BODY_ERRORS: tuple[str, ...] = (*WRITE_ERRORS, "413", "415")
BUSY = "429"
"""What operations that take long answer who asks for too many at once."""
_ID: Json = {"type": "string", "pattern": r"^[A-Za-z0-9\-\.]{1,64}$"}


def ref(name: str, kind: str = "schemas") -> Json:
    """A reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def parameter(name: str) -> Json:
    """A reference to a parameter that many operations share."""
    return ref(name, "parameters")


def answer(words: str, schema: Json, media: str = FHIR) -> Json:
    """A response with one kind of content."""
    return {"description": words, "content": {media: {"schema": schema}}}


def search_parameter(one: SearchParameter) -> Json:
    """A search parameter; values may be several, separated by commas, and its name may carry a modifier."""
    modifiers = ", ".join(f"`:{name}`" for name in sorted(MODIFIERS[one.type]) if name)
    return {
        "name": one.code,
        "in": "query",
        "description": f"{one.type} ({one.url}); modifiers {modifiers}",
        "schema": {"type": "string", "minLength": 1},
    }


def _query(name: str, words: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": words, "schema": schema}


def _header(name: str, words: str, example: str) -> Json:
    return {"name": name, "in": "header", "description": words, "schema": {"type": "string"}, "example": example}


_TEXT: Json = {"type": "string"}
_OF_WORDS: Json = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}

PARAMETERS: Mapping[str, Json] = {
    "id": {"name": "id", "in": "path", "required": True, "schema": _ID},
    "version": {
        "name": "version",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": r"^\d{1,18}$"},
    },
    "_count": _query("_count", "How many to a page", {"type": "integer", "minimum": 0, "maximum": 999999}),
    "_cursor": _query("_cursor", "Where the next page begins; follow the `next` link", _TEXT),
    "_sort": _query("_sort", "`date,-family`: up to five parameters, `-` to go down", _TEXT),
    "_total": _query("_total", "Whether to count all matches", {"enum": ["none", "estimate", "accurate"]}),
    "_filter": _query("_filter", "`status eq final and not (code eq x)`: conditions of other parameters", _TEXT),
    "_list": _query("_list", "The id of a List whose members are searched", _TEXT),
    "_text": _query("_text", '`(pain OR ache*) "left knee" -fall`: words in the narrative', _OF_WORDS),
    "_content": _query("_content", "The same in all texts of a resource", _OF_WORDS),
    "_include": _query(
        "_include", "`Observation:subject`, `Observation:*` or `*`; `_include:iterate` goes on from there", _TEXT
    ),
    "_revinclude": _query("_revinclude", "`Observation:subject`, `Provenance:target` or `*`", _TEXT),
    "inside": {
        "name": "inside",
        "in": "path",
        "required": True,
        "description": "A resource type, or `*` for all",
        "schema": {"type": "string", "pattern": r"^(\*|[A-Z][A-Za-z]+)$"},
    },
    "_type": _query("_type", "The types to search, with commas between", {"type": "string", "minLength": 1}),
    "_summary": _query(
        "_summary",
        "Which part of each resource; `count`, of searches alone, for the total",
        {"enum": ["true", "text", "data", "count", "false"]},
    ),
    "_elements": _query("_elements", "Names of elements, with commas between", {"type": "string", "minLength": 1}),
    "_since": _query("_since", "Versions made since then", {"type": "string", "format": "date-time"}),
    "_at": _query("_at", "Versions that were current at some time then", {"type": "string", "format": "date-time"}),
    "_format": _query("_format", "JSON only", {"enum": ["json", "application/json", "application/fhir+json"]}),
    "_pretty": _query("_pretty", "Indented", {"type": "boolean"}),
    "Prefer": _header("Prefer", "What to answer, and what to do with unknown parameters", "return=minimal"),
    "If-Match": _header("If-Match", "The version to replace", 'W/"3"'),
    "If-None-Match": _header("If-None-Match", "The version that is known", 'W/"3"'),
    "If-Modified-Since": _header("If-Modified-Since", "Since when", "Sat, 21 Nov 2026 20:51:14 GMT"),
    "If-None-Exist": _header("If-None-Exist", "Create only if nothing is found", "identifier=http://a.example|1"),
}

SCHEMAS: Mapping[str, Json] = {
    "Resource": {
        "type": "object",
        "required": ["resourceType"],
        "properties": {
            "resourceType": {"type": "string"},
            "id": _ID,
            "meta": {"type": "object"},
            "language": {"type": "string"},
        },
    },
    "OperationOutcome": {
        "type": "object",
        "required": ["resourceType", "issue"],
        "properties": {
            "resourceType": {"const": "OperationOutcome"},
            "issue": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["severity", "code"],
                    "properties": {
                        "severity": {"enum": ["fatal", "error", "warning", "information"]},
                        "code": {"type": "string"},
                        "diagnostics": {"type": "string"},
                        "expression": {"type": "array", "items": {"type": "string"}},
                        "location": {"type": "array", "items": {"type": "string"}},
                    },
                },
            },
        },
    },
    "Bundle": {
        "type": "object",
        "required": ["resourceType", "type"],
        "properties": {
            "resourceType": {"const": "Bundle"},
            "type": {"type": "string"},
            "total": {"type": "integer", "minimum": 0},
            "link": {"type": "array", "items": {"type": "object", "required": ["relation", "url"]}},
            "entry": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        },
    },
    "Request": {
        "type": "object",
        "required": ["resourceType", "type"],
        "properties": {
            "resourceType": {"const": "Bundle"},
            "type": {"enum": ["batch", "transaction"]},
            "entry": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["request"],
                    "properties": {
                        "fullUrl": {"type": "string"},
                        "resource": ref("Resource"),
                        "request": {
                            "type": "object",
                            "required": ["method", "url"],
                            "properties": {
                                "method": {"enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]},
                                "url": {"type": "string"},
                            },
                        },
                    },
                },
            },
        },
    },
}

_WORDS = {
    "400": "The call cannot be understood",
    "401": "Nobody is signed in",
    "403": "Not allowed",
    "404": "Not there, or not to be seen",
    "405": "This method cannot be used here",
    "406": "Answers are JSON",
    "409": "It is in conflict with what is there",
    "410": "It has been deleted",
    "412": "The condition does not hold",
    "413": "The body is too large",
    "415": "This kind of body is not read",
    "422": "The resource is not valid",
    "429": "Too much goes on at the same time; Retry-After says when to ask again",
    "500": "Something broke here",
    "503": "The record cannot be reached",
    "507": "The storage is full",
}
OUTCOMES: Mapping[str, Json] = {code: answer(words, ref("OperationOutcome")) for code, words in _WORDS.items()}
