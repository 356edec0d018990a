"""The tables of `tables/`: questions about who may read what, each with its answer and the rules that decide.

`tables/se.yaml` is Sweden's cases and `tables/se.terms.yaml` what its rows say in terms. A lawyer can read and correct
them; nothing in them is made from the rows that they judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.access import (
    PERSONAL,
    Assignment,
    Decision,
    Domain,
    Holder,
    Policy,
    Purpose,
    Question,
    Relation,
    RelationKind,
    Verdict,
    add_region,
    decide,
    read_country,
)
from saman.model.access.moment import midnight
from saman.model.access.policy import Clause
from saman.model.care.yamltree import parse

ROOT = Path(__file__).parents[2]
TABLES = Path(__file__).parent / "tables"
COUNTRIES = ("se", "no", "dk", "fi", "is")
NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)
WHENEVER = (NOON, datetime(1999, 1, 1, tzinfo=UTC), datetime(2098, 12, 31, tzinfo=UTC))
PERSON = "p"
ACTORS = {Holder.CITIZEN: "Patient/p", Holder.RELATIVE: "RelatedPerson/r"}
PURPOSES = {
    Holder.STAFF: ("TREAT", "BTG"),
    Holder.CITIZEN: ("PATRQT",),
    Holder.RELATIVE: ("FAMRQT", "PATRQT"),
    Holder.SYSTEM: ("TREAT", "HOPERAT", "HSYSADMIN"),
}
OWN_TIES = {"self", "relative", "guardian", "mandate", "extended", "own_protected"}
FACTS = {"protected", "born", "at_home"}
STAFF_TIES = tuple(kind.value for kind in RelationKind if kind.value not in OWN_TIES | FACTS)
CLOSE_TIES = ("relative", "guardian", "mandate", "consent")
T = TypeVar("T")


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a table; a misspelt word is an error."""


class Case(_Part, frozen=True, kw_only=True):
    """One question and its answer.

    `who`: roles, `citizen`, `relative`, `system`, or `all but` before a list of roles. `ties`: each of them alone is
    enough for the answer (`task about home-visit`, `task ended 3 days ago`; none: without any tie); `all but` before a
    list means each of the others. `besides`: ties and facts that stand beside it. `reads` and `never`: each kind of
    data with the rules that open or close it; what is in neither no rule opens.
    """

    row: str
    question: Annotated[str, msgspec.Meta(min_length=10)]
    who: tuple[str, ...]
    ties: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    born: date | None = None
    at: str = ""
    agreement: bool = False
    reads: dict[str, str] = {}
    never: dict[str, str] = {}


class Table(_Part, frozen=True, kw_only=True):
    """The cases of one country, its time zone, and how far each row without terms was checked.

    `slots`: the rules that an agreement may fill, each with the roles and kinds of data it may fill them with.
    `keeps`: the rules that keep back some of what they open, each with what it makes of visits and labels.
    """

    country: str
    zone: str
    slots: dict[str, str] = {}
    keeps: dict[str, str] = {}
    rows: dict[str, Literal["S", "B", "U"]]
    cases: tuple[Case, ...]


class TermsCase(_Part, frozen=True, kw_only=True):
    """What one version of a row says in terms (`yes`) and what it does not (`no`).

    `here`: the terms that are choices of the platform. `first` and `last`: its days.
    """

    row: str
    status: Literal["S", "B", "U"]
    yes: tuple[str, ...]
    no: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    here: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None


class TermsTable(_Part, frozen=True, kw_only=True):
    """The terms of one country."""

    country: str
    cases: tuple[TermsCase, ...]


def _read(name: str, kind: type[T]) -> T:
    tree, issues = parse(name, (TABLES / name).read_text("utf-8"))
    assert not issues, issues
    return msgspec.convert(tree.value, kind)


@cache
def table(code: str) -> Table:
    """The cases of a country, with those of every country."""
    own, all_ = _read(f"{code}.yaml", Table), _read("everywhere.yaml", Table)
    return msgspec.structs.replace(own, rows={**all_.rows, **own.rows}, cases=(*own.cases, *all_.cases))


@cache
def terms_table(code: str) -> TermsTable:
    """The terms of a country."""
    return _read(f"{code}.terms.yaml", TermsTable)


@cache
def statuses(code: str) -> dict[str, str]:
    """How far each row of a country was checked, by the tables."""
    return {case.row: case.status for case in terms_table(code).cases} | table(code).rows


@cache
def roles() -> tuple[str, ...]:
    """Every role there is, and one that is none."""
    found = re.findall(r"\{id: ([a-z-]+)", (ROOT / "regions/roles.yaml").read_text("utf-8"))
    return tuple(role for role in found if role not in ("citizen", "relative"))


@cache
def rows_text(code: str) -> str:
    """The access file of a country."""
    return (ROOT / f"regions/countries/{code}.access.yaml").read_text("utf-8")


def policy_of(code: str, text: str) -> Policy | Refusal:
    """The policy that a text of a country's access file makes."""
    return read_country(f"{code}.access.yaml", text, roles())


AGREEMENT = """
schema: 0
region: test
rows:
  - id: test-A01
    agreement: home-follow-up
    says: The centre reads the health record of those it follows.
    parties: [centre]
    fills: R02-telemedicine-nurse-health
    sees: [health]
"""


def agreed(policy: Policy) -> Policy:
    """The policy with an agreement that fills its slot; the same without a slot to fill."""
    filled = add_region(policy, "access.yaml", AGREEMENT)
    return policy if isinstance(filled, Refusal) else filled


class Asked(msgspec.Struct, frozen=True):
    """One concrete question of a case."""

    case: Case
    assignment: Assignment
    relations: tuple[Relation, ...]
    at: datetime
    purpose_fits: bool

    def ask(self, policy: Policy, domain: Domain) -> Decision:
        """What the policy decides."""
        question = Question(
            assignment=self.assignment, domain=domain, at=self.at, person=PERSON, relations=self.relations
        )
        return decide(question, policy)

    def expected(self, domain: Domain) -> tuple[bool, tuple[str, ...]]:
        """Whether it may be read, and the rules that decide."""
        if not self.purpose_fits:
            return False, ()
        if domain.word in self.case.never:
            return False, tuple(self.case.never[domain.word].split())
        return domain.word in self.case.reads, tuple(self.case.reads.get(domain.word, "").split())

    def __str__(self) -> str:
        ties = ", ".join(f"{one.kind.value} about {one.topic}" for one in self.relations)
        return (
            f"{self.case.row} {self.assignment.role or self.assignment.kind.value} for {self.assignment.purpose} with"
            f" {ties or 'no tie'} at {self.at}"
        )


def asked(case: Case, policy: Policy) -> Iterator[Asked]:
    """Every concrete question that a case stands for, first the plainest."""
    fitting = case.purposes or PURPOSES[_holder(case.who[0])]
    purposes = [*fitting, *(each.value for each in Purpose if each.value not in fitting)]
    times = [_local(case.at, policy)] if case.at else list(WHENEVER if case.born is None else WHENEVER[:1])
    for who, (place, tie) in product(_who(case), enumerate(_ties(case))):
        for at, purpose in product(times, purposes) if place == 0 else [(times[0], purposes[0])]:
            yield _asked(case, policy, who, tie, at, purpose, purpose in fitting)


def _asked(case: Case, policy: Policy, who: str, tie: str, at: datetime, purpose: str, fits: bool) -> Asked:
    user = _assignment(who, purpose)
    relations = [_relation(words, user, at) for words in (*([tie] if tie else []), *case.besides)]
    if case.born is not None:
        start = midnight(case.born, policy.zone)
        relations.append(Relation(person=PERSON, kind=RelationKind.BORN, ground="Patient/p", start=start))
    return Asked(case, user, tuple(relations), at, fits)


def _holder(who: str) -> Holder:
    return Holder(who) if who in ("citizen", "relative", "system") else Holder.STAFF


def _who(case: Case) -> tuple[str, ...]:
    if case.who[0] == "all but":
        return tuple(role for role in (*roles(), "jester") if role not in case.who)
    return case.who


def _ties(case: Case) -> tuple[str, ...]:
    if case.ties and case.ties[0] == "all but":
        close = case.who == ("relative",)
        others = CLOSE_TIES if close else STAFF_TIES
        if case.who == ("citizen",):
            others = tuple(kind.value for kind in RelationKind)
        topics = ("", " about home-visit", " about other", *((" about plan", " about record") if close else ()))
        every = [kind + topic for kind in others for topic in topics]
        named = [re.compile(re.escape(each) + r"( about .*)?" * (" about " not in each)) for each in case.ties]
        return tuple(each for each in every if not any(one.fullmatch(each) for one in named))
    return case.ties or ("",)


def _assignment(who: str, purpose: str) -> Assignment:
    holder = _holder(who)
    if holder is Holder.STAFF:
        return Assignment(number=1, kind=holder, purpose=purpose, role=who, party="centre", actor="Practitioner/1")
    return Assignment(number=1, kind=holder, purpose=purpose, actor=ACTORS.get(holder))


def _relation(words: str, user: Assignment, at: datetime) -> Relation:
    found = re.fullmatch(
        r"([a-z_]+)(?: about ([a-z-]+))?(?: (of another))?(?: ended ([0-9]+) (days|seconds) ago)?", words
    )
    assert found, words
    kind, topic, other, number, unit = found.groups()
    end = at - timedelta(**{unit: int(number)}) if number else None
    mine: dict[str, Any] = {}
    if kind not in FACTS:
        mine = {"party": user.party} if user.kind is Holder.STAFF else {"actor": user.actor}
        if kind == "opening":
            mine["actor"] = user.actor
        if other:
            mine = {"party": "elsewhere"} if user.kind is Holder.STAFF else {"actor": "RelatedPerson/other"}
    return Relation(person=PERSON, kind=RelationKind(kind), ground=f"{kind}/1", topic=topic, end=end, **mine)


def _local(text: str, policy: Policy) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=policy.zone).astimezone(UTC)


def domains(case: Case) -> tuple[Domain, ...]:
    """The kinds of data that a case speaks of: the directory alone, or all about persons."""
    return (Domain.DIRECTORY,) if "directory" in case.reads else PERSONAL


def answers(code: str, policy: Policy, first: str = "") -> Iterator[tuple[Asked, Domain, Decision]]:
    """Every question of a country's table with the policy's answer; the cases of row `first` come first."""
    filled = agreed(policy)
    for case in sorted(table(code).cases, key=lambda case: case.row != first):
        for question in asked(case, policy):
            for domain in domains(case):
                yield question, domain, question.ask(filled if case.agreement else policy, domain)


def faults(code: str, policy: Policy, first: str = "") -> Iterator[str]:
    """Every answer of the policy that is not the table's."""
    said = table(code)
    if (policy.country, str(policy.zone)) != (said.country, said.zone):
        yield f"it is {policy.country} in {policy.zone}"
    rows = {(row.id, row.status.value, row.valid_from, row.valid_to) for row in policy.rows if row.terms is None}
    if rows != {(row, status, None, None) for row, status in said.rows.items()}:
        yield f"the rows without terms are {sorted(map(str, rows))}"
    slots = {one.id: _slot(one) for one in policy.clauses if one.fills is not None}
    if slots != {rule: frozenset(words.split()) for rule, words in said.slots.items()}:
        yield f"the slots are {slots}"
    keeps = {one.id: frozenset({one.visits, *one.but_not} - {""}) for one in policy.clauses if one.keeps_back}
    if keeps != {rule: frozenset(words.split()) for rule, words in said.keeps.items()}:
        yield f"what rules keep back is {keeps}"
    for question, domain, decision in answers(code, policy, first):
        yield from differs(question, domain, decision, statuses(code))


def _slot(clause: Clause) -> frozenset[str]:
    return frozenset({*clause.roles, *(domain.word for domain in clause.domains)})


def differs(question: Asked, domain: Domain, decision: Decision, said: dict[str, str]) -> Iterator[str]:
    permitted, rules = question.expected(domain)
    if (decision.verdict is Verdict.PERMIT) is not permitted or set(decision.rules) != set(rules):
        yield f"{question}: {domain.word} is {decision.verdict.value} by {decision.rules}, and should be {rules}"
    for reason in decision.reasons:
        rule = dict(reason.args).get("rule", "")
        if reason.key in ("access.rule.confirmed", "access.rule.unconfirmed"):
            law = said[rule.partition("-")[0]] == "S"
            if law is not (reason.key == "access.rule.confirmed"):
                yield f"{question}: {rule} is said to be {reason.key}"


def statements(policy: Policy, case: TermsCase) -> tuple[str, ...] | None:
    """What the version of a row with the days of `case` says; None when there is none with these days."""
    for row in policy.rows:
        if (row.id, row.valid_from, row.valid_to) == (case.row, case.first, case.last) and row.terms is not None:
            return tuple(_stated(msgspec.to_builtins(row.terms)))
    return None


def _stated(terms: dict[str, Any]) -> Iterator[str]:
    for name, value in terms.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            if name != "set_here" and one is not None:
                yield f"{name} {'yes' if one is True else 'no' if one is False else one}"


def terms_faults(code: str, policy: Policy, first: str = "") -> Iterator[str]:
    """Every term of the policy that is not the table's, and every version of a row that one of them lacks."""
    cases = sorted(terms_table(code).cases, key=lambda case: case.row != first)
    there = [(row.id, row.valid_from, row.valid_to) for row in policy.rows if row.terms is not None]
    for place in set(there) ^ {(case.row, case.first, case.last) for case in cases}:
        yield f"{place} is only in one of the two"
    for case in cases:
        said = statements(policy, case)
        row = next(
            (r for r in policy.rows if (r.id, r.valid_from, r.valid_to) == (case.row, case.first, case.last)), None
        )
        if said is None or row is None or row.terms is None:
            continue
        if said != case.yes:
            yield f"{case.row} says {said}, and the table {case.yes}"
        if set(said) & set(case.no):
            yield f"{case.row} says {sorted(set(said) & set(case.no))}, which the table denies"
        if row.status.value != case.status or set(row.terms.set_here) != set(case.here):
            yield f"{case.row} is {row.status.value} with {row.terms.set_here} set here"
