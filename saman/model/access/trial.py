"""A dry run of rules: who would gain or lose sight of what, were other rules in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from saman.model.access.assignment import Assignment, Holder
from saman.model.access.domain import Domain
from saman.model.access.grant import grants
from saman.model.access.policy import Policy
from saman.model.access.relation import Relation


class Shift(msgspec.Struct, frozen=True, order=True):
    """Users of one sort who would gain, or lose, one kind of data about a person.

    Staff are meant by party (Organization id) and role; citizens and relatives have neither.
    """

    kind: str
    party: str
    role: str
    purpose: str
    domain: Domain
    gains: bool


def shifts(
    person: str,
    relations: Sequence[Relation],
    assignments: Iterable[Assignment],
    at: datetime,
    policies: tuple[Policy, Policy],
) -> frozenset[Shift]:
    """What changes for one person at a time when the second policy takes the place of the first.

    What people have restricted goes on under both and is left out, as is what is seen only with an obligation.
    """
    asking = tuple(assignments)
    before, after = (set(_seen(person, relations, asking, at, policy)) for policy in policies)
    return frozenset((*(_shift(one, False) for one in before - after), *(_shift(one, True) for one in after - before)))


_Sight = tuple[str, str, str, str, int]


def _seen(
    person: str, relations: Sequence[Relation], assignments: Sequence[Assignment], at: datetime, policy: Policy
) -> Iterator[_Sight]:
    numbered = [msgspec.structs.replace(one, number=place) for place, one in enumerate(assignments, 1)]
    for grant in grants(person, relations, numbered, policy):
        if grant.since <= at < grant.until:
            asks = assignments[grant.context - 1]
            party, role = (asks.party, asks.role) if asks.kind is Holder.STAFF else ("", "")
            yield asks.kind.value, party, role, asks.purpose, grant.domain


def _shift(sight: _Sight, gains: bool) -> Shift:
    kind, party, role, purpose, domain = sight
    return Shift(kind, party, role, purpose, Domain(domain), gains)
