"""`saman model trial`: who would gain or lose sight of what, were the rules of a folder in force."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from saman.kernel import json as exact
from saman.kernel.outcome import Refusal
from saman.ops.cli.opened import Opened, with_record
from saman.ops.cli.progress import Progress
from saman.ops.region import open_region
from saman.record.trial import Trial
from saman.record.trial import trial as tried

Json = Annotated[bool, Parameter(negative="", help="Write JSON for programs instead of a table.")]


def trial(folder: Path, *, json: Json = False) -> int | Refusal:
    """Say who would gain or lose sight of which data, about how many people, were the region in a folder in force.

    Nothing is changed, and nobody is named.
    """
    region = open_region(folder)
    if isinstance(region, Refusal):
        return region
    policy = region.policy

    async def looked(opened: Opened) -> Trial | Refusal:
        with Progress("Trying the rules") as told:
            return await tried(opened.record, policy, lambda done, of: told(f"{done} of {of} people"))

    found = with_record(looked)
    if isinstance(found, Refusal):
        return found
    if json:
        print(exact.encode(_plain(found)).decode())  # noqa: T201
    else:
        Console().print(_table(found))
    return 0


def _plain(found: Trial) -> dict[str, Any]:
    shifts = [
        {
            "kind": one.kind, "party": one.party, "role": one.role, "purpose": one.purpose, "data": one.domain.word,
            "change": "gains" if one.gains else "loses", "persons": many,
        }
        for one, many in sorted(found.shifts.items())
    ]  # fmt: skip
    return {"persons": found.persons, "shifts": shifts}


def _table(found: Trial) -> Table:
    table = Table("Change", "Who", "At", "Data", "About people", title=f"{found.persons} people", title_justify="left")
    for one, many in sorted(found.shifts.items(), key=lambda each: (not each[0].gains, each[0])):
        who = one.role or one.kind
        cells = ("gains" if one.gains else "loses", who, one.party, one.domain.word, str(many))
        table.add_row(*map(escape, cells))
    if not found.shifts:
        table.caption = "Nobody would see more or less than now."
    return table
