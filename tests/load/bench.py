"""The bench: fills a database, serves it, has every step asked for, and gathers what came out."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

import uvloop

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.ops.region import Region as Served
from saman.ops.region import open_region
from saman.record import open_store
from tests.load import filling, shapes
from tests.load.goals import Goal, Row
from tests.load.importing import imported
from tests.load.measuring import CLIENTS, Figures, Step, measure
from tests.load.processes import cores, memory
from tests.load.serving import REGION, Serving
from tests.load.signing import session, tokens
from tests.load.size import NEWEST, VERSIONS, Size
from tests.load.steps import MANY_VERSIONS, NAMES, ONE_VERSION, PAGES, Who, steps
from tests.load.trust import decided, seen, verified
from tests.load.weighing import Weight, grown, weighed

T = TypeVar("T")
SEEN, IMPORT, DECISION, VERIFY = "seen", "import", "decision", "verify"
KNOWN = (SEEN, *NAMES, IMPORT, DECISION, VERIFY)
"""What may be asked for by name."""
STAFF, CITIZEN = ("silje-haugen", "per-nilsen"), "ingrid-aasen"
MEGABYTE = 1_000_000

Say = Callable[[str], None]


class Filled(NamedTuple):
    """What is in the database, who asks (nurse, home nurse, back-end client), and what it weighs."""

    region: filling.Region
    tokens: tuple[str, str, str]
    weight: Weight
    stored: Row
    tables: str


class Report:
    """What came out so far: lines of the table, and what was wrong with answers."""

    def __init__(self, show: Say) -> None:
        self.rows: list[Row] = []
        self.wrong: list[str] = []
        self._show = show

    def add(self, row: Row, wrong: str = "", beside: str = "") -> None:
        """One more line, and what is shown `beside` it."""
        self.rows.append(row)
        if wrong:
            self.wrong.append(f"{row.name}: {wrong}")
        self._show("  ".join([*row.cells(), beside]).rstrip())

    def step(self, step: Step, got: Figures) -> None:
        """What came out of a step."""
        self._show(line(step, got))
        for goal in step.goals:
            is_rate = goal.unit == "/s"
            figure = got.per_second if is_rate else got.p95
            self.rows.append(Row(step.what, figure, goal, got.failed, "" if is_rate else "p95"))
        if got.wrong:
            self.wrong.append(f"{step.what}: {got.wrong}")


def run(serving: Serving, size: Size, say: Say, show: Say) -> Report:
    """Fill a database that has the people of the demo, serve and measure it.

    `say` is told how it goes, `show` each figure.
    """
    served = open_region(REGION)
    assert not isinstance(served, Refusal), served
    filled = driven(filled_in(serving, served, size, say))
    report = Report(show)
    show(head(size, filled.weight))
    report.add(filled.stored)
    show(f"Bytes for each Observation: {filled.tables}")
    try:
        _served(serving, filled, size, report, say)
    finally:
        serving.stop()
    _trusted(serving, served, size, report, say)
    return report


def driven(doing: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, on the loop that costs the machine least."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(doing)


async def filled_in(serving: Serving, served: Served, size: Size, say: Say) -> Filled:
    """The database, which has the people of the demo, with those of the bench as well."""
    store = await open_store(serving.cluster.app_url(serving.name), served.policy)
    assert not isinstance(store, Refusal), store
    url = serving.cluster.superuser_url(serving.name)
    region = await filling.people(store, size, say)
    before = weighed(url)
    region = await filling.readings(store, region, size, say)
    after = weighed(url)
    if size.wants(NEWEST, VERSIONS):
        region = await filling.aside(store, region, size, say)
        weighed(url)
    await store.close()
    each = (after.whole - before.whole) / size.readings
    stored = Row("stored for each Observation", each / 1000, Goal(4.5, "kB"))
    return Filled(region, tokens(store.secret), after, stored, grown(before, after, size.readings))


def _served(serving: Serving, filled: Filled, size: Size, report: Report, say: Say) -> None:
    """All that is asked of the server."""
    who = _who(serving, filled, size, report, say)
    for step in steps(filled.region, who, size.heavy):
        if size.wants(step.name):
            say(f"Measuring: {step.what}")
            serving.step(say)
            report.step(step, driven(measure(serving.port, step, size.seconds, serving.server, serving.database)))
    if size.wants(IMPORT):
        say("Measuring: import")
        serving.step(say, worker=True)
        clocks = {"server": serving.server, "worker": serving.worker, "database": serving.database}
        report.add(*driven(imported(serving.port, filled.tokens[2], filled.region, size.imported, clocks)))
    _compared(report)
    if peak := serving.peak():
        report.add(Row("memory of a server process", peak / MEGABYTE, Goal(250, "MB")))


def _who(serving: Serving, filled: Filled, size: Size, report: Report, say: Say) -> Who:
    """Everybody who asks; those of the demo sign in only where they are needed."""
    nurse, home, _ = filled.tokens
    if not size.wants(SEEN, *PAGES):
        return Who(nurse, home, "", "")
    serving.step(say)
    staff, citizen = [session(serving.port, one) for one in STAFF], session(serving.port, CITIZEN)
    if size.wants(SEEN):
        report.add(seen(serving.port, staff, citizen, CITIZEN))
    return Who(nurse, home, staff[0], citizen)


def _compared(report: Report) -> None:
    """How fast a resource with many versions is read, against one with one."""
    rates = {row.name: row.figure for row in report.rows if row.name in (ONE_VERSION, MANY_VERSIONS)}
    if rates.get(ONE_VERSION):
        share = 100 * rates[MANY_VERSIONS] / rates[ONE_VERSION]
        report.add(Row("many versions against one", share, Goal(90, "%")))


def _trusted(serving: Serving, served: Served, size: Size, report: Report, say: Say) -> None:
    """How fast decisions are made and the log is verified."""
    if size.wants(DECISION):
        report.add(decided(served.policy))
    if size.wants(VERIFY):
        url = serving.cluster.superuser_url(serving.name)
        report.add(verified(url, serving.folder / "no-notes", size.entries, cores(), say))


def head(size: Size, weight: Weight) -> str:
    """The machine and the data, in two lines."""
    return (
        f"{cores()} cores, {platform.machine()}, {memory() / 2**30:.0f} GiB, Python {platform.python_version()}, "
        f"PostgreSQL {weight.version}, load {os.getloadavg()[0]:.1f}\n"
        f"{size.persons:,} persons, {size.readings:,} Observations of {len(json.encode(shapes.example())):,} bytes, "
        f"database {weight.whole / MEGABYTE:,.0f} MB, {CLIENTS} clients, a server process for each core, "
        f"{'cold' if size.cold else 'not cold'} at the start of each step"
    )


def line(step: Step, got: Figures) -> str:
    """The figures of a step in one line; times in milliseconds, CPU for each of what the goal counts."""
    share = 100 * got.done / max(1, got.done + got.failed)
    return (
        f"{step.what:<28} {got.per_second:>7,.0f}/s  {share:5.1f} % good  p50 {got.p50:.1f}  p95 {got.p95:.1f}  "
        f"p99 {got.p99:.1f} ms, first {got.first:.0f}  {got.size / 1000:,.1f} kB  "
        f"CPU {got.server_cpu:.2f} server, {got.database_cpu:.2f} database, {got.client_cpu:.2f} client ms"
    )
