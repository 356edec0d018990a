"""An export gives exactly what its asker may see, behind each fence alone, and of the past what was current then."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import msgspec
import pytest

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.model.access import Policy
from saman.record import Context, Store, system
from saman.record.bulk.asked import EVERYTHING, PATIENTS, Asked, types_of
from saman.record.bulk.slices import Export
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener
from tests.record.fenced import fenced
from tests.record.restricted import RestrictedOracle, RestrictedWorld

SEEDS = range(int(os.environ.get("SAMAN_FENCE_WORLDS", "2")))
MOMENTS = 2
LATER = NOW + timedelta(days=4000)

Places = list[tuple[str, str, str]]


async def exported(
    store: Store, context: Context, most: int, moment: datetime = LATER, level: str = EVERYTHING,
    persons: tuple[str, ...] | None = None,
) -> Places:  # fmt: skip
    """Type, id and version of everything that an export gives, slice by slice."""
    asked = Asked(url="", base=BASE, level=level, types=types_of(level), moment=moment, persons=persons)
    found, place, is_over = [], "", False
    while not is_over:
        part = await Export(store, context, BASE).next(asked, place, most)
        assert not isinstance(part, Refusal), part
        assert part.deleted == []
        found += [json.decode(line) for lines in part.lines.values() for line in lines]
        place, is_over = part.place, not part.place
    return sorted((one["resourceType"], one["id"], one["meta"]["versionId"]) for one in found)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", SEEDS)
async def test_an_export_is_what_is_granted_and_not_restricted(
    seed: int, new_database: Callable[[], Database], policy: Policy, open_at: Opener
) -> None:
    world, contexts, stores = await fenced(RestrictedWorld, seed, new_database, policy, open_at)
    oracle, pick = RestrictedOracle(world), Random(seed)
    shown = 0
    for context in contexts:
        for now in pick.sample(world.times(), MOMENTS):
            at = msgspec.structs.replace(context, now=now)
            live = [one for one in oracle.current(at).values() if not one.deleted]
            shown += len(live)
            for name, store in stores.items():
                wanted = sorted((one.type, one.id, str(one.version)) for one in live)
                assert await exported(store, at, pick.choice([5, 1000])) == wanted, (seed, name, at.role, at.party, now)
    assert shown > 100


@pytest.mark.fuzz
async def test_of_the_past_and_of_some_people(
    new_database: Callable[[], Database], policy: Policy, open_at: Opener
) -> None:
    world, contexts, stores = await fenced(RestrictedWorld, 7, new_database, policy, open_at)
    store, everybody = stores["both"], system(LATER)
    all_of_it = await exported(store, everybody, 1000)
    assert await exported(store, everybody, 3) == all_of_it
    for person in world.persons[:3]:
        own = await exported(store, everybody, 50, level=PATIENTS, persons=(person,))
        assert ("Patient", person) in {one[:2] for one in own}
        assert set(own) <= set(all_of_it)
    for context in contexts[:4]:
        at = msgspec.structs.replace(context, now=world.times()[-1])
        seen = await exported(store, at, 1000)
        own = await exported(store, at, 1000, persons=tuple(world.persons))
        assert set(own) <= set(seen)
