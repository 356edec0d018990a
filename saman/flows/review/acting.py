"""Who may do what in this folder, and the record as it works: in the name of the one who asks, over all of the record.

A question about a look, and an opening to be reviewed, must be hidden from those it is about and from everybody who
gives care. So such a Task names no person that care relations could follow from, only the system's context sees it,
and it is reached through the functions of this folder alone, which check first who asks.
"""

from __future__ import annotations

import msgspec

from saman.kernel.outcome import Kind, Refusal, refused
from saman.record import SYSTEM, Record
from saman.record.membership import units_of

REVIEWER = "log-reviewer"
OFFICER = "data-protection-officer"


def acting(record: Record) -> Record:
    """The record without fences, logged in the name of the one who asks. For this folder alone."""
    context = msgspec.structs.replace(record.context, number=SYSTEM, kind="system", narrowing=None)
    return Record(record.store, context, record.base, record.connection)


def is_reviewer(record: Record) -> bool:
    """Whether a log reviewer asks."""
    return record.context.kind == "staff" and record.context.role == REVIEWER and record.context.party != ""


def oversees(record: Record) -> bool:
    """Whether a log reviewer or a data-protection officer asks."""
    return is_reviewer(record) or (record.context.kind == "staff" and record.context.role == OFFICER)


def own_citizen(record: Record) -> str | None:
    """The id of the citizen who asks about herself; None for everybody else."""
    context = record.context
    return context.actor.removeprefix("Patient/") if context.kind == "citizen" else None


def not_yours() -> Refusal:
    """Somebody else's room."""
    return refused(Kind.FORBIDDEN, "forbidden", "This is for the log reviewer.", key="auth.not-yours")


async def own_units(record: Record) -> tuple[str, ...]:
    """The ids of the organisation that the one who asks acts for, and of its units now."""
    return await units_of(record.store.pool, record.context.party, record.context.now)
