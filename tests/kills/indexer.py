"""Indexes search parameters until it is killed or done, and tells on stdout of each step.

`python -m tests.kills.indexer URL`
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime

from saman.kernel.outcome import Refusal
from saman.record import open_store
from saman.record.parameters import building
from tests.kills.writer import POLICY
from tests.record.parameters import UNDER_WAY

STEP, SHARDS = 11, 64


async def main(url: str) -> None:
    store = await open_store(url, POLICY)
    assert not isinstance(store, Refusal), store
    building.STEP, building.SHARDS_A_STEP = STEP, SHARDS
    while (went := await building.beat(store, datetime.now(UTC))) or await store.pool.fetchval(UNDER_WAY):
        if went:
            os.write(1, b"step\n")
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
