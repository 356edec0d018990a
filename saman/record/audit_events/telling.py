"""How much of the log its readers are told: since when, and whether staff are named (the country's row R21)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from saman.model.access import Policy
from saman.model.access.domain import labels
from saman.model.access.terms import LogShow, of_kind
from saman.model.access.terms_time import earlier
from saman.model.fhir import resource_number
from saman.record.audit import Logged
from saman.record.audit_events.event import UNNAMED
from saman.record.door import Door
from saman.record.search.statement import many_statement
from saman.record.stored import stored

PROTECTED_NAME = "protected-name"
"""Label of a Practitioner, a code of `urn:saman:category`: whoever was looked up is told role and unit alone."""
SHOWN = "P3Y"
"""Where no row is in force (Regulation (EU) 2025/327 art. 9)."""


class Telling(msgspec.Struct, frozen=True):
    """Since when entries are shown, and whether by the names of staff; those who answer for the log are told all."""

    since: datetime | None = None
    named: bool = True
    everything: bool = True


def telling_to_persons(policy: Policy, now: datetime) -> Telling:
    """What the people are told whom entries are about, and those who act for them."""
    said = of_kind(policy, LogShow, now)
    show, named = (said.show, said.staff == "name") if said is not None else (SHOWN, False)
    return Telling(earlier(now, show, policy.zone), named, everything=False)


async def told(door: Door, telling: Telling, entries: list[Logged]) -> list[Logged]:
    """`entries` without the names of staff who are not to be named."""
    if telling.everything:
        return entries
    staff = {one.actor for one in entries if one.actor.startswith("Practitioner")}
    hidden = await _protected(door, staff) if telling.named else staff
    return [msgspec.structs.replace(one, actor=UNNAMED) if one.actor in hidden else one for one in entries]


async def _protected(door: Door, actors: Iterable[str]) -> frozenset[str]:
    keys = [one.partition("/") for one in sorted(actors)]
    if not keys:
        return frozenset()
    shards = [door.store.mint.shard(id) for _, _, id in keys]
    types, ids = [resource_number(kind) for kind, _, _ in keys], [id for _, _, id in keys]
    rows = await door.fetch(many_statement(door.store.fence), shards, types, ids)
    return frozenset(one.reference for one in map(stored, rows) if PROTECTED_NAME in labels(one.resource()))
