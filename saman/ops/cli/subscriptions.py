"""`saman subscriptions`: who is told of what, and what their receivers did not take."""

from __future__ import annotations

from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from saman.kernel import json as exact
from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.cli.opened import Opened, with_record
from saman.ops.cli.telling import say
from saman.record.entrance import Entrance, entrance_entry
from saman.record.subscriptions.tending import LaidAside, Listed, laid_aside, listed, tell_again

app = App("subscriptions", help="See who is told of what, and what was laid aside.")

Id = Annotated[str, Parameter(help="The id of a Subscription.")]
Json = Annotated[bool, Parameter(negative="", help="Write JSON for programs instead of a table.")]


@app.command(name="list")
def list_(*, json: Json = False) -> int | Refusal:
    """List every subscription with how it stands, how many events wait and how many were laid aside."""
    found = with_record(_listed)
    if isinstance(found, Refusal):
        return found
    if json:
        print(exact.encode([msgspec.structs.asdict(one) for one in found]).decode())  # noqa: T201
        return 0
    table = Table("Id", "Owner", "Topic", "Status", "Told", "Waiting", "Laid aside", "Error")
    for one in found:
        owner = one.client or one.actor
        cells = (one.id, owner, one.topic, one.status, str(one.told), str(one.waiting), str(one.aside), one.error)
        table.add_row(*map(escape, cells))
    Console().print(table)
    return 0


async def _listed(opened: Opened) -> tuple[Listed, ...] | Refusal:
    return tuple(await listed(opened.store, opened.record.context))


@app.command
def aside(id: Id, /, *, json: Json = False) -> int | Refusal:
    """List the events of a subscription that its receiver did not take, without saying whom they are about."""
    found = with_record(lambda opened: _aside(opened, id))
    if isinstance(found, Refusal):
        return found
    if json:
        print(exact.encode([msgspec.structs.asdict(one) for one in found]).decode())  # noqa: T201
        return 0
    table = Table("Number", "When", "Type", "Change")
    for one in found:
        table.add_row(str(one.number), one.at.isoformat(), one.type, one.change)
    Console().print(table)
    return 0


async def _aside(opened: Opened, id: str) -> tuple[LaidAside, ...] | Refusal:
    if not await listed(opened.store, opened.record.context, id):
        return _unknown()
    return tuple(await laid_aside(opened.store, opened.record.context, id))


def _unknown() -> Refusal:
    return refused(Kind.NOT_FOUND, "not-found", "There is no subscription of this id, or it is off.", "id")


@app.command
def again(id: Id, /) -> int | Refusal:
    """Let what was laid aside be told again, under its old numbers."""

    async def told(opened: Opened) -> int | Refusal:
        many = await tell_again(opened.store, opened.record.context, id)
        if many is None:
            return _unknown()
        context = opened.record.context
        await opened.record.log(entrance_entry(Entrance.ADMINISTRATION, context, f"subscription again {id}"))
        return many

    many = with_record(told)
    if isinstance(many, Refusal):
        return many
    say(f"Events that are told again: {many}")
    return 0
