"""Which form the answer takes, and what the client prefers (https://hl7.org/fhir/R4/http.html#mime-type)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused

FHIR_VERSION = "4.0"
FHIR_JSON = "application/fhir+json; charset=utf-8"
FHIR_JSON_VERSIONED = f"application/fhir+json; charset=utf-8; fhirVersion={FHIR_VERSION}"
FORM = "application/x-www-form-urlencoded"

_JSON = frozenset({"application/fhir+json", "application/json", "application/json+fhir", "text/json"})
_ANY = frozenset({"*/*", "application/*"})
_FORMATS = _JSON | {"json", "application/fhir json", "application/json fhir"} | _ANY
_XML = frozenset({"application/xml", "text/xml"})
_VERSIONS = frozenset({"", "4.0", "4.0.1"})

OTHER_FORMS = frozenset({
    "application/fhir+xml", "application/xml+fhir", "application/fhir+turtle", "text/turtle", "application/fhir+ndjson",
})  # fmt: skip
"""Forms of resources that are not offered."""

CONTENT = ""
"""The form of a Binary that is not asked for as a resource: what it holds."""


class Preferences(msgspec.Struct, frozen=True):
    """The `Prefer` header: `answer` is minimal, representation or OperationOutcome, empty when nothing was asked."""

    answer: str = ""
    strict: bool = False


@lru_cache(256)
def media_type(text: str) -> tuple[str, dict[str, str]]:
    """A media type in lower case and its parameters: `text/json;q=0.5` is `("text/json", {"q": "0.5"})`."""
    name, *parts = text.split(";")
    pairs = (part.partition("=") for part in parts)
    return name.strip().lower(), {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}


@lru_cache(256)
def answer_type(accept: str, wanted: str) -> str | Refusal:
    """The Content-Type of the answer for an `Accept` header and a `_format` parameter, which goes first."""
    if wanted:
        name, parameters = media_type(wanted)
        is_known = name in _FORMATS and parameters.get("fhirversion", "") in _VERSIONS
        return FHIR_JSON if is_known else _not_acceptable()
    if not accept:
        return FHIR_JSON
    for text in accept.split(","):
        name, parameters = media_type(text)
        version = parameters.get("fhirversion", "")
        if name in _JSON | _ANY and _quality(parameters) > 0 and version in _VERSIONS:
            return FHIR_JSON_VERSIONED if version else FHIR_JSON
    return _not_acceptable()


@lru_cache(256)
def content_type_of(accept: str, wanted: str) -> str | Refusal:
    """The same for a Binary: CONTENT unless JSON is named (https://hl7.org/fhir/R4/binary.html#rest)."""
    if wanted:
        name = media_type(wanted)[0]
        return CONTENT if "/" in name and name not in _FORMATS | OTHER_FORMS | _XML else answer_type("", wanted)
    named = [media_type(text) for text in accept.split(",")] if accept else []
    asked = {name for name, parameters in named if _quality(parameters) > 0}
    if asked & _JSON:
        return answer_type(accept, "")
    return _not_acceptable() if named and asked <= OTHER_FORMS else CONTENT


def _quality(parameters: dict[str, str]) -> Decimal:
    try:
        given = Decimal(parameters.get("q", "1")[:5])
    except InvalidOperation:
        return Decimal(1)
    return given if given.is_finite() else Decimal(1)


def _not_acceptable() -> Refusal:
    return refused(
        Kind.NOT_ACCEPTABLE,
        "not-supported",
        "Answers are FHIR R4 as JSON. Ask for application/fhir+json, or for _format=json.",
        "Accept",
    )


@lru_cache(256)
def unreadable(content_type: str) -> Refusal | None:
    """Why a body of this Content-Type is not read as a resource; None when it is."""
    name, parameters = media_type(content_type)
    if name not in _JSON or parameters.get("fhirversion", "") not in _VERSIONS:
        text = "A resource is sent as FHIR R4 in JSON, with Content-Type: application/fhir+json."
    elif parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
        text = "JSON is sent in UTF-8."
    else:
        return None
    return refused(Kind.MEDIA, "not-supported", text, "Content-Type")


@lru_cache(256)
def preferences(prefer: str) -> Preferences:
    """What a `Prefer` header asks for; what is not known is passed over (RFC 7240, section 2)."""
    asked: dict[str, str] = {}
    for part in prefer.replace(";", ",").split(","):
        name, _, value = part.partition("=")
        asked.setdefault(name.strip().lower(), value.strip().strip('"'))
    answer = asked.get("return", "")
    known = answer in ("minimal", "representation", "OperationOutcome")
    return Preferences(answer if known else "", asked.get("handling") == "strict")


@lru_cache(256)
def content_encoding(accepted: str) -> str:
    """`br`, `gzip` or nothing, as an `Accept-Encoding` header allows; Brotli first."""
    allowed = {name for name, parameters in map(media_type, accepted.split(",")) if _quality(parameters) > 0}
    return next((one for one in ("br", "gzip") if one in allowed), "")
