"""`/metrics`: who may read it, and what is there."""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from secrets import compare_digest

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from saman.ops.metrics.family import Family
from saman.ops.metrics.figures import Figures
from saman.ops.metrics.shared import FOLDER
from saman.record import Store
from saman.record.jobs import Jobs, jobs_now
from saman.record.ledger.state import State, state_of
from saman.record.outage import OUTAGES

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


class _Jobs(Collector):
    """The worker's jobs; without them the database is away."""

    def __init__(self, jobs: Jobs | None) -> None:
        self._jobs = jobs

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What was found."""
        yield GaugeMetricFamily("saman_database_up", "Whether the database answers", int(self._jobs is not None))
        if self._jobs is None:
            return
        jobs = GaugeMetricFamily("saman_worker_jobs", "Jobs by name and state", labels=("job", "state"))
        for by, many in self._jobs.counts.items():
            jobs.add_metric(by, many)
        yield jobs
        text = "Time for which the oldest due job has waited"
        yield GaugeMetricFamily("saman_worker_oldest_job_seconds", text, self._jobs.oldest)


class _Ledger(Collector):
    """How far the ledger of the log is, and whether the log is what it should be."""

    def __init__(self, state: State | None) -> None:
        self._state = state

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What was found."""
        state = self._state
        if state is None:
            return
        for name, text, value in (
            ("saman_ledger_entries", "Entries of the log that have a place in the ledger", state.size),
            ("saman_ledger_staged", "Entries that wait for a place", state.staged),
            ("saman_ledger_checkpoint_entries", "Entries under the newest checkpoint", state.checkpoint),
            ("saman_ledger_signed_timestamp_seconds", "When it was signed", _seconds(state.signed)),
            ("saman_ledger_compared_timestamp_seconds", "When answers and log were compared", _seconds(state.compared)),
            ("saman_ledger_differences", "Differences found between answers, log and ledger", state.differences),
        ):
            yield GaugeMetricFamily(name, text, value)


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0


class Scrape:
    """Answers whoever holds `token`; without one set, only callers on this machine, and only where `demo`."""

    def __init__(self, figures: Figures, store: Store, streams: Callable[[], int], token: str, *, demo: bool) -> None:
        self._figures = figures
        self._store = store
        self._streams = streams
        self._token = token
        self._demo = demo

    async def __call__(self, request: Request) -> Response:
        """The figures of all server processes."""
        refused = self._refused(request)
        if refused is not None:
            return refused
        self._figures.look(self._store, self._streams())
        jobs, ledger = await self._found_jobs(), await self._found_ledger()
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        text = await asyncio.to_thread(lambda: encode(self._registry(jobs, ledger)))
        return Response(text, headers={"content-type": content_type})

    def _refused(self, request: Request) -> Response | None:
        if self._token:
            sent = request.headers.get("authorization", "").encode()
            if compare_digest(sent, f"Bearer {self._token}".encode()):
                return None
            challenge = {"www-authenticate": 'Bearer realm="saman metrics"'}
            return PlainTextResponse("Send the token: Authorization: Bearer …\n", 401, challenge)
        if self._demo and is_near(request):
            return None
        return PlainTextResponse("Set SAMAN_METRICS_TOKEN to read this.\n", 403)

    async def _found_jobs(self) -> Jobs | None:
        try:
            return await jobs_now(self._store.pool)
        except OUTAGES:
            return None

    async def _found_ledger(self) -> State | None:
        try:
            return await state_of(self._store.pool)
        except OUTAGES:
            return None

    def _registry(self, jobs: Jobs | None, ledger: State | None) -> CollectorRegistry:
        folder = os.environ.get(FOLDER, "")
        registry = CollectorRegistry()
        if folder:
            MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        else:
            registry.register(self._figures.registry)
        registry.register(Family(whole=bool(folder)))
        registry.register(_Jobs(jobs))
        registry.register(_Ledger(ledger))
        return registry


def is_near(request: Request) -> bool:
    """Whether a caller is on this machine itself, and not only the proxy that it came through."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
