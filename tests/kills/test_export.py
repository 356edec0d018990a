"""kill -9 of a worker in the middle of an export: each resource is in the files once, and in the log before."""

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
from saman.record import Change, Record, Store, open_store, system
from saman.record.bulk.asked import EXPORT, PATIENTS, Asked, File, types_of
from saman.record.bulk.jobs import Jobs
from tests.conftest import Database
from tests.kills.writer import POLICY, reading
from tests.settled import Settled

pytestmark = pytest.mark.kills

ROUNDS = min(int(os.environ.get("SAMAN_KILLS", "4")), 6)
SEED = int(os.environ.get("SAMAN_KILLS_SEED", str(int.from_bytes(os.urandom(4)))))
PEOPLE, READINGS = 20, 5
BASE = "http://test/fhir"


def now() -> datetime:
    return datetime.now(UTC)


async def filled(store: Store) -> None:
    record = Record(store, system(now()), BASE)
    for number in range(PEOPLE):
        person = f"p{number}"
        several = [Change({"resourceType": "Patient", "id": person}, person, -1)]
        several += [Change(reading(f"{number}-{one}", person)) for one in range(READINGS)]
        written = await record.commit(several)
        assert not isinstance(written, Refusal), written


async def begun(url: str) -> None:
    store = await open_store(url, POLICY)
    assert not isinstance(store, Refusal), store
    await filled(store)
    moment = now()
    asked = Asked(url=f"{BASE}/$export", base=BASE, level=PATIENTS, types=types_of(PATIENTS), moment=moment)
    id = await Jobs(store.pool).begin(EXPORT, "me", "", system(moment), msgspec.json.encode(asked))
    assert isinstance(id, str)
    await store.close()


async def finished(url: str, folder: Path) -> None:
    store = await open_store(url, POLICY)
    assert not isinstance(store, Refusal), store
    assert await Settled(store, folder, now).once()
    await store.close()


def kill_in_the_middle(url: str, folder: Path, slices: int) -> None:
    """Let a worker begin, and kill it once it has kept so many slices."""
    command = [sys.executable, "-m", "tests.kills.exporter", url, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as worker:
        assert worker.stdout is not None
        for _ in range(slices):
            assert worker.stdout.readline() == b"kept\n"
        worker.kill()


def test_kill_9_of_an_exporting_worker(new_database: Callable[[], Database], tmp_path: Path) -> None:
    print(f"seed {SEED}")
    pick, database = Random(SEED), new_database()
    asyncio.run(begun(database.app_url))
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        for _ in range(ROUNDS):
            kill_in_the_middle(database.app_url, tmp_path, pick.randint(1, 4))
            connection.execute("UPDATE bulk SET held = now() - interval '1 second'")
        asyncio.run(finished(database.app_url, tmp_path))
        [(id, state, attempts, listed)] = connection.execute("SELECT id, state, attempt, files FROM bulk").fetchall()
        logged = " ".join(read for (read,) in connection.execute("SELECT read FROM audit WHERE query = '$export'"))
    assert (state, attempts) == ("done", ROUNDS + 1)
    files = msgspec.json.decode(listed, type=list[File])
    assert len({one.name.split(".")[1] for one in files}) > 1
    found = Counter(
        (told := json.loads(line))["resourceType"] + "/" + told["id"]
        for one in files
        for line in (tmp_path / id / one.name).read_bytes()[: one.bytes].splitlines()
    )
    assert set(found.values()) == {1}
    assert Counter(one.partition("/")[0] for one in found) == {"Patient": PEOPLE, "Observation": PEOPLE * READINGS}
    assert all(one.partition("/")[2] in logged for one in found)
