"""Deciding: who may read what about whom, why, and why not.

A rule that denies overrides every rule that permits; what no rule permits is denied. The same question always gets
the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum, IntEnum

import msgspec

from saman.model.access.assignment import Assignment
from saman.model.access.domain import Domain
from saman.model.access.policy import Clause, Fill, Policy, holds
from saman.model.access.relation import Relation
from saman.model.access.words import Words, words


class Verdict(Enum):
    """What was decided."""

    PERMIT = "permit"
    PERMIT_WITH = "permit_with"
    """Permitted once the obligations are met."""
    DENY = "deny"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """May this assignment read this kind of data about the person at that time?

    `relations` are all relations of the person, whoever holds them; for the directory there is no person.
    """

    assignment: Assignment
    domain: Domain
    at: datetime
    person: str = ""
    relations: Sequence[Relation] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: the ids of the rules that decided, the resources that made the tie, and the reasons in words."""

    verdict: Verdict
    rules: tuple[str, ...]
    grounds: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    reasons: tuple[Words, ...] = ()

    @property
    def permitted(self) -> bool:
        """Whether it may be read at once, without any obligation."""
        return self.verdict is Verdict.PERMIT


class _Step(IntEnum):
    """How far a rule got towards deciding; the words of a refusal come from the furthest."""

    ROLE = 0
    PURPOSE = 1
    DOMAIN = 2
    IN_FORCE = 3
    TIE = 4
    TIME = 5
    AGE = 6
    ALSO = 7
    AGREEMENT = 8
    DECIDES = 9


class _Reach(msgspec.Struct, frozen=True):
    clause: Clause
    step: _Step
    fills: tuple[Fill, ...] = ()
    grounds: tuple[str, ...] = ()


def decide(question: Question, policy: Policy) -> Decision:
    """The decision of `policy`, explained. Rules count that are in force at the time asked for."""
    reached = [_reach(clause, question) for clause in policy.clauses]
    deciding = [reach for reach in reached if reach.step is _Step.DECIDES]
    denying = [reach for reach in deciding if reach.clause.denies]
    if denying:
        return Decision(verdict=Verdict.DENY, rules=_rules(denying), reasons=_said(denying))
    if deciding:
        return _permit(deciding)
    furthest = max((reach for reach in reached if not reach.clause.denies), key=lambda reach: reach.step, default=None)
    return Decision(verdict=Verdict.DENY, rules=(), reasons=(_why_not(furthest),))


def _reach(clause: Clause, question: Question) -> _Reach:
    assignment, at = question.assignment, question.at
    stopped = _stopped(clause, assignment, question.domain, at)
    if stopped is not None:
        return _Reach(clause, stopped)
    own = [each for each in question.relations if each.person == question.person and holds(assignment, each)]
    ties = [each for each in own if clause.tied_by(each)]
    grounds = tuple(dict.fromkeys(tie.ground for tie in ties if at in clause.tie_span(tie)))
    if clause.ties and not grounds:
        return _Reach(clause, _Step.TIME if ties else _Step.TIE)
    if not any(at in span for span in clause.age_spans(own)):
        return _Reach(clause, _Step.AGE)
    if not any(at in span for span in clause.also_spans(own)):
        return _Reach(clause, _Step.ALSO)
    if clause.fills is None:
        return _Reach(clause, _Step.DECIDES, grounds=grounds)
    fills = tuple(fill for fill in clause.fills if fill.covers(assignment, question.domain) and at in fill.span)
    return _Reach(clause, _Step.DECIDES if fills else _Step.AGREEMENT, fills, grounds)


def _stopped(clause: Clause, assignment: Assignment, domain: Domain, at: datetime) -> _Step | None:
    if not clause.is_for(assignment):
        return _Step.ROLE
    if not clause.allows_purpose(assignment.purpose):
        return _Step.PURPOSE
    if domain not in clause.domains:
        return _Step.DOMAIN
    return None if at in clause.span else _Step.IN_FORCE


def _permit(deciding: list[_Reach]) -> Decision:
    free = [reach for reach in deciding if not reach.clause.obligations]
    chosen = free or deciding[:1]
    obligations = chosen[0].clause.obligations
    return Decision(
        verdict=Verdict.PERMIT_WITH if obligations else Verdict.PERMIT,
        rules=_rules(chosen),
        grounds=tuple(dict.fromkeys(ground for reach in chosen for ground in reach.grounds)),
        obligations=obligations,
        reasons=_said(chosen),
    )


def _rules(reached: list[_Reach]) -> tuple[str, ...]:
    ids = (id_ for reach in reached for id_ in (reach.clause.id, *(fill.id for fill in reach.fills)))
    return tuple(dict.fromkeys(ids))


def _said(reached: list[_Reach]) -> tuple[Words, ...]:
    return tuple(each for reach in reached for each in _explained(reach))


def _explained(reach: _Reach) -> Iterator[Words]:
    clause = reach.clause
    if clause.agreement:
        yield words("access.rule.agreement", rule=clause.id, says=clause.rule.says, agreement=clause.agreement)
    else:
        key = "access.rule.confirmed" if clause.confirmed else "access.rule.unconfirmed"
        yield words(key, rule=clause.id, says=clause.rule.says)
    for fill in reach.fills:
        yield words("access.rule.agreement", rule=fill.id, says=fill.says, agreement=fill.agreement)


def _why_not(furthest: _Reach | None) -> Words:
    if furthest is None:
        return words("access.why_not.role")
    key = f"access.why_not.{furthest.step.name.lower()}"
    return words(key, rule=furthest.clause.id) if furthest.step >= _Step.IN_FORCE else words(key)
