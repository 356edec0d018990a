"""Whose a resource is, and when it happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from saman.model.fhir import RESOURCE_TYPES, clinical_time, extract, patients, subjects
from saman.model.fhir.clinical_time import CLINICAL_TIMES
from saman.model.fhir.definitions import structure
from tests.unit.model.fhir.samples import OBSERVATION, PATIENT, TASK, changed

PERIOD = {"start": "2026-05-01", "end": "2026-06"}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (PATIENT, {"p1"}),
        (changed(PATIENT, id=...), set()),
        (OBSERVATION, {"p1"}),
        (changed(OBSERVATION, performer=[{"reference": "Patient/p2"}]), {"p1", "p2"}),
        (changed(OBSERVATION, subject={"reference": "https://elsewhere.example.org/Patient/p9"}), {"p1"}),
        (TASK, {"p1"}),
        ({"resourceType": "RelatedPerson", "patient": {"reference": "Patient/p3"}}, {"p3"}),
        ({"resourceType": "Account", "subject": [{"reference": "Patient/p4"}]}, {"p4"}),
        ({"resourceType": "Device", "patient": {"reference": "Patient/p5"}}, {"p5"}),
        (
            {
                "resourceType": "Group",
                "member": [{"entity": {"reference": "Patient/p6"}}, {"entity": {"reference": "Device/d"}}],
            },
            {"p6"},
        ),
        ({"resourceType": "AuditEvent", "entity": [{"what": {"reference": "Patient/p7"}}]}, {"p7"}),
        ({"resourceType": "Organization", "id": "o1"}, set()),
        ({"resourceType": "Binary", "contentType": "text/plain"}, set()),
    ],
)
def test_patients(resource: dict[str, Any], expected: set[str]) -> None:
    assert patients(resource) == expected
    assert patients(resource, extract(resource)) == expected


def test_subjects_leave_out_those_who_took_part() -> None:
    assert subjects(changed(OBSERVATION, performer=[{"reference": "Patient/p2"}])) == {"p1"}
    assert subjects(TASK) == {"p1"}
    assert subjects(PATIENT) == {"p1"}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (OBSERVATION, datetime(2026, 5, 31, 12, 29, tzinfo=UTC)),
        (changed(OBSERVATION, effectiveDateTime=..., effectivePeriod=PERIOD), datetime(2026, 5, 1, tzinfo=UTC)),
        (
            changed(OBSERVATION, effectiveDateTime=..., effectivePeriod={"end": "2026-06"}),
            datetime(2026, 7, 1, tzinfo=UTC),
        ),
        (
            changed(OBSERVATION, effectiveDateTime=..., issued="2026-05-01T00:00:00Z"),
            datetime(2026, 5, 1, tzinfo=UTC),
        ),
        (changed(OBSERVATION, effectiveDateTime=...), None),
        (TASK, datetime(2026, 5, 31, 15, tzinfo=UTC)),
        ({"resourceType": "Condition", "onsetString": "long ago"}, None),
        (
            {"resourceType": "Contract", "issued": "2026", "applies": PERIOD},
            datetime(2026, 1, 1, tzinfo=UTC),
        ),
        (
            {"resourceType": "Appointment", "requestedPeriod": [{"start": "2026-07"}, PERIOD]},
            datetime(2026, 5, 1, tzinfo=UTC),
        ),
        (PATIENT, None),
    ],
)
def test_clinical_time(resource: dict[str, Any], expected: datetime | None) -> None:
    assert clinical_time(resource) == expected


def test_the_table_of_clinical_times_names_elements_that_exist() -> None:
    for name, elements in CLINICAL_TIMES.items():
        assert name in RESOURCE_TYPES
        assert set(elements) <= {element.name for element in structure.blocks[name]}
