"""Profiles that say only what they change: their snapshots are made, and what cannot be made says why."""

from __future__ import annotations

from typing import Any

import pytest

from saman.model.fhir.validating import Known
from saman.model.fhir.validating.snapshots import Snapshots, Unmade
from saman.model.fhir.validating.snapshots.tree import DEEPEST, MOST_ELEMENTS
from tests.unit.model.fhir.validating.profiled import BASE, Found, against

R4 = "http://hl7.org/fhir/StructureDefinition/"
OBSERVATION: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": {"text": "Weight"}}
LOINC = "http://loinc.org"


def changed(name: str, type_name: str, *elements: dict[str, Any], base: str = "", **more: Any) -> dict[str, Any]:
    """A profile with a differential alone."""
    return {
        "resourceType": "StructureDefinition", "url": BASE + name, "name": name, "status": "active", "kind": "resource",
        "abstract": False, "type": type_name, "derivation": "constraint", "baseDefinition": base or R4 + type_name,
        "differential": {"element": list(elements)}, **more,
    }  # fmt: skip


def made(*definitions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The elements of the first of these profiles by id."""
    known = {one["url"]: one for one in definitions}
    return {one["id"]: one for one in Snapshots(known.get).of(definitions[0])}


def why(*definitions: dict[str, Any]) -> str:
    with pytest.raises(Unmade) as raised:
        made(*definitions)
    return str(raised.value)


def judged(found: Found, **more: Any) -> list[tuple[str, str, str]]:
    return found(OBSERVATION | more)


def test_what_a_profile_does_not_speak_of_is_as_in_its_base() -> None:
    elements = made(changed("one", "Observation", {"path": "Observation.subject", "min": 1}))
    assert elements["Observation.subject"]["min"] == 1
    assert elements["Observation.subject"]["max"] == "1"
    assert elements["Observation.status"]["binding"]["strength"] == "required"
    assert elements["Observation.component.referenceRange"]["contentReference"] == "#Observation.referenceRange"
    assert list(elements)[:3] == ["Observation", "Observation.id", "Observation.meta"]


def test_a_profile_on_a_profile_adds_to_it() -> None:
    first = changed("first", "Observation", {"path": "Observation.subject", "min": 1})
    second = changed("second", "Observation", {"path": "Observation.note", "max": "1"}, base=first["url"] + "|1.0")
    third = changed("third", "Observation", {"path": "Observation.issued", "max": "0"}, base=second["url"])
    found = against(third, second, first)
    at = "Observation"
    assert judged(found) == [("error", "required", at)]
    assert judged(found, subject={"display": "x"}, issued="2026-01-01T12:00:00Z", note=[{"text": "a"}] * 2) == [
        ("error", "structure", f"{at}.issued"),
        ("error", "structure", f"{at}.note[1]"),
    ]


def test_limits_of_the_base_stay_when_a_profile_is_wider() -> None:
    first = changed("first", "Observation", {"path": "Observation.note", "min": 1, "max": "2"})
    second = changed("second", "Observation", {"path": "Observation.note", "min": 0, "max": "*"}, base=first["url"])
    note = made(second, first)["Observation.note"]
    assert (note["min"], note["max"]) == (1, "2")


def test_elements_of_a_type_are_opened_where_they_are_spoken_of() -> None:
    elements = made(changed("one", "Patient", {"path": "Patient.contact.name.period.start", "min": 1}))
    assert elements["Patient.contact.name.period.start"]["min"] == 1
    assert "Patient.contact.name.given" in elements
    assert "Patient.name.given" not in elements


@pytest.mark.parametrize("has_ids", [True, False])
def test_slices_are_known_by_ids_or_by_what_stands_before(has_ids: bool) -> None:
    coding = {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"}
    told: list[tuple[str, dict[str, Any]]] = [
        ("Observation.code.coding", {"slicing": coding}),
        ("Observation.code.coding:loinc", {"sliceName": "loinc", "min": 1, "max": "1"}),
        ("Observation.code.coding:loinc.system", {"min": 1, "fixedUri": LOINC}),
    ]
    elements = [{"path": key.replace(":loinc", "")} | more | ({"id": key} if has_ids else {}) for key, more in told]
    one = changed("one", "Observation", *elements)
    assert made(one)["Observation.code.coding:loinc.system"]["fixedUri"] == LOINC
    assert "fixedUri" not in made(one).get("Observation.code.coding.system", {})
    assert judged(against(one)) == [("error", "required", "Observation.code")]
    assert judged(against(one), code={"coding": [{"system": LOINC, "code": "1"}, {"system": "x:y", "code": "1"}]}) == []


def test_a_slice_of_the_base_is_found_by_its_id_alone() -> None:
    one = changed(
        "one", "Observation",
        {"id": "Observation.category:VSCat.text", "path": "Observation.category.text", "min": 1},
        base=R4 + "vitalsigns",
    )  # fmt: skip
    assert made(one)["Observation.category:VSCat.text"]["min"] == 1
    assert "Observation.category.text" not in made(one)


def test_a_slice_of_a_slice_holds_what_that_one_says() -> None:
    by = {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"}
    elements = made(
        changed(
            "one", "Patient",
            {"path": "Patient.identifier", "slicing": by},
            {"path": "Patient.identifier", "sliceName": "a", "max": "3"},
            {"path": "Patient.identifier.system", "min": 1},
            {"path": "Patient.identifier", "sliceName": "a/b", "max": "1"},
        )
    )  # fmt: skip
    assert elements["Patient.identifier:a"]["max"] == "3"
    assert elements["Patient.identifier:a/b"]["max"] == "1"
    assert elements["Patient.identifier:a/b.system"]["min"] == 1
    assert elements["Patient.identifier:a/b"]["min"] == 0


def test_what_shares_the_content_of_another_is_opened_by_it() -> None:
    elements = made(changed("one", "Questionnaire", {"path": "Questionnaire.item.item.item.text", "min": 1}))
    assert elements["Questionnaire.item.item.item.text"]["min"] == 1
    assert elements["Questionnaire.item.text"]["min"] == 0
    assert "contentReference" not in elements["Questionnaire.item.item"]
    assert elements["Questionnaire.item.item.item.item"]["contentReference"] == "#Questionnaire.item"


@pytest.mark.parametrize(
    "path", ["Observation.valueQuantity", "Observation.component.valueQuantity"], ids=["resource", "part"]
)
def test_a_choice_that_is_named_with_its_type_can_be_nothing_else(path: str) -> None:
    elements = made(changed("one", "Observation", {"path": path, "min": 0}, {"path": f"{path}.unit", "min": 1}))
    choice = path.replace("valueQuantity", "value[x]")
    assert [one["code"] for one in elements[choice]["type"]] == ["Quantity"]
    assert elements[choice]["slicing"]["rules"] == "closed"
    assert elements[f"{choice}:valueQuantity.unit"]["min"] == 1


def test_a_choice_may_be_sliced_by_its_types_and_stay_open() -> None:
    slicing = {"discriminator": [{"type": "type", "path": "$this"}], "rules": "open"}
    one = changed(
        "one", "Observation",
        {"path": "Observation.value[x]", "slicing": slicing},
        {"path": "Observation.value[x]", "sliceName": "valueQuantity", "type": [{"code": "Quantity"}]},
        {"path": "Observation.value[x].unit", "min": 1},
    )  # fmt: skip
    found = against(one)
    assert judged(found, valueString="x") == []
    assert judged(found, valueQuantity={"value": 1}) == [("error", "required", "Observation.value.ofType(Quantity)")]


def test_extensions_are_sliced_by_their_url_unless_said_otherwise() -> None:
    note = changed(
        "note", "Extension",
        {"path": "Extension.url", "fixedUri": BASE + "note"},
        {"path": "Extension.value[x]", "min": 1, "type": [{"code": "string"}]},
        kind="complex-type", context=[{"type": "element", "expression": "Observation"}],
    )  # fmt: skip
    one = changed(
        "one", "Observation",
        {"path": "Observation.extension", "sliceName": "note", "min": 1,
         "type": [{"code": "Extension", "profile": [note["url"]]}]},
    )  # fmt: skip
    found = against(one, note)
    assert judged(found) == [("error", "required", "Observation")]
    assert judged(found, extension=[{"url": note["url"], "valueString": "x"}]) == []
    assert ("error", "structure", "Observation.extension[0].value.ofType(boolean)") in judged(
        found, extension=[{"url": note["url"], "valueBoolean": True}]
    )


def test_rules_bindings_and_targets_are_put_together() -> None:
    rule = {"severity": "error", "human": "x", "expression": "true"}
    first = changed("first", "Observation", {"path": "Observation", "constraint": [{"key": "a-1", **rule}]})
    second = changed(
        "second", "Observation",
        {"path": "Observation", "constraint": [{"key": "a-2", **rule}]},
        {"path": "Observation.code", "binding": {"strength": "required"}},
        {"path": "Observation.subject", "type": [{"code": "Reference"}]},
        base=first["url"],
    )  # fmt: skip
    elements = made(second, first)
    assert [one["key"] for one in elements["Observation"]["constraint"]] == ["a-1", "a-2"]
    assert elements["Observation.code"]["binding"]["valueSet"].startswith("http://hl7.org/fhir/ValueSet/")
    assert R4 + "Patient" in elements["Observation.subject"]["type"][0]["targetProfile"]


WITHOUT_END = [changed(name, "Observation", base=BASE + base) for name, base in (("one", "two"), ("two", "one"))]
MANY = [changed(str(number), "Patient", base=BASE + str(number + 1)) for number in range(30)]


def nesting(number: int) -> dict[str, Any]:
    """An extension that opens the next one over and over."""
    inner = BASE + str(number + 1)
    told: list[dict[str, Any]] = []
    for at in range(200):
        slice_id = f"Extension.extension:{at}"
        types = [{"code": "Extension", "profile": [inner]}]
        told.append({"id": slice_id, "path": "Extension.extension", "sliceName": str(at), "type": types})
        told.append({"id": f"{slice_id}.url", "path": "Extension.extension.url", "min": 1})
    return changed(str(number), "Extension", *told, kind="complex-type")


NESTING = [nesting(number) for number in range(15)]
UNMADE: list[tuple[str, list[dict[str, Any]], tuple[str, ...]]] = [
    ("cycle", WITHOUT_END, (BASE + "one", "based on itself")),
    ("many bases", MANY, ("20 profiles below it",)),
    ("multiplying", NESTING, (BASE, "elements")),
    ("no base", [changed("one", "Patient", base=BASE + "gone")], (BASE + "one", BASE + "gone", "not loaded")),
    ("no element", [changed("one", "Patient", {"path": "Patient.shoe.size"})], (BASE + "one", "Patient.shoe.size")),
    ("other type", [changed("one", "Patient", {"path": "Person.name"})], (BASE + "one", "Person.name")),
    ("no such choice", [changed("one", "Observation", {"path": "Observation.valueAddress"})], ("valueAddress",)),
    ("below several types", [changed("one", "Observation", {"path": "Observation.value[x].unit"})], ("unit",)),
    ("no profile", [changed("one", "Patient", derivation="specialization")], (BASE + "one", "derivation")),
    ("no path", [changed("one", "Patient", {"min": 1})], (BASE + "one", "form")),
    ("no number", [changed("one", "Patient", {"path": "Patient.name", "min": "x"})], (BASE + "one", "form")),
    ("deep", [changed("one", "Patient", {"path": "Patient" + ".extension" * DEEPEST})], ("below each other",)),
    ("long", [changed("one", "Patient", *[{"path": "Patient.name"}] * (MOST_ELEMENTS + 1))], (str(MOST_ELEMENTS),)),
    ("wide", [changed("one", "Patient", *[{"path": "Patient.name", "sliceName": str(number)} for number in range(9)],
                      *[{"path": "Patient.name.period.start", "id": f"Patient.name:{number}.period.start"}
                        for number in range(999)])], (BASE + "one", str(MOST_ELEMENTS))),
]  # fmt: skip


@pytest.mark.parametrize(("definitions", "told"), [one[1:] for one in UNMADE], ids=[one[0] for one in UNMADE])
def test_what_cannot_be_made_names_the_profile_and_the_element(
    definitions: list[dict[str, Any]], told: tuple[str, ...]
) -> None:
    text = why(*definitions)
    assert [one for one in told if one not in text] == []
    known = {one["url"]: one for one in definitions}
    listed = Known(lambda kind, url: known.get(url) if kind == "StructureDefinition" else None)
    assert listed.profile(definitions[0]["url"]) is None
    assert listed.fault(definitions[0]["url"]) == text


def test_a_claim_to_a_profile_that_cannot_be_made_is_told_why() -> None:
    one = changed("one", "Observation", {"path": "Observation.shoe", "min": 1})
    assert judged(against(one)) == [("warning", "not-found", "Observation")]


def test_a_profile_may_hold_itself_below_one_of_its_elements() -> None:
    """An extension whose own extensions are of its kind."""
    nested = changed(
        "nested", "Extension",
        {"path": "Extension.extension", "sliceName": "again",
         "type": [{"code": "Extension", "profile": [BASE + "nested"]}]},
        {"id": "Extension.extension:again.value[x]", "path": "Extension.extension.value[x]", "min": 1},
        kind="complex-type",
    )  # fmt: skip
    assert made(nested)["Extension.extension:again.value[x]"]["min"] == 1


def test_profiles_of_r4_are_known_by_themselves() -> None:
    weight = {
        **OBSERVATION, "meta": {"profile": [R4 + "bodyweight"]}, "subject": {"display": "x"},
        "valueString": "70",
    }  # fmt: skip
    places = {place for _, _, place in against(changed("one", "Observation"))(weight)}
    assert {"Observation", "Observation.code", "Observation.value.ofType(string)"} <= places
