"""Applies one care model after the other until it is killed, and tells on stdout how far each has come.

`python -m tests.kills.applier URL`
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from typing import Any

from saman.flows.governance import applying
from saman.kernel.outcome import Refusal
from saman.record import open_store
from tests.applying import AGDER, apply, asking_anew, region_files
from tests.kills.writer import POLICY

made, keep = applying.made, applying.keep


async def telling_made(*asked: Any) -> Any:
    os.write(1, b"writing\n")
    answer = await made(*asked)
    os.write(1, b"written\n")
    return answer


async def telling_keep(*asked: Any) -> None:
    await keep(*asked)
    os.write(1, b"kept\n")


async def main(url: str) -> None:
    store = await open_store(url, POLICY)
    assert not isinstance(store, Refusal), store
    applying.made, applying.keep = telling_made, telling_keep
    files = region_files(AGDER)
    while True:
        for wanted in (files, asking_anew(files)):
            plan = await apply(store, wanted, datetime.now(UTC))
            os.write(1, f"done {plan.number}\n".encode())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
