"""Composition root: the one place where settings, database and rooms are put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
from opentelemetry import trace
from starlette.types import ASGIApp, Receive, Scope, Send

from saman import __version__
from saman.apps.auth.levels import Levels
from saman.apps.auth.oidc.way import Way
from saman.apps.team.live import Live
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.whole import findings, read_today
from saman.ops.application import Parts
from saman.ops.application import application as assemble
from saman.ops.bulk import exports_of
from saman.ops.clock import clock_of
from saman.ops.database import Source
from saman.ops.eid import unready, ways_in
from saman.ops.ledger import open_ledger
from saman.ops.opening import open_record
from saman.ops.region import Region, files_in
from saman.ops.rules import followed_by, rules_followed
from saman.ops.running import adopt, follow, found_to_run, not_applied
from saman.ops.settings import Settings
from saman.ops.subscriptions import outgoing_of
from saman.record import Limits, Store
from saman.record.ledger.journal import Journal
from saman.record.ledger.witnessing import Neighbours
from saman.record.migrate import migrate

CONNECTIONS = 8
"""Connections to the database of each server process."""


def prepare(settings: Settings, source: Source, say: Callable[[str], None]) -> Refusal | None:
    """Bring the database to the shape and content that serving needs. Running it again changes nothing."""
    if source.admin_url:
        say("Bringing the database up to date")
        migrate(source.admin_url, source.app_role)
    return asyncio.run(_filled(settings, source, say))


def _unfit(folder: Path, refusal: Refusal) -> Refusal:
    """Why a region cannot be served, with the first finding and what to do."""
    first, many = refusal.issues[0], len(refusal.issues)
    if refusal.kind is Kind.NOT_FOUND:
        mend = "Set SAMAN_REGION to the folder of a region, such as regions/no-agder."
        return refused(refusal.kind, first.code, f"{first.text} {mend}", "SAMAN_REGION")
    mend = f"`saman model check {folder}` says all {many} findings and how to mend them." if many > 1 else ""
    mend = mend or f"`saman model check {folder}` says how to mend it."
    text = f"The region {folder.name} does not fit together: {first.path}: {first.text} {mend} Nothing was taken up."
    return refused(refusal.kind, first.code, text, "SAMAN_REGION")


async def _filled(settings: Settings, source: Source, say: Callable[[str], None]) -> Refusal | None:
    from saman.ops.setup import set_up

    region = await _region(settings, source)
    if isinstance(region, Refusal):
        return region
    ways = ways_of(settings, region)
    if isinstance(ways, Refusal):
        return ways
    store = await open_record(settings, region, source.app_url, connections=4)
    if isinstance(store, Refusal):
        return store
    try:
        return await set_up(store, region, clock_of(settings), say, demo=settings.demo_mode and settings.demo == "full")
    finally:
        await store.close()


async def _region(settings: Settings, source: Source) -> Region | Refusal:
    """What was applied to the database; the folder for a new one."""
    found = await found_to_run(source.app_url, settings)
    if found is not None:
        return found if isinstance(found, Refusal) else found.region
    files, now = files_in(settings.region), clock_of(settings)()
    if isinstance(files, Refusal):
        return _unfit(settings.region, files)
    wrong = findings(files, settings.region, now)
    if wrong:
        return _unfit(settings.region, Refusal(Kind.INVALID, wrong))
    return read_today(files, settings.region, now)


class Application:
    """The web application for settings whose database is ready.

    It opens the store when the server starts its loop, and is the assembled application from then on.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store: Store | None = None
        self._app: ASGIApp | None = None
        self._parts: Parts | None = None
        self._beside: tuple[asyncio.Task[None], ...] = ()

    def end_streams(self) -> None:
        """Let the pages go that wait for news, which would otherwise keep the server from stopping."""
        if self._store is not None:
            self._store.notices.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open and close with the server, and answer in between."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        refusal = await self._open()
        if refusal is not None:
            text = " ".join(issue.text for issue in refusal.issues)
            await send({"type": "lifespan.startup.failed", "message": text})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._beside:
            task.cancel()
        if self._store is not None:
            await self._store.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self) -> Refusal | None:
        settings = self._settings
        found = await found_to_run(settings.database_url, settings)
        if found is None or isinstance(found, Refusal):
            return found or not_applied()
        region = found.region
        ways = ways_of(settings, region)
        if isinstance(ways, Refusal):
            return ways
        limits = Limits(settings.statement_seconds, settings.lock_seconds)
        store = await open_record(settings, region, settings.database_url, connections=CONNECTIONS, limits=limits)
        if isinstance(store, Refusal):
            return store
        self._store = store
        if not await followed_by(store):
            await rules_followed(store)
        ledger = open_ledger(settings)
        if isinstance(ledger, Refusal):
            return ledger
        store.endpoints = outgoing_of(settings).refuses
        parts = parts_of(settings, store, region, ways)
        noted = Journal(ledger.journals, told=parts.figures.unnoted.inc)
        neighbours = Neighbours(ledger.signer, ledger.neighbours)
        parts = msgspec.structs.replace(parts, noted=noted, meant=noted.mean, neighbours=neighbours)
        self._app = made = assemble(parts)
        live: Live = made.state.live
        self._parts = msgspec.structs.replace(parts, live=live)
        looking = made.state.figures.keep_looking(store, lambda: live.streams)
        beside = (looking, store.parameters.follow(), follow(store, found, parts.clock, self._take))
        self._beside = tuple(map(asyncio.create_task, beside))
        return None

    async def _take(self, region: Region) -> Refusal | None:
        """Answer the requests to come by another version of the care model; streams that are open go on."""
        assert self._parts is not None
        ways = ways_of(self._settings, region)
        if isinstance(ways, Refusal):
            return ways
        await adopt(self._parts.store, region)
        self._parts = msgspec.structs.replace(self._parts, region=region, ways=ways)
        self._app = assemble(self._parts)
        return None


def ways_of(settings: Settings, region: Region) -> tuple[Way, ...] | Refusal:
    """The electronic identities that are on; refused when one is not fit, and when nobody could sign in."""
    demo = settings.demo_mode
    ways = ways_in(Path(settings.eid_file) if settings.eid_file else None, region.identity, demo=demo)
    if isinstance(ways, Refusal):
        return ways
    levels, now = Levels(region.policy, region.identity), clock_of(settings)()
    return unready(ways, levels, now, passkeys=settings.passkeys == "on", demo=demo) or ways


def parts_of(settings: Settings, store: Store, region: Region, ways: tuple[Way, ...] = ()) -> Parts:
    """What the application is made of, by these settings."""
    return Parts(
        store=store,
        region=region,
        clock=clock_of(settings),
        secret=store.secret,
        demo=settings.demo_mode,
        secure=settings.address.startswith("https://"),
        base_url=settings.address,
        triage_manufacturer=settings.triage_manufacturer,
        metrics_token=settings.metrics_token,
        exports=exports_of(settings),
        packages=settings.data_dir / "packages",
        fhir_calls=settings.fhir_calls,
        ways=ways,
        passkeys=settings.passkeys == "on",
        tracer=trace.get_tracer("saman", __version__) if settings.tracing == "on" else None,
    )
