"""One entry of a Bundle taken apart, or performed on its own (https://hl7.org/fhir/R4/http.html#transaction)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal, refused
from saman.model.fhir import RESOURCE_TYPES
from saman.record import render
from saman.record.conditional import read_condition
from saman.record.etag import read_etag
from saman.record.record import Record
from saman.record.rows import Resource
from saman.record.search.query import Query
from saman.record.stored import Written


class Step(msgspec.Struct):
    """One entry taken apart. `condition` is the search of If-None-Exist, `expected` the version of If-Match."""

    place: int
    method: str
    type: str
    id: str
    pairs: list[tuple[str, str]]
    full_url: str
    resource: Resource | None
    condition: Query | None
    expected: int | None
    interaction: str = ""


def read_step(entry: Any, place: int) -> Step | Refusal:
    """An entry as a step, refused when its request makes no sense."""
    path = f"Bundle.entry[{place}].request"
    request = entry.get("request")
    if not isinstance(request, dict) or "method" not in request or "url" not in request:
        return refused(Kind.INVALID, "required", "Each entry needs a request with method and url.", path)
    method = request["method"]
    parts = urlsplit(request["url"])
    type_name, _, id = parts.path.strip("/").partition("/")
    step = Step(
        place, method, type_name, id, parse_qsl(parts.query, keep_blank_values=True), entry.get("fullUrl", ""),
        entry.get("resource"), None, None,
    )  # fmt: skip
    wrong = _wrong(step)
    if wrong:
        return refused(Kind.INVALID, "value", wrong, f"{path}.url")
    if "ifMatch" in request:
        expected = read_etag(request["ifMatch"])
        if isinstance(expected, Refusal):
            return _placed(expected, f"{path}.ifMatch")
        step.expected = expected
    if "ifNoneExist" in request and method == "POST":
        condition = read_condition(type_name, request["ifNoneExist"])
        if isinstance(condition, Refusal):
            return _placed(condition, f"{path}.ifNoneExist")
        step.condition = condition
    return step


def _wrong(step: Step) -> str:
    if step.type not in RESOURCE_TYPES:
        return "The address must begin with a resource type of R4."
    if step.method == "POST" and step.id:
        return "A POST goes to the resource type alone."
    if step.method in ("PUT", "DELETE") and (not step.id or step.pairs):
        return f"A {step.method} goes to one resource: Type/id."
    if step.method not in ("GET", "POST", "PUT", "DELETE"):
        return "The method must be GET, POST, PUT or DELETE."
    if step.method in ("POST", "PUT") and not isinstance(step.resource, dict):
        return f"A {step.method} needs a resource."
    if step.resource is not None and step.resource.get("resourceType") != step.type:
        return "The resource must be of the type that the address names."
    if step.method == "PUT" and step.resource is not None and step.resource.get("id", step.id) != step.id:
        return "The resource must have the id that the address names."
    return ""


def _placed(refusal: Refusal, path: str) -> Refusal:
    return Refusal(refusal.kind, tuple(msgspec.structs.replace(issue, path=path) for issue in refusal.issues))


async def perform(record: Record, step: Step) -> str | Refusal:
    """One step on its own, as the text of its entry in the answer."""
    if step.method == "GET":
        return await _read(record, step)
    if step.method == "DELETE":
        result = await record.delete(step.type, step.id, step.expected)
    elif step.method == "PUT":
        result = await record.update(step.type, step.id, step.resource, step.expected)
    else:
        result = await record.create(step.resource, step.condition)
    return (
        result
        if isinstance(result, Refusal)
        else render.written_entry(status_of(result, step), result.stored, record.base)
    )


async def _read(record: Record, step: Step) -> str | Refusal:
    if step.id:
        one = await record.read(step.type, step.id)
        return one if isinstance(one, Refusal) else render.read_entry(one.text())
    page = await record.search(step.type, step.pairs)
    if isinstance(page, Refusal):
        return page
    url = f"{record.base}/{step.type}"
    return render.read_entry(render.searchset(page, record.base, url, None))


def status_of(result: Written, step: Step) -> str:
    """The status line of one write."""
    if step.method == "DELETE":
        return "204 No Content"
    code = HTTPStatus.CREATED if result.created else HTTPStatus.OK
    return f"{code.value} {code.phrase}"


def at(step: Step, refusal: Refusal) -> Refusal:
    """A refusal with the entry it concerns in front of its paths."""
    place = f"Bundle.entry[{step.place}]"
    return Refusal(
        refusal.kind,
        tuple(
            Issue(i.code, i.text, f"{place}.{i.path}" if i.path else place, i.severity, i.key, i.args)
            for i in refusal.issues
        ),
    )
