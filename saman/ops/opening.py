"""Opens the record as the settings say: one way for servers, the worker and commands."""

from __future__ import annotations

from saman.kernel.bounds import let_stand
from saman.kernel.outcome import Refusal
from saman.ops.contents import keep_contents
from saman.ops.ledger import keep_beside
from saman.ops.packages import validation_of
from saman.ops.region import Region
from saman.ops.settings import Settings
from saman.record import Limits, Store, open_store


async def open_record(
    settings: Settings, region: Region, url: str, *, connections: int, limits: Limits | None = None
) -> Store | Refusal:
    """The record at `url`, with all that the settings say of it; `limits` are for a process that answers requests."""
    let_stand(settings.bounds)
    validation = validation_of(settings)
    if isinstance(validation, Refusal):
        return validation
    store = await open_store(
        url,
        region.policy,
        connections=connections,
        search_seconds=settings.search_seconds,
        limits=limits or Limits(),
        validation=validation,
    )
    if not isinstance(store, Refusal):
        store.parameters.most = settings.search_parameters
        keep_beside(store, settings)
        keep_contents(store, settings)
    return store
