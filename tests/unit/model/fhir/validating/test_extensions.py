"""Extensions: where they may stand, what they may hold, and what becomes of those that nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from saman.model.fhir.validating import Known, Level, Unknown, Validation
from tests.unit.model.fhir.validating.profiled import BASE, NOW
from tests.unit.model.fhir.validating.test_snapshots import changed

URL = BASE + "note"
OTHER = BASE + "other"
NAMED: dict[str, Any] = {"url": URL, "valueString": "x"}


def extension(*uses: tuple[str, str], url: str = URL, is_modifier: bool = False, **more: Any) -> dict[str, Any]:
    """The definition of an extension with a text, which may stand in these places."""
    root = {"path": "Extension", **({"isModifier": True} if is_modifier else {})}
    value = {"path": "Extension.value[x]", "min": 1, "type": [{"code": "string"}]}
    context = [{"type": kind, "expression": expression} for kind, expression in uses]
    one = changed("note", "Extension", root, {"path": "Extension.url", "fixedUri": url}, value, **more)
    return {**one, "url": url, "kind": "complex-type", **({"context": context} if context else {})}


def errors(
    resource: dict[str, Any], *definitions: dict[str, Any], unknown: Unknown = Unknown.ACCEPT
) -> list[tuple[str, str]]:
    """Code and place of what a write is refused for."""
    known = {one["url"]: one for one in definitions}
    listed = Known(lambda kind, url: known.get(url) if kind == "StructureDefinition" else None)
    return [(one.code, one.path) for one in Validation(Level.PROFILES, listed, unknown).on_write(resource, NOW)]


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **more}


EXTENDED = patient(
    name=[{"family": "A", "_family": {"extension": [NAMED]}}],
    contact=[{"name": {"text": "B"}, "period": {"start": "2026", "extension": [NAMED]}}],
    deceasedBoolean=True,
    _deceasedBoolean={"extension": [NAMED]},
    extension=[{"url": OTHER, "extension": [NAMED]}],
)
PLACES = {
    "name": "Patient.name[0].family.extension[0]",
    "contact": "Patient.contact[0].period.extension[0]",
    "deceased": "Patient.deceased.ofType(boolean).extension[0]",
    "extension": "Patient.extension[0].extension[0]",
}


@pytest.mark.parametrize(
    ("use", "allowed"),
    [
        (("element", "Element"), set(PLACES)),
        (("element", "Patient.name.family"), {"name"}),
        (("element", "HumanName.family"), {"name"}),
        (("element", "string"), {"name"}),
        (("element", "Period"), {"contact"}),
        (("element", "BackboneElement.period"), {"contact"}),
        (("element", "Patient.contact.period"), {"contact"}),
        (("element", "http://example.org/one#Patient.contact:next.period"), {"contact"}),
        (("element", "Patient.deceased[x]"), {"deceased"}),
        (("element", "Patient.deceasedBoolean"), {"deceased"}),
        (("element", "boolean"), {"deceased"}),
        (("element", "Extension"), {"extension"}),
        (("element", "Patient"), set()),
        (("element", "Observation"), set()),
        (("extension", OTHER), {"extension"}),
        (("extension", URL), set()),
        (("fhirpath", "Patient.name.family"), {"name"}),
        (("fhirpath", "contact.period.where(start.exists())"), {"contact"}),
        (("fhirpath", "Patient.shoe"), set()),
    ],
)  # fmt: skip
def test_an_extension_stands_only_where_it_may(use: tuple[str, str], allowed: set[str]) -> None:
    found = errors(EXTENDED, extension(use))
    assert {place for _, place in found} == {place for name, place in PLACES.items() if name not in allowed}
    assert {code for code, _ in found} <= {"extension"}


def test_one_place_of_several_will_do_and_without_any_it_may_stand_everywhere() -> None:
    assert errors(EXTENDED, extension()) == []
    found = errors(EXTENDED, extension(("element", "Period"), ("element", "string")))
    assert {place for _, place in found} == {PLACES["deceased"], PLACES["extension"]}


@pytest.mark.parametrize("holder", ["contained", "entry"])
def test_a_resource_in_another_counts_by_its_own_type(holder: str) -> None:
    inner = patient(id="a", extension=[NAMED])
    group: dict[str, Any] = {
        "resourceType": "Group", "type": "person", "actual": True, "contained": [inner],
        "member": [{"entity": {"reference": "#a"}}],
    }  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "urn:x:y", "resource": inner}]}
    whole = group if holder == "contained" else bundle
    assert errors(whole, extension(("element", "Patient"))) == []
    [(code, place)] = errors(whole, extension(("element", "Group")))
    assert code == "extension"
    assert place.endswith(".extension[0]")


def test_rules_of_where_it_stands_see_the_extension() -> None:
    rules = ["gender = 'female'", "%extension.value != 'y'"]
    one = extension(("element", "Patient"), contextInvariant=rules)
    assert errors(patient(gender="female", extension=[NAMED]), one) == []
    assert errors(patient(gender="male", extension=[NAMED]), one) == [("invariant", "Patient.extension[0]")]
    assert errors(patient(gender="male", extension=[{**NAMED, "valueString": "y"}]), one) == [
        ("invariant", "Patient.extension[0]"),
        ("invariant", "Patient.extension[0]"),
    ]
    broken = extension(contextInvariant=["shoe( size"])
    assert errors(patient(extension=[NAMED]), broken) == []


def test_what_changes_the_meaning_stands_only_where_that_is_seen() -> None:
    at, modifying = "Patient.extension[0]", "Patient.modifierExtension[0]"
    assert errors(patient(modifierExtension=[NAMED]), extension(is_modifier=True)) == []
    assert errors(patient(extension=[NAMED]), extension(is_modifier=True)) == [("extension", at)]
    assert errors(patient(modifierExtension=[NAMED]), extension()) == [("extension", modifying)]


def test_what_it_holds_is_of_its_type_and_there() -> None:
    at = "Patient.extension[0]"
    assert errors(patient(extension=[{"url": URL, "valueBoolean": True}]), extension()) == [
        ("structure", f"{at}.value.ofType(boolean)")
    ]
    assert errors(patient(extension=[{"url": URL, "extension": [NAMED]}]), extension()) == [("required", at)]


@pytest.mark.parametrize(
    ("unknown", "refused"),
    [
        (Unknown.ACCEPT, []),
        (Unknown.MODIFIERS, ["Patient.modifierExtension[0]"]),
        (Unknown.REFUSE, ["Patient.extension[0]", "Patient.modifierExtension[0]"]),
    ],
)
def test_what_nobody_knows_is_taken_or_refused_as_the_setting_says(unknown: Unknown, refused: list[str]) -> None:
    known = extension(url=OTHER)
    resource = patient(
        extension=[{"url": URL, "extension": [{"url": "part", "valueString": "x"}]}, {**NAMED, "url": OTHER}],
        modifierExtension=[NAMED],
    )
    assert sorted(place for _, place in errors(resource, known, unknown=unknown)) == refused


def test_the_extensions_of_the_official_definitions_are_known() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
    one = {"url": url, "valueAddress": {"city": "x"}}
    assert errors(patient(extension=[one]), unknown=Unknown.REFUSE) == []
    assert errors(patient(name=[{"text": "x", "extension": [one]}])) == [("extension", "Patient.name[0].extension[0]")]


def test_all_that_defines_something_is_a_canonical_resource() -> None:
    canonical, metadata = extension(("element", "CanonicalResource")), extension(("element", "MetadataResource.name"))
    questions: dict[str, Any] = {"resourceType": "Questionnaire", "status": "draft", "extension": [NAMED]}
    assert errors(questions, canonical) == []
    assert errors(patient(extension=[NAMED]), canonical) == [("extension", "Patient.extension[0]")]
    named = {"resourceType": "Questionnaire", "status": "draft", "name": "A", "_name": {"extension": [NAMED]}}
    assert errors(named, metadata) == []
    assert errors(questions, metadata) == [("extension", "Questionnaire.extension[0]")]


def test_what_is_for_an_extension_stands_at_its_value_too() -> None:
    held = {"url": OTHER, "valueString": "x", "_valueString": {"extension": [NAMED]}}
    assert errors(patient(extension=[held]), extension(("extension", OTHER))) == []
    assert errors(patient(extension=[held]), extension(("extension", URL))) == [
        ("extension", "Patient.extension[0].value.ofType(string).extension[0]")
    ]


def test_patterns_stand_at_the_types_of_elements_as_in_the_definitions_of_r4() -> None:
    regex = {"url": "http://hl7.org/fhir/StructureDefinition/regex", "valueString": "x"}
    element = {"id": "Basic", "path": "Basic", "type": [{"code": "string", "extension": [regex]}]}
    definition = changed("note", "Basic", element)
    assert [one for one in errors(definition) if one[0] == "extension"] == []
    assert errors(patient(name=[{"family": "A", "extension": [regex]}])) == [
        ("extension", "Patient.name[0].extension[0]")
    ]
