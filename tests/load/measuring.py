"""Measures a step: clients ask as fast as they are answered, and every answer is looked at."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from tests.load.client import Answer, Call, Client, connect
from tests.load.goals import Goal
from tests.load.processes import Clock

CLIENTS = 16
WARMING = 4.0
"""Seconds until what a checkpoint has made slow is warm again, and every process has its connections."""

Calls = tuple[Call, ...]


class Step(NamedTuple):
    """One thing that is measured: who asks for what, by how many clients, and what is to be reached.

    `make` draws what is asked next: calls one after the other that count as one. `each` is how many of what the goal
    counts one of them is.
    """

    name: str
    what: str
    credential: str
    make: Callable[[Random], Calls]
    goals: tuple[Goal, ...]
    clients: int = CLIENTS
    each: int = 1


class Figures(NamedTuple):
    """What came out of a step: counts, seconds, and milliseconds from asking to the answer and of CPU for each.

    `first` is the first one of all, before anything is in a cache; `wrong` the first answer that was not good.
    """

    done: int
    failed: int
    per_second: float
    first: float
    p50: float
    p95: float
    p99: float
    size: int
    server_cpu: float
    database_cpu: float
    client_cpu: float
    wrong: str


class Tally:
    """What has been answered so far."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.failed = 0
        self.bytes = 0
        self.wrong = ""

    async def ask(self, client: Client, calls: Calls) -> None:
        """Ask and take down how long it took."""
        started, got = time.perf_counter(), 0
        for call in calls:
            answer = await client.send(call)
            got += len(answer.body)
            if not answer.is_good(call):
                self.failed += 1
                self.wrong = self.wrong or told(call, answer)
                return
        self.took.append(time.perf_counter() - started)
        self.bytes += got

    def at(self, share: float) -> float:
        """Milliseconds within which that share was answered."""
        return sorted(self.took)[int(len(self.took) * share)] * 1000 if self.took else 0.0


def told(call: Call, answer: Answer) -> str:
    """What is wrong with an answer, in one line."""
    path = call.path.partition("?")[0]
    held = f", {answer.body.count(call.holds)} of {call.times} entries" if call.holds else ""
    return f"{call.method} {path}: {answer.status} instead of {call.status}{held}; {answer.body[:300]!r}"


async def measure(port: int, step: Step, seconds: float, server: Clock, database: Clock) -> Figures:
    """Ask once, then until all is warm, then for so many seconds, which count."""
    clients = [await connect(port, step.credential) for _ in range(step.clients)]
    cold, warm, counted = Tally(), Tally(), Tally()
    await cold.ask(clients[0], step.make(Random(os.urandom(8))))
    await _drive(clients, step, min(WARMING, seconds), warm)
    before, started = _spent(server, database), time.perf_counter()
    await _drive(clients, step, seconds, counted)
    elapsed, after = time.perf_counter() - started, _spent(server, database)
    for client in clients:
        client.close()
    done = len(counted.took)
    spent = [(late - early) * 1000 / max(1, done * step.each) for early, late in zip(before, after, strict=True)]
    return Figures(
        done,
        cold.failed + warm.failed + counted.failed,
        done * step.each / elapsed,
        cold.at(0),
        *(counted.at(share) for share in (0.5, 0.95, 0.99)),
        counted.bytes // max(1, done),
        *spent,
        cold.wrong or warm.wrong or counted.wrong,
    )


def _spent(server: Clock, database: Clock) -> tuple[float, float, float]:
    return server.spent(), database.spent(), time.process_time()


async def _drive(clients: Sequence[Client], step: Step, seconds: float, tally: Tally) -> None:
    """Have all clients ask until the time is over; each asks once at least."""
    end = time.perf_counter() + seconds

    async def ask(client: Client) -> None:
        pick = Random(os.urandom(8))
        while True:
            await tally.ask(client, step.make(pick))
            if time.perf_counter() >= end:
                return

    await asyncio.gather(*(ask(client) for client in clients))
