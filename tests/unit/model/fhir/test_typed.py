"""Resources as typed objects."""

from __future__ import annotations

from decimal import Decimal

import pytest

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.fhir import RESOURCE_TYPES, as_struct, decode_as, encode_struct, struct_for, validate
from saman.model.fhir.definitions import structure
from saman.model.fhir.json_names import json_name
from saman.model.fhir.r4.observation import Observation
from saman.model.fhir.r4.task import Task
from saman.model.fhir.r4.types import CodeableConcept, Quantity, Reference
from tests.unit.model.fhir.samples import ALL, OBSERVATION


@pytest.mark.parametrize("resource", ALL, ids=lambda one: one["resourceType"])
def test_there_and_back(resource: dict) -> None:
    typed = as_struct(struct_for(resource["resourceType"]), resource)
    assert not isinstance(typed, Refusal)
    assert json.decode(encode_struct(typed)) == resource


def test_numbers_keep_their_digits() -> None:
    typed = decode_as(Observation, json.encode(OBSERVATION))
    assert not isinstance(typed, Refusal)
    assert typed.value_quantity is not None
    assert str(typed.value_quantity.value) == "93.50"
    assert b"93.50" in encode_struct(typed)


def test_objects_made_in_code_are_valid_resources() -> None:
    task = Task(status="requested", intent="order", for_=Reference(reference="Patient/p1"))
    written = json.decode(encode_struct(task))
    assert written == {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": "Patient/p1"},
    }
    assert validate(written) == ()
    reading = Observation(code=CodeableConcept(text="SpO2"), value_quantity=Quantity(value=Decimal("93.0")))
    assert b'"value":93.0' in encode_struct(reading)


def test_what_does_not_fit_is_refused_without_repeating_it() -> None:
    refusal = decode_as(Observation, b'{"resourceType":"Observation","code":{"coding":[{"display":1}]}}')
    assert isinstance(refusal, Refusal)
    assert refusal.issues[0].path == "Observation.code.coding[0].display"
    other = decode_as(Observation, b'{"resourceType":"Task","code":{}}')
    assert isinstance(other, Refusal)
    broken = decode_as(Observation, b"{")
    assert isinstance(broken, Refusal)


def test_every_type_has_a_class_with_its_elements() -> None:
    for name in RESOURCE_TYPES:
        known = set(struct_for(name).__struct_encode_fields__)
        elements = {json_name for element in structure.blocks[name] for json_name, _ in element.json_names()}
        assert elements <= known
        assert {one.lstrip("_") for one in known} == elements
    with pytest.raises(KeyError):
        struct_for("Nothing")


def test_names_in_json() -> None:
    assert json_name("value_codeable_concept") == "valueCodeableConcept"
    assert json_name("for_") == "for"
    assert json_name("class__ext") == "_class"
    assert json_name("birth_date_ext") == "_birthDate"
