"""Whose resource it is (https://hl7.org/fhir/R4/compartmentdefinition-patient.html)."""

from __future__ import annotations

from functools import cache
from typing import Any

from saman.model.fhir.definitions import patient_compartment, search_parameters
from saman.model.fhir.reference_text import literal
from saman.model.fhir.search_rows import SearchValues
from saman.model.fhir.search_values import extract

_SUBJECT = ("patient", "subject")


def patients(resource: dict[str, Any], values: SearchValues | None = None) -> frozenset[str]:
    """Ids of the Patients a resource is about or that took part in it; a Patient's own id too.

    These are the parameters of the official Patient compartment, and `patient` and `subject` where R4 has left a type
    out of it (Task, Device, Contract and others). Pass `values` when they were extracted already. References to
    other servers do not count.
    """
    return _own(resource) | _among(resource, values, _member_numbers(resource["resourceType"]))


def subjects(resource: dict[str, Any], values: SearchValues | None = None) -> frozenset[str]:
    """Ids of the Patients a resource is about, by its `patient` and `subject` parameters; a Patient's own id too.

    A Binary is about whom its `securityContext` names (https://hl7.org/fhir/R4/binary.html#security).
    """
    return _own(resource) | _among(resource, values, _subject_numbers(resource["resourceType"]))


def _own(resource: dict[str, Any]) -> frozenset[str]:
    is_patient = resource["resourceType"] == "Patient" and "id" in resource
    if resource["resourceType"] == "Binary":
        labelled = literal(resource.get("securityContext", {}).get("reference", ""))
        is_local = labelled is not None and labelled.type == "Patient" and not labelled.base
        return frozenset((labelled.id,)) if labelled is not None and is_local else frozenset()
    return frozenset((resource["id"],)) if is_patient else frozenset()


def _among(resource: dict[str, Any], values: SearchValues | None, numbers: frozenset[int]) -> frozenset[str]:
    if not numbers:
        return frozenset()
    known = values if values is not None else extract(resource)
    return frozenset(
        one for number, kind, one, url in known.references if number in numbers and kind == "Patient" and not url
    )


@cache
def _member_numbers(type_name: str) -> frozenset[int]:
    known = search_parameters(type_name)
    return _subject_numbers(type_name) | {known[code].number for code in patient_compartment.get(type_name, ())}


@cache
def _subject_numbers(type_name: str) -> frozenset[int]:
    known = search_parameters(type_name)
    return frozenset(known[code].number for code in _SUBJECT if code in known and "Patient" in known[code].targets)
