"""Whom posts, services and rosters stand for, as they say it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from saman.model.access import relations
from saman.model.access.standing import AsWritten, standings

DUTY = {"coding": [{"system": "urn:saman:service-kind", "code": "duty"}]}
UNIT = {"reference": "Organization/u"}
SERVICE = {"reference": "HealthcareService/s"}
ON_DUTY = {"url": "urn:saman:extension:on-duty", "valueReference": UNIT}


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({"resourceType": "PractitionerRole", "organization": UNIT}, [("PractitionerRole/x", "u")]),
        ({"resourceType": "PractitionerRole", "organization": UNIT, "active": False}, []),
        ({"resourceType": "PractitionerRole", "healthcareService": [SERVICE]},
         [("PractitionerRole/x", "HealthcareService/s")]),
        ({"resourceType": "PractitionerRole", "organization": UNIT, "healthcareService": [SERVICE]},
         [("PractitionerRole/x", "u")]),
        ({"resourceType": "HealthcareService", "providedBy": UNIT}, [("HealthcareService/x", "u")]),
        ({"resourceType": "HealthcareService", "providedBy": UNIT, "type": [DUTY]}, []),
        ({"resourceType": "HealthcareService"}, []),
        ({"resourceType": "Schedule", "actor": [SERVICE], "extension": [ON_DUTY]}, [("HealthcareService/s", "u")]),
        ({"resourceType": "Schedule", "actor": [SERVICE]}, []),
        ({"resourceType": "Schedule", "actor": [{"reference": "Location/l"}], "extension": [ON_DUTY]}, []),
    ],
)  # fmt: skip
def test_what_stands_for_whom(resource, said):
    assert [(one.reference, one.party) for one in standings({"id": "x", **resource}, UTC)] == said


def test_a_roster_counts_for_its_span():
    span = {"start": "2026-11-23T22:00:00+01:00", "end": "2026-11-24"}
    roster = {
        "resourceType": "Schedule",
        "id": "x",
        "actor": [SERVICE],
        "extension": [ON_DUTY],
        "planningHorizon": span,
    }
    (one,) = standings(roster, UTC)
    assert (one.since, one.until) == (datetime(2026, 11, 23, 21, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC))


def test_ties_keep_posts_and_services_as_they_are_written_and_nothing_else():
    task = {
        "resourceType": "Task", "id": "t", "status": "requested", "for": {"reference": "Patient/p"},
        "owner": SERVICE, "requester": {"reference": "Practitioner/d"},
    }  # fmt: skip
    assert [one.party for one in relations(task, UTC, AsWritten())] == ["HealthcareService/s"]
    assert relations(task, UTC) == ()
    assert (len(AsWritten()), list(AsWritten())) == (0, [])
