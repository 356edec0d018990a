"""Carries out imports until it is killed, and tells on stdout of each batch that is about to be kept.

`python -m tests.kills.importer URL FOLDER`
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from saman.kernel.outcome import Refusal
from saman.ops import importing_batches
from saman.record import open_store
from saman.record.bulk.jobs import Job, Jobs
from saman.record.database import Connection
from tests.kills.writer import POLICY
from tests.settled import Settled

TOGETHER = 5


class Telling(Jobs):
    """Says of each batch that the database has been told of it, before it is committed."""

    async def advance(self, job: Job, connection: Connection | None = None) -> bool:
        """Keep it, then say so."""
        kept = await super().advance(job, connection)
        os.write(1, b"kept\n")
        return kept


async def main(url: str, folder: Path) -> None:
    store = await open_store(url, POLICY)
    assert not isinstance(store, Refusal), store
    importing_batches.TOGETHER = TOGETHER
    worker = Settled(store, folder, lambda: datetime.now(UTC))
    worker._importing.jobs = Telling(store.pool)
    await worker.once()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
