"""Ages, second ties and openings: the instants at which they begin and end."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from saman.model.access import (
    Assignment,
    Domain,
    Grant,
    Holder,
    Policy,
    Question,
    Relation,
    RelationKind,
    decide,
    grants,
    relations,
)
from saman.model.access.policy import ALWAYS, Clause, birthday
from saman.model.access.row import RegionRow
from saman.model.care import codes

OSLO = ZoneInfo("Europe/Oslo")
TICK = timedelta(microseconds=1)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GUARDIAN = Assignment(number=1, kind=Holder.RELATIVE, purpose="FAMRQT", actor="RelatedPerson/m")
NURSE = Assignment(number=2, kind=Holder.STAFF, purpose="TREAT", role="nurse", party="ward")
CUSTODY = Relation(person="p", kind=RelationKind.GUARDIAN, ground="RelatedPerson/m", actor="RelatedPerson/m")
TEAM = Relation(person="p", kind=RelationKind.CARE_TEAM, ground="CareTeam/1", party="ward")


def clause(**more):
    return Clause(
        **{
            "id": "R15-x",
            "rule": RegionRow(id="R15-x", agreement="a", says="s", parties=("ward",)),
            "holder": Holder.RELATIVE,
            "domains": frozenset({Domain.PLAN}),
            "span": ALWAYS,
            "ties": frozenset({RelationKind.GUARDIAN}),
            "zone": OSLO,
        }
        | more
    )


def open_at(at, assignment, ties, *clauses) -> bool:
    policy = Policy(country="NO", zone=OSLO, rows=(), clauses=clauses)
    question = Question(assignment=assignment, domain=Domain.PLAN, at=at, person="p", relations=ties)
    permitted = decide(question, policy).permitted
    given: tuple[Grant, ...] = grants("p", ties, [assignment], policy)
    assert permitted is any(grant.since <= at < grant.until for grant in given)
    return permitted


def born(text):
    found = relations({"resourceType": "Patient", "id": "p", "birthDate": text}, OSLO)
    return next((one for one in found if one.kind is RelationKind.BORN), None)


@pytest.mark.parametrize(
    ("birth", "age", "turns"),
    [
        ("2014-11-20", 12, datetime(2026, 11, 19, 23, tzinfo=UTC)),
        ("2014-07-01", 12, datetime(2026, 6, 30, 22, tzinfo=UTC)),
        # The nights in which the clocks are changed begin before the change and end after it.
        ("2014-03-29", 12, datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("2014-03-30", 12, datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("2014-10-25", 12, datetime(2026, 10, 24, 22, tzinfo=UTC)),
        ("2014-10-26", 12, datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("2012-02-29", 12, datetime(2024, 2, 28, 23, tzinfo=UTC)),
        ("2012-02-29", 13, datetime(2025, 2, 28, 23, tzinfo=UTC)),
        ("2012-02-29", 16, datetime(2028, 2, 28, 23, tzinfo=UTC)),
    ],
)
def test_an_age_begins_at_the_midnight_of_the_birthday(birth, age, turns):
    assert birthday(date.fromisoformat(birth), age, OSLO) == turns
    ties = [CUSTODY, born(birth)]
    until, since = clause(age_to=age), clause(age_from=age)
    assert open_at(turns - TICK, GUARDIAN, ties, until)
    assert not open_at(turns, GUARDIAN, ties, until)
    assert not open_at(turns - TICK, GUARDIAN, ties, since)
    assert open_at(turns, GUARDIAN, ties, since)


def test_who_was_born_on_a_leap_day_turns_on_the_first_of_march():
    day = datetime(2025, 2, 28, 23, tzinfo=UTC).astimezone(OSLO)
    assert (day.month, day.day, day.hour) == (3, 1, 0)


@pytest.mark.parametrize("text", ["2014", "2014-11", ""])
def test_an_unknown_age_opens_nothing_and_closes_always(text):
    assert born(text) is None
    assert not open_at(NOW, GUARDIAN, [CUSTODY], clause(age_to=100))
    closing = clause(id="R15-y", age_from=16, denies=True, ties=frozenset({RelationKind.GUARDIAN}))
    assert open_at(NOW, GUARDIAN, [CUSTODY], clause())
    assert not open_at(NOW, GUARDIAN, [CUSTODY], clause(), closing)


def test_a_second_tie_has_to_hold_at_the_same_time():
    rule = clause(holder=Holder.STAFF, ties=frozenset({RelationKind.CARE_TEAM}), also=frozenset({RelationKind.CONSENT}))
    consent = Relation(person="p", kind=RelationKind.CONSENT, ground="Consent/1", party="ward", end=NOW)
    assert not open_at(NOW - TICK, NURSE, [TEAM], rule)
    assert open_at(NOW - TICK, NURSE, [TEAM, consent], rule)
    assert not open_at(NOW, NURSE, [TEAM, consent], rule)
    assert not open_at(NOW - TICK, NURSE, [TEAM, replace(consent, party="other")], rule)
    assert not open_at(NOW - TICK, NURSE, [consent], rule)
    assert open_at(NOW - TICK, NURSE, [TEAM, replace(consent, party="")], rule)


def test_a_consent_to_everybody_ties_nobody_by_itself():
    rule = clause(holder=Holder.STAFF, ties=frozenset({RelationKind.CONSENT}))
    consent = Relation(person="p", kind=RelationKind.CONSENT, ground="Consent/1")
    assert not open_at(NOW, NURSE, [consent], rule)
    assert open_at(NOW, NURSE, [replace(consent, party="ward")], rule)


def test_an_opening_is_of_one_practitioner_at_one_unit_for_its_time():
    rule = clause(holder=Holder.STAFF, ties=frozenset({RelationKind.OPENING}))
    mine = replace(NURSE, actor="Practitioner/1")
    tie = Relation(
        person="p", kind=RelationKind.OPENING, ground="Task/1", party="ward", actor="Practitioner/1", start=NOW - TICK,
        end=NOW,
    )  # fmt: skip
    assert open_at(NOW - TICK, mine, [tie], rule)
    assert not open_at(NOW, mine, [tie], rule)
    for stranger in (NURSE, replace(mine, actor="Practitioner/2"), replace(mine, party="other")):
        assert not open_at(NOW - TICK, stranger, [tie], rule)


def consent(**more):
    scope = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]}
    return {
        "resourceType": "Consent", "id": "c", "status": "active", "scope": scope, "patient": {"reference": "Patient/p"},
        "provision": {"type": "permit"},
    } | more  # fmt: skip


def actor(reference, *roles):
    coding = [{"system": codes.ROLE, "code": role} for role in roles]
    return {"role": {"coding": coding} if coding else {"text": "IRCP"}, "reference": {"reference": reference}}


def test_a_consent_that_permits_names_whom_and_about_what():
    recipients = [actor("Organization/ward", "nurse"), actor("RelatedPerson/m"), actor("Practitioner/1")]
    topic = [{"system": codes.CONSENT_TOPIC, "code": "joint-plan"}]
    period = {"start": "2026-11-01", "end": "2026-11-30"}
    found = relations(
        consent(provision={"type": "permit", "actor": recipients, "class": topic, "period": period}), OSLO
    )
    assert [(one.party, one.role, one.actor, one.topic) for one in found] == [
        ("ward", "nurse", None, "joint-plan"),
        ("", None, "RelatedPerson/m", "joint-plan"),
    ]
    assert {(one.start, one.end) for one in found} == {
        (datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC))
    }


@pytest.mark.parametrize(
    "change",
    [
        {"status": "inactive"},
        {"status": "draft"},
        {"scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]}},
        {"provision": {"type": "deny"}},
        {"provision": {}},
        {"provision": {"type": "permit", "purpose": [{"code": "HRESCH"}]}},
        {"provision": {"type": "permit", "data": [{"meaning": "instance", "reference": {"reference": "Goal/1"}}]}},
        {"provision": {"type": "permit", "securityLabel": [{"code": "N"}]}},
        {"provision": {"type": "permit", "actor": [actor("Practitioner/1")]}},
        {"patient": {"display": "somebody"}},
    ],
)
def test_what_does_not_permit_as_a_whole_ties_nobody(change):
    assert relations(consent(**change), OSLO) == ()


@pytest.mark.parametrize(
    ("system", "code", "kinds"),
    [
        ("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "GUARD", ["relative", "guardian"]),
        ("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "HPOWATT", ["relative", "mandate"]),
        ("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "MTH", ["relative"]),
        ("http://example.org/own", "GUARD", ["relative"]),
    ],
)
def test_custody_and_mandates_are_said_by_the_relationship(system, code, kinds):
    related = {"resourceType": "RelatedPerson", "id": "m", "patient": {"reference": "Patient/p"}}
    found = relations(related | {"relationship": [{"coding": [{"system": system, "code": code}]}]}, OSLO)
    assert [one.kind.value for one in found] == kinds


def opening(**more):
    return {
        "resourceType": "Task", "id": "t", "status": "requested", "intent": "order",
        "code": {"coding": [{"system": codes.TASK, "code": codes.OPENING}]},
        "for": {"reference": "Patient/p"}, "requester": {"reference": "Practitioner/1"},
        "owner": {"reference": "Organization/reviewers"},
        "extension": [{"url": codes.SENT_FOR, "valueReference": {"reference": "Organization/ward"}}],
        "authoredOn": "2026-11-20T12:00:00Z", "restriction": {"period": {"end": "2026-11-20T14:00:00Z"}},
    } | more  # fmt: skip


def test_an_opening_ties_who_opened_it_and_nobody_who_reviews_it():
    (tie,) = relations(opening(), OSLO)
    assert (tie.kind, tie.party, tie.actor) == (RelationKind.OPENING, "ward", "Practitioner/1")
    assert (tie.start, tie.end) == (NOW, NOW + timedelta(hours=2))


@pytest.mark.parametrize(
    "change",
    [{"status": "entered-in-error"}, {"restriction": {}}, {"extension": []}, {"requester": {"display": "x"}}],
)
def test_an_opening_without_end_unit_or_name_opens_nothing(change):
    assert relations(opening(**change), OSLO) == ()
