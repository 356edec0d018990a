"""`saman reindex`: what was stored before is found by what a newer version indexes."""

from __future__ import annotations

from saman.kernel.outcome import Refusal
from saman.ops.cli.opened import Opened, with_record
from saman.ops.cli.progress import Progress
from saman.ops.cli.telling import say
from saman.record.indexing import QUANTITIES, renew_some


def reindex() -> int | Refusal:
    """Work out search values anew while everything goes on; stopped in the middle, it goes on where it was."""
    count = with_record(_renewed)
    if isinstance(count, Refusal):
        return count
    say(f"The index is whole: {count} resources.")
    return 0


async def _renewed(opened: Opened) -> int | Refusal:
    with Progress("Indexing") as progress:
        while not (step := await renew_some(opened.store, QUANTITIES, opened.now)).finished:
            progress(f"{step.count} resources")
    return step.count
