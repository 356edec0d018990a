"""The speed of the record over HTTP: 16 clients, everything on, client, server and database on one machine."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.record import Record, Store, system
from saman.record.change import Change
from tests.load.processes import Clock, cores, memory

CLIENTS = 16
PER_COMMIT = 500
WARMING = 4.0
"""Seconds until what a checkpoint has made slow is warm again, and every process has its connections."""

Resource = dict[str, Any]
Request = tuple[str, str, bytes]
"""Method, path, body."""


class Size(NamedTuple):
    """How much there is, and for how long each step is measured."""

    persons: int = 1_000
    readings: int = 100_000
    seconds: float = 8.0


class Region(NamedTuple):
    """Who is in the database, and the readings that may be asked for by id."""

    persons: list[str]
    readings: list[str]


NOTE = "Taken at rest, sitting, five minutes after the last movement; told by the meter itself. " * 2
CODES = (("59408-5", "SpO2", "%", 93), ("8867-4", "Heart rate", "/min", 72), ("29463-7", "Body weight", "kg", 81))


def reading(person: str, at: datetime, pick: Random) -> Resource:
    """A home measurement in the shape of the Personal Health Device guide, about 1.4 kB as JSON."""
    code, display, unit, usual = pick.choice(CODES)
    device = f"urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.{pick.randint(1000, 9999)}"
    return {
        "resourceType": "Observation",
        "meta": {
            "profile": ["http://hl7.org/fhir/uv/phd/StructureDefinition/PhdNumericObservation"],
            "tag": [{"system": "urn:saman:origin", "code": "bench", "display": "made for the bench, about nobody"}],
        },
        "identifier": [{"system": device, "value": f"{pick.getrandbits(64):016x}-{at:%Y%m%dT%H%M%S}-{code}"}],
        "status": "final",
        "category": [
            {"coding": [{"system": "urn:saman:category", "code": "home-monitoring", "display": "Home monitoring"}]}
        ],
        "code": {
            "coding": [
                {"system": "http://loinc.org", "code": code, "display": display},
                {"system": "urn:iso:std:iso:11073:10101", "code": str(150000 + usual), "display": f"MDC_{display}"},
            ],
            "text": display,
        },
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": at.isoformat(),
        "performer": [{"reference": f"Patient/{person}"}],
        "valueQuantity": {
            "value": usual + pick.randint(-3, 3),
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
        "device": {
            "identifier": {"system": device, "value": f"{pick.getrandbits(48):012X}"},
            "display": "Meter at home",
        },
        "note": [{"text": NOTE}],
    }


CENTRE, HOME_CARE = "agder-telemedicine-centre", "homecare-grimstad"
OPEN_WORK = 10
"""Open reports for each person, all at the centre."""


def directory() -> list[Resource]:
    """One nurse more in each of two units."""
    made: list[Resource] = []
    for unit, role in ((CENTRE, "telemedicine-nurse"), (HOME_CARE, "home-care-nurse")):
        coding = {"coding": [{"system": "urn:saman:role", "code": role}]}
        made += [
            {"resourceType": "Practitioner", "id": f"{unit}-nurse", "name": [{"family": unit}]},
            {
                "resourceType": "PractitionerRole",
                "id": f"{unit}-role",
                "active": True,
                "practitioner": {"reference": f"Practitioner/{unit}-nurse"},
                "organization": {"reference": f"Organization/{unit}"},
                "code": [coding],
            },
        ]
    return made


def ties(person: str) -> list[Resource]:
    """What lets the centre see a person's readings, and home care take them."""
    subject = {"reference": f"Patient/{person}"}
    return [
        {
            "resourceType": "CareTeam",
            "status": "active",
            "subject": subject,
            "participant": [{"member": {"reference": f"Organization/{CENTRE}"}}],
        },
        {
            "resourceType": "Task",
            "status": "accepted",
            "intent": "order",
            "code": {"coding": [{"system": "urn:saman:activity", "code": "home-visit"}]},
            "for": subject,
            "owner": {"reference": f"Organization/{HOME_CARE}"},
        },
    ]


def work(person: str, at: datetime) -> Resource:
    """A report that waits to be read."""
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": "urn:saman:task", "code": "read-report"}]},
        "for": {"reference": f"Patient/{person}"},
        "authoredOn": at.isoformat(),
        "requester": {"reference": f"Patient/{person}"},
        "owner": {"reference": f"Organization/{CENTRE}"},
        "restriction": {"period": {"end": (at + timedelta(days=3)).isoformat()}},
    }


async def fill(store: Store, size: Size, say: Callable[[str], None]) -> Region:
    """Put the persons, their ties and their readings into an empty record."""
    pick, now = Random(1), datetime.now(UTC)
    record = Record(store, system(now))
    for one in directory():
        await record.update(one["resourceType"], one["id"], one)
    named = [{"resourceType": "Patient", "name": [{"text": f"Bench {number}"}]} for number in range(size.persons)]
    persons = await _commit(record, [Change(one) for one in named], say)
    await _commit(record, [Change(tie) for person in persons for tie in ties(person)], say)
    waiting = [work(person, now - timedelta(minutes=n)) for n in range(OPEN_WORK) for person in persons]
    await _commit(record, [Change(one) for one in waiting], say)
    changes = [
        Change(reading(persons[n % len(persons)], now - timedelta(minutes=n), pick)) for n in range(size.readings)
    ]
    return Region(persons, await _commit(record, changes, say))


async def _commit(record: Record, changes: Sequence[Change], say: Callable[[str], None]) -> list[str]:
    ids: list[str] = []
    for start in range(0, len(changes), PER_COMMIT):
        written = await record.commit(changes[start : start + PER_COMMIT])
        assert not isinstance(written, Refusal), written
        ids += [one.stored.id for one in written]
        if start % 20_000 == 0:
            say(f"{changes[0].type}: {len(ids)} of {len(changes)}")
    return ids


class Client:
    """One keep-alive connection that knows just enough HTTP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, request: Request, credential: str) -> tuple[int, bytes]:
        """Status and body; `credential` is a header line."""
        method, path, body = request
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{credential}\r\n"
        if body:
            head += f"Content-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n"
        self._writer.write(head.encode() + b"\r\n" + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        status = int(answer[9:12])
        lower = answer.lower()
        start = lower.find(b"content-length: ")
        length = int(lower[start + 16 : lower.find(b"\r", start)]) if start >= 0 else 0
        return status, await self._reader.readexactly(length) if length else b""

    def close(self) -> None:
        """Give the connection up."""
        self._writer.close()


class Step(NamedTuple):
    """One thing that is measured: who asks for what, and how fast it is to be."""

    name: str
    credential: str
    make: Callable[[Random], Request]
    success: int
    goal: str


class Figures(NamedTuple):
    """What came out of a step; times in milliseconds."""

    done: int
    failed: int
    per_second: float
    p50: float
    p95: float
    p99: float
    server_cpu: float
    database_cpu: float


async def measure(port: int, step: Step, seconds: float, server: Clock, database: Clock) -> Figures:
    """Have 16 clients ask as fast as they are answered; the first seconds do not count."""
    clients = [Client(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(CLIENTS)]
    await _drive(clients, step, WARMING)
    before = server.spent(), database.spent()
    started = time.perf_counter()
    took, failed = await _drive(clients, step, seconds)
    elapsed = time.perf_counter() - started
    after = server.spent(), database.spent()
    for client in clients:
        client.close()
    took.sort()
    p50, p95, p99 = (took[int(len(took) * share)] * 1000 if took else 0.0 for share in (0.5, 0.95, 0.99))
    spent = [(late - early) * 1000 / max(1, len(took)) for early, late in zip(before, after, strict=True)]
    return Figures(len(took), failed, len(took) / elapsed, p50, p95, p99, *spent)


async def _drive(clients: Sequence[Client], step: Step, seconds: float) -> tuple[list[float], int]:
    took: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds

    async def ask(client: Client, number: int) -> None:
        nonlocal failed
        pick = Random(f"{step.name} {number} {end}")
        while (start := time.perf_counter()) < end:
            status, _ = await client.send(step.make(pick), step.credential)
            if status == step.success:
                took.append(time.perf_counter() - start)
            else:
                failed += 1

    await asyncio.gather(*(ask(client, number) for number, client in enumerate(clients)))
    return took, failed


def page(path: str) -> Callable[[Random], Request]:
    """The same page again and again."""
    return lambda pick: ("GET", path, b"")


def pages(nurse: str, citizen: str) -> list[Step]:
    """The worklist of a unit with all the open work there is, and a citizen's first pages."""
    return [
        Step("worklist page", nurse, page("/team"), 200, "p95 200 ms"),
        Step("citizen page, today", citizen, page("/citizen"), 200, "p95 150 ms"),
        Step("citizen page, plan", citizen, page("/citizen/plan"), 200, "p95 150 ms"),
    ]


def steps(region: Region, nurse: str, home: str) -> list[Step]:
    """Create, read and the observation search; what they ask for is drawn at run time."""
    now = datetime.now(UTC)

    def create(pick: Random) -> Request:
        return "POST", "/fhir/Observation", json.encode(reading(pick.choice(region.persons), now, pick))

    def read(pick: Random) -> Request:
        return "GET", f"/fhir/Observation/{pick.choice(region.readings)}", b""

    def search(pick: Random) -> Request:
        code = pick.choice(CODES)[0]
        asked = f"patient={pick.choice(region.persons)}&code=http://loinc.org%7C{code}&_sort=-date&_count=20"
        return "GET", f"/fhir/Observation?{asked}", b""

    return [
        Step("read", nurse, read, 200, "1500/s"),
        Step("search, newest 20 of a code", nurse, search, 200, "1000/s"),
        Step("create", home, create, 201, "800/s"),
    ]


def head(size: Size, version: str, database_size: int) -> str:
    """The machine and the data, in two lines."""
    return (
        f"{cores()} cores, {platform.machine()}, {memory() / 2**30:.0f} GiB, Python {platform.python_version()}, "
        f"PostgreSQL {version}, load {os.getloadavg()[0]:.1f}\n"
        f"{size.persons} persons, {size.readings} Observations of {len(json.encode(example())):,} bytes, "
        f"database {database_size / 2**20:.0f} MiB, {CLIENTS} clients, a server process for each core"
    )


def example() -> Resource:
    """A reading, to be weighed."""
    return reading("x" * 26, datetime.now(UTC), Random(1))


def line(step: Step, got: Figures) -> str:
    """The figures of a step in one line."""
    share = 100 * got.done / max(1, got.done + got.failed)
    return (
        f"{step.name:<28} {got.per_second:>7.0f}/s (goal {step.goal}) {share:5.1f} % good  "
        f"p50 {got.p50:.1f}  p95 {got.p95:.1f}  p99 {got.p99:.1f} ms  "
        f"CPU {got.server_cpu:.2f} server, {got.database_cpu:.2f} database ms"
    )
