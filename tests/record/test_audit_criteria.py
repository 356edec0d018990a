"""What a person is told of the searches that showed them: how, and never who else was asked about."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from saman.model.fhir import resource_number
from saman.record.audit import Logged
from saman.record.audit_events.criteria import all_criteria, own_criteria


def entry(query: str) -> Logged:
    when, kind = datetime(2026, 11, 22, tzinfo=UTC), resource_number("Observation")
    return Logged(1, when, "r", "Practitioner/1", "", "", "TREAT", "S", kind, "", None, "kari", 0, "", query)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("Observation?patient=kari", "Observation?patient=kari"),
        ("Observation?patient=Patient/kari,ola", "Observation?patient=Patient/kari,…"),
        ("Patient?_id=ola,kari&identifier=urn:id|120574&name=Nilsen", "Patient?_id=…,kari&identifier=…&name=…"),
        ("Observation?date=ge2026&code=59408-5&_sort=-date", "Observation?date=ge2026&code=59408-5&_sort=-date"),
        ("Observation?subject:Patient=ola&value-string=x", "Observation?subject:Patient=…&value-string=…"),
        ("Goal?_tag=urn:study|ola&_security=R&_total=accurate", "Goal?_tag=…&_security=…&_total=accurate"),
        ("Patient?_has:Task:patient:owner=ola&_summary=count", "Patient?_has:Task:patient:owner=…&_summary=count"),
        ("Task?patient.identifier=120574&patient=kari", "Task?patient.identifier=…&patient=kari"),
        ("worklist of centre", "worklist of centre"),
        ("$everything", "$everything"),
        ("Observation?patient=ola\nGoal?patient=kari", "Observation?patient=…\nGoal?patient=kari"),
        ("Nothing?patient=ola&=x&y", "Nothing?patient=…&=…&y=…"),
        ("", "Observation"),
    ],
)
def test_other_people_are_left_out(query: str, told: str) -> None:
    assert own_criteria(entry(query)) == told
    assert all_criteria(entry(query)) == (query or "Observation")
