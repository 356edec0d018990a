"""Fills a database once: the region's organisations and services, and in demo mode the people who are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from saman.flows.governance.applying import other_region
from saman.kernel.clock import Clock
from saman.kernel.outcome import Refusal
from saman.ops.demo import bundles_for
from saman.ops.region import Region
from saman.ops.rules import followed_by, rules_followed
from saman.ops.running import set_up_model
from saman.record import Record, Store, process, system
from saman.record.delegation import learn_all
from saman.record.grants import relate_anew, restrict_anew
from saman.record.membership import enrol_all
from saman.record.once import done_names, keep_done

Say = Callable[[str], None]
Bundle = dict[str, Any]
Named = tuple[str, Bundle]

PROGRESS = 20

MEMBERSHIPS = "memberships 2"
"""Kept when who works where, and what stands for whom, was derived from what is older than the tables for it."""

COMPETENCES = "competences"
"""Kept when who holds which licence was derived from a directory older than the tables for it."""

RESTRICTIONS = "restrictions"
"""Kept when what follows from birth, custody and Consents was derived from what is older than the tables for it."""

REGION = "region "
"""Before the id of the region that the database was set up with."""

DEMO = "demo people"
"""Kept when all of the demo has been stored."""


async def set_up(store: Store, region: Region, clock: Clock, say: Say, *, demo: bool) -> Refusal | None:
    """Store what is missing, each part once, whatever crashes in between; a region changes by `saman model apply`."""
    done = await done_names(store)
    if (other := _other_region(done, region.model.region.id)) is not None:
        return other
    if MEMBERSHIPS not in done:
        await enrol_all(store.pool, store.policy.zone, clock())
        await relate_anew(store.pool, store.policy, clock())
        await keep_done(store, MEMBERSHIPS)
    if COMPETENCES not in done:
        await learn_all(store, clock())
        await keep_done(store, COMPETENCES)
    if RESTRICTIONS not in done:
        await restrict_anew(store.pool, store.policy, clock())
        await keep_done(store, RESTRICTIONS)
    if not await followed_by(store) and (persons := await rules_followed(store)):
        say(f"The rules of access have changed: worked out anew for {persons} people")
    refusal = await set_up_model(store, region, clock, say)
    if refusal is not None:
        return refusal
    await keep_done(store, f"{REGION}{region.model.region.id}")
    if not demo or DEMO in done:
        return None
    say("Storing the demo's people, once")
    refusal = await _store(store, clock, _people(region, clock, say), done)
    if refusal is None:
        await keep_done(store, DEMO)
    return refusal


def _other_region(done: frozenset[str], wanted: str) -> Refusal | None:
    """Refuse to serve a region on a database that was set up with others: people there would be seen by other rules."""
    held = sorted(name.removeprefix(REGION) for name in done if name.startswith(REGION))
    if not held or wanted in held:
        return None
    return other_region(", ".join(held), wanted)


async def _store(store: Store, clock: Clock, bundles: Iterator[Named], done: frozenset[str]) -> Refusal | None:
    record = Record(store, system(clock()))
    for name, bundle in bundles:
        if name not in done:
            answer = await process(record, bundle, once=name)
            if isinstance(answer, Refusal):
                return answer
    return None


def _people(region: Region, clock: Clock, say: Say) -> Iterator[Named]:
    for count, (name, bundle) in enumerate(bundles_for(region.model, region.policy, clock()), 1):
        yield f"demo {name}", bundle
        if count % PROGRESS == 0:
            say(f"Stored {count} parts of the demo")
