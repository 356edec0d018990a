"""In worlds made at random, what restrictions withhold is what the Consents say, read naively."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from saman.model.access import (
    Assignment,
    Holder,
    Item,
    domain_of,
    holder_of,
    is_withheld,
    labels_of,
    restrictions,
    withheld,
)
from saman.model.fhir import clinical_time
from saman.record import Context
from tests.record.conftest import NOW, Resource
from tests.record.restricted import Asked, RestrictedWorld
from tests.record.world import STAFF

OSLO = ZoneInfo("Europe/Oslo")
MOMENTS = 4


class Notebook:
    """Stands for the record where nothing is looked up: it gives ids and versions."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], int] = {}

    async def create(self, resource: Resource) -> Any:
        return await self.update(resource["resourceType"], f"id-{len(self.kept)}", resource)

    async def update(self, kind: str, id: str, resource: Resource) -> Any:
        version = self.kept[kind, id] = self.kept.get((kind, id), 0) + 1
        whole = resource | {"id": id}
        return SimpleNamespace(stored=SimpleNamespace(type=kind, id=id, version=version, resource=lambda: whole))

    async def delete(self, kind: str, id: str) -> Any:
        return await self.update(kind, id, {})


def world_of(seed: int) -> RestrictedWorld:
    policy = SimpleNamespace(zone=OSLO)
    world = RestrictedWorld(seed, cast(Any, SimpleNamespace()), cast(Any, policy))
    world.record = cast(Any, Notebook())
    asyncio.run(world.build())
    return world


def contexts(world: RestrictedWorld) -> list[tuple[Context, Assignment]]:
    """Everybody who may ask, each staff role by two people."""
    found = []
    for role, party in STAFF:
        assignment = Assignment(number=1, kind=Holder.STAFF, purpose="TREAT", role=role, party=party)
        for who in ("Practitioner/1", "Practitioner/2"):
            found.append((Context(1, who, role, party, "TREAT", NOW, "r"), assignment))
    for actor in world.actors:
        kind, purpose = (Holder.CITIZEN, "PATRQT") if actor.startswith("Patient/") else (Holder.RELATIVE, "FAMRQT")
        assignment = Assignment(number=1, kind=kind, purpose=purpose, role=kind.value, actor=actor)
        found.append((Context(1, actor, kind.value, "", purpose, NOW, "r", kind.value), assignment))
    return found


def pointed(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
        return own.union(*map(pointed, value.values()))
    return set().union(*map(pointed, value)) if isinstance(value, list) else set()


def item_of(key: tuple[str, str], resource: Resource) -> Item:
    labels = labels_of(resource)
    return Item(
        key="/".join(key),
        domain=int(domain_of(resource)),
        level=labels.level,
        codes=labels.codes,
        holder=holder_of(resource, ""),
        at=clinical_time(resource) or NOW,
        recorded=NOW,
        related=frozenset(pointed(resource)),
    )


def compared(world: RestrictedWorld) -> tuple[int, int]:
    """How many looks were hidden, and how many were not; each as the Consents say."""
    said = [one for resource in world.last.values() for one in restrictions(resource, OSLO)]
    person_of = {(one.type, one.id): one.person for one in world.versions}
    times = world.pick.sample(world.times(), MOMENTS)
    hidden = shown = 0
    for context, assignment in contexts(world):
        rows = {who: withheld(who, said, assignment, (), world.parents) for who in world.persons}
        for now in times:
            at = msgspec.structs.replace(context, now=now)
            for key, resource in world.last.items():
                person = person_of[key]
                if person is None:
                    continue
                told = is_withheld(item_of(key, resource), rows[person], now, context.actor) is not None
                assert told is Asked(world, at, key).hidden(), (key, context.role, context.actor, now)
                hidden, shown = hidden + told, shown + (not told)
    return hidden, shown


@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.integers(0, 2**48))
def test_what_is_withheld_is_what_the_consents_say(seed: int) -> None:
    compared(world_of(seed))


def test_the_worlds_hide_enough_to_mean_something() -> None:
    hidden, shown = map(sum, zip(*(compared(world_of(seed)) for seed in range(6)), strict=True))
    assert min(hidden, shown) > 1000
