"""`saman clients`: which apps and back-end clients may ask for tokens."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from saman.apps.auth.smart.registration import Registration, client_of
from saman.kernel import json as exact
from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.cli.opened import Opened, with_record
from saman.ops.cli.telling import say
from saman.record.apps.clients import Client, Clients
from saman.record.entrance import Entrance, entrance_entry

app = App("clients", help="Register apps and back-end clients (SMART App Launch).")

Id = Annotated[str, Parameter(help="A short id, such as growth-chart. It is never given out twice.")]
Name = Annotated[str, Parameter(help="The name that people see when the app asks for access.")]
Scope = Annotated[str, Parameter(help="The most it can be given, as scopes with blanks between them.")]
Redirect = Annotated[tuple[str, ...], Parameter(negative="", help="An address that takes answers, letter by letter.")]
Launch = Annotated[str, Parameter(help="Where the app is opened from a person's page.")]
Keys = Annotated[Path | None, Parameter(help="A file with its public keys, a JSON Web Key Set.")]
Secret = Annotated[bool, Parameter(negative="", help="Make a secret for it and write that, once.")]
Organization = Annotated[str, Parameter(help="The organisation behind a back-end client, by id.")]
Introspects = Annotated[bool, Parameter(negative="", help="It may ask about the tokens of others.")]
Json = Annotated[bool, Parameter(negative="", help="Write JSON for programs instead of a table.")]


@app.command
def add(  # noqa: PLR0913 - each is an option of the command
    id: Id,
    /,
    *,
    name: Name,
    scope: Scope = "",
    redirect: Redirect = (),
    launch: Launch = "",
    keys: Keys = None,
    secret: Secret = False,
    organization: Organization = "",
    introspects: Introspects = False,
) -> int | Refusal:
    """Register a client. It proves who it is by its keys, by a secret, or as an app on a device not at all."""
    read = _read(keys) if keys else ""
    if isinstance(read, Refusal):
        return read
    made = secrets.token_urlsafe(32) if secret else ""
    asked = Registration(
        id=id,
        name=name,
        redirects=redirect,
        launch=launch,
        scope=scope,
        keys=read,
        secret=made,
        party=organization.removeprefix("Organization/"),
        introspects=introspects,
    )
    answer = with_record(lambda opened: _added(opened, asked))
    if isinstance(answer, Refusal):
        return answer
    if made:
        say("This is the only time that its secret is shown:")
        print(made)  # noqa: T201
    return 0


def _read(path: Path) -> str | Refusal:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return refused(Kind.NOT_FOUND, "not-found", f"{path} cannot be read.", "keys")


async def _added(opened: Opened, asked: Registration) -> Client | Refusal:
    client = client_of(asked, opened.now)
    if isinstance(client, Refusal):
        return client
    there = await opened.record.read("Organization", client.party) if client.party else None
    if isinstance(there, Refusal):
        return refused(Kind.NOT_FOUND, "not-found", "There is no organisation of this id.", "organization")
    if not await Clients(opened.store.pool).add(client):
        text = "This id was given out before. It stands in the log for good; take another."
        return refused(Kind.CONFLICT, "duplicate", text, "id")
    await _noted(opened, f"client added {client.id}")
    return client


async def _noted(opened: Opened, what: str) -> None:
    await opened.record.log(entrance_entry(Entrance.ADMINISTRATION, opened.record.context, what))


@app.command(name="list")
def list_(*, json: Json = False) -> int | Refusal:
    """List the clients that are registered now."""
    found = with_record(_listed)
    if isinstance(found, Refusal):
        return found
    if json:
        print(exact.encode([_shown(one) for one in found]).decode())  # noqa: T201
        return 0
    table = Table("Id", "Name", "Proves itself by", "Scopes", "Answers go to")
    for one in found:
        cells = (one.id, one.name, _PROOFS[one.kind], one.scope, " ".join(one.redirects))
        table.add_row(*map(escape, cells))
    Console().print(table)
    return 0


async def _listed(opened: Opened) -> tuple[Client, ...] | Refusal:
    return await Clients(opened.store.pool).listed()


_PROOFS = {"public": "nothing", "secret": "a secret", "keys": "keys"}


def _shown(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "name": client.name,
        "kind": client.kind,
        "redirects": list(client.redirects),
        "launch": client.launch,
        "scope": client.scope,
        "organisation": client.party,
        "introspects": client.introspects,
    }


@app.command
def remove(id: Id, /) -> int | Refusal:
    """Take a client out. Everything that it was let do ends at once."""

    async def removed(opened: Opened) -> bool | Refusal:
        if not await Clients(opened.store.pool).remove(id, opened.now):
            return refused(Kind.NOT_FOUND, "not-found", "No client of this id is registered.", "id")
        await _noted(opened, f"client removed {id}")
        return True

    answer = with_record(removed)
    return answer if isinstance(answer, Refusal) else 0
