"""Brings the resources of a care model into the record: what changed becomes a new version, nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from saman.kernel.outcome import Refusal
from saman.model.care.caremodel import CareModel
from saman.model.care.codes import Resource
from saman.model.care.fhir import Changes, address, is_of_model, plan_changes, to_fhir, transaction
from saman.record import Record, Store, process, system


async def applied(store: Store, model: CareModel, now: datetime, *, dry_run: bool = False) -> Changes | Refusal:
    """The changes that brought the record to `model` in one transaction, or would have with `dry_run`."""
    record = Record(store, system(now))
    changes = await changes_to(record, model)
    if isinstance(changes, Refusal) or dry_run:
        return changes
    refusal = await made(record, changes)
    return refusal or changes


async def changes_to(record: Record, model: CareModel) -> Changes | Refusal:
    """What has to change so that the record holds `model`."""
    wanted = to_fhir(model)
    current = await _current(record, wanted)
    return current if isinstance(current, Refusal) else plan_changes(current, wanted)


async def made(record: Record, changes: Changes) -> Refusal | None:
    """Make the changes, all or none."""
    if not (changes.create or changes.update):
        return None
    answer = await process(record, transaction(changes))
    return answer if isinstance(answer, Refusal) else None


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
