"""`make bench`: fill a fresh database, serve it as in production, and print how fast it answers.

`tests/load/size.py` lists what may be set: `SAMAN_BENCH_PERSONS=10000`, `SAMAN_BENCH_STEPS=read,create`. Ends with 0
also when goals are missed, with 1 when answers were not good, with 2 when a step is asked for that there is not.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from saman.kernel.outcome import Refusal
from saman.ops import postgres
from saman.ops.region import open_region
from saman.ops.setup import set_up
from saman.record import open_store
from saman.record.migrate import migrate
from tests.load.bench import KNOWN, run
from tests.load.goals import table
from tests.load.serving import REGION, Serving
from tests.load.size import Size, read_size

NAME = "bench"


def say(text: str) -> None:
    """How it goes."""
    print(text, file=sys.stderr, flush=True)


def show(text: str) -> None:
    """A figure."""
    print(text, flush=True)


def main() -> int:
    """The exit status, once everything has been printed."""
    size = read_size(os.environ)
    if unknown := [name for name in size.steps if name not in KNOWN]:
        say(f"There is no step {', '.join(unknown)}. Steps: {', '.join(KNOWN)}.")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="saman-bench-"))
    folder.chmod(0o755)
    try:
        cluster = postgres.start(folder, say)
        if isinstance(cluster, Refusal):
            say(cluster.issues[0].text)
            return 1
        return measured(Serving(cluster, NAME, folder, cold=size.cold), size)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measured(serving: Serving, size: Size) -> int:
    """The exit status of a run on an empty server, which is removed in the end."""
    try:
        with psycopg.connect(serving.cluster.superuser_url(), autocommit=True) as connection:
            postgres.make_database(connection, NAME)
        migrate(serving.cluster.admin_url(NAME), "saman_app")
        asyncio.run(populate(serving.cluster.app_url(NAME)))
        report = run(serving, size, say, show)
    finally:
        postgres.remove(serving.cluster)
    show(f"\n{table(report.rows)}")
    for wrong in report.wrong:
        say(wrong)
    return int(bool(report.wrong))


async def populate(url: str) -> None:
    """Store the region and the people of the demo."""
    region = open_region(REGION)
    assert not isinstance(region, Refusal), region
    store = await open_store(url, region.policy)
    assert not isinstance(store, Refusal), store
    refusal = await set_up(store, region, lambda: datetime.now(UTC), say, demo=True)
    assert refusal is None, refusal
    await store.close()


if __name__ == "__main__":
    sys.exit(main())
