"""What would change if somebody said this: who would lose or gain sight of what, before it is said.

Works on what a person has restricted now and would restrict then; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from saman.model.access.assignment import Assignment
from saman.model.access.domain import PERSONAL, Domain
from saman.model.access.grant import grants
from saman.model.access.policy import Policy
from saman.model.access.relation import Relation, RelationKind, relations
from saman.model.access.restriction import Restriction, restrictions
from saman.model.access.withheld import Item, Parents, Withheld, is_withheld, withheld

NEW = "proposed"
"""The id of a proposed Consent that has none yet."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Something of a person that may be seen or not, and whose open work it is (an Organization id, or '')."""

    item: Item
    work_of: str = ""


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """How many things of one kind of data an assignment sees before and after."""

    domain: Domain
    before: int
    after: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What would change for one assignment: kinds of data it would see less or more of, and things by key.

    `work` are the open Tasks of its own unit (`Task/1`) that it would no longer see.
    """

    assignment: Assignment
    shifts: tuple[Shift, ...]
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    work: tuple[str, ...]


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """What counts now about one person: ties, Consents' restrictions, everybody who may ask, and what there is."""

    person: str
    relations: Sequence[Relation]
    restrictions: Sequence[Restriction]
    assignments: Sequence[Assignment]
    held: Sequence[Held]
    parents: Parents


def what_would_change(
    present: Present, consent: Mapping[str, Any], policy: Policy, at: datetime, *, actor: str = ""
) -> tuple[Change, ...]:
    """The changes if `consent` took the place of what its id says now, for everybody for whom anything changes.

    A Consent without an id is a new one. `actor` is a Practitioner to look at by name, where one is named.
    """
    proposed = {"id": NEW, **consent}
    ground = f"Consent/{proposed['id']}"
    after = msgspec.structs.replace(
        present,
        relations=_replaced(present.relations, ground, relations(proposed, policy.zone)),
        restrictions=_with(present.restrictions, ground, proposed, policy.zone),
    )
    found = []
    for assignment in present.assignments:
        changed = _changed(
            assignment, _seen(present, assignment, policy, at, actor), _seen(after, assignment, policy, at, actor)
        )
        if changed is not None:
            found.append(changed)
    return tuple(found)


def _replaced(known: Iterable[Relation], ground: str, new: Iterable[Relation]) -> list[Relation]:
    kept = [one for one in known if one.ground != ground or one.kind is not RelationKind.CONSENT]
    return [*kept, *new]


def _with(known: Iterable[Restriction], ground: str, consent: Mapping[str, Any], zone: tzinfo) -> list[Restriction]:
    return [*(one for one in known if one.ground != ground), *restrictions(consent, zone)]


def _seen(present: Present, assignment: Assignment, policy: Policy, at: datetime, actor: str) -> list[Held]:
    """What an assignment sees."""
    given = grants(present.person, present.relations, [assignment], policy)
    open_now = {grant.domain for grant in given if grant.since <= at < grant.until}
    rows: Sequence[Withheld] = withheld(
        present.person, present.restrictions, assignment, present.relations, present.parents, policy.clauses
    )
    shown = (one for one in present.held if one.item.domain in open_now)
    return [one for one in shown if is_withheld(one.item, rows, at, actor) is None]


def _changed(assignment: Assignment, before: Sequence[Held], after: Sequence[Held]) -> Change | None:
    had, has = ({one.item.key: one for one in each} for each in (before, after))
    lost, gained = sorted(had.keys() - has.keys()), sorted(has.keys() - had.keys())
    if not lost and not gained:
        return None
    counted = (Shift(domain=domain, before=_many(before, domain), after=_many(after, domain)) for domain in PERSONAL)
    return Change(
        assignment=assignment,
        shifts=tuple(one for one in counted if one.before != one.after),
        lost=tuple(lost),
        gained=tuple(gained),
        work=tuple(key for key in lost if assignment.party and had[key].work_of == assignment.party),
    )


def _many(held: Iterable[Held], domain: Domain) -> int:
    return sum(one.item.domain == domain for one in held)
