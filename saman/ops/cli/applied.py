"""`saman model apply`, `versions`, `rollback`, `move`: what a running system goes by, and who is on which version."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from saman.flows.governance.applying import FOLDER, ROLLBACK, How, Plan, apply_files, plan_files, unknown_version
from saman.flows.governance.moving import Moved
from saman.flows.governance.moving import move as move_people
from saman.kernel.clock import instant
from saman.kernel.outcome import Refusal
from saman.model.care.fhir import Changes, address
from saman.model.whole import read_today
from saman.ops.cli.opened import Opened, with_record
from saman.ops.cli.telling import fail, say
from saman.ops.region import files_in
from saman.ops.running import adopt, not_applied
from saman.record.applied import Applied, kept
from saman.record.applied import versions as every_version

DryRun = Annotated[bool, Parameter(help="Only show the plan.")]
Reason = Annotated[str, Parameter(help="Why; kept with the version.")]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be applied, why, and where it comes from."""

    files: Mapping[str, str]
    name: str
    reason: str
    origin: str = FOLDER


def apply(folder: Path, *, dry_run: DryRun = False, reason: Reason = "") -> int | Refusal:
    """Apply a region to the database: show the plan, then make it in one transaction and keep it as a version.

    What changed becomes a new version, nothing is deleted, and running servers take it up. People in a service stay on
    the version that they are on. With --dry-run the database itself is brought up to date, and nothing else.
    """
    files = files_in(folder)
    if isinstance(files, Refusal):
        return files
    wish = Wish(files=files, name=folder.name, reason=reason)

    async def work(opened: Opened) -> Plan | Refusal:
        return await _applied(opened, wish, dry_run=dry_run)

    return _status(with_record(work, folder=folder))


def rollback(number: int | None = None, /, *, dry_run: DryRun = False, reason: Reason = "") -> int | Refusal:
    """Apply the files of an earlier version again, as a new version; without a number, of the one before.

    Nothing of what happened since is undone but the care model. The plan is shown first.
    """

    async def work(opened: Opened) -> Plan | Refusal:
        target = await _target(opened, number)
        found = await kept(opened.store.statements, target) if target else None
        if found is None:
            return unknown_version(number or 0)
        why = reason or f"Back to version {target}."
        wish = Wish(files=found.files, name=found.applied.folder, reason=why, origin=ROLLBACK)
        return await _applied(opened, wish, dry_run=dry_run)

    return _status(with_record(work))


def versions() -> int | Refusal:
    """List the versions of the care model that were applied to the database, the newest last."""

    async def work(opened: Opened) -> tuple[Applied, ...] | Refusal:
        return await every_version(opened.store.statements)

    found = with_record(work)
    if isinstance(found, Refusal):
        return found
    console = Console(soft_wrap=True, highlight=False)
    for one in found:
        source = f"{one.origin} {one.day.isoformat()}" if one.origin == "day" and one.day else one.origin
        line = f"{one.number}  {instant(one.at)}  {one.region} {one.version}  from {source}, by {one.author}"
        console.print(f"{line}: {one.reason}" if one.reason else line, markup=False)
    return 0


def move(service: str, *, dry_run: DryRun = False) -> int | Refusal:
    """Move the people in a service to the version in force, as far as nothing of theirs is lost by it."""

    async def work(opened: Opened) -> Moved | Refusal:
        if not opened.region.model.versions:
            return not_applied()
        return await move_people(opened.record, opened.region.model, service, dry_run=dry_run)

    found = with_record(work)
    if isinstance(found, Refusal):
        return found
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"{'Would move' if dry_run else 'Moved'}: {found.moved}. Already there: {found.there}.")
    for reason, count in found.staying.items():
        console.print(f"Stay on their version, because they {reason}: {count}.")
    return 0


async def _applied(opened: Opened, wish: Wish, *, dry_run: bool) -> Plan | Refusal:
    plan = await plan_files(opened.store, wish.files, wish.name, opened.now)
    if isinstance(plan, Refusal):
        return plan
    show(Console(soft_wrap=True, highlight=False), plan)
    if dry_run or plan.is_empty:
        say("Nothing was written.")
        return plan
    done = await apply_files(
        opened.store,
        wish.files,
        wish.name,
        opened.now,
        _author(),
        wish.reason,
        How(origin=wish.origin, expected=plan.before),
    )
    if isinstance(done, Refusal):
        return done
    region = read_today(wish.files, Path(wish.name), opened.now)
    if not isinstance(region, Refusal):
        await adopt(opened.store, region)
    say(f"Applied as version {done.number}.")
    return done


async def _target(opened: Opened, number: int | None) -> int:
    """The version asked for; else the newest that is another one than that in force; 0 when there is none."""
    if number is not None:
        return number
    known = await every_version(opened.store.statements)
    others = [one.number for one in known if one.digest != known[-1].digest]
    return others[-1] if others else 0


def _author() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def _status(found: Plan | Refusal) -> int | Refusal:
    if isinstance(found, Refusal) and any(":" in issue.path for issue in found.issues):
        for issue in found.issues:
            fail(f"{issue.path}: {issue.text}" if issue.path else issue.text)
        return 1
    return found if isinstance(found, Refusal) else 0


def show(console: Console, plan: Plan) -> None:
    """Print what applying changes, for whom, and in which resources."""
    for line in lines(plan):
        console.print(line, markup=False)
    console.print(changes_table(plan.changes))


def lines(plan: Plan) -> Iterator[str]:
    """The plan in plain words."""
    if plan.is_empty:
        yield f"Everything is as in version {plan.before}."
        return
    after = f"after version {plan.before}" if plan.before else "the first"
    yield f"Version {plan.number} ({plan.version}), {after}."
    yield from (str(one) for one in plan.differences)
    if plan.sight:
        yield f"Who may see what may change, by: {', '.join(plan.sight)}. Compare with: saman model trial DIR"
    for one in plan.concerned:
        what = "ends: nobody begins in it any more" if one.ends else "changes"
        yield f"Service {one.service} {what}. People in it, who stay on their version until moved: {one.people}."
    for left in plan.holding:
        yield f"{left.name} is no longer in the model, and is kept with its open tasks: {left.tasks}."


def changes_table(changes: Changes) -> Table:
    """What applying a care model does, by type of resource; nothing is ever deleted."""
    table = Table("Resource", "New", "Changed", "As before", "No longer in the model")
    counts = [
        Counter(address(one).partition("/")[0] for one in changes.create),
        Counter(address(one).partition("/")[0] for one in changes.update),
        Counter(name.partition("/")[0] for name in changes.unchanged),
        Counter(name.partition("/")[0] for name in changes.left),
    ]
    for kind in sorted(set().union(*counts)):
        table.add_row(kind, *(str(count[kind]) for count in counts))
    return table
