"""When the log's storage is full nothing is shown; nothing that was shown is missing from the log afterwards."""

from __future__ import annotations

import asyncio
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest

from saman.kernel.outcome import Refusal
from saman.model.access import Policy
from saman.ops import postgres
from saman.record import Record, Store, Stored, Written, open_store, system
from saman.record.ledger.sequence import extend
from saman.record.ledger.verify import verify
from tests.kills.test_kills import folder, make_killed, small_disk, started, wait_for_recovery

pytestmark = pytest.mark.kills

__all__ = ["folder", "small_disk"]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
POLICY = Policy(country="NO", zone=ZoneInfo("Europe/Oslo"), rows=(), clauses=())
AT_ONCE = 64
LEFT = 16 * 1024**2
"""Bytes that the log finds at first."""


async def opened(url: str) -> Store:
    store = await open_store(url, POLICY)
    assert isinstance(store, Store)
    return store


async def read_until_full(url: str, person: str) -> tuple[list[str], int]:
    """Read until the log takes no more: the requests that were answered, and how many were refused."""
    store = await opened(url)
    answered: list[str] = []
    refused = number = 0
    try:
        while refused < AT_ONCE:
            requests = [f"read-{number + one}-{'x' * 8000}" for one in range(AT_ONCE)]
            number += AT_ONCE
            calls = (Record(store, system(NOW, request)).read("Patient", person) for request in requests)
            for request, answer in zip(requests, await asyncio.gather(*calls), strict=True):
                if isinstance(answer, Stored):
                    answered.append(request)
                else:
                    refused += 1
    finally:
        await store.close()
    return answered, refused


async def one_patient(url: str) -> str:
    store = await opened(url)
    try:
        made = await Record(store, system(NOW)).create({"resourceType": "Patient"})
        assert isinstance(made, Written)
        return made.stored.id
    finally:
        await store.close()


async def again(url: str, person: str) -> int:
    """Read once more and give every entry its place."""
    store = await opened(url)
    try:
        assert isinstance(await Record(store, system(NOW, "again")).read("Patient", person), Stored)
        return await extend(store.pool)
    finally:
        await store.close()


def test_a_full_log_stops_reading_and_loses_nothing(small_disk: Path, binaries: Path | None, tmp_path: Path) -> None:
    cluster = started(small_disk, binaries)
    assert not isinstance(cluster, Refusal)
    try:
        make_killed(cluster)
        url = cluster.app_url("killed")
        person = asyncio.run(one_patient(url))
        spare = small_disk / "spare"
        spare.write_bytes(bytes(max(0, shutil.disk_usage(small_disk).free - LEFT)))
        answered, refused = asyncio.run(read_until_full(url, person))
        assert answered
        assert refused >= AT_ONCE
        spare.unlink()
        assert cluster.revive(lambda line: print(line, file=sys.stderr)) is None
        wait_for_recovery(cluster.superuser_url("killed"))
        numbered = asyncio.run(again(url, person))
        with psycopg.connect(cluster.superuser_url("killed")) as connection:
            logged = {request for (request,) in connection.execute("SELECT request FROM audit")}
            entries = connection.execute("SELECT count(*) FROM audit").fetchone()
        assert set(answered) <= logged
        assert entries == (numbered,)
        verdict = verify(cluster.superuser_url("killed"), [], tmp_path, lambda _: None, processes=1)
        assert (verdict.entries, verdict.findings) == (numbered, ())
    finally:
        postgres.remove(cluster)
