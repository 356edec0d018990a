"""`saman reindex`: what was stored before is found by what a newer version indexes."""

from __future__ import annotations

import asyncio

from saman.kernel.outcome import Refusal
from saman.ops.cli.opened import Opened, with_record
from saman.ops.cli.progress import Progress
from saman.ops.cli.telling import say
from saman.record.indexing import QUANTITIES, renew_some
from saman.record.parameters.building import Standing, beat, standing

PATIENCE, PAUSE = 60.0, 0.25
"""Seconds that a search parameter may wait, all in all, for transactions older than itself; and between two looks."""


def reindex() -> int | Refusal:
    """Work out search values anew while everything goes on; stopped in the middle, it goes on where it was."""
    done = with_record(_renewed)
    if isinstance(done, Refusal):
        return done
    count, waiting = done
    say(f"The index is whole: {count} resources.")
    for one in waiting:
        say(f"Search parameter {one.code} waits for others at {one.done} %.")
    return 0


async def _renewed(opened: Opened) -> tuple[int, list[Standing]] | Refusal:
    with Progress("Indexing") as progress:
        while not (step := await renew_some(opened.store, QUANTITIES, opened.now)).finished:
            progress(f"{step.count} resources")
        waited = 0.0
        while unfinished := await _build(opened, progress):
            if waited >= PATIENCE:
                break
            await asyncio.sleep(PAUSE)
            waited += PAUSE
    return step.count, unfinished


async def _build(opened: Opened, progress: Progress) -> list[Standing]:
    """Give each search parameter its values as far as that goes now; those that wait for others."""
    while await beat(opened.store, opened.now, f"{opened.settings.address}/fhir"):
        progress(", ".join(f"{one.code} {one.done} %" for one in await _unfinished(opened)))
    return await _unfinished(opened)


async def _unfinished(opened: Opened) -> list[Standing]:
    return [one for one in await standing(opened.store) if one.state != "ready"]
