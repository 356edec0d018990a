"""kill -9 of a worker in the middle of an import: each line is stored once, and each bad one is told of once."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec
import psycopg
import pytest

from saman.kernel.outcome import Refusal
from saman.record import open_store, system
from saman.record.bulk.asked import IMPORT, INPUT, File, Import
from saman.record.bulk.jobs import Jobs
from tests.conftest import Database
from tests.kills.writer import POLICY, reading
from tests.settled import Settled

pytestmark = pytest.mark.kills

ROUNDS = min(int(os.environ.get("SAMAN_KILLS", "4")), 6)
SEED = int(os.environ.get("SAMAN_KILLS_SEED", str(int.from_bytes(os.urandom(4)))))
READINGS, EVERY = 200, 10
BASE = "http://test/fhir"


def now() -> datetime:
    return datetime.now(UTC)


def lines() -> bytes:
    """Readings without ids, so that one that came twice would be there twice, and a bad line after every tenth."""
    told = [{"resourceType": "Patient", "id": "p"}]
    for number in range(READINGS):
        told.append(reading(f"import-{number}", "p"))
        if number % EVERY == 0:
            told.append({"resourceType": "Observation", "number": number})
    return b"\n".join(json.dumps(one).encode() for one in told)


async def begun(url: str, folder: Path) -> None:
    store = await open_store(url, POLICY)
    assert not isinstance(store, Refusal), store
    asked = msgspec.json.encode(Import(url=f"{BASE}/$import", base=BASE, moment=now()))

    async def prepare(id: str) -> None:
        (folder / id).mkdir(mode=0o700)
        (folder / id / INPUT).write_bytes(lines())

    assert isinstance(await Jobs(store.pool).begin(IMPORT, "me", "", system(now()), asked, prepare), str)
    await store.close()


async def finished(url: str, folder: Path) -> None:
    store = await open_store(url, POLICY)
    assert not isinstance(store, Refusal), store
    assert await Settled(store, folder, now).once()
    await store.close()


def kill_in_the_middle(url: str, folder: Path, batches: int) -> None:
    """Let a worker begin, and kill it once it has told the database of so many batches."""
    command = [sys.executable, "-m", "tests.kills.importer", url, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as worker:
        assert worker.stdout is not None
        for _ in range(batches):
            assert worker.stdout.readline() == b"kept\n"
        worker.kill()


def test_kill_9_of_an_importing_worker(new_database: Callable[[], Database], tmp_path: Path) -> None:
    print(f"seed {SEED}")
    pick, database = Random(SEED), new_database()
    asyncio.run(begun(database.app_url, tmp_path))
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        for _ in range(ROUNDS):
            kill_in_the_middle(database.app_url, tmp_path, pick.randint(1, 5))
            connection.execute("UPDATE bulk SET held = now() - interval '1 second'")
        asyncio.run(finished(database.app_url, tmp_path))
        [(id, state, attempts, done, listed)] = connection.execute(
            "SELECT id, state, attempt, done, files FROM bulk"
        ).fetchall()
        stored = Counter(body for (body,) in connection.execute("SELECT body FROM resource WHERE person = 'p'"))
        logged = connection.execute("SELECT count(*) FROM audit WHERE action = 'C'").fetchone()
    assert (state, attempts, done) == ("done", ROUNDS + 1, READINGS + 1)
    assert set(stored.values()) == {1}
    assert len(stored) == READINGS + 1
    assert logged == (READINGS + 1,)
    places = Counter(
        json.loads(line)["issue"][0]["location"][0].partition(",")[0]
        for one in msgspec.json.decode(listed, type=list[File])
        for line in (tmp_path / id / one.name).read_bytes()[: one.bytes].splitlines()
    )
    assert set(places.values()) == {1}
    assert len(places) == READINGS // EVERY
