"""What a process runs on: the care model that was applied to the database, and the next as soon as one is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import structlog

from saman.flows.governance.applying import DAY, How, apply_files, digest_of, other_region, read_kept
from saman.flows.monitoring.admission import admitted
from saman.kernel.clock import Clock
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import digest
from saman.model.care.kept import needed
from saman.model.whole import Region, next_change
from saman.ops.region import files_in, open_region
from saman.ops.rules import rules_followed
from saman.ops.settings import Settings
from saman.record import Store
from saman.record.applied import Kept, kept, last_from_folder, newest, number_now, topic, versions
from saman.record.database import Asked
from saman.record.notices import FAILURES

LOOKS = 15.0
"""Seconds after which a process looks for itself whether another version was applied."""

AUTHOR = "saman serve"

log = structlog.get_logger("saman.model")


class InForce(msgspec.Struct, frozen=True):
    """The version in force, read, and the earlier ones as far as people may be on them.

    `changes_at`: when its files change something by themselves next.
    """

    kept: Kept
    region: Region

    changes_at: datetime | None

    @property
    def number(self) -> int:
        """Its number."""
        return self.kept.applied.number


async def in_force(asked: Asked, folder: Path) -> InForce | Refusal | None:
    """What was applied last; None before anything was. `folder` is where a region's pictures and packages are."""
    held = await newest(asked)
    if held is None:
        return None
    region = await asyncio.to_thread(read_kept, held)
    if isinstance(region, Refusal):
        return region
    known = tuple(one.as_version for one in await versions(asked))
    earlier = {}
    for number in needed(known):
        before = await kept(asked, number)
        assert before is not None
        read = await asyncio.to_thread(read_kept, before)
        if isinstance(read, Refusal):
            return read
        earlier[number] = read.model
    model = msgspec.structs.replace(region.model, versions=known, earlier=earlier)
    loaded = msgspec.structs.replace(region.loaded, model=model)
    changes_at = next_change(held.files, region, held.applied.at)
    return InForce(held, msgspec.structs.replace(region, loaded=loaded, folder=folder), changes_at)


async def found_in_force(url: str, settings: Settings) -> InForce | Refusal | None:
    """The same before the record can be opened, which needs to know who may see what."""
    connection = await asyncpg.connect(url, timeout=30)
    try:
        return await in_force(connection, settings.region)
    finally:
        await connection.close()


async def found_to_run(url: str, settings: Settings) -> InForce | Refusal | None:
    """The same for a server or worker: refused when the settings name the folder of another region.

    Where that folder is not there or broken, it is not needed.
    """
    found = await found_in_force(url, settings)
    if not isinstance(found, InForce) or settings.region.name == found.kept.applied.folder:
        return found
    named = await asyncio.to_thread(open_region, settings.region)
    held = found.region.model.region.id
    if isinstance(named, Region) and named.model.region.id != held:
        return other_region(held, named.model.region.id)
    return found


def not_applied() -> Refusal:
    """There is nothing to run on yet."""
    text = "No care model was applied to this database yet. Start `saman serve` once, or `saman model apply DIR`."
    return refused(Kind.UNAVAILABLE, "not-found", text)


Take = Callable[[Region], Awaitable[Refusal | None]]
"""Lets a process run on another version from now on."""


async def follow(store: Store, running: InForce, clock: Clock, take: Take) -> None:
    """Take up each version that is applied, and at its midnight what files change by themselves, until cancelled.

    What the database refuses is tried again.
    """
    number, coming = running.number, running.changes_at
    with store.notices.follow(topic(store.notices)) as following:
        while not following.ended:
            await store.notices.listening(LOOKS)
            try:
                if coming is not None and coming <= clock():
                    _tell(await day_begun(store, clock))
                    coming = None
                there = await number_now(store.statements)
                if there != number:
                    found = await in_force(store.statements, running.region.folder)
                    if isinstance(found, InForce):
                        coming = found.changes_at
                    _tell(await take(found.region) if isinstance(found, InForce) else found)
                    number = there
            except FAILURES as error:
                log.warning("the care model could not be looked at", error=type(error).__name__)
            wait = LOOKS if coming is None else (coming - clock()).total_seconds()
            await following.next(max(0.0, min(LOOKS, wait)))


def _tell(refusal: Refusal | None) -> None:
    if refusal is not None:
        log.error("a version of the care model was not taken up", why=refusal.issues[0].text)


async def adopt(store: Store, region: Region) -> None:
    """Let the record follow the rules of another version: grants are worked out anew where these have changed.

    Every process does so once it has the rules, so that what one that had not yet heard wrote meanwhile is mended.
    """
    before, store.policy = store.policy, region.policy
    if digest(before) == digest(region.policy):
        return
    try:
        await rules_followed(store)
    except BaseException:
        store.policy = before
        raise


class On:
    """What a process runs on that asks for it each time, as the worker does."""

    def __init__(self, store: Store, region: Region) -> None:
        self._store = store
        self.region = region

    async def take(self, region: Region) -> None:
        """Run on another version from now on."""
        await adopt(self._store, region)
        self.region = region

    def admitted(self, resource: Any) -> Refusal | None:
        """Why a resource is not taken as a reading from home."""
        return admitted(self.region.model, resource)


async def day_begun(store: Store, clock: Clock) -> Refusal | None:
    """Apply what the files in force change by themselves on a day that has begun; nothing when that was done."""
    held = await newest(store.statements)
    region = read_kept(held) if held is not None else None
    if held is None or region is None or isinstance(region, Refusal):
        return region if isinstance(region, Refusal) else None
    coming = next_change(held.files, region, held.applied.at)
    if coming is None or coming > clock():
        return None
    reason = "A day on which the files change something has begun."
    done = await apply_files(store, held.files, held.applied.folder, clock(), AUTHOR, reason, How(origin=DAY))
    return done if isinstance(done, Refusal) else None


async def set_up_model(store: Store, region: Region, clock: Clock, say: Callable[[str], None]) -> Refusal | None:
    """Apply the folder of a region to a database that runs on none; else say what differs."""
    held = await newest(store.statements)
    if held is not None:
        if await _differs(store, region.folder):
            say(
                f"{region.folder} differs from what was applied from it: version {held.applied.number} runs. "
                f"To see and apply the changes: saman model apply {region.folder} --dry-run"
            )
        return await day_begun(store, clock)
    files = files_in(region.folder)
    if isinstance(files, Refusal):
        return files
    done = await apply_files(store, files, region.folder.name, clock(), AUTHOR, "The first set-up of this region.")
    return done if isinstance(done, Refusal) else None


async def _differs(store: Store, folder: Path) -> bool:
    last = await last_from_folder(store.statements)
    files = files_in(folder)
    if last is None or isinstance(files, Refusal):
        return False
    return digest_of(files, folder.name, last.day) != last.digest
