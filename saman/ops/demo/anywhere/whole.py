"""The demo of any region as transaction Bundles, each of which needs only those before it and the region."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from saman.model.access.policy import Policy
from saman.model.access.relation import RelationKind
from saman.model.care.caremodel import CareModel
from saman.ops.demo.anywhere.cast import cast_of
from saman.ops.demo.anywhere.followed import report_entries, service_entries
from saman.ops.demo.anywhere.plan import consent_entries, is_followed, plan_entries
from saman.ops.demo.anywhere.records import person_entries, staff_of
from saman.ops.demo.anywhere.scene import Scene
from saman.ops.demo.anywhere.work import work_entries
from saman.ops.demo.bundle import transaction
from saman.ops.demo.marks import Resource

OFFERED = ("telemedicine-nurse", "home-care-nurse", "general-practitioner", "coordinator")


def region_bundles(model: CareModel, policy: Policy, now: datetime, seed: int = 1) -> Iterator[tuple[str, Resource]]:
    """Name and Bundle of each part; none for a region that nobody licensed follows anybody in.

    The same region, `now` (aware) and `seed` give the same Bundles; names do not depend on `now` or `seed`.
    """
    cast = cast_of(model)
    if cast is None:
        return
    scene = Scene(cast, now, seed, _asking(policy))
    yield "staff", staff_of(cast)
    for citizen in cast.citizens.values():
        yield f"person-{citizen.id}", transaction(person_entries(citizen, scene))
        agreed = [*plan_entries(citizen, scene), *consent_entries(citizen, scene)]
        yield f"plan-{citizen.id}", transaction(agreed)
        if is_followed(citizen):
            yield f"service-{citizen.id}", transaction(service_entries(citizen, scene))
            reports = list(report_entries(citizen, scene))
            if reports:
                yield f"reports-{citizen.id}", transaction(reports)
    yield "going-on", transaction(work_entries(scene))


def _asking(policy: Policy) -> frozenset[str]:
    """Roles that see more when the citizen has said yes to their unit."""
    rules = (one for one in policy.clauses if RelationKind.CONSENT in one.also)
    return frozenset(role for one in rules for role in one.roles)


def journey_of(model: CareModel) -> tuple[str, ...]:
    """Ids of those whom a newcomer follows, somebody with a mandate and a guardian, to be offered first."""
    cast = cast_of(model)
    if cast is None:
        return ()
    people = cast.citizens.values()
    close = [one.close.id for one in people if one.close]
    workers = [worker.id for role in (cast.reader_role, *OFFERED) if (worker := cast.worker(role)) is not None]
    return (*(one.id for one in people), *close, *dict.fromkeys(workers))
