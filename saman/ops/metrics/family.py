"""The processes of one `saman serve`: what each uses of the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

ROLES = {"saman.ops.server": "server", "saman.ops.beside": "worker"}
BY = ("role", "pid")

Measures = GaugeMetricFamily | CounterMetricFamily


class Family(Collector):
    """Processor time, memory, open files and start of each process; `whole` adds the parent and its children."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def collect(self) -> Iterator[Measures]:
        """The figures of those who live."""
        cpu = CounterMetricFamily("saman_process_cpu_seconds", "Processor time, user and system", labels=BY)
        memory = GaugeMetricFamily("saman_process_resident_bytes", "Memory in use", labels=BY)
        files = GaugeMetricFamily("saman_process_open_files", "Open files and sockets", labels=BY)
        start = GaugeMetricFamily("saman_process_start_time_seconds", "Start, in seconds since 1970", labels=BY)
        for role, process in self._members():
            try:
                with process.oneshot():
                    by = (role, str(process.pid))
                    times = process.cpu_times()
                    cpu.add_metric(by, times.user + times.system)
                    memory.add_metric(by, process.memory_info().rss)
                    files.add_metric(by, process.num_fds())
                    start.add_metric(by, process.create_time())
            except psutil.Error:
                continue
        yield from (cpu, memory, files, start)

    def _members(self) -> Iterator[tuple[str, psutil.Process]]:
        if not self._whole:
            yield "server", psutil.Process()
            return
        try:
            parent = psutil.Process(os.getppid())
            yield "parent", parent
            for child in parent.children():
                role = next((ROLES[word] for word in child.cmdline() if word in ROLES), None)
                if role is not None:
                    yield role, child
        except psutil.Error:
            return
