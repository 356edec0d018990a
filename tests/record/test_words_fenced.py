"""Nobody finds by words what they are not answered, behind each fence alone and both: held against what they read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec
import pytest

from saman.model.access import Policy
from saman.record import Page, Record, Stored, system
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, Resource
from tests.record.fenced import fenced
from tests.record.restricted import RestrictedWorld
from tests.record.test_fences import LOGGED
from tests.record.test_restrictions import consent

SEEDS = range(2)
SPOKEN = re.compile(r"zz[0-9a-f]{6}")


class SpokenWorld(RestrictedWorld):
    """A world in which every reference that leads to something about a person says a word of its own beside it."""

    words: dict[tuple[str, str], set[str]]

    async def write(self, resource: Resource, person: str | None) -> str:
        for one in _referring(resource):
            if not one["reference"].startswith(("Organization/", "Practitioner/")):
                one["display"] = f"zz{self.pick.randrange(16**6):06x}"
        id = await super().write(resource, person)
        whole = self.current[resource["resourceType"], id]
        if whole["resourceType"] not in LOGGED:
            self.words = {**getattr(self, "words", {}), (whole["resourceType"], id): set(SPOKEN.findall(str(whole)))}
        return id

    async def build(self, persons: int = 3) -> None:
        """And in which nobody but the person is to know of one of the goals that plans name."""
        await super().build(persons)
        plans = [one for (kind, _), one in self.current.items() if kind == "CarePlan" and "goal" in one]
        for plan in plans:
            who = plan["subject"]["reference"]
            items = [{"meaning": "instance", "reference": {"reference": plan["goal"][0]["reference"]}}]
            said = consent(who.removeprefix("Patient/"), {"type": "deny", "data": items})
            await self.write(said, who.removeprefix("Patient/"))


def _referring(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for one in value.values():
            yield from _referring(one)
    elif isinstance(value, list):
        for one in value:
            yield from _referring(one)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", SEEDS)
async def test_words_find_what_is_answered_with_them(
    seed: int, new_database: Callable[[], Database], policy: Policy, open_at: Opener
) -> None:
    world, contexts, stores = await fenced(SpokenWorld, seed, new_database, policy, open_at)
    pick, kept, found = Random(seed), 0, 0
    for context in (*contexts, system(NOW)):
        at = msgspec.structs.replace(context, now=pick.choice(world.times()))
        for name, store in stores.items():
            record = Record(store, at, BASE)
            for (kind, id), words in world.words.items():
                read = await record.read(kind, id)
                shown = set(SPOKEN.findall(read.text())) if isinstance(read, Stored) else set[str]()
                kept += isinstance(read, Stored) and len(words - shown)
                for word in sorted(words):
                    page = await record.search(kind, [("_content", word), ("_total", "accurate")])
                    assert isinstance(page, Page)
                    right = [id] if word in shown else []
                    assert ([one.id for one in page.matches], page.total) == (right, len(right)), (seed, name, word)
                    found += len(right)
    assert kept > 5
    assert found > 100
