"""The rules of the International Patient Summary find what is wrong, and nothing wrong in the guide's own example."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from saman.kernel import json
from saman.model.fhir import validate
from tests.conformance.ips.rules import HERE, faults, faults_of_bundle

Bundle = dict[str, Any]


def example() -> Bundle:
    found: Bundle = json.decode_kept(gzip.decompress((HERE / "minimal.json.gz").read_bytes()).decode())
    return found


def test_the_guide_fulfils_itself() -> None:
    assert validate(example()) == ()
    assert faults_of_bundle(example()) == []
    for entry in example()["entry"]:
        if entry["resource"]["resourceType"] in (
            "Condition",
            "AllergyIntolerance",
            "MedicationStatement",
            "Medication",
        ):
            assert faults(entry["resource"]["resourceType"], entry["resource"]) == []


def composition(bundle: Bundle) -> Any:
    return bundle["entry"][0]["resource"]


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda one: one.pop("identifier"), "Bundle.identifier is needed"),
        (lambda one: one.update(type="collection"), "Bundle.type is not document"),
        (lambda one: one["entry"][1].pop("fullUrl"), "Bundle.entry.fullUrl is needed"),
        (lambda one: one["entry"].append(one["entry"][0]), "Bundle breaks bdl-ips-1"),
        (lambda one: composition(one)["section"].pop(0), "Composition.section:section"),
        (lambda one: composition(one)["section"][0].pop("text"), "Composition.section.text is needed"),
        (lambda one: composition(one)["section"][0].pop("entry"), "breaks ips-comp-1"),
        (lambda one: composition(one)["section"][0]["entry"][0].update(reference="Flag/1"), "leads to Flag/1"),
        (lambda one: composition(one).update(type={"text": "x"}), "Composition.type is not"),
        (lambda one: one["entry"][1]["resource"].pop("birthDate"), "Patient.birthDate is needed"),
    ],
)
def test_what_is_wrong_is_found(harm: Callable[[Bundle], Any], told: str) -> None:
    bundle = example()
    harm(bundle)
    assert any(told in fault for fault in faults_of_bundle(bundle)), faults_of_bundle(bundle)
