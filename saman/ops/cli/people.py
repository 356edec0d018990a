"""`saman users`, `saman token` and `saman access`: who can sign in, as whom, and who may see whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from saman.apps.auth.users import User, citizens, find_users, relatives, staff
from saman.kernel import json as exact
from saman.kernel.outcome import Refusal
from saman.ops.access import explained
from saman.ops.cli.opened import Opened, with_record
from saman.ops.invitation import invitation, passkeys_on
from saman.ops.token import assignments, demo_only, demo_token
from saman.record.entrance import Entrance, entrance_entry
from saman.record.sessions import Sessions

As = Annotated[str, Parameter(name="--as", help="Who: a user's id, a reference such as Practitioner/1, or system.")]
Json = Annotated[bool, Parameter(negative="", help="Write JSON for programs instead of a table.")]
Organization = Annotated[str, Parameter(help="In which organisation, by id or name, for somebody with several roles.")]
Purpose = Annotated[str, Parameter(help="Purpose of use, such as TREAT; otherwise the usual one of the role.")]
Minutes = Annotated[int, Parameter(validator=Number(gte=1, lte=1440), help="For how long the token is good.")]
Patient = Annotated[str, Parameter(help="The person's id in the record.")]
Who = Annotated[str, Parameter(name="WHO", help="A practitioner's id, or a reference such as Practitioner/1.")]
Hours = Annotated[int, Parameter(validator=Number(gte=1, lte=336), help="For how long the invitation is good.")]
At = Annotated[datetime | None, Parameter(help="At which time, as 2026-11-20T14:40:00Z; otherwise now.")]


users = App("users", help="List who can sign in, and invite staff to make passkeys.")


@users.default
def list_users(*, json: Json = False) -> int | Refusal:
    """List who can sign in: staff with each role they hold now, living citizens, and relatives."""
    found = with_record(_users)
    if isinstance(found, Refusal):
        return found
    rows = [{"id": one.id, "name": one.name, "role": one.role, "organisation": one.party_name} for one in found]
    if json:
        return _write(rows)
    table = Table("Id", "Name", "Role", "Organisation")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row.values()))
    Console().print(table)
    return 0


@users.command(name="sign-out")
def sign_out(who: Who, /) -> int | Refusal:
    """End every session of somebody at once: staff, a citizen or a relative. The log has an entry for it."""

    async def ended(opened: Opened) -> int | Refusal:
        found = await find_users(opened.record, who)
        if isinstance(found, Refusal):
            return found
        many = await Sessions(opened.store.pool, opened.store.notices).end_all(found[0].actor)
        context, how = opened.record.context, f"sessions-ended {many}"
        await opened.record.log(entrance_entry(Entrance.ADMINISTRATION, context, how, about=found[0].actor))
        return many

    answer = with_record(ended)
    if isinstance(answer, Refusal):
        return answer
    print(f"Ended {answer}.")  # noqa: T201
    return 0


@users.command
def invite(who: Who, /, *, hours: Hours = 72) -> int | Refusal:
    """Write an invitation for a member of staff to make a first passkey; it works once, and ends earlier ones.

    Hand it over as you would a key: whoever opens it first signs in as them. It stands behind the # of the address, so
    that no server and no log sees it.
    """

    async def invited(opened: Opened) -> str | Refusal:
        return await invitation(opened, who, timedelta(hours=hours))

    answer = with_record(invited, passkeys_on)
    if isinstance(answer, Refusal):
        return answer
    print(answer)  # noqa: T201
    return 0


async def _users(opened: Opened) -> tuple[User, ...] | Refusal:
    record = opened.record
    return *await staff(record), *await citizens(record), *await relatives(record)


def token(*, as_: As, organization: Organization = "", purpose: Purpose = "", minutes: Minutes = 60) -> int | Refusal:
    """Make an access token for the FHIR interface and write it alone. Demo mode only.

    `system` is the back-end client that may use all of the record.
    """

    async def made(opened: Opened) -> str | Refusal:
        found = await assignments(opened.record, as_, organization)
        if isinstance(found, Refusal):
            return found
        lasting = timedelta(minutes=minutes)
        return demo_token(opened.store.secret, found[0], purpose, opened.now, lasting, opened.settings)

    answer = with_record(made, demo_only)
    if isinstance(answer, Refusal):
        return answer
    print(answer)  # noqa: T201
    return 0


def access(*, as_: As, patient: Patient, at: At = None, json: Json = False) -> int | Refusal:
    """Say what somebody may see of a person, by which rows of law or agreement, and on which ground.

    Each kind of data is decided on its own, for each role that is held now.
    """

    async def asked(opened: Opened) -> dict[str, Any] | Refusal:
        return await explained(opened.record, opened.store.policy, as_, patient, at)

    answer = with_record(asked)
    if isinstance(answer, Refusal):
        return answer
    if json:
        return _write(answer)
    console = Console()
    for one in answer["assignments"]:
        console.print(_decisions(one))
    return 0


def _decisions(assignment: dict[str, Any]) -> Table:
    title = ", ".join(filter(None, (assignment["role"], assignment["organisation"], assignment["purpose"])))
    table = Table("Data", "Decision", "Rows", "Ground", "Why", title=escape(title), title_justify="left")
    for kind in assignment["kinds"]:
        words = " ".join(kind["words"])
        cells = (kind["kind"], kind["decision"], " ".join(kind["rows"]), " ".join(kind["ground"]), words)
        table.add_row(*map(escape, cells))
    return table


def _write(answer: object) -> int:
    print(exact.encode(answer).decode())  # noqa: T201
    return 0
