from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from saman.model.access import Assignment, Domain, Holder, Question, Relation, RelationKind, Verdict, decide, grants
from saman.model.access.moment import END, START
from saman.model.access.policy import clause_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
NURSE = Assignment(number=7, kind=Holder.STAFF, purpose="TREAT", role="telemedicine-nurse", party="centre")
HOME = Assignment(number=8, kind=Holder.STAFF, purpose="TREAT", role="home-care-nurse", party="home-care")
TEAM = Relation(person="p", kind=RelationKind.CARE_TEAM, ground="CareTeam/3", party="centre")


def asked(policy, assignment, domain, *ties, at=NOW):
    return decide(Question(assignment=assignment, domain=domain, at=at, person="p", relations=ties), policy)


def why(decision):
    return [reason.key for reason in decision.reasons]


def test_a_permit_says_by_which_rule_and_ground(norway):
    decision = asked(norway, NURSE, Domain.READINGS, TEAM)
    assert (decision.verdict, decision.rules, decision.grounds) == (
        Verdict.PERMIT,
        ("R02-telemedicine-nurse",),
        ("CareTeam/3",),
    )
    assert decision.reasons[0].text == (
        "The telemedicine nurse who follows the citizen reads who the person is, the plan and the readings. "
        "(rule R02-telemedicine-nurse: a local setting that nobody has confirmed as law)"
    )


def test_only_a_confirmed_row_is_not_called_a_local_setting(norway):
    citizen = Assignment(number=1, kind=Holder.CITIZEN, purpose="PATRQT", actor="Patient/p")
    itself = Relation(person="p", kind=RelationKind.SELF, ground="Patient/p", actor="Patient/p")
    assert why(asked(norway, citizen, Domain.HEALTH, itself)) == ["access.rule.confirmed"]
    for row in norway.rows:
        for rule in row.rules:
            assert norway.clause(rule.id).confirmed is row.confirmed
            assert norway.row_of(rule.id) is row


def test_an_agreement_is_named_with_the_slot_it_fills(agreed):
    decision = asked(agreed, NURSE, Domain.HEALTH, TEAM)
    assert decision.rules == ("R02-telemedicine-nurse-health", "test-A01")
    assert why(decision) == ["access.rule.unconfirmed", "access.rule.agreement"]
    assert "agreement digital-home-follow-up" in decision.reasons[1].text


@pytest.mark.parametrize(
    ("change", "domain", "ties", "key"),
    [
        ({"role": "ward-nurse"}, Domain.PERSON, (TEAM,), "role"),
        ({"role": "jester"}, Domain.DIRECTORY, (), None),
        ({"purpose": "HRESCH"}, Domain.PERSON, (TEAM,), "purpose"),
        ({"purpose": "nonsense"}, Domain.PERSON, (TEAM,), "purpose"),
        ({}, Domain.FINANCE, (TEAM,), "domain"),
        ({}, Domain.PERSON, (), "tie"),
        ({"party": "other"}, Domain.PERSON, (TEAM,), "tie"),
        ({}, Domain.PERSON, (replace(TEAM, role="team-leader"),), "tie"),
        ({}, Domain.PERSON, (replace(TEAM, person="q"),), "tie"),
        ({}, Domain.PERSON, (replace(TEAM, end=NOW),), "time"),
        ({}, Domain.PERSON, (replace(TEAM, start=NOW + TICK),), "time"),
        ({}, Domain.HEALTH, (TEAM,), "agreement"),
    ],
)
def test_a_refusal_says_what_was_missing(norway, change, domain, ties, key):
    decision = asked(norway, replace(NURSE, **change), domain, *ties)
    if key is None:
        assert decision.permitted
        return
    assert decision.verdict is Verdict.DENY
    assert decision.rules == ()
    # Every role of staff may see the directory, so for it the furthest step is the kind of data.
    assert why(decision) == [f"access.why_not.{'domain' if key == 'role' else key}"]


def test_with_no_rule_at_all_everything_is_denied(norway):
    empty = replace(norway, clauses=())
    for domain in Domain:
        decision = asked(empty, NURSE, domain, TEAM)
        assert (decision.verdict, why(decision)) == (Verdict.DENY, ["access.why_not.role"])


def test_a_denial_overrides_and_is_explained(norway):
    relative = Assignment(number=1, kind=Holder.RELATIVE, purpose="FAMRQT", actor="RelatedPerson/r")
    shared = Relation(
        person="p", kind=RelationKind.RELATIVE, ground="RelatedPerson/r", actor="RelatedPerson/r", topic="plan"
    )
    assert asked(norway, relative, Domain.PLAN, shared).permitted
    protected = Relation(person="p", kind=RelationKind.PROTECTED, ground="Patient/p")
    decision = asked(norway, relative, Domain.PLAN, shared, protected)
    assert (decision.verdict, decision.rules) == (Verdict.DENY, ("R18-no-proxy",))
    assert decision.reasons[0].text.startswith("Nobody acts for a person whose address is protected.")
    assert grants("p", [shared, protected], [relative], norway) == ()


def test_a_tie_holds_from_its_first_instant_until_its_last_has_passed(norway):
    start, end = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
    tie = replace(TEAM, start=start, end=end)
    for at, open_ in ((start - TICK, False), (start, True), (end - TICK, True), (end, False)):
        assert asked(norway, NURSE, Domain.PLAN, tie, at=at).permitted is open_


def test_days_of_grace_are_counted_in_hours(norway):
    # 25 October 2026 has 25 hours in Oslo.
    end = datetime(2026, 10, 24, 12, tzinfo=UTC)
    tie = Relation(person="p", kind=RelationKind.TASK, ground="Task/1", party="home-care", topic="home-visit", end=end)
    over = end + timedelta(hours=7 * 24)
    assert asked(norway, HOME, Domain.PLAN, tie, at=over - TICK).permitted
    assert not asked(norway, HOME, Domain.PLAN, tie, at=over).permitted
    assert asked(norway, HOME, Domain.READINGS, tie, at=end - TICK).permitted
    assert not asked(norway, HOME, Domain.READINGS, tie, at=end).permitted


def test_an_agreement_holds_for_whole_days_in_norway(agreed):
    first, after = datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)
    for at, open_ in ((first - TICK, False), (first, True), (after - TICK, True), (after, False)):
        assert asked(agreed, NURSE, Domain.HEALTH, TEAM, at=at).permitted is open_


def test_the_law_that_counts_is_that_of_the_time_of_access(norway):
    row = norway.row_of("R02-telemedicine-nurse")
    dated = replace(row, valid_from=date(2026, 3, 29), valid_to=date(2026, 10, 25))
    rule = next(rule for rule in row.rules if rule.id == "R02-telemedicine-nurse")
    policy = replace(norway, clauses=(clause_of(rule, dated, norway.zone),))
    first, after = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
    for at, open_ in ((first - TICK, False), (first, True), (after - TICK, True), (after, False)):
        assert asked(policy, NURSE, Domain.PLAN, TEAM, at=at).permitted is open_
    assert why(asked(policy, NURSE, Domain.PLAN, TEAM, at=after)) == ["access.why_not.in_force"]
    given = grants("p", [TEAM], [NURSE], policy)
    assert {(each.since, each.until) for each in given} == {(first, after)}


def test_an_obligation_is_no_grant(norway):
    slot = norway.clause("R02-telemedicine-nurse")
    policy = replace(norway, clauses=(replace(slot, obligations=("reason", "inform_patient")),))
    decision = asked(policy, NURSE, Domain.PLAN, TEAM)
    assert (decision.verdict, decision.permitted) == (Verdict.PERMIT_WITH, False)
    assert decision.obligations == ("reason", "inform_patient")
    assert grants("p", [TEAM], [NURSE], policy) == ()
    free = replace(policy, clauses=(*policy.clauses, replace(slot, id="R02-free")))
    assert asked(free, NURSE, Domain.PLAN, TEAM).rules == ("R02-free",)


def test_grants_are_rows_for_the_database(agreed):
    found = grants("p", [TEAM], [NURSE, HOME], agreed)
    first, after = datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert [(g.context, g.person, g.domain, g.since, g.until, g.ground, g.rows) for g in found] == [
        (7, "p", domain, START, END, "CareTeam/3", ("R02-telemedicine-nurse",)) for domain in (1, 2, 3)
    ] + [(7, "p", 4, first, after, "CareTeam/3", ("R02-telemedicine-nurse-health", "test-A01"))]


def test_two_grounds_are_two_grants_and_one_ground_is_one(norway):
    episode = replace(TEAM, kind=RelationKind.EPISODE, ground="EpisodeOfCare/1")
    plan = [g for g in grants("p", [TEAM, episode], [NURSE], norway) if g.domain == Domain.PLAN]
    assert [g.ground for g in plan] == ["CareTeam/3", "EpisodeOfCare/1"]
    middle = NOW + timedelta(days=3)
    split = [replace(TEAM, end=middle), replace(TEAM, start=NOW, role="telemedicine-nurse")]
    plan = [g for g in grants("p", split, [NURSE], norway) if g.domain == Domain.PLAN]
    assert [(g.since, g.until) for g in plan] == [(START, END)]


def test_the_system_needs_no_grants(norway):
    system = Assignment(number=1, kind=Holder.SYSTEM, purpose="HOPERAT")
    assert all(asked(norway, system, domain).permitted for domain in Domain)
    assert grants("p", [TEAM], [system], norway) == ()
