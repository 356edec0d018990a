"""`saman model`: check and show the files of a region, and apply them to the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from saman.apps.region.borders import BORDERS, read_borders
from saman.kernel.outcome import Issue, Refusal
from saman.model.access.schema import access_schemas
from saman.model.care.basis import Grounded, ground, said
from saman.model.care.caremodel import CareModel
from saman.model.care.compare import compare
from saman.model.care.governance import Body
from saman.model.care.party import PartyKind
from saman.model.care.schema import schemas
from saman.model.care.service_model import ServiceModel
from saman.model.care.timing import Span
from saman.model.whole import findings
from saman.ops.cli.applied import apply, move, rollback, versions
from saman.ops.cli.telling import fail, say
from saman.ops.cli.trial import trial
from saman.ops.forking import fork
from saman.ops.packing import pack
from saman.ops.region import files_in, open_region, region_files

app = App("model", help="Check, show and apply a care model.")
app.command(trial)
app.command(apply)
app.command(versions)
app.command(rollback)
app.command(move)


@app.command
def check(folder: Path) -> int:
    """Check the files of a region: each finding with file, line, what is wrong and how to mend it."""
    console = Console(soft_wrap=True, highlight=False)
    issues = _findings(folder)
    for issue in issues:
        wrong, mend = _halves(issue)
        place = folder.parent / issue.path if ":" in issue.path else folder
        console.print(f"{place}: {wrong}\n    {mend}" if mend else f"{place}: {wrong}", markup=False)
    if issues:
        fail(f"{len(issues)} to mend in {folder}.")
        return 1
    console.print(f"{folder}: all parts fit together.", markup=False)
    return 0


def _findings(folder: Path) -> tuple[Issue, ...]:
    files, borders = files_in(folder), read_borders(folder / BORDERS)
    found = files.issues if isinstance(files, Refusal) else findings(files, folder, datetime.now(UTC))
    return (*found, *(borders.issues if isinstance(borders, Refusal) else ()))


def _halves(issue: Issue) -> tuple[str, str]:
    args = dict(issue.args)
    return args.get("wrong", issue.text), args.get("mend", "")


@app.command
def show(folder: Path, *, language: str = "en") -> int | Refusal:
    """Show a region: who works together, who decides, which services, and from which sources."""
    region = open_region(folder)
    if isinstance(region, Refusal):
        return region
    picture(Console(), region.model, language)
    return 0


@app.command
def diff(before: Path, after: Path, *, language: str = "en") -> int | Refusal:
    """Say in plain words how two regions, or two versions of one, differ; what is the same is not named."""
    regions = [open_region(folder) for folder in (before, after)]
    for one in regions:
        if isinstance(one, Refusal):
            return one
    models = [one.model for one in regions if not isinstance(one, Refusal)]
    found = compare(models[0], models[1], language)
    console = Console(soft_wrap=True, highlight=False)
    for difference in found:
        console.print(str(difference), markup=False)
    if not found:
        console.print("They describe the same way of working.")
    return 0


@app.command
def package(folder: Path, *, out: Path = Path()) -> int | Refusal:
    """Write a region as a FHIR package (.tgz) with its definitions, files, sources and licence."""
    region = open_region(folder)
    if isinstance(region, Refusal):
        return region
    if check(folder) != 0:
        return 1
    packed = pack(region.model, region_files(folder), out)
    if isinstance(packed, Refusal):
        return packed
    say(f"Wrote {packed}")
    return 0


@app.command
def papers(
    folder: Path, *, out: Path = Path("papers"), language: tuple[str, ...] = (), on: date | None = None
) -> int | Refusal:
    """Draft the papers that the region owes, as HTML and PDF: each sentence with its row, blanks for what is not known.

    Each --language is one of the region's; without it, the country's own. --on is the day they are drafted for.
    """
    from saman.ops.papers import languages_of, write_papers

    day = on or datetime.now(UTC).date()
    region = open_region(folder, day)
    if isinstance(region, Refusal):
        return region
    if check(folder) != 0:
        return 1
    languages = languages_of(region, language)
    if isinstance(languages, Refusal):
        return languages
    for path in write_papers(region, languages, day, out):
        if isinstance(path, Refusal):
            return path
        print(path)  # noqa: T201
    return 0


@app.command
def new(folder: Path, *, source: Annotated[Path, Parameter(name="--from")] = Path("regions/template")) -> int | Refusal:
    """Make a region of your own from a folder or a package; it remembers what it was made from."""
    made = fork(source, folder)
    if isinstance(made, Refusal):
        return made
    say(f"Made {made.folder} from {made.origin}.")
    for path in made.kept:
        say(f"{path} was there already, is another one, and stays as it is.")
    return 0


@app.command
def schema(folder: Path = Path("regions/schema")) -> int:
    """Write the JSON Schema of each kind of file, for editors."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (schemas() | access_schemas()).items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


def picture(console: Console, model: CareModel, language: str) -> None:
    """Print a region as a person would want to read it."""
    console.print(f"\n[bold]{escape(said(model.region.name, language))}[/bold] · {model.region.version}")
    console.print(escape(said(model.region.statement, language)) + "\n")
    console.print(_parties(model))
    for body in model.bodies:
        console.print(_body(model, body, language))
    console.print(_agreements(model, language))
    for service in model.services:
        _service(console, model, service, language)
    console.print(_sources(model))
    for fact in model.region.facts:
        if fact.not_known:
            console.print(f"Not known: {said(fact.text, language)}", markup=False)


def _parties(model: CareModel) -> Table:
    table = Table("Kind", "How many", "For example", "Ground", title="Who works together", title_justify="left")
    for kind in PartyKind:
        parties = [party for party in model.parties if party.kind is kind]
        if parties:
            names = ", ".join(party.name for party in parties[:2]) + (", …" if len(parties) > 2 else "")
            table.add_row(kind.value, str(len(parties)), escape(names), _grounds(model, parties))
    return table


def _grounds(model: CareModel, facts: Sequence[Grounded]) -> str:
    return ", ".join(sorted({ground(fact, model.sources()) for fact in facts}))


def _body(model: CareModel, body: Body, language: str) -> Table:
    title = f"{said(body.name, language)}, since {body.since or 'not known'}"
    table = Table("Seat", "Seats", "Standing", "Ground", title=escape(title), title_justify="left")
    for seat in body.seats:
        where = ground(seat, model.sources())
        table.add_row(escape(said(seat.name, language)), str(seat.seats), seat.standing.value, where)
    table.caption = f"voting: {body.voting.value}{', every party an equal say' if body.equal_say else ''}"
    return table


def _agreements(model: CareModel, language: str) -> Table:
    table = Table("Agreement", "Parties", "Services", "Until", "Ground", title="Agreements", title_justify="left")
    for one in model.agreements:
        services = (model.service(part.service) for part in one.services)
        names = ", ".join(said(service.name, language) for service in services if service is not None)
        until = one.valid_to.isoformat() if one.valid_to else "open"
        where = ground(one, model.sources())
        table.add_row(escape(one.name), str(len(one.parties)), escape(names), until, where)
    return table


def _service(console: Console, model: CareModel, service: ServiceModel, language: str) -> None:
    title = escape(said(service.name, language))
    table = Table("Part", "What", title=f"{title} · {service.version}", title_justify="left")
    table.add_row("Category", service.category.value)
    table.add_row("For", escape(said(service.target_group, language)))
    table.add_row("Modules", ", ".join(escape(said(module.name, language)) for module in service.modules))
    table.add_row("Measured", ", ".join(escape(said(one.name, language)) for one in service.measurements))
    table.add_row("Modes", ", ".join(mode.mode.value for mode in service.modes))
    for activity in service.activities:
        role = model.role(activity.role)
        who = said(role.name, language) if role else activity.role
        table.add_row(f"Done by {escape(who)}", f"{escape(said(activity.name, language))} ({activity.sector.value})")
    if service.monitoring is not None:
        table.add_row("A report is answered within", _span(service.monitoring.report_answered))
    table.add_row("A request is answered within", _span(service.response.request_answered))
    table.add_row("Indicators", ", ".join(service.indicators))
    console.print(table)


def _span(span: Span) -> str:
    return f"{span.hours} hours, {'while open' if span.counted.value == 'opening' else 'on the clock'}"


def _sources(model: CareModel) -> Table:
    caption = "A Nordic publication · B region or agency · C press or third party"
    table = Table("Mark", "Publisher", "Title", title="Sources", title_justify="left", caption=caption)
    for source in sorted(model.region.sources, key=lambda one: (one.mark.value, one.publisher)):
        table.add_row(
            source.mark.value, escape(source.publisher), f"{escape(source.title)}\n[dim]{escape(source.url)}[/]"
        )
    return table
