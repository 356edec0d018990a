"""The figures of one process, and where each comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from saman.record import Store

EVERY = 5.0
"""Seconds between two looks at what only stands for a moment."""

REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)
FLUSH_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5)


class Figures:
    """What one process counts; `in_flight` is how many requests it is answering.

    Gauges are added up over the processes that live. They are set now and then and not at each request, because each
    change of a figure is a write to a shared file.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Histogram(
            "saman_http_request_seconds",
            "Time from a request to the end of its answer; a stream's, to the beginning of its answer",
            ("method", "route", "status"),
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self.in_flight = 0
        self._in_flight = _gauge("saman_http_requests_in_flight", "Requests being answered", registry)
        self._streams = _gauge("saman_live_streams", "Pages that are told of changed work", registry)
        self._connections = Gauge(
            "saman_database_connections",
            "Connections of the pool that requests share",
            ("state",),
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._most = _gauge("saman_database_connections_most", "Connections that the pools may hold", registry)
        self._waiting = _gauge("saman_audit_entries_waiting", "Audit entries that are not durable yet", registry)
        self._flushes = Histogram(
            "saman_audit_flush_seconds",
            "Time of one commit of audit entries",
            ("result",),
            buckets=FLUSH_BUCKETS,
            registry=registry,
        )
        self._entries = Counter("saman_audit_entries", "Audit entries made durable by flushes", registry=registry)
        self._entered = Counter(
            "saman_sign_ins", "Sign-ins, sign-outs, changes of assignment and refused sign-ins", ("what",),
            registry=registry,
        )  # fmt: skip
        self._lost = Counter("saman_notices_lost", "Notices of changed work that could not be sent", registry=registry)
        self._lost_before = 0
        self.slowed = Counter("saman_fhir_slowed", "Calls of /fhir that were answered with 429", registry=registry)
        self.unnoted = Counter("saman_answers_unnoted", "Answers not noted beside the log", registry=registry)

    def flushed(self, entries: int, seconds: float, durable: bool) -> None:
        """One flush of the audit's writer."""
        self._flushes.labels("durable" if durable else "failed").observe(seconds)
        if durable:
            self._entries.inc(entries)

    def entered(self, what: str) -> None:
        """A sign-in, a sign-out, a change of assignment, or a sign-in that was refused."""
        self._entered.labels(what).inc()

    def look(self, store: Store, streams: int) -> None:
        """Take what stands for a moment: requests under way, streams, connections, waiting entries."""
        pool = store.pool
        single = store.statements.pool
        idle, size = pool.get_idle_size() + store.statements.idle, pool.get_size() + single.get_size()
        self._connections.labels("idle").set(idle)
        self._connections.labels("used").set(size - idle)
        self._most.set(pool.get_max_size() + single.get_max_size())
        self._waiting.set(store.audit.waiting)
        self._streams.set(streams)
        self._in_flight.set(self.in_flight)
        self._lost.inc(store.notices.lost - self._lost_before)
        self._lost_before = store.notices.lost

    async def keep_looking(self, store: Store, streams: Callable[[], int]) -> None:
        """Look again and again, so that the figures of a process that is not asked are fresh too."""
        while True:
            self.look(store, streams())
            await asyncio.sleep(EVERY)


def _gauge(name: str, text: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(name, text, multiprocess_mode="livesum", registry=registry)
