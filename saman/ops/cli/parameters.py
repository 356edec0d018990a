"""`saman parameters`: the search parameters of one's own, and how far they are indexed."""

from __future__ import annotations

from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from saman.kernel import json as exact
from saman.kernel.outcome import Refusal
from saman.ops.cli.opened import Opened, with_record
from saman.record.parameters.building import Standing, standing

FEW = 3
"""Resource types that are named; of more it is said how many they are."""

Json = Annotated[bool, Parameter(negative="", help="Write JSON for programs instead of a table.")]


def parameters(*, json: Json = False) -> int | Refusal:
    """List the search parameters that SearchParameter resources define, and how far what was there before has them."""
    found = with_record(_standing)
    if isinstance(found, Refusal):
        return found
    if json:
        print(exact.encode([msgspec.structs.asdict(one) for one in found]).decode())  # noqa: T201
        return 0
    table = Table("SearchParameter", "Code", "Types", "State", "Done", "Resources")
    for one in found:
        types = ", ".join(one.bases) if len(one.bases) <= FEW else f"{len(one.bases)} types"
        table.add_row(*map(escape, (one.source, one.code, types, one.state, f"{one.done} %", str(one.count))))
    Console().print(table)
    return 0


async def _standing(opened: Opened) -> tuple[Standing, ...] | Refusal:
    return tuple(await standing(opened.store))
