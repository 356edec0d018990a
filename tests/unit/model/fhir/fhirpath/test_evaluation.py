"""What FHIRPath selects from a resource, as far as search needs it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saman.model.fhir.fhirpath import Context, FhirPathError, NotSupported, compile_path, item_of
from tests.unit.model.fhir.samples import BUNDLE, OBSERVATION, PATIENT, changed


def values(expression: str, resource: dict[str, Any]) -> list[Any]:
    return [value for _, value, _ in compile_path(expression)([item_of(resource)], Context(resource))]


def types(expression: str, resource: dict[str, Any]) -> list[str]:
    return [name for name, _, _ in compile_path(expression)([item_of(resource)], Context(resource))]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Patient.name.family", ["Østby-Ærlig"]),
        ("name.family", ["Østby-Ærlig"]),
        ("Resource.id", ["p1"]),
        ("DomainResource.id", ["p1"]),
        ("Observation.id", []),
        ("nothing.at.all", []),
        ("Patient.name.given", ["Åse", None]),
        ("Patient.telecom.where(system = 'email').value", ["ase@example.org"]),
        ("Patient.telecom.where(system != 'email').value", ["+47 900 00 000"]),
        ("Patient.telecom[1].value", ["ase@example.org"]),
        ("Patient.telecom[7].value", []),
        ("Patient.telecom.first().system", ["phone"]),
        ("Patient.gender | Patient.id | Patient.gender", ["female", "p1"]),
        ("Patient.active = true", [True]),
        ("Patient.active = 'true'", [False]),
        ("Patient.deceased = true", []),
        ("Patient.deceased.exists()", [False]),
        ("Patient.telecom.exists(system = 'fax')", [False]),
        ("Patient.deceased.empty()", [True]),
        ("Patient.active.not()", [False]),
        ("Patient.deceased.not()", []),
        ("Patient.birthDate.extension('http://example.org/time').value", ["1938-11-13"]),
        ("Patient.extension('http://example.org/time')", []),
        ("Patient.managingOrganization.resolve() is Organization", [True]),
        ("Patient.managingOrganization.resolve() is Patient", [False]),
        ("Patient.managingOrganization.where(resolve() is Organization).reference", ["Organization/o1"]),
        ("{}", []),
        ("'x'", ["x"]),
        ("$this.id", ["p1"]),
        ("Patient.id is id", [True]),
        ("Patient.gender is code", [True]),
        ("Patient.gender is string", [True]),
        ("Patient.gender is System.String", [False]),
        ("1.5 is System.Decimal", [True]),
        ("Patient.gender is FHIR.code", [True]),
    ],
)
def test_a_patient(expression: str, expected: list[Any]) -> None:
    assert values(expression, PATIENT) == expected


def test_three_valued_logic() -> None:
    words = {"true": True, "false": False, "{}": None}
    for left, one in words.items():
        for right, other in words.items():
            found = {name: values(f"{left} {name} {right}", PATIENT) for name in ("and", "or", "xor", "implies")}
            both = None if one is None or other is None else True
            conjunction = False if one is False or other is False else both
            disjunction = True if one or other else (None if both is None else False)
            exclusive = None if both is None else one is not other
            implication = True if one is False or other else (None if both is None else False)
            expected = {"and": conjunction, "or": disjunction, "xor": exclusive, "implies": implication}
            assert found == {name: [] if value is None else [value] for name, value in expected.items()}


def test_choices_have_the_type_they_were_given_with() -> None:
    assert types("Observation.value", OBSERVATION) == ["Quantity"]
    assert types("(Observation.value as Quantity)", OBSERVATION) == ["Quantity"]
    assert types("Observation.value.as(CodeableConcept)", OBSERVATION) == []
    assert types("Observation.value.ofType(FHIR.Quantity)", OBSERVATION) == ["Quantity"]
    assert types("Observation.component.value", OBSERVATION) == ["string", "Quantity"]
    assert values("Observation.value.value", OBSERVATION) == [Decimal("93.50")]
    assert types("Observation.component", OBSERVATION) == ["Observation.component"] * 2


def test_nested_resources_have_their_own_type() -> None:
    assert types("Bundle.entry.resource", BUNDLE) == ["Patient", "Observation"]
    assert values("Bundle.entry[0].resource.gender", BUNDLE) == ["female"]


def test_contained_resources_can_be_resolved() -> None:
    resource = changed(
        OBSERVATION,
        contained=[{"resourceType": "Patient", "id": "in", "gender": "female"}],
        subject={"reference": "#in"},
    )
    assert values("Observation.subject.resolve().gender", resource) == ["female"]
    assert values("Observation.subject.where(resolve() is Patient).exists()", resource) == [True]
    lost = changed(resource, subject={"reference": "#out"})
    assert values("Observation.subject.resolve()", lost) == []


def test_a_named_type_stands_for_a_target_that_is_not_known() -> None:
    resource = changed(OBSERVATION, subject={"type": "Patient", "reference": "urn:uuid:x"})
    assert types("Observation.subject.resolve()", resource) == ["Patient"]
    assert values("Observation.subject.resolve().name", resource) == []
    unknown = changed(OBSERVATION, subject={"type": "http://example.org/Thing", "reference": "urn:uuid:x"})
    assert types("Observation.subject.resolve()", unknown) == []


@pytest.mark.parametrize("expression", ["elementDefinition()", "slice('a', 'b')"])
def test_what_needs_profiles_is_told_when_compiled(expression: str) -> None:
    with pytest.raises(NotSupported):
        compile_path(expression)


def test_search_parameters_keep_all_items_of_a_type() -> None:
    assert types("Observation.component.value as Quantity", OBSERVATION) == ["Quantity"]
    assert types("Observation.component.value.as(string)", OBSERVATION) == ["string"]
    assert types("Observation.status as string", OBSERVATION) == ["code"]


@pytest.mark.parametrize(
    "expression", ["where()", "a.where(b, c)", "exists(a, b)", "empty(a)", "ofType(1)", "first(1)", "nothing()"]
)
def test_wrong_arguments_are_told_when_compiled(expression: str) -> None:
    with pytest.raises(FhirPathError):
        compile_path(expression)
