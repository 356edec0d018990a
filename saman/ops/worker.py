"""The worker: what happens because time has passed. Its timers are rows, so that a kill loses none."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
import uvloop
from procrastinate import App, PsycopgConnector

from saman.flows.monitoring.missing import note_missing
from saman.kernel.clock import Clock
from saman.kernel.outcome import Refusal
from saman.model.care.calendar import local
from saman.ops.bulk import Bulk, exports_of
from saman.ops.clock import clock_of
from saman.ops.collecting import set_aside
from saman.ops.ledger import keep, open_ledger
from saman.ops.opening import open_record
from saman.ops.parameters import index
from saman.ops.running import On, follow, found_to_run, not_applied
from saman.ops.settings import Settings
from saman.ops.subscriptions import tell
from saman.record import Record, Store, system
from saman.record.apps.approvals import Approvals
from saman.record.assessment import close_answers
from saman.record.contents.sweeping import sweep
from saman.record.credentials.begun import Begun
from saman.record.ledger.journal import Journal
from saman.record.sessions import Sessions

log = structlog.get_logger()

EVERY_FIVE_MINUTES = "*/5 * * * *"
HOURLY = "7 * * * *"
NIGHTLY = "23 2 * * *"


def jobs(url: str, store: Store, on: On, clock: Clock) -> App:
    """The jobs of this installation on the database at `url`."""
    app = App(connector=PsycopgConnector(conninfo=url))

    @app.periodic(cron=EVERY_FIVE_MINUTES)
    @app.task(queueing_lock="missing-reports", name="missing-reports")
    async def missing_reports(timestamp: int) -> None:
        made = await note_missing(Record(store, system(clock(), f"timer-{timestamp}")), on.region.model)
        if isinstance(made, Refusal):
            raise RuntimeError(made.issues[0].text)
        log.info("missing reports noted", made=made)

    @app.periodic(cron=HOURLY)
    @app.task(queueing_lock="sessions", name="sweep-sessions")
    async def sweep_sessions(timestamp: int) -> None:
        await Sessions(store.pool, store.notices).sweep(clock())
        await Begun(store.pool, store.secret).sweep(clock())
        await Approvals(store.pool).sweep(clock())
        await close_answers(store, "", local(on.region.model.country, clock()).date())

    @app.periodic(cron=NIGHTLY)
    @app.task(queueing_lock="contents", name="sweep-contents")
    async def sweep_contents(timestamp: int) -> None:
        if store.contents is not None:
            door = Record(store, system(clock(), f"timer-{timestamp}"))
            removed = await sweep(door, store.contents, time.time())
            log.info("contents swept", removed=removed)

    return app


def work(settings: Settings, url: str, say: Callable[[str], None]) -> Refusal | None:
    """Work until SIGTERM or SIGINT; refused when region or database are not fit."""
    pid = _pid_file(settings.data_dir / "run" / "worker.pid")
    with pid, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_work(settings, url, say))


@contextmanager
def _pid_file(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{os.getpid()}\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


async def _work(settings: Settings, url: str, say: Callable[[str], None]) -> Refusal | None:
    found = await found_to_run(url, settings)
    if found is None or isinstance(found, Refusal):
        return found or not_applied()
    store = await open_record(settings, found.region, url, connections=4)
    if isinstance(store, Refusal):
        return store
    ledger = open_ledger(settings)
    if isinstance(ledger, Refusal):
        await store.close()
        return ledger
    clock = clock_of(settings)
    try:
        noted = Journal(ledger.journals)
        on = On(store, found.region)
        bulk = Bulk(store, exports_of(settings), clock, noted, noted.mean, on.admitted)
        heard = (store.parameters.follow(), index(store, settings, clock), follow(store, found, clock, on.take))
        beside = (keep(store, ledger, clock), tell(store, settings, on, clock), bulk.keep(), *heard)
        await _until_told(jobs(url, store, on, clock), beside, say)
    finally:
        await store.close()
    return None


async def _until_told(app: App, beside: Iterable[Coroutine[Any, Any, None]], say: Callable[[str], None]) -> None:
    """Work on all of it; when one part breaks, the others end too, and whoever started us starts us again."""
    async with app.open_async():
        task = asyncio.gather(app.run_worker_async(install_signal_handlers=False), *beside)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        set_aside()
        say("The worker is ready")
        try:
            await task
        except asyncio.CancelledError:
            say("Stopping")
