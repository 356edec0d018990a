"""Brings the record to a care model: what changed becomes a new version, nothing is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from saman.flows.governance.resources import applied
from saman.kernel.outcome import Refusal
from saman.model.care.fhir import Changes
from saman.ops import database
from saman.ops.opening import open_record
from saman.ops.region import Region
from saman.ops.settings import Settings
from saman.record.migrate import migrate

__all__ = ["applied", "apply_region"]


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
