"""Telling subscribers, put together: whom may be called, as whom is asked, and the beat of the worker."""

from __future__ import annotations

import asyncio
import time

import structlog

from saman.apps.auth.identity import Identity
from saman.apps.auth.smart.owners import Owners
from saman.apps.auth.tokens import Tokens
from saman.flows.subscription.outgoing import Outgoing, read_hosts
from saman.flows.subscription.sending import Sending, chance
from saman.kernel.clock import Clock
from saman.kernel.outcome import Refusal
from saman.ops.application import rights_of
from saman.ops.running import On
from saman.ops.settings import Settings
from saman.record import Context, Store
from saman.record.outage import OUTAGES
from saman.record.subscriptions.owner import Owner

BEAT = 1.0
"""Seconds between two looks at what has happened, while there is nothing to do."""
SWEPT_EVERY = 3600.0

log = structlog.get_logger("saman.subscriptions")


def outgoing_of(settings: Settings) -> Outgoing:
    """Whom this installation may call."""
    return Outgoing(read_hosts(settings.subscription_hosts, plain=settings.demo_mode))


async def tell(store: Store, settings: Settings, on: On, clock: Clock) -> None:
    """Tell subscribers until cancelled. What the database refuses is tried again."""

    async def stand(owner: Owner, request: str) -> Context | Refusal:
        identity = Identity(store, Tokens(store.secret), clock, rights_of(on.region.model))
        return await Owners(store, identity, clock).stand(owner, request)

    sending = Sending(store, stand, outgoing_of(settings).post, clock, f"{settings.address}/fhir", chance())
    swept = 0.0
    while True:
        more = False
        try:
            more = await sending.beat()
            if time.monotonic() - swept >= SWEPT_EVERY:
                await sending.sweep()
                swept = time.monotonic()
        except OUTAGES as error:
            log.warning("subscribers wait for the database", error=type(error).__name__)
        await asyncio.sleep(0 if more else BEAT)
