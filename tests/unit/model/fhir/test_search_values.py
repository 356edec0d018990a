"""Search values: what each kind of element can be found by."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from saman.model.fhir import MAX_INDEXED, RESOURCE_TYPES, extract, implied_systems, indexed, search_parameters
from saman.model.fhir.quantities import Span
from tests.unit.model.fhir.samples import OBSERVATION, PATIENT, TASK, changed


def rows(resource: dict[str, Any], kind: str, code: str) -> list[tuple[Any, ...]]:
    number = search_parameters(resource["resourceType"])[code].number
    return [row[1:] for row in getattr(extract(resource), kind) if row[0] == number]


def test_tokens() -> None:
    assert rows(OBSERVATION, "tokens", "code") == [("http://loinc.org", "59408-5", "sauerstoffsattigung")]
    assert rows(OBSERVATION, "tokens", "status") == [("", "final", "")]
    assert rows(OBSERVATION, "tokens", "_id") == [("", "spo2", "")]
    assert rows(OBSERVATION, "tokens", "_tag") == [("http://example.org", "test", "")]
    assert rows(OBSERVATION, "tokens", "component-code") == [("", "", "first"), ("", "", "second")]
    assert rows(PATIENT, "tokens", "identifier") == [("urn:oid:2.16.578.1.12.4.1.4.1", "13116900216", "fodselsnummer")]
    assert rows(PATIENT, "tokens", "active") == [("", "true", "")]
    assert rows(PATIENT, "tokens", "phone") == [("", "+47 900 00 000", "")]
    assert rows(PATIENT, "tokens", "email") == [("", "ase@example.org", "")]
    assert len(rows(PATIENT, "tokens", "telecom")) == 2


def test_deceased_is_a_condition() -> None:
    assert rows(PATIENT, "tokens", "deceased") == [("", "false", "")]
    assert rows(changed(PATIENT, deceasedBoolean=False), "tokens", "deceased") == [("", "false", "")]
    assert rows(changed(PATIENT, deceasedBoolean=True), "tokens", "deceased") == [("", "true", "")]
    assert rows(changed(PATIENT, deceasedDateTime="2026"), "tokens", "deceased") == [("", "true", "")]


def test_strings() -> None:
    assert rows(PATIENT, "strings", "family") == [("ostby-aerlig", "Østby-Ærlig")]
    assert rows(PATIENT, "strings", "given") == [("ase", "Åse")]
    assert rows(PATIENT, "strings", "name") == [("ostby-aerlig", "Østby-Ærlig"), ("ase", "Åse")]
    assert rows(PATIENT, "strings", "address") == [
        ("strandveien 1", "Strandveien 1"),
        ("sogne", "Søgne"),
        ("4640", "4640"),
    ]


def test_dates() -> None:
    assert rows(PATIENT, "dates", "birthdate") == [
        (datetime(1938, 11, 1, tzinfo=UTC), datetime(1938, 12, 1, tzinfo=UTC))
    ]
    assert rows(OBSERVATION, "dates", "date") == [
        (datetime(2026, 5, 31, 12, 29, tzinfo=UTC), datetime(2026, 5, 31, 12, 29, 1, tzinfo=UTC))
    ]
    assert rows(OBSERVATION, "dates", "_lastUpdated")[0][0] == datetime(2026, 5, 31, 12, 30, 0, 123000, tzinfo=UTC)
    assert rows(TASK, "dates", "authored-on") == [
        (datetime(2026, 5, 31, 15, tzinfo=UTC), datetime(2026, 5, 31, 15, 0, 1, tzinfo=UTC))
    ]


def test_references() -> None:
    assert rows(OBSERVATION, "references", "subject") == [("Patient", "p1", "")]
    assert rows(OBSERVATION, "references", "patient") == [("Patient", "p1", "")]
    device = changed(OBSERVATION, subject={"reference": "Device/d1"})
    assert rows(device, "references", "subject") == [("Device", "d1", "")]
    assert rows(device, "references", "patient") == []
    elsewhere = changed(OBSERVATION, subject={"reference": "https://a.example.org/fhir/Patient/1"})
    assert rows(elsewhere, "references", "patient") == [("Patient", "1", "https://a.example.org/fhir/Patient/1")]
    urn = changed(OBSERVATION, subject={"type": "Patient", "reference": "urn:uuid:1"})
    assert rows(urn, "references", "patient") == [("", "", "urn:uuid:1")]


def test_references_to_what_is_contained_give_nothing() -> None:
    inner = changed(OBSERVATION, contained=[{"resourceType": "Patient", "id": "in"}], subject={"reference": "#in"})
    assert rows(inner, "references", "subject") == []


def test_references_by_identifier_are_tokens() -> None:
    resource = changed(OBSERVATION, subject={"identifier": {"system": "urn:oid:1.2", "value": "7"}})
    assert rows(resource, "references", "subject") == []
    assert rows(resource, "tokens", "subject") == [("urn:oid:1.2", "7", "")]


def test_canonicals_are_found_with_and_without_version() -> None:
    resource = {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "http://a.example/q|2"}
    assert rows(resource, "references", "questionnaire") == [
        ("", "", "http://a.example/q|2"),
        ("", "", "http://a.example/q"),
    ]


def test_quantities() -> None:
    measured = (one("93.50"), "http://unitsofmeasure.org", "%", OBSERVATION["valueQuantity"].get("unit", ""))
    assert rows(OBSERVATION, "quantities", "value-quantity") == [measured]
    assert rows(OBSERVATION, "quantities", "combo-value-quantity") == [measured, (one("3"), "", "", "steps")]
    condition = {"resourceType": "Condition", "onsetRange": {"low": {"value": 40, "unit": "a"}, "high": {"value": 50}}}
    assert rows(condition, "quantities", "onset-age") == [(Span(Decimal(40), Decimal(50)), "", "", "a")]


def one(number: str) -> Span:
    return Span(Decimal(number), Decimal(number))


def test_numbers_and_uris() -> None:
    risk = {"resourceType": "RiskAssessment", "prediction": [{"probabilityDecimal": Decimal("0.20")}]}
    assert rows(risk, "numbers", "probability") == [(one("0.20"),)]
    questionnaire = {"resourceType": "Questionnaire", "url": "http://a.example/q"}
    assert rows(questionnaire, "uris", "url") == [("http://a.example/q",)]


def test_a_choice_is_found_by_the_parameter_of_its_type_alone() -> None:
    assert rows(OBSERVATION, "tokens", "value-concept") == []
    concept = changed(OBSERVATION, valueQuantity=..., valueCodeableConcept={"text": "Grønn"})
    assert rows(concept, "tokens", "value-concept") == [("", "", "gronn")]
    assert rows(concept, "quantities", "value-quantity") == []


def test_paths_without_a_type_name_and_into_a_bundle() -> None:
    plan = {"resourceType": "InsurancePlan", "name": "Ås", "alias": ["x"]}
    assert rows(plan, "strings", "name") == [("as", "Ås"), ("x", "x")]
    document = {
        "resourceType": "Bundle",
        "type": "document",
        "entry": [
            {"resource": {"resourceType": "Composition", "id": "c1", "subject": {"reference": "Patient/p1"}}},
            {"resource": {"resourceType": "Patient", "id": "p1"}},
        ],
    }
    assert rows(document, "references", "composition") == [("Composition", "c1", "")]


def test_rows_are_not_repeated() -> None:
    twice = changed(OBSERVATION, performer=[{"reference": "Patient/p1"}, {"reference": "Patient/p1"}])
    assert rows(twice, "references", "performer") == [("Patient", "p1", "")]


def test_no_text_is_too_long_for_an_index() -> None:
    long = "ß" * 5000
    resource = changed(
        PATIENT,
        name=[{"family": long}],
        identifier=[{"system": long, "value": long, "type": {"text": long}}],
        telecom=[{"system": "phone", "value": long}],
        managingOrganization={"reference": f"http://example.org/{long}"},
        meta={"profile": [long], "source": long, "tag": [{"system": long, "code": long, "display": long}]},
    )
    values = extract(resource)
    texts = [
        one
        for rows in (values.tokens, values.strings, values.references, values.uris)
        for row in rows
        for one in row[1:]
    ]
    assert max(map(len, texts)) == MAX_INDEXED
    assert rows(resource, "strings", "family") == [("s" * MAX_INDEXED, indexed(long))]


def test_extraction_leaves_the_resource_as_it_was() -> None:
    before = changed(PATIENT)
    extract(before)
    assert before == PATIENT


def test_codes_imply_their_system() -> None:
    assert implied_systems("Patient", "gender") == {"http://hl7.org/fhir/administrative-gender"}
    assert implied_systems("Observation", "status") == {"http://hl7.org/fhir/observation-status"}
    assert implied_systems("Task", "intent") == {
        "http://hl7.org/fhir/task-intent",
        "http://hl7.org/fhir/request-intent",
    }
    assert implied_systems("Observation", "code") == frozenset()
    found = [implied_systems(name, code) for name in RESOURCE_TYPES for code in search_parameters(name)]
    assert sum(map(bool, found)) > 150


def test_what_stands_in_one_element_stands_in_a_part_too() -> None:
    component = [{"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": 1}} for code in ("x", "y")]
    found = extract(changed(OBSERVATION, component=component))
    assert [[code for _, _, code, _ in part.tokens[:1]] for part in found.parts] == [["x"], ["y"]]
    assert all(row in found.quantities for part in found.parts for row in part.quantities)
    assert [len(part.quantities) for part in found.parts] == [2, 2]
