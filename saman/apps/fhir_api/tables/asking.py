"""What a run of a view is asked for: the definition, which part of the record, how the rows are written.

A ViewDefinition is no resource of R4: it comes in the call, or stands in the record as the content of a Library or a
Binary.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from saman.apps.fhir_api.bulk.asking import members_of, patients
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.negotiation import media_type
from saman.apps.fhir_api.operations.given import Given, given_of
from saman.apps.fhir_api.operations.parameter import Parameter
from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.fhir import date_range, literal, validate
from saman.record import Record
from saman.record.views import Only, View, only_of, read_view

VIEW = "viewResource"
_ELSEWHERE = "rows are made from what is stored here."
_P = Parameter
TAKES = (
    _P("_format", "code", "json, ndjson, csv or parquet"),
    _P("header", "boolean", "Whether CSV begins with the names of the columns"),
    _P("viewReference", "Reference", "A Library or Binary that holds a ViewDefinition"),
    _P("patient", "Reference", "Only about these people", max=0),
    _P("group", "Reference", "Only about the people in these groups", max=0),
    _P("_since", "instant", "Only what was changed after this moment"),
    _P("_limit", "positiveInt", "How many rows at most"),
    _P("resource", "string", max=0, not_supported=_ELSEWHERE),
    _P("source", "string", not_supported=_ELSEWHERE),
)
_MEDIA = {
    "application/json": "json",
    "application/fhir+json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/fhir+ndjson": "ndjson",
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/octet-stream": "parquet",
}
_NAMES = frozenset(_MEDIA.values())


class Run(msgspec.Struct, frozen=True):
    """A run as it was asked for; `most` rows, 0 for all."""

    view: View
    only: Only
    form: str
    header: bool
    most: int


async def read_run(call: Call) -> Run | Refusal:
    """What is to be run; refused with what is wrong."""
    body = await call.resource() if call.method == "POST" else None
    if isinstance(body, Refusal):
        return body
    rest, definition = _taken_out(body)
    issues = validate(rest) if rest is not None else ()
    if issues:
        return Refusal(Kind.UNPROCESSABLE, issues)
    given = given_of(call, rest, TAKES)
    if isinstance(given, Refusal):
        return given
    form = _form(call, given)
    view = form if isinstance(form, Refusal) else await _view(call.record, given, definition)
    if isinstance(form, Refusal) or isinstance(view, Refusal):
        return form if isinstance(form, Refusal) else view  # type: ignore[return-value]
    persons = await _persons(call.record, given)
    if isinstance(persons, Refusal):
        return persons
    only = only_of(call.record, persons, _since(given))
    return Run(view, only, form, given.one("header") is not False, given.one("_limit") or 0)


def _taken_out(body: Any) -> tuple[Any, Any]:
    """Parameters without the definition, which is none of R4's resources, and the definition."""
    if not isinstance(body, dict):
        return body, None
    if body.get("resourceType") == "ViewDefinition":
        return None, body
    listed = body.get("parameter")
    if not isinstance(listed, list):
        return body, None
    views = [one for one in listed if isinstance(one, dict) and one.get("name") == VIEW and "resource" in one]
    if len(views) != 1:
        return body, None
    rest = [one for one in listed if one is not views[0]]
    others = {name: value for name, value in body.items() if name != "parameter"}
    return others | ({"parameter": rest} if rest else {}), views[0]["resource"]


def _form(call: Call, given: Given) -> str | Refusal:
    """The name of the form: what `_format` says, else the first that `Accept` names and there is, else NDJSON."""
    asked = given.text("_format")
    if asked:
        name = asked if asked in _NAMES else _MEDIA.get(media_type(asked)[0], "")
    else:
        accepted = [media_type(one)[0] for one in call.header(b"accept").split(",")]
        known = (_MEDIA[one] for one in accepted if one in _MEDIA)
        name = next(known, "ndjson" if {"", "*/*"} & set(accepted) else "")
    text = "Rows are written as json, ndjson, csv or parquet."
    return name or refused(Kind.NOT_ACCEPTABLE, "not-supported", text, given.place("_format"))


async def _view(record: Record, given: Given, definition: Any) -> View | Refusal:
    if (definition is None) is not given.has("viewReference"):
        text = f"Send the definition as '{VIEW}', or say as 'viewReference' where it stands: one of them."
        return refused(Kind.INVALID, "required", text, VIEW)
    tree = definition if definition is not None else await _kept(record, given.one("viewReference"))
    return tree if isinstance(tree, Refusal) else read_view(tree)


async def _kept(record: Record, reference: Mapping[str, Any]) -> Any | Refusal:
    """The definition that a Library or Binary holds."""
    place = literal(reference.get("reference", ""))
    if place is None or place.base or place.type not in ("Library", "Binary"):
        text = "'viewReference' leads to a Library or Binary here, whose content is the ViewDefinition as JSON."
        return refused(Kind.INVALID, "value", text, "viewReference")
    found = await record.read(place.type, place.id)
    if isinstance(found, Refusal):
        return found
    tree = found.resource()
    parts = tree.get("content", ()) if place.type == "Library" else (tree,)
    data = next((one["data"] for one in parts if "json" in one.get("contentType", "") and "data" in one), "")
    try:
        return json.decode(base64.b64decode(data))
    except binascii.Error:
        return refused(Kind.UNPROCESSABLE, "value", "The content is not base64.", "viewReference")


async def _persons(record: Record, given: Given) -> tuple[str, ...] | Refusal | None:
    """Whom the rows are about: those whom `patient` names and are in `group`, where each is there."""
    named: tuple[str, ...] | None = None
    if given.has("patient"):
        named = patients(one.get("reference", "") for one in given.every("patient"))
    if not given.has("group"):
        return named
    among: set[str] = set()
    for one in given.every("group"):
        place = literal(one.get("reference", ""))
        members = await members_of(record, place.id if place is not None and place.type == "Group" else "")
        if isinstance(members, Refusal):
            return members
        among |= set(members)
    return tuple(one for one in named if one in among) if named is not None else tuple(sorted(among))


def _since(given: Given) -> datetime | None:
    found = date_range(given.text("_since")) if given.has("_since") else None
    return None if found is None or isinstance(found, Refusal) else found[0]
