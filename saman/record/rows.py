"""A FHIR resource as the rows it becomes: checked, measured for the search, its person and shard known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec

from saman.kernel import json
from saman.kernel.ids import Mint, stable_shard
from saman.kernel.outcome import Kind, Refusal, refused
from saman.kernel.remembering import remembered
from saman.model import fhir
from saman.model.access import domain_of, sensitivity_of
from saman.model.fhir.quantities import scale
from saman.record.pointing import Pointed

Resource = dict[str, Any]

KEYS = 8192
"""Texts whose number a process remembers: the same codes and systems come again and again."""


class Row(msgspec.Struct):
    """One version to be written, and who asked for it in which request.

    `expected` is 0 for new, a version number, or -1 for whatever is there. `until` is where the clinical time ends that
    begins `at`; None where rows of search values say when it is. `pointed` is what may be somebody else's.
    `parameters` is the state of the search parameters that its values were found by.
    """

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
    until: datetime | None
    meta: str
    body: str
    values: fhir.SearchValues
    sensitivity: str = "N"
    holder: str = ""
    request: str = ""
    actor: str = ""
    parameters: int = 0
    pointed: tuple[Pointed, ...] = ()


@remembered(KEYS)
def key(text: str) -> int:
    """The 64-bit number, signed, that a text of any length is looked up by."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)


def short_key(text: str) -> int:
    """The upper half of it: what a text is looked up by that is compared whole once it is found."""
    return key(text) >> 32


def unit_key(system: str, code: str) -> int:
    """What quantities in a unit are looked up by: its base units where UCUM knows it, else system and code."""
    known = scale(system, code)
    return key(f"base {known.base}") if known else key(f"{system}|{code}")


def checked(resource: Any) -> Resource | Refusal:
    """`resource` itself when it is a structurally valid R4 resource, otherwise every issue found."""
    issues = fhir.validate(resource)
    return Refusal(Kind.UNPROCESSABLE, issues) if issues else resource


def person_of(resource: Resource, values: fhir.SearchValues) -> str | None:
    """The id of the one Patient a resource is about, by its `patient` and `subject` search parameters.

    None when it is about nobody, or about several people at once: then only the system context sees it.
    """
    about = fhir.subjects(resource, values)
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


@cache
def main_date(type_name: str) -> str:
    """The date parameter that sorts like a resource's clinical time, empty when there is none."""
    elements = fhir.CLINICAL_TIMES.get(type_name, ())
    if not elements:
        return ""
    told = f"{type_name}.{elements[0].removesuffix('[x]')}"
    dates = (one for one in fhir.search_parameters(type_name).values() if one.type == "date")
    return next((one.code for one in dates if told in one.expression), "")


@cache
def _main_number(type_name: str) -> int:
    code = main_date(type_name)
    return fhir.search_parameters(type_name)[code].number if code else 0


def own_time(type_name: str, at: datetime, values: fhir.SearchValues) -> tuple[fhir.SearchValues, datetime | None]:
    """The values without the only clinical time, and where that ends: it begins `at`, and stands in the resource's row.

    All values, and None, where there is no such time, several of them or one without a beginning.
    """
    number = _main_number(type_name)
    told = [one for one in values.dates if one[0] == number]
    if len(told) != 1 or told[0][1] != at:
        return values, None
    others = [one for one in values.dates if one[0] != number]
    return msgspec.structs.replace(values, dates=others), told[0][2]


COMBINED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "combo-code": ("code", "component-code"),
        "combo-data-absent-reason": ("data-absent-reason", "component-data-absent-reason"),
        "combo-value-concept": ("value-concept", "component-value-concept"),
        "combo-value-quantity": ("value-quantity", "component-value-quantity"),
    }
)
"""Parameters of Observation that are nothing but others together; they have no rows of their own."""


def numbers(type_name: str, code: str) -> tuple[int, ...]:
    """The parameters whose rows answer a search by `code`, which is official."""
    return numbers_of(type_name, fhir.search_parameters(type_name)[code])


def numbers_of(type_name: str, parameter: fhir.SearchParameter) -> tuple[int, ...]:
    """The same for any parameter."""
    parts = COMBINED.get(parameter.code, ()) if type_name == "Observation" else ()
    return tuple(fhir.search_parameters(type_name)[one].number for one in parts) or (parameter.number,)


PATIENT = fhir.resource_number("Patient")


def _also_subjects() -> dict[int, frozenset[int]]:
    """The numbers of `patient` parameters, with those of the `subject` parameters of the same types."""
    found: dict[int, frozenset[int]] = {}
    for kind in fhir.RESOURCE_TYPES:
        known = fhir.search_parameters(kind)
        if {"patient", "subject"} <= known.keys():
            number = known["patient"].number
            found[number] = found.get(number, frozenset()) | {known["subject"].number}
    return found


ALSO_SUBJECTS: Mapping[int, frozenset[int]] = MappingProxyType(_also_subjects())
"""A Patient whom `patient` and `subject` both name stands in the index of references once, under `subject`."""


def subject_of(type_name: str, code: str) -> int | None:
    """The parameter under which the rows of `patient` stand too; None for all others."""
    subject = fhir.search_parameters(type_name).get("subject") if code == "patient" else None
    return subject.number if subject else None


def of_reference(alias: str, type_name: str, parameter: fhir.SearchParameter) -> str:
    """The condition that a row of `reference` belongs to a parameter of a type."""
    subject = subject_of(type_name, parameter.code)
    if subject is None:
        return f"{alias}.param = {parameter.number}"
    return f"({alias}.param = {parameter.number} OR {alias}.param = {subject} AND {alias}.target_type = {PATIENT})"


def is_sought(parameter: fhir.SearchParameter) -> bool:
    """Whether its codes are looked for among those of one person: identifiers and labels are found otherwise."""
    is_label = parameter.code == "identifier" or parameter.code.startswith("_")
    return parameter.type in ("token", "uri") and not is_label


UNSOUGHT = frozenset(
    one.number for kind in fhir.RESOURCE_TYPES for one in fhir.search_parameters(kind).values() if not is_sought(one)
)
"""The parameters whose codes are not looked for among those of one person."""

_ROWLESS = frozenset(
    [fhir.search_parameters("Basic")[code].number for code in ("_id", "_lastUpdated")]
    + [fhir.search_parameters("Observation")[code].number for code in COMBINED]
)


def searched(values: fhir.SearchValues) -> fhir.SearchValues:
    """The values that need rows of their own; id and time of the last change are columns of the resource."""
    return msgspec.structs.replace(
        values,
        tokens=[one for one in values.tokens if one[0] not in _ROWLESS],
        dates=[one for one in values.dates if one[0] not in _ROWLESS],
        quantities=[one for one in values.quantities if one[0] not in _ROWLESS],
        parts=[searched(part) for part in values.parts],
    )


def make_row(resource: Resource, now: datetime, shard: int, expected: int, values: fhir.SearchValues) -> Row:
    """The row of a checked resource that already has its id; `values` is what it can be found by."""
    meta, body = split(resource)
    kind = resource["resourceType"]
    at = fhir.clinical_time(resource) or now
    left, until = own_time(kind, at, searched(values))
    return Row(
        type=fhir.resource_number(kind),
        type_name=kind,
        id=resource["id"],
        shard=shard,
        expected=expected,
        chosen=False,
        removed=False,
        person=person_of(resource, values),
        domain=int(domain_of(resource)),
        at=at,
        until=until,
        meta=meta,
        body=body,
        values=left,
        sensitivity=sensitivity_of(resource),
    )


def person_shard(person: str, mint: Mint) -> int:
    """The shard of everything about a person: the one the person's id carries, else one that follows from the id."""
    carried = mint.shard(person)
    return carried if carried is not None else stable_shard(f"Patient/{person}")


def placed(kind: str, id: str, person: str | None, mint: Mint) -> tuple[int, bool] | Refusal:
    """The shard of a resource whose id was given, and whether the id was chosen elsewhere."""
    carried = mint.shard(id)
    home = None if person is None else person_shard(person, mint)
    if carried is None:
        return home if home is not None else stable_shard(f"{kind}/{id}"), True
    if home is not None and home != carried:
        return refused(Kind.UNPROCESSABLE, "invalid", "This id was made for a resource about somebody else.", "id")
    return carried, False
