"""Published examples that break R4 are refused, each fault with its element."""

from __future__ import annotations

from pathlib import Path

import pytest

from saman.kernel import json
from saman.model.fhir import validate

pytestmark = pytest.mark.conformance

FOLDER = Path(__file__).parent / "data" / "rejected"

FAULTS = {
    "medicationrequestesim1": {
        "MedicationRequest.extension[11].extension[1].valuePositiveInt",
        "MedicationRequest.statusReason.coding",
    },
    "medicationrequestesim2": {
        "MedicationRequest.extension[11].extension[1].valuePositiveInt",
        "MedicationRequest.statusReason.coding",
        "MedicationRequest.dosageInstruction[1].additionalInstruction",
    },
    "medicationrequestesim7A": {
        "MedicationRequest.statusReason.coding",
        "MedicationRequest.category",
    },
    "Observation-example-duplicate-7": {"Observation.valueQuantity.value"},
    "Observation-example-Bloodpressure-max": {"Observation.note[0].text"},
}


@pytest.mark.parametrize("name", FAULTS)
def test_is_refused(name: str) -> None:
    issues = validate(json.decode((FOLDER / f"{name}.json").read_bytes()))
    assert FAULTS[name] <= {issue.path for issue in issues}
