"""The third level of validation: what profiles say of elements, by their snapshots."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saman.model.fhir.validating import Level, base
from tests.unit.model.fhir.validating.profiled import BASE, NOW, against, profile, validation

OBSERVATION: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": {"text": "Weight"}}
LOINC = "http://loinc.org"
NOON = "2026-01-01T12:00:00Z"
SEX = "http://hl7.org/fhir/administrative-gender"
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"


def observation(**more: Any) -> dict[str, Any]:
    return OBSERVATION | more


def wrong(place: str, code: str = "structure", severity: str = "error") -> list[tuple[str, str, str]]:
    return [(severity, code, place)]


WIDEST = {
    "strength": "preferred", "valueSet": "http://example.org/none", "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet", "valueCanonical": GENDER}],
}  # fmt: skip

CASES: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, str]]]] = [
    ({"path": "Observation.subject", "min": 1}, observation(), wrong("Observation", "required")),
    ({"path": "Observation.subject", "min": 1}, observation(subject={"display": "x"}), []),
    ({"path": "Observation.note", "max": "1"}, observation(note=[{"text": "a"}] * 2), wrong("Observation.note[1]")),
    ({"path": "Observation.issued", "max": "0"}, observation(issued=NOON), wrong("Observation.issued")),
    ({"path": "Observation.value[x]", "type": [{"code": "Quantity"}]}, observation(valueString="x"),
     wrong("Observation.value.ofType(string)")),
    ({"path": "Observation.value[x]", "type": [{"code": "Quantity"}]}, observation(valueQuantity={"value": 1}), []),
    ({"path": "Observation.status", "fixedCode": "final"}, observation(), []),
    ({"path": "Observation.status", "fixedCode": "amended"}, observation(), wrong("Observation.status", "value")),
    ({"path": "Observation.code", "patternCodeableConcept": {"coding": [{"system": LOINC, "code": "1"}]}},
     observation(code={"coding": [{"system": "x:y", "code": "1"}, {"system": LOINC, "code": "1"}]}), []),
    ({"path": "Observation.code", "patternCodeableConcept": {"coding": [{"system": LOINC, "code": "1"}]}},
     observation(code={"coding": [{"system": LOINC, "code": "2"}]}), wrong("Observation.code", "value")),
    ({"path": "Observation.value[x]", "maxLength": 3}, observation(valueString="long"),
     wrong("Observation.value.ofType(string)", "value")),
    ({"path": "Observation.value[x]", "minValueQuantity": {"value": 10, "code": "kg", "system": "u:v"}},
     observation(valueQuantity={"value": Decimal("9.5"), "code": "kg", "system": "u:v"}),
     wrong("Observation.value.ofType(Quantity)", "value")),
    ({"path": "Observation.value[x]", "maxValueInteger": 10}, observation(valueInteger=11),
     wrong("Observation.value.ofType(integer)", "value")),
    ({"path": "Observation.value[x]", "binding": {"strength": "required", "valueSet": f"{GENDER}|4.0.1"}},
     observation(valueCodeableConcept={"coding": [{"system": SEX, "code": "x"}]}),
     wrong("Observation.value.ofType(CodeableConcept)", "code-invalid")),
    ({"path": "Observation.value[x]", "binding": {"strength": "extensible", "valueSet": GENDER}},
     observation(valueCodeableConcept={"text": "x"}),
     wrong("Observation.value.ofType(CodeableConcept)", "code-invalid", "warning")),
    ({"path": "Observation.value[x]", "binding": {"strength": "required", "valueSet": "http://example.org/none"}},
     observation(valueCodeableConcept={"coding": [{"code": "x"}]}),
     wrong("Observation.value.ofType(CodeableConcept)", "not-found", "information")),
    ({"path": "Observation.value[x]", "binding": {"strength": "example", "valueSet": GENDER}},
     observation(valueCodeableConcept={"text": "x"}), []),
    ({"path": "Observation.value[x]", "binding": WIDEST},
     observation(valueCodeableConcept={"coding": [{"system": "urn:other", "code": "x"}]}),
     wrong("Observation.value.ofType(CodeableConcept)", "code-invalid")),
    ({"path": "Observation.value[x]", "binding": WIDEST},
     observation(valueCodeableConcept={
         "coding": [{"system": "http://hl7.org/fhir/administrative-gender", "code": "male"}]}), []),
    ({"path": "Observation.value[x]", "binding": WIDEST}, observation(valueCodeableConcept={"text": "x"}), []),
    ({"path": "Observation.code", "constraint": [
        {"key": "own-1", "severity": "error", "human": "No text", "expression": "text.empty()"}]},
     observation(), wrong("Observation.code", "invariant")),
    ({"path": "Observation.code", "constraint": [
        {"key": "own-2", "severity": "warning", "human": "No text", "expression": "text.empty()"}]},
     observation(), wrong("Observation.code", "invariant", "warning")),
    ({"path": "Observation.code", "constraint": [
        {"key": "own-3", "severity": "error", "human": "Nonsense", "expression": "shoe( size"}]}, observation(), []),
    ({"path": "Observation.subject", "type": [
        {"code": "Reference", "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Patient"]}]},
     observation(subject={"reference": "Group/1"}), wrong("Observation.subject", "value")),
    ({"path": "Observation.subject", "type": [
        {"code": "Reference", "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Patient"]}]},
     observation(subject={"reference": "Patient/1"}), []),
]  # fmt: skip


@pytest.mark.parametrize(("element", "resource", "expected"), CASES)
def test_what_a_profile_says_of_an_element(
    element: dict[str, Any], resource: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert against(profile("one", "Observation", element))(resource) == expected


def test_what_is_said_below_an_element_holds_for_each_of_them() -> None:
    found = against(
        profile("one", "Observation", {"path": "Observation.note"}, {"path": "Observation.note.time", "min": 1})
    )
    notes = [{"text": "a", "time": "2026"}, {"text": "b"}]
    assert found(observation(note=notes)) == wrong("Observation.note[1]", "required")
    assert found(observation()) == []


def test_an_element_may_share_the_content_of_another() -> None:
    found = against(
        profile(
            "one", "Observation",
            {"id": "Observation.referenceRange", "path": "Observation.referenceRange"},
            {"path": "Observation.referenceRange.text", "min": 1},
            {"path": "Observation.component"},
            {"path": "Observation.component.referenceRange", "contentReference": "#Observation.referenceRange"},
        )
    )  # fmt: skip
    ranged = [{"code": {"text": "x"}, "referenceRange": [{"low": {"value": 1}}]}]
    assert found(observation(component=ranged)) == wrong("Observation.component[0].referenceRange[0]", "required")


def test_a_type_may_have_a_profile_of_its_own() -> None:
    kilos = profile("kilos", "Quantity", {"path": "Quantity.unit", "fixedString": "kg"})
    of_kilos = {"path": "Observation.value[x]", "type": [{"code": "Quantity", "profile": [BASE + "kilos"]}]}
    found = against(profile("one", "Observation", of_kilos), kilos)
    place = "Observation.value.ofType(Quantity).unit"
    assert found(observation(valueQuantity={"value": 1, "unit": "g"})) == wrong(place, "value")
    assert found(observation(valueQuantity={"value": 1, "unit": "kg"})) == []
    grams = profile("grams", "Quantity", {"path": "Quantity.unit", "fixedString": "g"})
    either = {
        "path": "Observation.value[x]",
        "type": [{"code": "Quantity", "profile": [BASE + "kilos", BASE + "grams"]}],
    }
    found = against(profile("one", "Observation", either), kilos, grams)
    assert found(observation(valueQuantity={"value": 1, "unit": "g"})) == []
    assert found(observation(valueQuantity={"value": 1, "unit": "t"})) == wrong("Observation.value.ofType(Quantity)")


EXTENSION = profile(
    "colour", "Extension", {"path": "Extension.url", "fixedUri": BASE + "colour"},
    {"path": "Extension.value[x]", "min": 1, "type": [{"code": "code"}]},
)  # fmt: skip


def test_an_extension_is_as_its_definition_says_wherever_it_stands() -> None:
    judge = validation(EXTENSION)
    red = {"url": BASE + "colour", "valueCode": "red"}
    text = {"url": BASE + "colour", "valueString": "red"}
    resource = observation(_issued={"extension": [red]}, note=[{"text": "x", "extension": [text]}])
    found = [(one.code, one.path) for one in judge.on_write(resource, NOW)]
    assert found == [("structure", "Observation.note[0].extension[0].value.ofType(string)")]
    unknown = observation(
        extension=[{"url": "x:y", "valueCode": "z"}], modifierExtension=[{"url": "x:z", "valueCode": "z"}]
    )
    told = [(one.severity, one.path) for one in judge.whole(unknown, NOW) if one.code == "not-found"]
    assert told == [("warning", "Observation.modifierExtension[0]")]


def test_profiles_that_a_resource_claims_hold_when_they_are_loaded() -> None:
    needs = profile("one", "Observation", {"path": "Observation.subject", "min": 1})
    claiming = observation(meta={"profile": [BASE + "one|1.0"]})
    assert [one.code for one in validation(needs).on_write(claiming, NOW)] == ["required"]
    assert validation(needs, level=Level.BASE).on_write(claiming, NOW) == ()
    assert validation(needs, level=Level.STRUCTURE).on_write(observation(subject={"reference": "#a"}), NOW) == ()
    assert validation(needs).on_write(observation(), NOW) == ()
    strange = observation(meta={"profile": [BASE + "other"]})
    assert validation(needs).on_write(strange, NOW) == ()
    told = [one for one in validation(needs).whole(strange, NOW) if one.code == "not-found"]
    assert [(one.severity, one.path) for one in told] == [("warning", "Observation")]
    inside = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": claiming}]}
    assert [one.path for one in validation(needs).on_write(inside, NOW)] == ["Bundle.entry[0].resource"]


def test_base_types_are_profiles_too() -> None:
    judge, base = validation(), "http://hl7.org/fhir/StructureDefinition/"
    for name, is_right in (("Observation", True), ("DomainResource", True), ("Patient", False)):
        assert (judge.on_write(observation(meta={"profile": [base + name]}), NOW) == ()) is is_right


def test_a_profile_for_another_type_is_not_kept() -> None:
    assert against(profile("one", "Patient"))(observation()) == wrong("Observation")


@pytest.mark.parametrize(
    "definition",
    [
        {"resourceType": "StructureDefinition", "url": BASE + "one"},
        {"resourceType": "StructureDefinition", "url": BASE + "one", "snapshot": {"element": []}},
        {"resourceType": "StructureDefinition", "url": BASE + "one", "snapshot": {"element": [{"shoe": 1}]}},
        {"resourceType": "StructureDefinition", "url": BASE + "one", "snapshot": {"element": [7]}},
        {"resourceType": "StructureDefinition", "url": BASE + "one", "snapshot": 7},
        profile("one", "Observation", {"path": "Observation.a.b"}),
        profile("one", "Observation", {"path": "Observation.code", "max": "many"}),
    ],
)
def test_a_profile_that_cannot_be_read_is_not_known(definition: dict[str, Any]) -> None:
    judge = validation(definition)
    told = judge.whole(observation(meta={"profile": [BASE + "one"]}), NOW)
    assert [one.severity for one in told if one.code == "not-found"] == ["warning"]


def test_profiles_that_lead_to_each_other_come_to_an_end() -> None:
    member = {"path": "Observation.contained", "type": [{"code": "Observation", "profile": [BASE + "one"]}]}
    by = {
        "path": "Observation.hasMember",
        "slicing": {"discriminator": [{"type": "profile", "path": "resolve()"}], "rules": "closed"},
    }
    itself = {
        "path": "Observation.hasMember",
        "sliceName": "own",
        "type": [{"code": "Reference", "targetProfile": [BASE + "one"]}],
    }
    found = against(profile("one", "Observation", member, by, itself))
    inner = observation(id="a", hasMember=[{"reference": "#a"}] * 3)
    assert found(observation(contained=[inner], hasMember=[{"reference": "#a"}] * 3)) is not None


def test_what_takes_too_much_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MAX_WORK", 1000)
    notes = ({"path": "Observation.note"}, {"path": "Observation.note.text", "min": 1})
    found = against(profile("one", "Observation", *notes))
    assert ("error", "too-costly", "") in found(observation(note=[{"text": "x"}] * 1000))
    assert found(observation(note=[{"text": "x"}] * 10)) == []


def test_no_issue_holds_what_was_sent() -> None:
    secret = "Kari Nordmann"
    for element, resource, _ in CASES:
        sent = resource | {"identifier": [{"value": secret}], "method": {"text": secret}}
        judge = validation(profile("one", "Observation", element, {"path": "Observation.method", "max": "0"}))
        assert all(secret not in repr(one) for one in judge.whole(sent, NOW, [BASE + "one"]))


def test_rules_of_profiles_ask_for_codes_and_profiles() -> None:
    def rule(expression: str) -> dict[str, Any]:
        constraint = {"key": "own-1", "severity": "error", "human": "x", "expression": expression}
        return {"path": "Observation.code", "constraint": [constraint]}

    male = observation(code={"coding": [{"system": "http://hl7.org/fhir/administrative-gender", "code": "male"}]})
    other = observation(code={"coding": [{"system": "urn:other", "code": "male"}]})
    texted = profile("texted", "CodeableConcept", {"path": "CodeableConcept.text", "min": 1})
    for expression, kept, broken in (
        (f"coding.all(memberOf('{GENDER}'))", male, other),
        (f"memberOf('{GENDER}')", male, other),
        (f"conformsTo('{BASE}texted')", observation(code={"text": "x"}), male),
        ("%resource.conformsTo('http://hl7.org/fhir/StructureDefinition/vitalsigns').not()", male, None),
        ("conformsTo('http://hl7.org/fhir/StructureDefinition/CodeableConcept')", male, None),
    ):
        found = against(profile("one", "Observation", rule(expression)), texted)
        assert found(kept) == [], expression
        assert broken is None or found(broken) == wrong("Observation.code", "invariant"), expression
    unknown = rule("memberOf('urn:none') and conformsTo('urn:none')")
    assert against(profile("one", "Observation", unknown))(male) == []


def test_a_rule_that_asks_whether_it_is_kept_itself_ends() -> None:
    constraint = {"key": "own-1", "severity": "error", "human": "x", "expression": f"conformsTo('{BASE}one')"}
    found = against(profile("one", "Observation", {"path": "Observation", "constraint": [constraint]}))
    assert found(observation()) == []
