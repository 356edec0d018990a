"""Giving new search parameters their values: the beat of the worker."""

from __future__ import annotations

import asyncio

import structlog

from saman.kernel.clock import Clock
from saman.ops.settings import Settings
from saman.record import Store
from saman.record.outage import OUTAGES
from saman.record.parameters.building import beat

BEAT = 1.0
"""Seconds between two looks at what is to be done, while there is nothing."""

log = structlog.get_logger("saman.parameters")


async def index(store: Store, settings: Settings, clock: Clock) -> None:
    """Go on with it until cancelled. What the database refuses is tried again."""
    while True:
        more = False
        try:
            more = await beat(store, clock(), f"{settings.address}/fhir")
        except OUTAGES as error:
            log.warning("search parameters wait for the database", error=type(error).__name__)
        await asyncio.sleep(0 if more else BEAT)
