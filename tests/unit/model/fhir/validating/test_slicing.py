"""Slices: told apart in every way that R4 has, open and closed, in order, and slices of slices."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.model.fhir.validating.profiled import BASE, against, piece, profile, sliced

OBSERVATION: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": {"text": "Weight"}}
STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
C = "Observation.component"


def parts(*codes: str, **more: Any) -> dict[str, Any]:
    components = [{"code": {"coding": [{"system": "x:y", "code": code}]}} for code in codes]
    return OBSERVATION | {"component": components} | more


def coded(name: str, code: str, **more: Any) -> list[dict[str, Any]]:
    """A slice of components that have a code."""
    pattern = {"coding": [{"system": "x:y", "code": code}]}
    return [piece(C, name, **more), {"path": f"{C}.code", "patternCodeableConcept": pattern}]


def by_code(rules: str = "open", **more: Any) -> dict[str, Any]:
    return sliced(C, "pattern", "code", rules=rules, **more)


A, B = coded("a", "a", min=1, max="1"), coded("b", "b", max="1")


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("a", []),
        ("ab", []),
        ("xay", []),
        ("b", [("required", "Observation")]),
        ("aa", [("structure", "Observation")]),
        ("bab", [("structure", "Observation")]),
    ],
)
def test_how_many_of_each_slice(codes: str, expected: list[tuple[str, str]]) -> None:
    found = against(profile("one", "Observation", by_code(), *A, *B))
    assert [(code, place) for _, code, place in found(parts(*codes))] == expected


@pytest.mark.parametrize(
    ("slicing", "codes", "is_right"),
    [
        (by_code("closed"), "ab", True),
        (by_code("closed"), "abx", False),
        (by_code("openAtEnd"), "abx", True),
        (by_code("openAtEnd"), "axb", False),
        (by_code(ordered=True), "ab", True),
        (by_code(ordered=True), "ba", False),
        (by_code(), "ba", True),
    ],
)
def test_what_else_may_be_there_and_in_which_order(slicing: dict[str, Any], codes: str, is_right: bool) -> None:
    found = against(profile("one", "Observation", slicing, *A, *B))
    assert (found(parts(*codes)) == []) is is_right


def test_by_a_fixed_value_below() -> None:
    found = against(
        profile(
            "one", "Patient", sliced("Patient.telecom", "value", "system"),
            piece("Patient.telecom", "phone", max="1"), {"path": "Patient.telecom.system", "fixedCode": "phone"},
        )
    )  # fmt: skip
    phone, mail = {"system": "phone", "value": "1"}, {"system": "email", "value": "a@b"}
    assert found({"resourceType": "Patient", "telecom": [mail, phone, mail]}) == []
    assert [one[1] for one in found({"resourceType": "Patient", "telecom": [phone, mail, phone]})] == ["structure"]


def test_by_what_is_fixed_deeper_than_the_path_leads() -> None:
    elements = [
        sliced(C, "value", "code"), piece(C, "a", min=1), {"path": f"{C}.code"},
        {"path": f"{C}.code.coding"}, {"path": f"{C}.code.coding.code", "min": 1, "fixedCode": "a"},
    ]  # fmt: skip
    found = against(profile("one", "Observation", *elements))
    assert (found(parts("x", "a")), found(parts("x"))) == ([], [("error", "required", "Observation")])


def test_by_a_required_value_set() -> None:
    gender = {"strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"}
    elements = [sliced(C, "value", "code"), piece(C, "gender", min=1), {"path": f"{C}.code", "binding": gender}]
    found = against(profile("one", "Observation", *elements))
    coding = {"system": "http://hl7.org/fhir/administrative-gender", "code": "female"}
    assert found(OBSERVATION | {"component": [{"code": {"coding": [coding]}}]}) == []
    assert [code for _, code, _ in found(parts("a"))] == ["required"]


def test_by_whether_something_exists() -> None:
    elements = [
        sliced(C, "exists", "dataAbsentReason"),
        piece(C, "known", min=1), {"path": f"{C}.dataAbsentReason", "max": "0"},
        piece(C, "absent", max="1"), {"path": f"{C}.dataAbsentReason", "min": 1},
    ]  # fmt: skip
    found = against(profile("one", "Observation", *elements))
    known, absent = {"code": {"text": "x"}}, {"code": {"text": "x"}, "dataAbsentReason": {"text": "y"}}
    assert found(OBSERVATION | {"component": [known, absent]}) == []
    assert [code for _, code, _ in found(OBSERVATION | {"component": [absent, absent]})] == ["required", "structure"]


def test_by_the_type_of_a_choice() -> None:
    elements = [
        sliced("Observation.value[x]", "type", "$this"),
        piece("Observation.value[x]", "valueQuantity", type=[{"code": "Quantity"}]),
        {"path": "Observation.value[x].unit", "min": 1},
    ]
    found = against(profile("one", "Observation", *elements))
    assert found(OBSERVATION | {"valueString": "x"}) == []
    place = "Observation.value.ofType(Quantity)"
    assert found(OBSERVATION | {"valueQuantity": {"value": 1}}) == [("error", "required", place)]


def test_by_the_type_of_what_a_reference_leads_to() -> None:
    def to(name: str) -> list[dict[str, Any]]:
        return [{"code": "Reference", "targetProfile": [STRUCTURE + name]}]

    path = "Observation.performer"
    elements = [
        sliced(path, "type", "resolve()"), piece(path, "who", max="1", type=to("Practitioner")),
        piece(path, "where", min=1, type=to("Organization")),
    ]  # fmt: skip
    found = against(profile("one", "Observation", *elements))
    who, where = {"reference": "Practitioner/1"}, {"reference": "Organization/1"}
    assert found(OBSERVATION | {"performer": [who, where]}) == []
    assert [code for _, code, _ in found(OBSERVATION | {"performer": [who, who]})] == ["structure", "required"]


def test_by_the_profile_of_an_entry() -> None:
    old = profile("old", "Patient", {"path": "Patient.birthDate", "min": 1})
    path = "Bundle.entry"
    elements = [
        sliced(path, "profile", "resource"), piece(path, "old", min=1, max="1"),
        {"path": f"{path}.resource", "type": [{"code": "Patient", "profile": [BASE + "old"]}]},
    ]  # fmt: skip
    found = against(profile("one", "Bundle", *elements), old)
    born, unborn = (
        {"resource": {"resourceType": "Patient"} | more} for more in ({"birthDate": "1950"}, {"active": True})
    )
    bundle = {"resourceType": "Bundle", "type": "collection"}
    assert found(bundle | {"entry": [unborn, born]}) == []
    assert [code for _, code, _ in found(bundle | {"entry": [unborn]})] == ["required"]
    assert [code for _, code, _ in found(bundle | {"entry": [born, born]})] == ["structure"]


def test_by_the_profile_of_what_a_reference_leads_to() -> None:
    old = profile("old", "Patient", {"path": "Patient.birthDate", "min": 1})
    path = "Observation.focus"
    target = [{"code": "Reference", "targetProfile": [BASE + "old"]}]
    elements = [sliced(path, "profile", "resolve()"), piece(path, "old", min=1, type=target)]
    found = against(profile("one", "Observation", *elements), old)
    inside = OBSERVATION | {"focus": [{"reference": "#a"}]}
    person = {"resourceType": "Patient", "id": "a"}
    assert found(inside | {"contained": [person | {"birthDate": "1950"}]}) == []
    assert [code for _, code, _ in found(inside | {"contained": [person]})] == ["required"]


def test_extensions_by_their_address_and_what_stands_in_them() -> None:
    path = "Patient.extension"
    colour = [{"code": "Extension", "profile": [BASE + "colour"]}]
    elements = [sliced(path, "value", "url"), piece(path, "colour", min=1, max="1", type=colour)]
    found = against(profile("one", "Patient", *elements))
    red, other = {"url": BASE + "colour", "valueCode": "red"}, {"url": "x:y", "valueCode": "z"}
    told = [one for one in found({"resourceType": "Patient", "extension": [other, red]}) if one[0] == "error"]
    assert told == []
    assert ("error", "required", "Patient") in found({"resourceType": "Patient", "extension": [other]})
    by = [
        sliced(C, "value", f"extension('{BASE}colour').value"), piece(C, "red", min=1),
        sliced(f"{C}.extension", "value", "url"),
        piece(f"{C}.extension", "colour", type=colour), {"path": f"{C}.extension.value[x]", "fixedCode": "red"},
    ]  # fmt: skip
    found = against(profile("two", "Observation", *by))
    for value, is_right in (("red", True), ("blue", False)):
        sent = parts("a")
        sent["component"][0]["extension"] = [{"url": BASE + "colour", "valueCode": value}]
        assert (not [one for one in found(sent) if one[1] == "required"]) is is_right


def test_slices_of_slices_and_the_default_one() -> None:
    inner = [
        piece(C, "a", min=1, slicing={"discriminator": [{"type": "exists", "path": "value"}], "rules": "open"}),
        {"path": f"{C}.code", "patternCodeableConcept": {"coding": [{"code": "a"}]}},
        piece(C, "a/valued", min=1), {"path": f"{C}.value[x]", "min": 1},
        piece(C, "@default", max="0"),
    ]  # fmt: skip
    found = against(profile("one", "Observation", by_code(), *inner))
    valued = parts("a")
    valued["component"][0]["valueInteger"] = 1
    assert found(valued) == []
    assert [code for _, code, _ in found(parts("a"))] == ["required"]
    valued["component"].append({"code": {"text": "other"}})
    assert [code for _, code, _ in found(valued)] == ["structure"]


@pytest.mark.parametrize(
    "path", ["code.coding[0]", "where(true)", "code..text", "(", "a" * 500, "resolve().resolve()", ""]
)
def test_a_path_that_is_none_belongs_to_no_slice(path: str) -> None:
    found = against(profile("one", "Observation", sliced(C, "value", path), piece(C, "a", max="1")))
    assert found(parts("a")) == []
