"""`saman import` and `saman export`: FHIR files in and out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from saman.kernel.outcome import Refusal
from saman.ops.cli.opened import Opened, with_record
from saman.ops.cli.progress import Progress
from saman.ops.cli.telling import fail
from saman.ops.exporting import export as write_out
from saman.ops.exporting import unfit
from saman.ops.importing import Imported, import_files
from saman.ops.importing_files import files_in

First = Annotated[Path, Parameter(name="PATH", help="A file, or a folder that is searched for FHIR files.")]
More = Annotated[Path, Parameter(help="More of them.")]
Stop = Annotated[bool, Parameter(negative="", help="End at the first line that is refused.")]
Folder = Annotated[Path, Parameter(name="DIR", help="A folder that is new or empty.")]
Force = Annotated[bool, Parameter(negative="", help="Replace an earlier export in the folder.")]

OUTCOMES = ("created", "updated", "deleted", "unchanged")


def import_(path: First, /, *more: More, stop: Stop = False) -> int | Refusal:
    """Take in FHIR bundles, NDJSON files, single resources, or folders of them.

    Everything is checked and stored in the installation's own name. Of a Bundle with anything wrong nothing is stored;
    of NDJSON the good lines are, and FILE.errors says of each other line why it is not. Resources with ids keep them;
    importing again changes nothing.
    """
    files = files_in((path, *more))
    if isinstance(files, Refusal):
        return files
    with Progress("Importing") as progress:

        async def work(opened: Opened) -> Imported | Refusal:
            return await import_files(opened.record, files, progress, stop=stop)

        result = with_record(work, grows=True)
    if isinstance(result, Refusal):
        return result
    if result.done:
        Console().print(_summary(result.done))
    for line in result.refused:
        fail(line)
    return 1 if result.refused else 0


def export(folder: Folder, /, *, force: Force = False) -> int | Refusal:
    """Write every resource to a folder as NDJSON, a file for each type.

    Ids, versions and the digits of numbers are kept. The folder appears when all of it has been written.
    """
    refusal = unfit(folder, force=force)
    if refusal is not None:
        return refusal
    with Progress("Exporting") as progress:

        async def work(opened: Opened) -> Counter[str] | Refusal:
            return await write_out(opened.record, folder, progress, force=force)

        written = with_record(work)
    if isinstance(written, Refusal):
        return written
    table = Table("Resource", "Written")
    _fill(table, ((kind, [count]) for kind, count in written.items()))
    Console().print(table)
    return 0


def _summary(done: Counter[tuple[str, str]]) -> Table:
    table = Table("Resource", *(word.capitalize() for word in OUTCOMES))
    kinds = sorted({kind for kind, _ in done})
    _fill(table, ((kind, [done[kind, word] for word in OUTCOMES]) for kind in kinds))
    return table


def _fill(table: Table, rows: Iterable[tuple[str, list[int]]]) -> None:
    """Add a row for each type, numbers to the right."""
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, counts in rows:
        table.add_row(kind, *(str(count) if count else "" for count in counts))
