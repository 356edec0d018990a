"""A FHIR resource as the rows it becomes: checked, measured for the search, its person and shard known."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from saman.kernel import json
from saman.kernel.ids import stable_shard
from saman.kernel.outcome import Kind, Refusal
from saman.model import fhir
from saman.model.access import domain_of

Resource = dict[str, Any]


class Row(msgspec.Struct):
    """One version to be written. `expected` is 0 for new, a version number, or -1 for whatever is there."""

    type: int
    type_name: str
    id: str
    shard: int
    expected: int
    chosen: bool
    removed: bool
    person: str | None
    domain: int
    at: datetime
    meta: str
    body: str
    values: fhir.SearchValues


def checked(resource: Any) -> Resource | Refusal:
    """`resource` itself when it is a structurally valid R4 resource, otherwise every issue found."""
    issues = fhir.validate(resource)
    return Refusal(Kind.UNPROCESSABLE, issues) if issues else resource


def person_of(resource: Resource, values: fhir.SearchValues) -> str | None:
    """The id of the one Patient a resource is about.

    The Patient itself; else who its `patient` or `subject` search parameter names; else the only Patient of its
    compartment. None when it is about nobody, or about several people at once: then only the system context sees it.
    """
    about = fhir.subjects(resource, values) or fhir.patients(resource, values)
    return next(iter(about)) if len(about) == 1 else None


def split(resource: Resource) -> tuple[str, str]:
    """`meta` without version and time, as JSON object text without its opening brace content, and the rest of the body.

    Both are ready to be spliced behind the parts the server sets: `,"profile":[…]` and `,"status":"final",…}`.
    """
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    rest = {k: v for k, v in resource.items() if k not in ("resourceType", "id", "meta")}
    return _inside(meta), _inside(rest) + "}"


def _inside(value: dict[str, Any]) -> str:
    return "," + json.encode(value)[1:-1].decode() if value else ""


def make_row(
    resource: Resource,
    now: datetime,
    shard: int,
    expected: int = 0,
    *,
    chosen: bool = False,
    values: fhir.SearchValues | None = None,
) -> Row:
    """The row of a checked resource that already has its id; `values` when they have been extracted already."""
    values = fhir.extract(resource) if values is None else values
    meta, body = split(resource)
    kind = resource["resourceType"]
    return Row(
        type=fhir.resource_number(kind),
        type_name=kind,
        id=resource["id"],
        shard=shard,
        expected=expected,
        chosen=chosen,
        removed=False,
        person=person_of(resource, values),
        domain=int(domain_of(resource)),
        at=fhir.clinical_time(resource) or now,
        meta=meta,
        body=body,
        values=values,
    )


def person_shard(person: str, carried: int | None) -> int:
    """The shard of everything about a person: the one the person's id carries, else one that follows from the id."""
    return carried if carried is not None else stable_shard(f"Patient/{person}")
