"""`saman erase-log`: erase what the log no longer has to keep, and leave the proof that it was there."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import psycopg
from cyclopts import Parameter

from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Policy
from saman.model.access.terms import LogKeep, of_kind
from saman.model.access.terms_time import earlier
from saman.ops import database
from saman.ops.cli.progress import Progress
from saman.ops.cli.telling import say
from saman.ops.clock import clock_of
from saman.ops.database import Source
from saman.ops.region import open_region
from saman.ops.running import InForce, found_in_force
from saman.ops.settings import Settings, load
from saman.record.ledger.erasing import Plan, Wanted, erase, planned
from saman.record.migrate import migrate

Before = Annotated[datetime | None, Parameter(help="Older than this, as 2021-11-20T00:00:00Z; otherwise as R20 says.")]
Entries = Annotated[tuple[int, ...], Parameter(name="--entry", negative="", help="Only this entry. May be repeated.")]
Decision = Annotated[
    str, Parameter(help="Which decision asks for it, by its number; needed for what R20 still keeps. No names.")
]
Yes = Annotated[bool, Parameter(negative="", help="Do it. Without this it is only told what would be erased.")]
LONGEST = 100


def erase_log(
    *, before: Before = None, entry: Entries = (), decision: Decision = "", yes: Yes = False
) -> int | Refusal:
    """Erase the content of old entries; their salted commitments stay, so that `saman verify audit` still holds.

    Without --decision only what is older than the country's row R20 keeps. The erasing is an entry of the log itself.
    """
    settings = load()
    if isinstance(settings, Refusal):
        return settings
    source = database.find(settings, say)
    if isinstance(source, Refusal):
        return source
    try:
        if not source.admin_url:
            text = "This needs the role that owns the tables. Give SAMAN_DATABASE_ADMIN_URL."
            return refused(Kind.FORBIDDEN, "security", text, "SAMAN_DATABASE_ADMIN_URL")
        migrate(source.admin_url, source.app_role)
        now = clock_of(settings)()
        policy = _policy(source, settings, now)
        if isinstance(policy, Refusal):
            return policy
        wanted = _wanted(policy, now, before, entry, " ".join(decision.split()))
        return wanted if isinstance(wanted, Refusal) else _done(source.admin_url, wanted, now, yes=yes)
    finally:
        source.close(say)


def _policy(source: Source, settings: Settings, now: datetime) -> Policy | Refusal:
    """The rules that were applied, which say how long entries are kept; those of the folder before any were."""
    found = asyncio.run(found_in_force(source.app_url, settings)) or open_region(settings.region, now.date())
    if isinstance(found, Refusal):
        return found
    return found.region.policy if isinstance(found, InForce) else found.policy


def _wanted(
    policy: Policy, now: datetime, before: datetime | None, entries: tuple[int, ...], decision: str
) -> Wanted | Refusal:
    """What may be erased: by the row that says how long entries are kept, or by a decision."""
    if before is not None and before.tzinfo is None:
        return refused(Kind.INVALID, "value", "Give --before with its time zone: 2021-11-20T00:00:00Z.", "before")
    if len(decision) > LONGEST or ":" in decision:
        text = f"Name the decision in at most {LONGEST} characters, without colons."
        return refused(Kind.INVALID, "value", text, "decision")
    if decision:
        return Wanted(before or now, f"by decision {decision}", entries or None)
    kept = of_kind(policy, LogKeep, now)
    if kept is None:
        text = "No row R20 is in force that says how long the log is kept. Name the --decision that asks for it."
        return refused(Kind.FORBIDDEN, "forbidden", text, "decision")
    limit = earlier(now, kept.keep, policy.zone)
    if before is not None and before > limit:
        text = f"Row R20 keeps entries for {kept.keep}. Name the --decision that asks for younger ones to be erased."
        return refused(Kind.FORBIDDEN, "forbidden", text, "before")
    return Wanted(before or limit, f"by R20 what is older than {kept.keep}", entries or None)


def _done(url: str, wanted: Wanted, now: datetime, *, yes: bool) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        plan = planned(connection, wanted, now)
        if not yes or not plan.entries:
            print(f"Would erase {_told(plan)}. Nothing was changed." if plan.entries else "There is nothing to erase.")  # noqa: T201
            return 0
        done = 0
        with Progress("Erasing") as progress:
            for several in erase(connection, wanted, now):
                done += several
                progress(f"{done} of {plan.entries} entries")
    print(f"Erased {done} entries. Their commitments stay.")  # noqa: T201
    return 0


def _told(plan: Plan) -> str:
    return f"{plan.entries} entries, made from {plan.oldest:%Y-%m-%d} to {plan.newest:%Y-%m-%d}"
