"""By what somebody close looked: custody, a mandate, a decision or what was shared, as it stood at that time."""

from __future__ import annotations

from collections.abc import Iterable

from saman.apps.citizen.recorded.own import Own
from saman.flows.review.visits import Visit
from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Domain, Holder, Question, Relation, RelationKind, decide, relations
from saman.model.access.domain import DOMAIN_OF_TYPE
from saman.record import Stored

CLOSE = "RelatedPerson/"
VERSIONS = 50
"""Versions of somebody close that are gone through for how they stood."""

Kinds = tuple[RelationKind, ...]


async def close_grounds(own: Own, visits: Iterable[Visit]) -> dict[int, Kinds]:
    """The kinds of tie that each look of somebody close rested on, by the number of the look."""
    looks = [one for one in visits if one.first.actor.startswith(CLOSE)]
    if not looks:
        return {}
    person = await own.record.read("Patient", own.person)
    facts = [] if isinstance(person, Refusal) else _ties(own, person)
    stood = {actor: await _versions(own, actor) for actor in {one.first.actor for one in looks}}
    return {one.number: _kinds(own, one, facts, stood[one.first.actor]) for one in looks}


async def _versions(own: Own, actor: str) -> list[Stored]:
    page = await own.record.history("RelatedPerson", actor.removeprefix(CLOSE), count=VERSIONS)
    return [] if isinstance(page, Refusal) else [one for one in page.matches if not one.deleted]


def _ties(own: Own, stored: Stored) -> list[Relation]:
    return list(relations(stored.resource(), own.record.store.policy.zone))


def _kinds(own: Own, visit: Visit, facts: list[Relation], versions: list[Stored]) -> Kinds:
    at, policy = visit.start, own.record.store.policy
    then = next((one for one in versions if one.updated <= at), None)
    if then is None:
        return ()
    held = [*facts, *_ties(own, then)]
    asker = Assignment(
        number=0, kind=Holder.RELATIVE, purpose=visit.first.purpose, role=visit.first.role, actor=visit.first.actor
    )
    rules = {
        rule
        for domain in _domains(visit)
        if (
            found := decide(Question(assignment=asker, domain=domain, at=at, person=own.person, relations=held), policy)
        ).permitted
        for rule in found.rules
    }
    tied = {kind for clause in policy.clauses if clause.id in rules for kind in clause.ties}
    return tuple(dict.fromkeys(one.kind for one in held if one.kind in tied))


def _domains(visit: Visit) -> set[Domain]:
    types = {kind for one in visit.shown for kind in one.shown_types}
    found = {DOMAIN_OF_TYPE[kind] for kind in types if kind in DOMAIN_OF_TYPE}
    return found | ({Domain.READINGS} if "Observation" in types else set())
