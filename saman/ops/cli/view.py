"""`saman view`: tables made from resources by ViewDefinitions of SQL on FHIR."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from saman.kernel.outcome import Refusal, refused
from saman.ops.cli.opened import Opened, with_record
from saman.ops.cli.progress import Progress
from saman.ops.cli.telling import say
from saman.ops.views import Put, put_into, view_of, write_view
from saman.record.views import View
from saman.record.views.writing import FORMATS

app = App("view", help="Make tables from resources by ViewDefinitions (SQL on FHIR).")

File = Annotated[Path, Parameter(name="FILE", help="A ViewDefinition as JSON.")]
Format = Annotated[Literal["ndjson", "csv", "json", "parquet"], Parameter(help="How the rows are written.")]
Out = Annotated[Path | None, Parameter(help="A file for the rows, instead of standard output.")]


@app.command
def run(file: File, /, *, format: Format = "ndjson", out: Out = None) -> int | Refusal:
    """Write the rows of a view of everything that is stored now.

    A file appears when all of it has been written, for its owner's eyes only.
    """
    view = _told(file)
    if isinstance(view, Refusal):
        return view
    writer = FORMATS[format](view.columns)
    with Progress("Running the view") as progress:

        def fill(put: Put) -> int | Refusal:
            async def work(opened: Opened) -> int | Refusal:
                return await write_view(opened.record, view, writer, put, progress)

            return with_record(work)

        written = put_into(out, fill)
    if isinstance(written, Refusal):
        return written
    say(f"{written} rows")
    return 0


@app.command
def check(file: File, /) -> int | Refusal:
    """Say whether a view can be run, and which columns it gives."""
    view = _told(file)
    if isinstance(view, Refusal):
        return view
    table = Table("Column", "Type", "List")
    for one in view.columns:
        table.add_row(one.name, one.type, "yes" if one.collection else "")
    Console().print(table)
    return 0


def _told(file: Path) -> View | Refusal:
    """The view in a file. What is wrong, and what to think of, is told on stderr with its place."""
    view = view_of(file)
    for issue in view.issues if isinstance(view, Refusal) else view.warnings:
        if issue.path.startswith("ViewDefinition"):
            say(f"{issue.path}: {issue.text}")
    if isinstance(view, Refusal) and view.issues[0].path.startswith("ViewDefinition"):
        return refused(view.kind, "invalid", f"{file} is not a view that can be run.", "FILE")
    return view
