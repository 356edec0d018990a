"""Structural validation: each kind of fault is found once, at its element, with what was expected."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saman.kernel.bounds import bounds
from saman.model.fhir import validate
from saman.model.fhir.validation import MAX_ISSUES
from tests.unit.model.fhir.samples import ALL, BUNDLE, OBSERVATION, PATIENT, TASK, changed


def found(resource: Any) -> list[tuple[str, str]]:
    return [(issue.code, issue.path) for issue in validate(resource)]


@pytest.mark.parametrize("resource", ALL, ids=lambda one: one["resourceType"])
def test_the_samples_are_valid(resource: dict[str, Any]) -> None:
    assert validate(resource) == ()


@pytest.mark.parametrize(
    "resource", [None, [], "Patient", 1, {}, {"resourceType": None}, {"resourceType": ["Patient"]}]
)
def test_what_is_no_resource_is_refused(resource: Any) -> None:
    assert [code for code, _ in found(resource)] == ["structure"]


def test_an_unknown_type_is_refused_with_a_hint() -> None:
    (issue,) = validate({"resourceType": "Observations"})
    assert issue.path == "resourceType"
    assert "“Observation”" in issue.text


@pytest.mark.parametrize("name", ["Resource", "DomainResource", "Quantity", "Element"])
def test_a_type_that_is_not_stored_is_refused(name: str) -> None:
    assert found({"resourceType": name}) == [("structure", "resourceType")]


def test_required_elements() -> None:
    assert found({"resourceType": "Observation", "id": "x"}) == [
        ("required", "Observation.status"),
        ("required", "Observation.code"),
    ]
    assert found(changed(OBSERVATION, component=[{"valueString": "x"}])) == [
        ("required", "Observation.component[0].code")
    ]


def test_a_required_choice() -> None:
    request = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": {"display": "x"}}
    assert found(request) == [("required", "MedicationRequest.medication[x]")]
    assert found({**request, "medicationReference": {"reference": "Medication/1"}}) == []


def test_a_required_primitive_may_be_absent_with_a_reason() -> None:
    reason = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    absent = {"extension": [{"url": reason, "valueCode": "unknown"}]}
    assert found(changed(OBSERVATION, status=..., _status=absent)) == []


def test_unknown_elements_are_named_with_a_hint() -> None:
    (issue,) = validate(changed(PATIENT, brithDate="1938"))
    assert issue.path == "Patient.brithDate"
    assert "“birthDate”" in issue.text


def test_a_name_that_could_be_a_persons_is_not_repeated() -> None:
    (issue,) = validate({**PATIENT, "Åse Østby": 1})
    assert issue.path == "Patient"
    assert "Åse" not in issue.text


def test_only_one_of_a_choice() -> None:
    (issue,) = validate(changed(OBSERVATION, valueString="x", valueCodeableConcept={"text": "x"}))
    assert issue.path == "Observation.value[x]"
    assert "valueCodeableConcept, valueQuantity, valueString" in issue.text


def test_a_choice_with_its_own_extension_is_one() -> None:
    extension = {"extension": [{"url": "http://example.org", "valueBoolean": True}]}
    both = changed(OBSERVATION, valueQuantity=..., valueString="x", _valueString=extension)
    assert found(both) == []
    mixed = changed(OBSERVATION, valueQuantity=..., valueString="x", _valueInteger=extension)
    assert found(mixed) == [("structure", "Observation.value[x]")]


def test_a_choice_that_is_not_among_the_types() -> None:
    assert found(changed(OBSERVATION, valueQuantity=..., valueMoney={"value": 1})) == [
        ("structure", "Observation.valueMoney")
    ]


@pytest.mark.parametrize("value", [{}, [], "", None])
def test_empty_values(value: Any) -> None:
    for name in ("language", "subject", "category"):
        assert [path for _, path in found({**OBSERVATION, name: value})] == [f"Observation.{name}"]


def test_lists_and_single_values_are_told_apart() -> None:
    assert found(changed(PATIENT, name={"family": "X"})) == [("structure", "Patient.name")]
    assert found(changed(PATIENT, gender=["female"])) == [("structure", "Patient.gender")]
    assert found(changed(OBSERVATION, subject=[{"reference": "Patient/1"}])) == [("structure", "Observation.subject")]
    assert found(changed(PATIENT, name=[None])) == [("structure", "Patient.name[0]")]


def test_numbers_as_text_are_refused() -> None:
    wrong = changed(OBSERVATION, valueQuantity={"value": "93.5"})
    (issue,) = validate(wrong)
    assert (issue.code, issue.path) == ("structure", "Observation.valueQuantity.value")
    assert issue.text == "Expected a number of at most 18 digits, found a text."


def test_a_path_leads_through_lists() -> None:
    wrong = changed(
        OBSERVATION,
        component=[
            OBSERVATION["component"][0],
            {"code": {"text": "x"}, "valueQuantity": {"value": True}},
        ],
    )
    assert found(wrong) == [("structure", "Observation.component[1].valueQuantity.value")]


def test_extensions_of_primitives() -> None:
    assert found(changed(PATIENT, birthDate=...)) == []
    assert found(changed(PATIENT, _birthDate={})) == [("structure", "Patient._birthDate")]
    assert found(changed(PATIENT, _birthDate=[{}])) == [("structure", "Patient._birthDate")]
    assert found(changed(PATIENT, _birthDate={"extension": [{}]})) == [("structure", "Patient._birthDate.extension[0]")]
    assert found(changed(PATIENT, _name=[{"id": "x"}])) == [("structure", "Patient._name")]


@pytest.mark.parametrize(
    ("given", "shadow", "path"),
    [
        (["Åse", None], None, "given[1]"),
        (["Åse", None], [None, None], "_given"),
        (["Åse"], [None, {"id": "x"}], "_given"),
        (["Åse", None], [{"id": "x"}, None], "given[1]"),
        (None, [None, {"id": "x"}], "_given[0]"),
    ],
)
def test_lists_of_primitives_and_their_extensions_go_together(given: Any, shadow: Any, path: str) -> None:
    name = {key: value for key, value in (("given", given), ("_given", shadow)) if value is not None}
    assert f"Patient.name[0].{path}" in [one for _, one in found(changed(PATIENT, name=[name]))]


def test_codes_of_required_bindings() -> None:
    (issue,) = validate(changed(PATIENT, gender="kvinne"))
    assert (issue.code, issue.path) == ("code-invalid", "Patient.gender")
    assert issue.text == "Expected one of the codes female, male, other, unknown."
    assert "kvinne" not in issue.text


def test_concepts_of_required_bindings() -> None:
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    condition = {"resourceType": "Condition", "subject": {"reference": "Patient/p1"}}
    for status, expected in (
        ({"coding": [{"system": system, "code": "active"}]}, []),
        ({"coding": [{"system": "http://example.org", "code": "aktiv"}, {"system": system, "code": "active"}]}, []),
        ({"coding": [{"system": "http://example.org", "code": "active"}]}, ["Condition.clinicalStatus"]),
        ({"text": "active"}, ["Condition.clinicalStatus"]),
    ):
        assert [path for _, path in found({**condition, "clinicalStatus": status})] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Patient/p1",
        "Patient/p1/_history/2",
        "https://fhir.example.org/r4/Patient/p1",
        "urn:uuid:0b4be5c6-3f9a-4f1f-8a55-9f0f5a1a0001",
        "urn:oid:1.2.3",
        "#contained",
        "Patient?identifier=http://example.org|1",
    ],
)
def test_well_formed_references(text: str) -> None:
    assert found(changed(OBSERVATION, subject={"reference": text})) == []


@pytest.mark.parametrize("text", ["p1", "Patient/", "Patients/1", "Patient/æ", "Nothing?x=1", "/Patient/1", "#æ"])
def test_references_that_lead_nowhere(text: str) -> None:
    assert found(changed(OBSERVATION, subject={"reference": text})) == [("value", "Observation.subject.reference")]


def test_references_to_the_wrong_type() -> None:
    wrong = changed(TASK, owner={"reference": "Observation/1"})
    (issue,) = validate(wrong)
    assert issue.path == "Task.owner.reference"
    assert "Organization" in issue.text
    assert found(changed(TASK, owner={"type": "Observation", "reference": "urn:uuid:x"})) != []
    assert found(changed(TASK, focus={"reference": "Observation/1"})) == []


def test_contained_resources() -> None:
    inner = {"resourceType": "Patient", "id": "in", "gender": "x"}
    assert found(changed(OBSERVATION, contained=[inner])) == [("code-invalid", "Observation.contained[0].gender")]
    nested = {"resourceType": "Patient", "id": "in", "contained": [{"resourceType": "Patient"}]}
    assert found(changed(OBSERVATION, contained=[nested])) == [("structure", "Observation.contained[0].contained")]


def test_resources_in_bundles_and_parameters() -> None:
    wrong = changed(BUNDLE)
    wrong["entry"][1]["resource"]["status"] = "done"
    assert found(wrong) == [("code-invalid", "Bundle.entry[1].resource.status")]
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": {"resourceType": "Nothing"}}]}
    assert found(parameters) == [("structure", "Parameters.parameter[0].resource.resourceType")]


def test_elements_that_contain_themselves() -> None:
    item = {"linkId": "1", "type": "group", "item": [{"linkId": "1.1", "type": "group", "item": [{"type": "display"}]}]}
    questionnaire = {"resourceType": "Questionnaire", "status": "draft", "item": [item]}
    assert found(questionnaire) == [("required", "Questionnaire.item[0].item[0].item[0].linkId")]


def test_depth_is_limited() -> None:
    extension: dict[str, Any] = {"url": "http://example.org", "valueString": "x"}
    for _ in range(bounds().nesting + 100):
        extension = {"url": "http://example.org", "extension": [extension]}
    assert [code for code, _ in found(changed(PATIENT, extension=[extension]))] == ["too-long"]


def test_all_faults_are_told_up_to_a_limit() -> None:
    wrong = changed(PATIENT, gender="x", birthDate="1938-13", active="yes")
    assert {path for _, path in found(wrong)} == {"Patient.gender", "Patient.birthDate", "Patient.active"}
    assert len(validate(changed(PATIENT, name=[{"family": 1}] * 500))) == MAX_ISSUES
    assert len(validate({**PATIENT, **{f"x{number}": 1 for number in range(500)}})) == MAX_ISSUES


def test_no_issue_repeats_a_value() -> None:
    secret = "Hemmelig"
    wrong = changed(
        PATIENT,
        gender=secret,
        birthDate=secret,
        active=secret,
        id=f"{secret} {secret}",
        managingOrganization={"reference": f"{secret} x"},
        text={"status": "generated", "div": secret},
    )
    issues = validate(wrong)
    assert len(issues) == 6
    assert not any(secret in issue.text + issue.path + str(issue.args) for issue in issues)


@pytest.mark.parametrize("value", [Decimal("1.0"), 2**31, -(2**31) - 1, True, "1"])
def test_whole_numbers(value: Any) -> None:
    wrong = changed(OBSERVATION, valueQuantity=..., valueInteger=value)
    assert [path for _, path in found(wrong)] == ["Observation.valueInteger"]
