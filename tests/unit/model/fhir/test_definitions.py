"""The data made from the definitions: complete, and with numbers that never change."""

from __future__ import annotations

import hashlib

import pytest

from saman.model.fhir import (
    RESOURCE_TYPES,
    compartments,
    patient_compartment,
    resource_name,
    resource_number,
    search_parameters,
)
from saman.model.fhir.definitions import PRIMITIVES, lineage, search, structure, value_sets

FIRST_LOCAL = 10_000
LAST_OF_R4 = 1706
NUMBERING = "4d112bf4f891238b8b77f35008a992353e488dd7eaf9282b4b21670a9e3368e4"
"""Digest of the numbers that R4's own parameters and types were given; stored databases depend on them."""


def test_every_stored_type_is_there() -> None:
    assert len(RESOURCE_TYPES) == 146
    assert list(RESOURCE_TYPES) == sorted(RESOURCE_TYPES)
    assert {"Observation", "Patient", "Task", "Bundle", "Parameters"} <= set(RESOURCE_TYPES)
    assert {"Resource", "DomainResource"} <= structure.blocks.keys() - set(RESOURCE_TYPES)


def test_numbers_never_change() -> None:
    rows = [f"{one.number} {one.base} {one.code}" for one in search.parameters if one.number <= LAST_OF_R4]
    types = [f"{name} {number}" for name, number in structure.resources.items()]
    assert hashlib.sha256("\n".join([*rows, *types]).encode()).hexdigest() == NUMBERING
    assert [one.number for one in search.parameters] == list(range(1, len(rows) + 1))
    assert max(one.number for one in search.parameters) < FIRST_LOCAL


def test_resource_numbers_lead_there_and_back() -> None:
    assert [resource_name(resource_number(name)) for name in RESOURCE_TYPES] == list(RESOURCE_TYPES)
    with pytest.raises(KeyError):
        resource_number("Nothing")


def test_parameters_are_inherited() -> None:
    known = search_parameters("Observation")
    assert {"code", "subject", "date", "_id", "_lastUpdated", "_tag", "_profile", "_security", "_source"} <= set(known)
    assert known["_id"].number == search_parameters("Binary")["_id"].number
    assert known["code"].type == "token"
    assert known["subject"].targets == ("Device", "Group", "Location", "Patient")
    assert "_text" not in search_parameters("Binary")
    assert search_parameters("Nothing") == {}


def test_every_type_that_an_element_has_is_known() -> None:
    known = PRIMITIVES | structure.blocks.keys()
    assert all(one in known for elements in structure.blocks.values() for element in elements for one in element.types)
    assert all(
        element.value_set in value_sets
        for elements in structure.blocks.values()
        for element in elements
        if element.value_set
    )


def test_no_element_needs_more_than_one_or_is_limited_to_some() -> None:
    """Validation knows 0..1, 1..1, 0..* and 1..* only, which is all that R4's base types use."""
    for elements in structure.blocks.values():
        assert all(element.min in (0, 1) and element.max in (0, 1) for element in elements)


def test_compartments() -> None:
    assert patient_compartment["Observation"] == ("performer", "subject")
    assert compartments["Encounter"]["Encounter"] == ()
    assert set(compartments) == {"Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"}
    for kind, members in compartments.items():
        for name, codes in members.items():
            assert all(kind in search_parameters(name)[code].targets for code in codes)


def test_lineage() -> None:
    assert lineage("Patient") == ("Patient", "DomainResource", "Resource")
    assert lineage("Age") == ("Age", "Quantity", "Element")
