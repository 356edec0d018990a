"""Messages from somebody close: written in their own name, for the person, where they may.

They may where the plan is open to them, and messages are shared with them or they have custody. Their right lasts for
one act and is held by nobody otherwise: a message comes with a task, and a task is a tie for whoever owns it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from saman.flows.message.thread import Letter, write
from saman.flows.writing import Once
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Domain, Holder, Relation, RelationKind
from saman.record import Record
from saman.record.ties import own_ties

RIGHT = "write-for"
MESSAGES = "messages"
"""What is shared with who may write, or covered by their mandate."""


Resource = dict[str, Any]


async def may_write_for(record: Record, person: str) -> bool:
    """Whether somebody close who asks may write messages for the Patient `person` now."""
    if record.context.kind != Holder.RELATIVE.value:
        return False
    standing, now = await own_ties(record, person), record.context.now
    return Domain.PLAN in standing.open and any(_opens(one) and _holds(one, now) for one in standing.ties)


def _opens(tie: Relation) -> bool:
    return tie.kind is RelationKind.GUARDIAN or (tie.kind is RelationKind.RELATIVE and tie.topic == MESSAGES)


def _holds(tie: Relation, now: datetime) -> bool:
    return (tie.start is None or tie.start <= now) and (tie.end is None or now < tie.end)


async def write_for(record: Record, letter: Letter, task: Resource) -> Once | Refusal:
    """Send a message for somebody, with the task of answering it; refused like what is not there where they may not."""
    if not await may_write_for(record, letter.person):
        return refused(Kind.NOT_FOUND, "not-found", "There are no messages here.", key="record.not-found")
    context = msgspec.structs.replace(record.context, rights=record.context.rights | {RIGHT})
    key = f"{record.context.actor.partition('/')[2]}-{letter.key}"
    inner = Record(record.store, context, record.base, record.connection)
    return await write(inner, msgspec.structs.replace(letter, key=key), task)
