"""The record of this installation, opened for one command."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import asyncpg
import msgspec
import psycopg

from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops import database
from saman.ops.cli.telling import say
from saman.ops.clock import clock_of
from saman.ops.opening import open_record
from saman.ops.region import Region, open_region
from saman.ops.running import InForce, found_in_force
from saman.ops.settings import Settings, load
from saman.record import Record, Store, system
from saman.record.migrate import migrate
from saman.record.restoring import analyse

T = TypeVar("T")

CONNECTIONS = 2


class Opened(msgspec.Struct, frozen=True):
    """What a command works with. `record` is the system's own way in, at the time `now`."""

    settings: Settings
    region: Region
    store: Store
    now: datetime

    @property
    def record(self) -> Record:
        """The record in the installation's own name."""
        return Record(self.store, system(self.now, "command"))


Work = Callable[[Opened], Awaitable[T | Refusal]]


def with_record(
    work: Work[T],
    fits: Callable[[Settings], Refusal | None] = lambda _: None,
    *,
    grows: bool = False,
    folder: Path | None = None,
) -> T | Refusal:
    """What `work` answers, with the database started or attached to; `fits` may refuse the settings before.

    After work that makes the database grow it is let count anew, where its owner's URL is known. `folder` holds the
    region for a database to which none was applied yet; without it that of the settings.
    """
    settings = load()
    if isinstance(settings, Refusal):
        return settings
    unfit = fits(settings)
    if unfit is not None:
        return unfit
    source = database.find(settings, say)
    if isinstance(source, Refusal):
        return source
    try:
        if source.admin_url:
            migrate(source.admin_url, source.app_role)
        result = asyncio.run(_done(settings, source.app_url, work, folder or settings.region))
        if grows and source.admin_url:
            with psycopg.connect(source.admin_url, autocommit=True) as connection:
                analyse(connection)
        return result
    except asyncpg.UndefinedTableError:
        text = "The database has no tables yet. Give SAMAN_DATABASE_ADMIN_URL, or start `saman serve` with it once."
        return refused(Kind.UNAVAILABLE, "not-found", text)
    finally:
        source.close(say)


async def _done(settings: Settings, url: str, work: Work[T], folder: Path) -> T | Refusal:
    found = await found_in_force(url, settings)
    region = found.region if isinstance(found, InForce) else found or open_region(folder, clock_of(settings)().date())
    if isinstance(region, Refusal):
        return region
    store = await open_record(settings, region, url, connections=CONNECTIONS)
    if isinstance(store, Refusal):
        return store
    try:
        return await work(Opened(settings, region, store, clock_of(settings)()))
    finally:
        await store.close()
