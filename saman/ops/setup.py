"""Fills a database once: the region's organisations and services, and in demo mode the people who are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal
from saman.model.care.calendar import holidays_on
from saman.model.care.caremodel import CareModel
from saman.model.care.fhir import to_fhir
from saman.ops.demo.whole import demo_bundles
from saman.ops.region import Region
from saman.record import Record, Store, process, system

Say = Callable[[str], None]
Bundle = dict[str, Any]


async def set_up(store: Store, region: Region, clock: Clock, say: Say, *, demo: bool) -> Refusal | None:
    """Store what is missing; each Bundle is stored once, whatever crashes in between."""
    record = Record(store, system(clock()))
    for name, bundle in _bundles(region, clock, say, demo=demo):
        answer = await process(record, bundle, once=name)
        if isinstance(answer, Refusal) and answer.kind is not Kind.CONFLICT:
            return answer
    return None


def _bundles(region: Region, clock: Clock, say: Say, *, demo: bool) -> Iterator[tuple[str, Bundle]]:
    model = region.model
    yield f"region {model.region.id} {model.region.version}", region_bundle(model)
    if not demo:
        return
    for count, (name, bundle) in enumerate(demo_bundles(clock(), closed=_closed(model))):
        if count % 10 == 0:
            say(f"Storing the demo's people, part {count + 1}")
        yield f"demo {name}", bundle


def region_bundle(model: CareModel) -> Bundle:
    """The region's resources as one transaction that replaces what is there."""
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in to_fhir(model)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _closed(model: CareModel) -> Callable[[date], bool]:
    return lambda day: day.weekday() > 4 or bool(holidays_on(model.country, day))
