"""kill -9 in the middle of applying a care model: its resources and its version are there together, or neither is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import pytest

from saman.flows.governance.applying import read_kept
from saman.flows.governance.resources import applied
from saman.kernel.outcome import Refusal
from saman.model.care.fhir import Changes
from saman.record import open_store
from saman.record.applied import alone, newest
from tests.conftest import Database
from tests.kills.writer import POLICY

pytestmark = pytest.mark.kills

SEED = int(os.environ.get("SAMAN_KILLS_SEED", str(int.from_bytes(os.urandom(4)))))
ROUNDS = 4


def done_before_kill(url: str, most: int) -> int:
    """The number of the last version that was told to be done, killed after so many lines; 0 for none."""
    command = [sys.executable, "-m", "tests.kills.applier", url]
    done = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(most):
            word, *number = process.stdout.readline().split()
            done = int(number[0]) if word == b"done" else done
        process.kill()
    return done


async def test_a_version_and_its_resources_are_there_together(new_database: Callable[[], Database]) -> None:
    print(f"SAMAN_KILLS_SEED={SEED}")
    database, pick = new_database(), Random(SEED)
    store = await open_store(database.app_url, POLICY)
    assert not isinstance(store, Refusal), store
    told = 0
    for _ in range(ROUNDS):
        told = max(told, done_before_kill(database.app_url, pick.randint(1, 8)))
        async with store.pool.acquire() as connection, connection.transaction():
            await alone(connection)  # once what was under way has ended
        held = await newest(store.statements)
        number = held.applied.number if held is not None else 0
        assert number >= told
        if held is not None:
            region = read_kept(held)
            assert not isinstance(region, Refusal)
            changes = await applied(store, region.model, datetime.now(UTC), dry_run=True)
            assert isinstance(changes, Changes)
            assert (changes.create, changes.update) == ((), ())
    await store.close()
