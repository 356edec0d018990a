"""kill -9 in the middle of indexing a search parameter: it goes on, and finds all that was and is written meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import psycopg
import pytest

from saman.kernel.outcome import Refusal
from saman.record import Record, open_store, system
from saman.record.parameters.building import standing
from tests.conftest import Database
from tests.kills.writer import POLICY
from tests.record.conftest import made
from tests.record.parameters import found, parameter, with_eyes

pytestmark = pytest.mark.kills

SEED = int(os.environ.get("SAMAN_KILLS_SEED", str(int.from_bytes(os.urandom(4)))))
PEOPLE = 90


def steps(url: str, most: int) -> bool:
    """Let it be indexed, killed after some steps at the latest; whether it came to its end."""
    command = [sys.executable, "-m", "tests.kills.indexer", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = 0
        while told < most and process.stdout.readline():
            told += 1
        process.kill()
        return told < most


async def test_indexing_goes_on_after_kills(new_database: Callable[[], Database]) -> None:
    print(f"SAMAN_KILLS_SEED={SEED}")
    database, pick = new_database(), Random(SEED)
    store = await open_store(database.app_url, POLICY)
    assert not isinstance(store, Refusal), store
    record = Record(store, system(datetime.now(UTC)))
    blue = [await made(record, with_eyes("blue")) for _ in range(PEOPLE)]
    id = await made(record, parameter("eyes"))
    kills = 0
    while not steps(database.app_url, pick.randint(1, 9)):
        kills += 1
        blue.append(await made(record, with_eyes("blue")))
        other = pick.choice(blue)
        await record.update("Patient", other, with_eyes("blue", id=other, active=True))
        lost = pick.choice(blue)
        await record.delete("Patient", lost)
        blue.remove(lost)
        [one] = await standing(store)
        assert one.state in ("building", "ready")
    assert kills > 1
    assert await found(record, "Patient", ("eyes", "blue")) == set(blue)
    await record.delete("SearchParameter", id)
    while not steps(database.app_url, pick.randint(1, 9)):
        pass
    with psycopg.connect(database.superuser_url) as connection:
        assert connection.execute("SELECT count(*) FROM token WHERE param >= 10000").fetchone() == (0,)
    await store.close()
