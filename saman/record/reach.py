"""Who may look at a person now, by role and unit: what the rules give, before anybody looks."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Domain, grants
from saman.model.access.outlook import Held, Present
from saman.model.access.withheld import is_withheld, withheld
from saman.record.outlook import present_for
from saman.record.record import Record


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Staff of one role at a unit, or one relative: kinds of data within reach, the grounds (`CareTeam/1`) for that.

    `things` counts what there is of each kind, `closed` how much of it is withheld from them.
    """

    assignment: Assignment
    domains: tuple[Domain, ...]
    grounds: tuple[str, ...]
    things: dict[Domain, int]
    closed: dict[Domain, int]


async def reach(record: Record, person: str = "") -> tuple[Reach, ...] | Refusal:
    """For the citizen who asks: everybody who may look at anything of hers now, as far as the record knows of them.

    Saman itself asks about any Patient id.
    """
    present = await present_for(record, person, "reach")
    return present if isinstance(present, Refusal) else tuple(_reaches(record, present))


def _reaches(record: Record, present: Present) -> Iterator[Reach]:
    now, policy = record.context.now, record.store.policy
    for assignment in present.assignments:
        given = grants(present.person, present.relations, [assignment], policy)
        open_now = [one for one in given if one.since <= now < one.until]
        if not open_now:
            continue
        domains = tuple(sorted({Domain(one.domain) for one in open_now}))
        rows = withheld(
            present.person, present.restrictions, assignment, present.relations, present.parents, policy.clauses
        )
        held = [one for one in present.held if one.item.domain in domains]
        closed = [one for one in held if is_withheld(one.item, rows, now, "") is not None]
        yield Reach(
            assignment=assignment,
            domains=domains,
            grounds=tuple(dict.fromkeys(one.ground for one in open_now if one.ground)),
            things=_counted(held),
            closed=_counted(closed),
        )


def _counted(held: list[Held]) -> dict[Domain, int]:
    counted: dict[Domain, int] = {}
    for one in held:
        domain = Domain(one.item.domain)
        counted[domain] = counted.get(domain, 0) + 1
    return counted
