from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from saman.model.access import RELATION_TYPES, Relation, RelationKind, relations
from saman.model.access.domain import LABEL_SYSTEM
from saman.model.access.near import SCOPE_URL
from saman.model.care import codes

OSLO = ZoneInfo("Europe/Oslo")
PATIENT = {"reference": "Patient/p"}
GROUP = {"reference": "Group/g"}
CENTRE = {"reference": "Organization/centre"}
HOME_CARE = {"reference": "Organization/home-care"}
WRITTEN = {"lastUpdated": "2026-11-20T10:00:00.000Z"}


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def read(type_, organizations=None, **fields):
    return relations({"resourceType": type_, "id": "1", **fields}, OSLO, organizations)


def concept(system, code):
    return {"coding": [{"system": system, "code": code}]}


def test_a_patient_is_their_own_and_names_their_practice():
    found = read(
        "Patient",
        generalPractitioner=[{"reference": "Organization/practice"}, {"reference": "Practitioner/alone"}],
        managingOrganization=HOME_CARE,
    )
    assert found == (
        Relation(person="1", kind=RelationKind.SELF, ground="Patient/1", actor="Patient/1"),
        Relation(person="1", kind=RelationKind.GENERAL_PRACTITIONER, ground="Patient/1", party="practice"),
        Relation(person="1", kind=RelationKind.MANAGING, ground="Patient/1", party="home-care"),
    )


def test_a_protected_address_is_a_fact_about_the_person():
    meta = {"security": [{"system": LABEL_SYSTEM, "code": "protected-address"}]}
    assert read("Patient", meta=meta)[1] == Relation(person="1", kind=RelationKind.PROTECTED, ground="Patient/1")


def test_a_role_leads_to_its_organization_only_when_it_is_known():
    doctor = [{"reference": "PractitionerRole/d"}]
    assert [each.kind for each in read("Patient", generalPractitioner=doctor)] == [RelationKind.SELF]
    found = read("Patient", {"PractitionerRole/d": "practice"}, generalPractitioner=doctor)[1]
    assert (found.party, found.actor) == ("practice", "PractitionerRole/d")


@pytest.mark.parametrize(
    ("reference", "party"),
    [
        ("Organization/a", "a"), ("Organization/a/_history/3", "a"), ("Organization/", None), ("Organization", None),
        ("https://elsewhere.example/Organization/a", None), ("urn:uuid:0", None), ("#a", None), ("Location/a", None),
        ("x/Organization/a", None),
    ],
)  # fmt: skip
def test_only_references_to_this_record_lead_to_a_party(reference, party):
    found = read("Patient", managingOrganization={"reference": reference})[1:]
    assert [each.party for each in found] == ([party] if party else [])


def test_a_relative_has_one_relation_for_each_thing_shared():
    scopes = [{"url": SCOPE_URL, "valueCode": code} for code in ("plan", "messages")]
    found = read(
        "RelatedPerson", patient=PATIENT, extension=scopes, period={"start": "2026-01-01", "end": "2026-01-31"}
    )
    assert found == tuple(
        Relation(
            person="p",
            kind=RelationKind.RELATIVE,
            ground="RelatedPerson/1",
            actor="RelatedPerson/1",
            topic=topic,
            start=utc(2025, 12, 31, 23),
            end=utc(2026, 1, 31, 23),
        )
        for topic in ("plan", "messages")
    )
    assert [each.topic for each in read("RelatedPerson", patient=PATIENT)] == [None]
    assert read("RelatedPerson", patient=PATIENT, active=False) == ()


def team(status="active", **fields):
    return read("CareTeam", **({"status": status} if status else {}), subject=PATIENT, **fields)


def test_a_team_member_holds_the_tie_for_the_organization():
    member = {
        "member": {"reference": "Practitioner/n"},
        "onBehalfOf": CENTRE,
        "role": [concept(codes.ROLE, "telemedicine-nurse"), concept("http://snomed.info/sct", "224535009")],
        "period": {"start": "2026-02-01"},
    }
    found = team(participant=[member], period={"start": "2026-01-01", "end": "2026-12-31"})
    assert found == (
        Relation(
            person="p",
            kind=RelationKind.CARE_TEAM,
            ground="CareTeam/1",
            party="centre",
            role="telemedicine-nurse",
            actor="Practitioner/n",
            start=utc(2026, 1, 31, 23),
            end=utc(2026, 12, 31, 23),
        ),
    )


def test_an_organization_is_a_member_whole_and_people_without_one_are_not():
    members = [{"member": HOME_CARE}, {"member": {"reference": "Practitioner/n"}}, {"member": PATIENT}]
    assert [(each.party, each.role) for each in team(participant=members)] == [("home-care", None)]


@pytest.mark.parametrize("status", ["proposed", "suspended", "entered-in-error", None])
def test_only_an_active_team_counts(status):
    assert team(status, participant=[{"member": CENTRE}]) == ()


def test_a_team_that_is_over_says_when():
    assert team("inactive", participant=[{"member": CENTRE}]) == ()
    ended = team("inactive", participant=[{"member": CENTRE}], period={"end": "2026-01-31"})
    assert [each.end for each in ended] == [utc(2026, 1, 31, 23)]


def task(status, **fields):
    return read("Task", status=status, **{"for": PATIENT}, owner=HOME_CARE, requester=CENTRE, **fields)


@pytest.mark.parametrize("status", ["requested", "received", "accepted", "ready", "in-progress", "on-hold"])
def test_both_ends_of_an_open_task_hold_a_tie(status):
    found = task(status, authoredOn="2026-11-20T08:22:00Z", code=concept(codes.ACTIVITY, "home-visit"))
    assert [(each.party, each.topic, each.start, each.end) for each in found] == [
        (party, "home-visit", utc(2026, 11, 20, 8, 22), None) for party in ("home-care", "centre")
    ]


@pytest.mark.parametrize("status", ["completed", "failed", "rejected", "cancelled"])
def test_a_closed_task_ends_when_it_closed(status):
    assert [each.end for each in task(status, meta=WRITTEN)] == [utc(2026, 11, 20, 10)] * 2
    earlier = task(status, meta=WRITTEN, lastModified="2026-11-20T09:00:00Z")
    assert [each.end for each in earlier] == [utc(2026, 11, 20, 9)] * 2
    # Nobody prolongs a tie by writing a later time.
    later = task(status, meta=WRITTEN, lastModified="2099-01-01")
    assert [each.end for each in later] == [utc(2026, 11, 20, 10)] * 2
    assert task(status) == ()


@pytest.mark.parametrize("status", ["draft", "entered-in-error"])
def test_a_task_that_was_never_sent_ties_nobody(status):
    assert task(status, meta=WRITTEN) == ()


def test_a_task_held_and_sent_by_one_party_is_one_tie():
    found = read("Task", status="requested", **{"for": PATIENT}, owner=CENTRE, requester=CENTRE)
    assert len(found) == 1


def test_a_task_that_a_nurse_sent_ties_the_unit_it_was_sent_for():
    sent_for = {"url": codes.SENT_FOR, "valueReference": CENTRE}
    visit = {"coding": [{"system": system, "code": "home-visit"} for system in (codes.TASK, codes.ACTIVITY)]}
    found = read(
        "Task",
        status="requested",
        **{"for": PATIENT},
        owner=HOME_CARE,
        requester={"reference": "Practitioner/n"},
        code=visit,
        extension=[sent_for, {"url": "urn:other", "valueReference": {"reference": "Organization/other"}}],
    )
    assert [(each.party, each.topic) for each in found] == [("home-care", "home-visit"), ("centre", "home-visit")]


def test_a_request_ties_its_performers_and_sender():
    def request(status):
        return read(
            "ServiceRequest", status=status, subject=PATIENT, performer=[HOME_CARE], requester=CENTRE, meta=WRITTEN
        )

    assert [(each.party, each.end) for each in request("active")] == [("home-care", None), ("centre", None)]
    assert [each.end for each in request("completed")] == [utc(2026, 11, 20, 10)] * 2
    assert request("draft") == request("unknown") == request("entered-in-error") == ()


def test_an_appointment_ties_those_who_are_to_meet():
    participant = [{"actor": PATIENT}, {"actor": {"reference": "HealthcareService/h"}}, {"actor": CENTRE}, {}]
    known = {"HealthcareService/h": "hospital"}

    def appointment(status, **fields):
        return read("Appointment", known, status=status, participant=participant, **fields)

    booked = appointment("booked", end="2026-11-23T09:00:00Z")
    assert [(each.person, each.party, each.end) for each in booked] == [
        ("p", "hospital", utc(2026, 11, 23, 9)),
        ("p", "centre", utc(2026, 11, 23, 9)),
    ]
    assert len(appointment("fulfilled", end="2026-11-23T09:00:00Z")) == 2
    assert appointment("fulfilled") == appointment("cancelled") == appointment("proposed") == ()


def test_an_episode_ties_the_organization_that_runs_it():
    def episode(status, **fields):
        return read("EpisodeOfCare", status=status, patient=PATIENT, managingOrganization=CENTRE, **fields)

    assert [(each.party, each.start) for each in episode("active", period={"start": "2026-09-03"})] == [
        ("centre", utc(2026, 9, 2, 22))
    ]
    assert [each.end for each in episode("finished", period={"end": "2026-09-03"})] == [utc(2026, 9, 3, 22)]
    assert episode("finished") == episode("cancelled") == episode("entered-in-error") == ()


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "CareTeam", "status": "active", "subject": GROUP, "participant": [{"member": CENTRE}]},
        {"resourceType": "Task", "status": "requested", "owner": CENTRE},
        {"resourceType": "ServiceRequest", "status": "active", "subject": GROUP, "performer": [CENTRE]},
        {"resourceType": "EpisodeOfCare", "status": "active", "patient": {}, "managingOrganization": CENTRE},
        {"resourceType": "Appointment", "status": "booked", "participant": [{"actor": CENTRE}]},
        {"resourceType": "RelatedPerson", "patient": {"identifier": {"value": "p"}}},
    ],
)
def test_without_a_person_there_is_no_tie(resource):
    assert relations({"id": "1", **resource}, OSLO) == ()


def test_other_types_make_none():
    assert {
        "Patient",
        "RelatedPerson",
        "CareTeam",
        "Task",
        "ServiceRequest",
        "Appointment",
        "EpisodeOfCare",
        "Consent",
    } == RELATION_TYPES
    assert read("Observation", subject=PATIENT, performer=[CENTRE]) == ()
    assert read("CarePlan", status="active", subject=PATIENT, contributor=[CENTRE]) == ()
