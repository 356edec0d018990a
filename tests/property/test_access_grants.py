"""In every world and at every time, the grants are there exactly when the decision permits."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from saman.kernel.outcome import Refusal
from saman.model.access import (
    PERSONAL,
    Assignment,
    Domain,
    Holder,
    Policy,
    Question,
    Relation,
    RelationKind,
    Verdict,
    add_region,
    decide,
    grants,
    read_country,
)
from saman.model.access.moment import END, START
from saman.model.access.policy import ALWAYS, Clause, Fill, Span
from saman.model.access.row import RegionRow

ROOT = Path(__file__).parents[2]
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
# Days around the end of summer time in Oslo, so that grace and spans cross it.
GRID = [datetime(2026, 10, 22, 22, tzinfo=UTC) + DAY * n for n in range(8)]
PARTIES = ("centre", "home-care")
ROLES = ("telemedicine-nurse", "home-care-nurse", "general-practitioner", "region-administrator")
PURPOSE_OF = {Holder.STAFF: "TREAT", Holder.CITIZEN: "PATRQT", Holder.RELATIVE: "FAMRQT", Holder.SYSTEM: "TREAT"}
TOPICS = (None, "home-visit", "plan")
TIMES = [
    START,
    *(time + nudge for time in [*GRID, *(GRID[-1] + DAY * n for n in (1, 2, 3))] for nudge in (-TICK, TICK * 0)),
]
OSLO = ZoneInfo("Europe/Oslo")
# Midnights that are birthdays on days of the grid, one of them the day on which summer time ends.
BIRTHS = [datetime(year, 10, day, 22 if day < 25 else 23, tzinfo=UTC) for year in (2014, 2010) for day in (23, 24, 26)]
AGES = [*[None] * 8, 12, 16, 18]
SECOND = [RelationKind.CONSENT, RelationKind.GUARDIAN, RelationKind.MANDATE, RelationKind.CARE_TEAM]
seeds = st.integers(0, 2**48)


class World:
    """Random policies, ties and users, dense enough that rules meet, from one seed."""

    def __init__(self, seed: int) -> None:
        self.pick = Random(seed)

    def some(self, values, most=9):
        values = list(values)
        return frozenset(self.pick.sample(values, self.pick.randint(0, min(most, len(values)))))

    def many(self, values):
        """Most often all of them."""
        return frozenset(values) if self.pick.random() < 0.85 else self.some(values)

    def span(self):
        if self.pick.random() < 0.4:
            return ALWAYS
        first, second = self.pick.choices(GRID, k=2)
        return Span(min(first, second), max(first, second))

    def time(self):
        return self.pick.choice([None, *GRID])

    def tie(self):
        kind = self.pick.choice([*RelationKind, *[RelationKind.CARE_TEAM, RelationKind.TASK] * 4])
        person = self.pick.choice("pppppq")
        if kind is RelationKind.PROTECTED:
            return Relation(person=person, kind=kind, ground="Patient/p")
        if kind is RelationKind.BORN:
            return Relation(person=person, kind=kind, ground="Patient/p", start=self.pick.choice(BIRTHS))
        tie = Relation(
            person=person,
            kind=kind,
            ground=self.pick.choice(["CareTeam/1", "Task/2", "Task/3"]),
            topic=self.pick.choice(TOPICS),
            start=self.time(),
            end=self.time(),
        )
        if kind is RelationKind.SELF:
            return replace(tie, actor=self.pick.choice(["Patient/p", "Patient/q"]))
        if kind in (RelationKind.RELATIVE, RelationKind.GUARDIAN, RelationKind.MANDATE):
            return replace(tie, actor="RelatedPerson/r")
        if kind is RelationKind.CONSENT and self.pick.random() < 0.5:
            return replace(tie, actor=self.pick.choice([None, "RelatedPerson/r"]))
        role = self.pick.choice([*[None] * 8, *ROLES])
        return replace(
            tie, party=self.pick.choice(PARTIES), role=role, actor=self.pick.choice([None, "Practitioner/1"])
        )

    def ties(self):
        return [self.tie() for _ in range(self.pick.randint(0, 9))]

    def assignment(self):
        kind = self.pick.choice([*[Holder.STAFF] * 6, *Holder])
        purpose = self.pick.choice(["TREAT", "HRESCH"] if self.pick.random() < 0.1 else [PURPOSE_OF[kind]])
        if kind is Holder.STAFF:
            role, party = self.pick.choice(ROLES), self.pick.choice(PARTIES)
            return Assignment(number=1, kind=kind, purpose=purpose, role=role, party=party, actor="Practitioner/1")
        actor = "RelatedPerson/r" if kind is Holder.RELATIVE else "Patient/p"
        return Assignment(number=1, kind=kind, purpose=purpose, actor=actor)

    def clause(self, number):
        denies = self.pick.random() < 0.35
        fills = None
        if not denies and self.pick.random() < 0.3:
            fills = tuple(self.fill() for _ in range(self.pick.randint(0, 2)))
        obliged = not denies and fills is None and self.pick.random() < 0.4
        return Clause(
            id=f"R{number}",
            rule=RegionRow(id=f"R{number}", agreement="a", says="s", parties=("centre",)),
            holder=self.pick.choice([*[Holder.STAFF] * 6, *Holder]),
            domains=self.many(Domain),
            span=self.span(),
            roles=self.many(ROLES),
            parties=self.some(PARTIES, 1) if denies else frozenset(),
            purposes=self.many(PURPOSE_OF.values()),
            ties=self.many(RelationKind),
            also=self.some(SECOND, 2) if self.pick.random() < 0.3 else frozenset(),
            age_from=self.pick.choice(AGES),
            age_to=self.pick.choice(AGES),
            zone=OSLO,
            about=self.some(TOPICS[1:], 1) if self.pick.random() < 0.3 else frozenset(),
            grace=self.pick.choice([timedelta(), DAY, DAY * 3]),
            obligations=("reason",) if obliged else (),
            denies=denies,
            fills=fills,
        )

    def fill(self):
        return Fill(
            id="A1",
            says="s",
            agreement="a",
            parties=self.many(PARTIES),
            roles=self.many(ROLES),
            domains=self.many(Domain),
            span=self.span(),
        )

    def policy(self):
        made = tuple(self.clause(number) for number in range(self.pick.randint(1, 6)))
        return Policy(country="NO", zone=OSLO, rows=(), clauses=made)


def norway() -> Policy:
    roles = re.findall(r"\{id: ([a-z-]+)", (ROOT / "regions/roles.yaml").read_text("utf-8"))
    text = (ROOT / "regions/countries/no.access.yaml").read_text("utf-8")
    policy = read_country("no.access.yaml", text, roles)
    assert isinstance(policy, Policy)
    region = """
schema: 0
region: test
rows:
  - {id: A01, agreement: a, says: Some., parties: [centre], fills: R02-telemedicine-nurse-health, sees: [health],
     valid_from: 2026-10-24, valid_to: 2026-10-26}
  - {id: A02, agreement: a, says: None., parties: [home-care], never_sees: [social], valid_from: 2026-10-25}
"""
    added = add_region(policy, "access.yaml", region)
    assert not isinstance(added, Refusal), added
    return added


NORWAY = norway()


def check(policy, relations, assignment, at):
    given_out = grants("p", relations, [assignment], policy)
    keys = [(grant.domain, grant.ground, grant.since) for grant in given_out]
    assert len(keys) == len(set(keys))
    assert all(START <= grant.since < grant.until <= END for grant in given_out)
    for domain in PERSONAL:
        question = Question(assignment=assignment, domain=domain, at=at, person="p", relations=relations)
        decision = decide(question, policy)
        assert decision == decide(question, policy)
        open_now = [grant for grant in given_out if grant.domain == domain and grant.since <= at < grant.until]
        if assignment.kind is Holder.SYSTEM:
            assert not given_out
            continue
        assert bool(open_now) is (decision.verdict is Verdict.PERMIT)
        if open_now and any(grant.ground for grant in open_now):
            assert {grant.ground for grant in open_now if grant.ground} == set(decision.grounds)
        for grant in open_now:
            assert grant.person == "p"
            assert set(grant.rows) <= {clause.id for clause in policy.clauses} | {"A1", "A01"}


@settings(max_examples=500, deadline=None)
@given(seeds)
def test_grants_are_the_decision_under_any_policy(seed):
    world = World(seed)
    policy, ties, assignment = world.policy(), world.ties(), world.assignment()
    for at in TIMES:
        check(policy, ties, assignment, at)


@settings(max_examples=500, deadline=None)
@given(seeds)
def test_grants_are_the_decision_in_norway(seed):
    world = World(seed)
    ties, assignment = world.ties(), world.assignment()
    for at in TIMES:
        check(NORWAY, ties, assignment, at)


def test_the_worlds_are_full_enough_to_mean_something():
    met = Counter()
    for seed in range(700):
        world = World(seed)
        policy, ties, assignment = world.policy(), world.ties(), world.assignment()
        for at in TIMES[::4]:
            for domain in PERSONAL:
                question = Question(assignment=assignment, domain=domain, at=at, person="p", relations=ties)
                decision = decide(question, policy)
                met[decision.verdict, bool(decision.rules)] += 1
    assert min(met[Verdict.PERMIT, True], met[Verdict.PERMIT_WITH, True], met[Verdict.DENY, True]) > 100


@settings(max_examples=300, deadline=None)
@given(seeds, st.sampled_from(PERSONAL))
def test_an_unknown_role_purpose_or_person_sees_nothing(seed, domain):
    world = World(seed)
    ties, assignment, at = world.ties(), world.assignment(), world.pick.choice(TIMES)
    for stranger in (
        replace(assignment, purpose="HRESCH"),
        Assignment(number=1, kind=Holder.STAFF, purpose="TREAT", role="jester", party="centre"),
        Assignment(number=1, kind=Holder.STAFF, purpose="TREAT", role="telemedicine-nurse", party=""),
        Assignment(number=1, kind=Holder.CITIZEN, purpose="PATRQT", actor="Patient/nobody"),
    ):
        question = Question(assignment=stranger, domain=domain, at=at, person="p", relations=ties)
        assert decide(question, NORWAY).verdict is Verdict.DENY
