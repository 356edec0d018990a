"""Why a professional may see each kind of data about a person, until when, and why not: by the rules that fence it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from saman.flows.opening.standing import EMERGENCY, is_professional, not_yours, unfenced
from saman.kernel.outcome import Refusal
from saman.model.access import (
    Assignment,
    Decision,
    Domain,
    Policy,
    Question,
    Relation,
    RelationKind,
    Words,
    decide,
    grants,
)
from saman.model.access.moment import END
from saman.model.access.policy import holds
from saman.model.access.words import words
from saman.record import Context, Record
from saman.record.openings import kept_from
from saman.record.ties import ties

SHOWN = (Domain.PERSON, Domain.PLAN, Domain.READINGS, Domain.HEALTH, Domain.SOCIAL)
"""The kinds of data that pages tell of."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about one kind of data; `ties` are those that opened it.

    `until` is when it closes unless something new happens; None when it stays open until further notice, or is closed.
    """

    domain: Domain
    decision: Decision
    ties: tuple[RelationKind, ...] = ()
    until: datetime | None = None


async def reasons(record: Record, person: str) -> tuple[Reason, ...] | Refusal:
    """For the professional who asks: each kind of data about the person, and why it is open to her or closed.

    Refused like a person who does not exist when she may not see the person. A tie that the person has withheld from
    her counts as if it were not there; so does what is restricted of a kind. Where every tie is withheld, which one it
    is stays untold, and so do the rules, as they would tell: that there is one she knows from seeing the person.
    """
    if not is_professional(record):
        return not_yours()
    seen = await record.read("Patient", person)
    if isinstance(seen, Refusal):
        return seen
    held = await ties(unfenced(record), person)
    if isinstance(held, Refusal):
        return held
    own = [one for one in held if holds(_assignment(record.context), one)]
    kept = await kept_from(record.store, record.context, person, {one.ground for one in own if one.ground})
    told = [one for one in own if one.ground not in kept]
    if any(not one.is_fact for one in told):
        return tuple(_reason(record.context, record.store.policy, person, domain, told) for domain in SHOWN)
    found = (_reason(record.context, record.store.policy, person, domain, own) for domain in SHOWN)
    return tuple(_untold(one) if one.decision.permitted else one for one in found)


def _assignment(context: Context) -> Assignment:
    """As what is asked: through an opening it is one professional."""
    own = context.assignment
    return msgspec.structs.replace(own, actor=context.actor) if context.purpose == EMERGENCY else own


def _reason(context: Context, policy: Policy, person: str, domain: Domain, ties: Sequence[Relation]) -> Reason:
    question = Question(assignment=_assignment(context), domain=domain, at=context.now, person=person, relations=ties)
    decision = decide(question, policy)
    kinds = dict.fromkeys(one.kind for one in ties if one.ground in decision.grounds and not one.is_fact)
    return Reason(
        domain=domain,
        decision=decision,
        ties=tuple(kinds),
        until=_until(person, domain, ties, context, policy) if decision.permitted else None,
    )


def _untold(one: Reason) -> Reason:
    """The same without what would tell of the tie."""
    return Reason(domain=one.domain, decision=Decision(verdict=one.decision.verdict, rules=()), until=one.until)


def _until(person: str, domain: Domain, told: Iterable[Relation], context: Context, policy: Policy) -> datetime | None:
    """The end of the grants that follow one another from now on."""
    given = [one for one in grants(person, list(told), [_assignment(context)], policy) if one.domain == domain]
    until = context.now
    while follows := [one.until for one in given if one.since <= until < one.until]:
        until = max(follows)
    return None if until >= END else until


def rules_for(context: Context, policy: Policy, domain: Domain) -> tuple[Words, ...]:
    """The rules in force that could open a kind of data to somebody in this role, whoever it is about."""
    speaking = (one for one in policy.clauses if one.is_for(context.assignment) and domain in one.domains)
    usable = (one for one in speaking if not one.denies and one.allows_purpose(context.purpose))
    return tuple(
        words(f"access.rule.{'confirmed' if one.confirmed else 'unconfirmed'}", rule=one.id, says=one.rule.says)
        for one in usable
        if context.now in one.span and one.fills != ()
    )
