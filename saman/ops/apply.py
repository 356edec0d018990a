"""Brings the record to a care model: what changed becomes a new version, nothing is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from saman.kernel.outcome import Refusal
from saman.model.care.caremodel import CareModel
from saman.model.care.codes import Resource
from saman.model.care.fhir import Changes, address, is_of_model, plan_changes, to_fhir, transaction
from saman.ops import database
from saman.ops.opening import open_record
from saman.ops.region import Region
from saman.ops.settings import Settings
from saman.record import Record, Store, process, system
from saman.record.migrate import migrate


def apply_region(
    settings: Settings, region: Region, now: datetime, say: Callable[[str], None], *, dry_run: bool
) -> Changes | Refusal:
    """The changes made in the database of `settings`, or those that `dry_run` would make."""
    source = database.find(settings, say)
    if isinstance(source, Refusal):
        return source
    try:
        if source.admin_url:
            migrate(source.admin_url, source.app_role)
        return asyncio.run(_opened(settings, region, source.app_url, now, dry_run))
    finally:
        source.close(say)


async def _opened(settings: Settings, region: Region, url: str, now: datetime, dry_run: bool) -> Changes | Refusal:
    store = await open_record(settings, region, url, connections=2)
    if isinstance(store, Refusal):
        return store
    try:
        return await applied(store, region.model, now, dry_run=dry_run)
    finally:
        await store.close()


async def applied(store: Store, model: CareModel, now: datetime, *, dry_run: bool = False) -> Changes | Refusal:
    """The changes that brought the record to `model` in one transaction, or would have with `dry_run`."""
    record = Record(store, system(now))
    wanted = to_fhir(model)
    current = await _current(record, wanted)
    if isinstance(current, Refusal):
        return current
    changes = plan_changes(current, wanted)
    if dry_run or not (changes.create or changes.update):
        return changes
    answer = await process(record, transaction(changes))
    return answer if isinstance(answer, Refusal) else changes


async def _current(record: Record, wanted: Sequence[Resource]) -> dict[str, Resource] | Refusal:
    """What the record holds of the model, and of an earlier one, by `Type/id`."""
    ours = {address(one) for one in wanted}
    found: dict[str, Resource] = {}
    for kind in sorted({one["resourceType"] for one in wanted}):
        cursor = ""
        while True:
            page = await record.search(kind, [("_count", "200")] + ([("_cursor", cursor)] if cursor else []))
            if isinstance(page, Refusal):
                return page
            resources = (one.resource() for one in page.matches)
            found |= {address(one): one for one in resources if address(one) in ours or is_of_model(one)}
            if page.next is None:
                break
            cursor = page.next
    return found
