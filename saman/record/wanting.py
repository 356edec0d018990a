"""Who takes part in somebody's care and would see more of them by a yes: what the rules give with it and without.

Some countries let staff with a tie look only with the person's consent (`also: [consent]` in their access rows).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Domain, Holder, Relation, RelationKind, grants
from saman.model.access.grant import Grant
from saman.model.access.outlook import Present
from saman.record.outlook import present_for
from saman.record.record import Record

PROPOSED = "Consent/proposed"
"""The ground of a consent that nobody has given yet."""


class Wanting(msgspec.Struct, frozen=True, kw_only=True):
    """Staff of one role at a unit, the kinds of data that a consent to it would open, and by which ties (`Task/1`)."""

    assignment: Assignment
    domains: tuple[Domain, ...]
    grounds: tuple[str, ...]


async def wanting(record: Record, person: str = "") -> tuple[Wanting, ...] | Refusal:
    """For the citizen who asks: all staff who would see more by a yes. Saman itself asks about any Patient id."""
    present = await present_for(record, person, "wanting")
    return present if isinstance(present, Refusal) else tuple(_wanting(record, present))


def _wanting(record: Record, present: Present) -> Iterator[Wanting]:
    for one in present.assignments:
        if one.kind is not Holder.STAFF or not one.party:
            continue
        consent = Relation(person=present.person, kind=RelationKind.CONSENT, ground=PROPOSED, party=one.party)
        has = {grant.domain for grant in _open(record, present, one)}
        more = [grant for grant in _open(record, present, one, consent) if grant.domain not in has]
        if more:
            yield Wanting(
                assignment=one,
                domains=tuple(sorted({Domain(grant.domain) for grant in more})),
                grounds=tuple(dict.fromkeys(grant.ground for grant in more)),
            )


def _open(record: Record, present: Present, assignment: Assignment, *added: Relation) -> list[Grant]:
    """What is within reach now."""
    now = record.context.now
    given = grants(present.person, [*present.relations, *added], [assignment], record.store.policy)
    return [one for one in given if one.since <= now < one.until]
