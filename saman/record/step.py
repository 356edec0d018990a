"""One entry of a Bundle taken apart, or performed on its own (https://hl7.org/fhir/R4/http.html#transaction)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

from saman.kernel import json
from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES, date_range
from saman.model.fhir.patch import Patch, read_fhirpath_patch, read_json_patch
from saman.record import render
from saman.record.conditional import read_condition
from saman.record.conditioned import delete_where, patch_where, update_where
from saman.record.etag import names_version, read_etag
from saman.record.getting import HISTORY, get_unless
from saman.record.narrow_reading import may_be_told
from saman.record.presence import expected_there, unless_made
from saman.record.record import Record
from saman.record.refusals import is_absent
from saman.record.rows import Resource
from saman.record.search.asked import Query
from saman.record.stored import Stored, Written

JSON_PATCH = "application/json-patch+json"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class Step(msgspec.Struct):
    """One entry taken apart.

    `condition` is the search of If-None-Exist, or that which names the resource of a PUT, PATCH or DELETE; `expected`
    the version of If-Match; `there` whether the resource has to be there (`If-Match: *`) or must not (`If-None-Match:
    *`); `known` and `known_since` the If-None-Match and If-Modified-Since of a read. `told` is what
    was changed in the resource before it came here, `wants` what the client would have in the answer.
    """

    place: int
    method: str
    type: str
    id: str
    url: str
    full_url: str
    resource: Resource | None
    condition: Query | None = None
    expected: int | None = None
    there: bool | None = None
    patch: Patch | None = None
    known: str = ""
    known_since: datetime | None = None
    told: tuple[Issue, ...] = ()
    wants: str = ""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method in ("GET", "HEAD")

    @property
    def is_bound(self) -> bool:
        """Whether the client has named the version that it is about, or said whether there has to be one."""
        return self.expected is not None or self.there is not None

    def has(self, found: Stored) -> bool:
        """Whether the client has what a read found; a version that is named counts more than a time (RFC 9110)."""
        if self.known:
            return names_version(self.known, found.version)
        if self.known_since is None:
            return False
        return found.updated.replace(microsecond=found.updated.microsecond // 1000 * 1000) <= self.known_since


def read_step(entry: Any, place: int) -> Step | Refusal:
    """An entry as a step, refused when its request makes no sense."""
    path = f"Bundle.entry[{place}].request"
    request = entry.get("request")
    if not isinstance(request, dict) or "method" not in request or "url" not in request:
        return refused(Kind.INVALID, "required", "Each entry needs a request with method and url.", path)
    try:
        parts = urlsplit(request["url"])
    except ValueError:
        return refused(Kind.INVALID, "value", "This is no address.", f"{path}.url")
    type_name, _, id = parts.path.strip("/").partition("/")
    step = Step(
        place, request["method"], type_name, id, request["url"], entry.get("fullUrl", ""), entry.get("resource")
    )
    if step.method not in _METHODS:
        return refused(Kind.INVALID, "value", f"The method is one of {', '.join(_METHODS)}.", f"{path}.method")
    if any(part.startswith("$") for part in parts.path.split("/")):
        text = "Operations are called one by one, and not in a Bundle."
        return refused(Kind.INVALID, "not-supported", text, f"{path}.url")
    wrong = _wrong(step, parts.query)
    if wrong:
        return refused(Kind.INVALID, "value", wrong, f"{path}.url")
    return _conditioned(step, request, parts.query, path)


def _wrong(step: Step, query: str) -> str:
    """Why a step makes no sense."""
    if step.type not in RESOURCE_TYPES and not (step.reads and step.type in ("", HISTORY)):
        return "The address must begin with a resource type of R4."
    if step.reads:
        return ""
    if step.method == "POST" and (step.id or query):
        return "A POST goes to the resource type alone; its condition stands in ifNoneExist."
    if step.method != "POST" and bool(step.id) == bool(query):
        return f"A {step.method} goes to one resource: Type/id, or to that which fulfils a condition: Type?parameter=…"
    if step.method == "DELETE":
        return ""
    if not isinstance(step.resource, dict):
        return f"A {step.method} needs a resource."
    if step.method == "PATCH":
        return ""
    if step.resource.get("resourceType") != step.type:
        return "The resource must be of the type that the address names."
    if step.id and step.resource.get("id", step.id) != step.id:
        return "The resource must have the id that the address names."
    return ""


def _conditioned(step: Step, request: dict[str, Any], query: str, path: str) -> Step | Refusal:
    """The step with its conditions and its patch read."""
    refusal = None if step.reads else _versioned(step, request, path)
    if refusal is not None:
        return refusal
    if step.reads:
        step.known, step.known_since = request.get("ifNoneMatch", ""), _moment(request.get("ifModifiedSince"))
    asked = request.get("ifNoneExist") if step.method == "POST" else None
    if not step.reads and query:
        asked = query
    if asked is not None:
        condition = read_condition(step.type, asked)
        if isinstance(condition, Refusal):
            return placed(condition, f"{path}.{'url' if query else 'ifNoneExist'}")
        step.condition = condition
    if step.method == "PATCH":
        patch = _patch(step.resource)
        if isinstance(patch, Refusal):
            return at(step, patch)
        step.patch = patch
    return step


def _versioned(step: Step, request: dict[str, Any], path: str) -> Refusal | None:
    """Take the version that a write names, or whether its resource has to be there."""
    is_put = step.method == "PUT" and bool(step.id)
    if "ifNoneMatch" in request:
        if not is_put or request["ifNoneMatch"] != "*" or "ifMatch" in request:
            text = "Of what writes, a PUT to Type/id takes ifNoneMatch, and that is *."
            return refused(Kind.INVALID, "not-supported", text, f"{path}.ifNoneMatch")
        step.there = False
    elif request.get("ifMatch") == "*":
        step.there = True if is_put else None
    elif "ifMatch" in request:
        expected = read_etag(request["ifMatch"])
        if isinstance(expected, Refusal):
            return placed(expected, f"{path}.ifMatch")
        step.expected = expected
    return None


def _moment(text: str | None) -> datetime | None:
    found = None if text is None else date_range(text)
    return None if found is None or isinstance(found, Refusal) else found[0]


def _patch(resource: Any) -> Patch | Refusal:
    """The patch that a Parameters resource is, or a Binary that holds a JSON Patch."""
    kind = resource.get("resourceType")
    if kind == "Parameters":
        return read_fhirpath_patch(resource)
    if kind != "Binary" or resource.get("contentType") != JSON_PATCH:
        text = f"A patch is sent as Parameters, or as a Binary with contentType {JSON_PATCH}."
        return refused(Kind.INVALID, "value", text)
    try:
        body = json.decode(b64decode(resource["data"]))
    except (KeyError, TypeError, ValueError):
        return refused(Kind.INVALID, "value", "The data of the Binary is a JSON Patch in base64.", "Binary.data")
    return body if isinstance(body, Refusal) else read_json_patch(body)


def placed(refusal: Refusal, path: str) -> Refusal:
    """A refusal with all that it says at one place."""
    return Refusal(refusal.kind, tuple(msgspec.structs.replace(issue, path=path) for issue in refusal.issues))


async def perform(record: Record, step: Step) -> str | Refusal:
    """One step on its own, as the text of its entry in the answer."""
    if step.reads:
        found = await get_unless(record, step.url, step.has)
        if isinstance(found, Stored):
            return render.unchanged_entry(found)
        return found if isinstance(found, Refusal) else render.read_entry(found if step.method == "GET" else "")
    result = await _write(record, step)
    return result if isinstance(result, Refusal) else written(result, step, record)


async def _write(record: Record, step: Step) -> Written | Refusal | None:
    condition, expected = step.condition, step.expected
    if step.method == "POST":
        return await record.create(step.resource, condition)
    if step.patch is not None:
        if condition is not None:
            return await patch_where(record, condition, step.patch, expected)
        return await record.patch(step.type, step.id, step.patch, expected)
    if step.method == "DELETE":
        gone = await (
            record.delete(step.type, step.id, expected)
            if condition is None
            else delete_where(record, condition, expected)
        )
        return None if is_absent(gone) else gone
    assert step.resource is not None
    if condition is not None:
        return await update_where(record, condition, step.resource, expected)
    if step.there is not None:
        found = await expected_there(record, step.type, step.id, there=step.there)
        if isinstance(found, Refusal):
            return found
        expected = found
    return unless_made(await record.update(step.type, step.id, step.resource, expected), expected)


def written(result: Written | None, step: Step, record: Record) -> str:
    """The entry of one write in the answer, with what the client prefers; None is a deletion of what is not there."""
    stored = None if result is None else result.stored
    told = [Issue("informational", "It is done.", severity="information")] if step.wants == "OperationOutcome" else []
    told += step.told
    if stored is None or step.method == "DELETE":
        status = "200 OK" if told else "204 No Content"
        return render.written_entry(status, stored, record.base, told)
    code = HTTPStatus.CREATED if result is not None and result.created else HTTPStatus.OK
    shown = step.wants == "representation" and may_be_told(record.context, stored, step.method)
    return render.written_entry(f"{code.value} {code.phrase}", stored, record.base, told, shown=shown)


def at(step: Step, refusal: Refusal) -> Refusal:
    """A refusal with the entry it concerns in front of its paths."""
    place = entry_place(step)
    return Refusal(
        refusal.kind,
        tuple(Issue(i.code, i.text, _inside(place, i.path), i.severity, i.key, i.args) for i in refusal.issues),
    )


def at_entries(steps: Sequence[Step], names: Sequence[str], refusal: Refusal) -> Refusal:
    """A refusal of what the steps write together, with the entry instead of the resource's name (`Patient/42`)."""
    places = {name: entry_place(step) for step, name in zip(steps, names, strict=True)}
    alone = entry_place(steps[0]) if len(steps) == 1 else ""
    issues = (msgspec.structs.replace(one, path=places.get(one.path, one.path or alone)) for one in refusal.issues)
    return Refusal(refusal.kind, tuple(issues))


def entry_place(step: Step) -> str:
    """The path of an entry."""
    return f"Bundle.entry[{step.place}]"


def _inside(place: str, path: str) -> str:
    """A path in an entry; a pointer into a JSON Patch leads into data that no path reaches."""
    return f"{place}.resource" if path.startswith("/") else f"{place}.{path}" if path else place
