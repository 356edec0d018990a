"""`saman verify data`: whether all that is stored is as it was written."""

from __future__ import annotations

from rich.console import Console

from saman.kernel.outcome import Refusal
from saman.ops.cli.opened import Opened, with_record
from saman.ops.cli.progress import Progress
from saman.ops.cli.telling import fail
from saman.record.verifying import START, Fault, Place, astray, verify_some

SHOWN = 100
"""Findings that are told one by one."""


def verify_data() -> int | Refusal:
    """Hold every resource against R4, its search values, its versions and its files; nothing is changed.

    Exit status 1, with type and id of what is wrong, when anything is.
    """
    found = with_record(_verified)
    if isinstance(found, Refusal):
        return found
    count, faults = found
    console = Console(soft_wrap=True, highlight=False)
    for one in faults[:SHOWN]:
        console.print(f"{one.type}/{one.id} {one.what}.", markup=False)
    if not faults:
        console.print(f"Whole: {count} resources", markup=False)
        return 0
    wrong = len({(one.type, one.id) for one in faults})
    fail(f"Of {count} resources {wrong} are not as they were written.")
    return 1


async def _verified(opened: Opened) -> tuple[int, list[Fault]]:
    count, faults = 0, list[Fault]()
    place: Place | None = START
    with Progress("Verifying what is stored") as progress:
        while place is not None:
            step = await verify_some(opened.store, opened.now, place)
            count, place = count + step.count, step.place
            faults += step.faults
            progress(f"{count} resources")
        faults += await astray(opened.store, opened.now)
    return count, faults
