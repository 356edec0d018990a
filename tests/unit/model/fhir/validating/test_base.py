"""The second level of validation: rules of R4, each with its place, its key and the words of the definitions."""

from __future__ import annotations

from typing import Any

import pytest

from saman.model.fhir import validate
from saman.model.fhir.fhirpath import Context, select
from saman.model.fhir.validating import base_issues
from saman.model.fhir.validating.base import MAX_WORK, Looking, look

OBSERVATION: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": {"text": "Weight"}}
ONE_CODE = {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}
KILOS = {"value": 80, "unit": "kg"}
ABSENT = {"text": "not known"}
LOCAL = {"reference": "#a"}
A_PATIENT = {"resourceType": "Patient", "id": "a"}


def issues(resource: dict[str, Any]) -> list[tuple[str, str]]:
    """Key and place of each error."""
    assert validate(resource) == ()
    return [(one.text.partition(":")[0], one.path) for one in base_issues(resource, errors_only=True)]


def observation(**elements: Any) -> dict[str, Any]:
    return OBSERVATION | elements


@pytest.mark.parametrize(
    ("resource", "key", "place"),
    [
        (observation(valueQuantity=KILOS, dataAbsentReason=ABSENT), "obs-6", "Observation"),
        (observation(code=ONE_CODE, valueString="1", component=[{"code": ONE_CODE}]), "obs-7", "Observation"),
        (observation(valueQuantity=KILOS | {"code": "kg"}), "qty-3", "Observation.value.ofType(Quantity)"),
        (
            observation(effectivePeriod={"start": "2026-02-01", "end": "2026-01-01"}),
            "per-1",
            "Observation.effective.ofType(Period)",
        ),
        (observation(subject=LOCAL), "ref-1", "Observation.subject"),
        (observation(contained=[A_PATIENT]), "dom-3", "Observation.contained[0]"),
        (
            observation(subject=LOCAL, contained=[A_PATIENT | {"meta": {"versionId": "1"}}]),
            "dom-4",
            "Observation",
        ),
        (observation(performer=[{"display": "Sister"}, {"id": "x"}]), "ele-1", "Observation.performer[1]"),
        (observation(_issued={"id": "x"}), "ele-1", "Observation.issued"),
        (observation(extension=[{"url": "http://a.example/b"}]), "ext-1", "Observation.extension[0]"),
        (observation(_issued={"extension": [{"url": "http://a.example"}]}), "ext-1", "Observation.issued.extension[0]"),
        (observation(referenceRange=[{"age": {"low": KILOS}}]), "obs-3", "Observation.referenceRange[0]"),
        (
            {"resourceType": "Organization", "name": "A", "telecom": [{"use": "home"}]},
            "org-3",
            "Organization.telecom[0]",
        ),
        (
            {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": observation(subject=LOCAL)}]},
            "ref-1",
            "Bundle.entry[0].resource.subject",
        ),
    ],
)  # fmt: skip
def test_a_broken_rule_is_told_with_its_place(resource: dict[str, Any], key: str, place: str) -> None:
    found = issues(resource)
    assert (key, place) in found
    for _, path in found:
        assert len(select(path, Context(resource))) == 1
    assert all(one.key == "fhir.invariant" for one in base_issues(resource))


def test_what_is_contained_has_rules_of_its_own() -> None:
    inner = observation(id="a", code=ONE_CODE, valueString="1", component=[{"code": ONE_CODE}])
    outer = observation(hasMember=[LOCAL], contained=[inner])
    assert issues(outer) == [("obs-7", "Observation.contained[0]")]


def test_what_is_right_has_no_issue() -> None:
    right = observation(
        valueQuantity=KILOS, effectivePeriod={"start": "2026-01-01", "end": "2026-01-01"}, subject=LOCAL,
        contained=[A_PATIENT], _issued={"id": "x"}, issued="2026-01-01T10:00:00Z",
    )  # fmt: skip
    assert issues(right) == []


def test_existence_is_asked_with_true_or_false() -> None:
    """R4 writes que-7 with a type that does not exist, and so would refuse every such question."""
    condition = {"question": "1", "operator": "exists"}
    item = {"linkId": "1", "type": "string", "text": "?"}
    form = {"resourceType": "Questionnaire", "status": "draft"}
    assert issues(form | {"item": [item | {"enableWhen": [condition | {"answerBoolean": True}]}]}) == []
    wrong = form | {"item": [item | {"enableWhen": [condition | {"answerString": "x"}]}]}
    assert [key for key, _ in issues(wrong)] == ["que-7"]


@pytest.mark.parametrize(
    ("media_type", "is_right"), [("text/plain; charset=utf-8", True), ("json", False), ("a b/c", False)]
)
def test_a_media_type_looks_like_one(media_type: str, is_right: bool) -> None:
    document = {"resourceType": "Media", "status": "completed", "content": {"contentType": media_type}}
    found = base_issues(document, errors_only=True)
    assert (
        [(one.code, one.path) for one in found] == [] if is_right else [("code-invalid", "Media.content.contentType")]
    )


def test_recommendations_are_warnings() -> None:
    assert [one.severity for one in base_issues(OBSERVATION)] == ["warning"]
    assert base_issues(OBSERVATION, errors_only=True) == ()


def test_no_issue_holds_what_was_sent() -> None:
    secret = "Kari Nordmann"
    bad = observation(
        valueQuantity={"value": 1, "code": secret},
        subject={"reference": f"#{secret}"},
        note=[{"id": secret, "text": secret}],
    )
    assert all(secret not in f"{one}" for one in base_issues(bad))


def test_there_are_at_most_fifty_issues() -> None:
    assert len(base_issues(observation(performer=[LOCAL] * 400))) == 50


def test_what_takes_too_much_work_is_refused_and_ends() -> None:
    looking = Looking(None, errors_only=True)
    looking.left = 50
    crowded = observation(
        subject=LOCAL, contained=[{"resourceType": "Basic", "id": f"b{n}", "code": ABSENT} for n in range(40)]
    )
    look(crowded, looking)
    assert looking.issues[-1].code == "too-costly" or any(one.code == "too-costly" for one in looking.issues)
    assert looking.left < MAX_WORK


ELEMENT: dict[str, Any] = {
    "definition": "x", "min": 0, "max": "1", "type": [{"code": "string"}],
    "base": {"path": "Basic", "min": 0, "max": "1"},
}  # fmt: skip


@pytest.mark.parametrize(("kind", "type_name"), [("resource", "Basic"), ("logical", "http://example.org/Basic")])
def test_large_snapshots_are_checked_whole(kind: str, type_name: str) -> None:
    """What all elements begin with is not looked up in the snapshot anew for each of them."""
    number = 2000 if kind == "resource" else 200
    elements = [{"id": f"Basic.a{n}", "path": f"Basic.a{n}", **ELEMENT} for n in range(number)]
    root = {"id": "Basic", "path": "Basic", **ELEMENT}
    definition = {
        "resourceType": "StructureDefinition", "url": "http://example.org/a", "name": "A", "status": "draft",
        "kind": kind, "abstract": False, "type": type_name, "derivation": "specialization",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Element", "snapshot": {"element": [root, *elements]},
    }  # fmt: skip
    assert "sdf-8" not in [key for key, _ in issues(definition)]
    definition["snapshot"] = {"element": [root, *elements[:-1], {**elements[-1], "id": "x", "path": "Shoe.b"}]}
    found = [key for key, _ in issues(definition)]
    assert "sdf-8" in found
    assert not any(one.startswith("There is too much") for one in found)
