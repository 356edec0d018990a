"""Cedar reads the same access files and gives the same answers, by the same rows, to questions made by chance.

`SAMAN_CEDAR` sets how many questions a country is asked; `make soak` asks a million in all.
"""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saman.kernel.outcome import Refusal
from saman.model.access import (
    Assignment,
    Domain,
    Holder,
    Purpose,
    Question,
    Relation,
    RelationKind,
    Verdict,
    add_region,
    decide,
)
from saman.model.access.moment import midnight
from tests.policy.book import COUNTRIES, answers, policy_of, roles, rows_text
from tests.policy.cedar import TIES, Cedar

pytestmark = pytest.mark.fuzz
SHARE = int(os.environ.get("SAMAN_CEDAR") or 2400)
WHOLE = 200_000
ROUNDS = 5
"""How many more shares are asked where chance met too few of a rare kind of answer."""

# Slots filled with dates and roles, and narrowed again.
REGION = """
schema: 0
region: test
rows:
  - {id: A01, agreement: a, says: Some., parties: [centre], fills: R02-telemedicine-nurse-health, sees: [health],
     valid_from: 2026-10-24, valid_to: 2026-11-30}
  - {id: A02, agreement: a, says: More., parties: [centre, home], fills: R02-telemedicine-nurse-health, sees: [health],
     roles: [telemedicine-nurse]}
  - {id: A03, agreement: a, says: None., parties: [home], never_sees: [social, plan], valid_from: 2026-11-01}
  - {id: A04, agreement: a, says: None., parties: [centre], never_sees: [person], roles: [coordinator],
     valid_to: 2026-11-21}
"""
NOW = datetime(2026, 11, 22, 11, tzinfo=UTC)
WORKING = ("general-practitioner", "hospital-doctor", "telemedicine-nurse", "home-care-nurse", "home-care-worker")
ROLES = st.sampled_from((*WORKING, *WORKING, "coordinator", "needs-assessor", "log-reviewer", "jester", *roles()))
TIMES = (timedelta(0), timedelta(seconds=-1), timedelta(days=7))
STEPS = st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(days=1), timedelta(days=7), timedelta(days=900)])
PARTIES = st.sampled_from(["centre", "centre", "centre", "home"])
OWN = {Holder.CITIZEN: "Patient/p", Holder.RELATIVE: "RelatedPerson/r", Holder.STAFF: "Practitioner/1"}
FITS = {
    Holder.STAFF: ("TREAT", "TREAT", "TREAT", "BTG"),
    Holder.CITIZEN: ("PATRQT", "PATRQT", "PATRQT"),
    Holder.RELATIVE: ("FAMRQT", "PATRQT", "FAMRQT", "PATRQT"),
    Holder.SYSTEM: ("TREAT", "HSYSADMIN"),
}
KINDS = {
    Holder.STAFF: ("care_team", "care_team", "task", "task", "request", "episode", "general_practitioner", "consent"),
    Holder.CITIZEN: ("self", "self", "self"),
    Holder.RELATIVE: ("relative", "guardian", "mandate", "relative", "guardian", "mandate", "extended", "at_home"),
    Holder.SYSTEM: (),
}
TOPICS = {
    Holder.RELATIVE: st.sampled_from([None, "plan", "record", "readings", "cognitive-impairment", "other"]),
}
# A person is born once, and `worlds` says when.
EVERY_KIND = [kind.value for kind in RelationKind if kind is not RelationKind.BORN]
AROUND = st.sampled_from([0, 1, 10, 12, 13, 15, 16, 18, 80])


@st.composite
def users(draw):
    holder = draw(st.sampled_from([*[Holder.STAFF] * 5, *[Holder.RELATIVE] * 3, *Holder]))
    purpose = draw(st.sampled_from([*FITS[holder], draw(st.sampled_from([each.value for each in Purpose]))]))
    if holder is Holder.STAFF:
        party = draw(PARTIES)
        return Assignment(number=1, kind=holder, purpose=purpose, role=draw(ROLES), party=party, actor=OWN[holder])
    return Assignment(number=1, kind=holder, purpose=purpose, actor=OWN.get(holder))


@st.composite
def ties(draw, user, at):
    kind = RelationKind(draw(st.sampled_from([*KINDS[user.kind] * 3, *EVERY_KIND])))
    topic = draw(TOPICS.get(user.kind, st.sampled_from([None, None, "home-visit", "social-care"])))
    start = draw(st.sampled_from([None, None, at, at - timedelta(days=3), at + timedelta(seconds=1)]))
    end = draw(st.sampled_from([None, None, at, at + timedelta(days=1), *(at - draw(STEPS) for _ in range(2))]))
    tie = {"person": draw(st.sampled_from("pppppppq")), "kind": kind, "ground": "X/1", "topic": topic}
    if kind is RelationKind.PROTECTED:
        return Relation(**tie)
    if kind is RelationKind.AT_HOME:
        return Relation(**tie, start=start, end=end)
    if kind is RelationKind.CONSENT and draw(st.booleans()):
        return Relation(**tie, start=start, end=end)
    if user.kind is Holder.STAFF:
        role = draw(st.sampled_from([None, None, None, None, user.role, "coordinator"]))
        actor = draw(st.sampled_from([None, "Practitioner/1", "Practitioner/1", "Practitioner/2"]))
        return Relation(**tie, party=draw(PARTIES), role=role, actor=actor, start=start, end=end)
    actor = draw(st.sampled_from([user.actor, user.actor, user.actor, "RelatedPerson/other"]))
    return Relation(**tie, actor=actor, start=start, end=end)


@st.composite
def worlds(draw, zone):
    """Somebody, the ties to a person, and a time, dense enough that rules meet."""
    at = draw(st.sampled_from([NOW, NOW, NOW - timedelta(days=3), datetime(2026, 11, 30, 23, tzinfo=UTC)]))
    age = draw(AROUND)
    local = at.astimezone(zone)
    if draw(st.booleans()):
        at = midnight(local.date(), zone) - draw(st.sampled_from([timedelta(0), timedelta(seconds=1)]))
    user = draw(users())
    found = draw(st.lists(ties(user, at), max_size=TIES))
    if draw(st.integers(0, 4)):
        day = local.date() - draw(st.sampled_from([timedelta(0), timedelta(days=1), timedelta(days=-1)]))
        born = day.replace(year=day.year - age, day=min(day.day, 28))
        found.append(Relation(person="p", kind=RelationKind.BORN, ground="Patient/p", start=midnight(born, zone)))
    return user, found, at


def differences(policy, cedar, questions, met):
    for question, opinion in zip(questions, cedar.ask(questions), strict=True):
        decision = decide(question, policy)
        met[decision.verdict, bool(decision.rules)] += 1
        if (opinion.allowed, opinion.rows) != (decision.permitted, set(decision.rules)):
            yield f"{question}: {opinion}, and here {decision}"


def disagreements(code, wanted):
    """How often the two disagree about `wanted` questions made by chance, and what was met."""
    policy = policy_of(code, rows_text(code))
    policy = add_region(policy, "access.yaml", REGION)
    assert not isinstance(policy, Refusal)
    cedar, met = Cedar(rows_text(code), REGION), Counter()

    @settings(
        max_examples=-(-wanted // (len(Domain) * len(TIMES))),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(worlds(policy.zone))
    def ask(world):
        user, found, at = world
        questions = [
            Question(assignment=user, domain=domain, at=at + step, person="p", relations=found)
            for step in TIMES
            for domain in Domain
        ]
        assert not list(differences(policy, cedar, questions, met))

    ask()
    print(f"{code}: {met.total()} questions, 0 disagreements; {dict(met)}")
    return met


@pytest.mark.parametrize("code", COUNTRIES)
def test_cedar_agrees(code):
    met = disagreements(code, SHARE)
    for _ in range(ROUNDS):
        if least(met) <= SHARE / 100:
            met += disagreements(code, SHARE)
    assert least(met) > SHARE / 100


def least(met):
    """How often the rarest kind of answer was met: a rule that opens, a rule that closes, and none."""
    return min(met[Verdict.PERMIT, True], met[Verdict.DENY, True], met[Verdict.DENY, False])


@pytest.mark.soak
@pytest.mark.parametrize("code", COUNTRIES)
def test_cedar_agrees_a_million_times(code):
    assert disagreements(code, WHOLE).total() >= WHOLE


@pytest.mark.parametrize("code", COUNTRIES)
def test_cedar_agrees_with_the_tables(code):
    policy, cedar = policy_of(code, rows_text(code)), Cedar(rows_text(code))
    questions = [
        Question(assignment=one.assignment, domain=domain, at=one.at, person="p", relations=one.relations)
        for one, domain, _ in answers(code, policy)
        if not one.case.agreement and len(one.relations) <= TIES
    ][::9]
    assert len(questions) > 500
    assert list(differences(policy, cedar, questions, Counter())) == []


def test_the_second_opinion_is_one():
    """Cedar is asked about the file itself: a file with another rule gets another answer."""
    text = rows_text("no").replace("sees: [person, plan, readings, health]", "sees: [person, plan, readings]", 1)
    user = Assignment(number=1, kind=Holder.STAFF, purpose="TREAT", role="general-practitioner", party="centre")
    tie = Relation(person="p", kind=RelationKind.GENERAL_PRACTITIONER, ground="Patient/p", party="centre")
    question = Question(assignment=user, domain=Domain.HEALTH, at=NOW, person="p", relations=(tie,))
    assert [one.allowed for one in Cedar(rows_text("no")).ask([question])] == [True]
    assert [one.allowed for one in Cedar(text).ask([question])] == [False]
