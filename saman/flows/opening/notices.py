"""Notices of openings: what a citizen is told because the law wants it, until they have said that they have read it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from saman.flows.opening.standing import unfenced
from saman.flows.reading import moment_of
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.access import Holder
from saman.model.care import codes
from saman.record import Record, Stored


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that nobody has said to have read: its Communication, the Task it tells of, and when it was sent."""

    id: str
    opening: str
    sent: datetime


def unread(found: Iterable[Stored]) -> tuple[Notice, ...]:
    """The notices among Communications about a person that are not read yet, newest first.

    Whoever may write Communications could write one that looks like it: believe only what tells of an opening.
    """
    notices = (notice for one in found if (notice := _notice(one)) is not None)
    return tuple(sorted(notices, key=lambda one: one.sent, reverse=True))


def _notice(stored: Stored) -> Notice | None:
    letter = stored.resource()
    if not _is_notice(stored) or "received" in letter or "sent" not in letter:
        return None
    told = (str(one.get("reference", "")) for one in letter.get("about", ()))
    opening = next((one.removeprefix("Task/") for one in told if one.startswith("Task/")), "")
    return Notice(id=stored.id, opening=opening, sent=moment_of(letter["sent"])) if opening else None


def _is_notice(stored: Stored) -> bool:
    letter = stored.resource()
    kinds = (codes.code_of(one, codes.COMMUNICATION) for one in letter.get("category", ()))
    return stored.type == "Communication" and codes.OPENING_NOTICE in kinds


async def acknowledge(record: Record, id: str) -> Refusal | None:
    """The citizen who asks says that she has read a notice to her; saying it again changes nothing."""
    context = record.context
    missing = refused(Kind.NOT_FOUND, "not-found", "There is no such notice.", key="record.not-found")
    if context.kind != Holder.CITIZEN.value:
        return missing
    there = await record.read("Communication", id)
    if isinstance(there, Refusal) or not _is_notice(there) or f"Patient/{there.person}" != context.actor:
        return missing
    if "received" in there.resource():
        return None
    read = there.resource() | {"received": instant(context.now)}
    done = await unfenced(record).update("Communication", id, read, there.version)
    return done if isinstance(done, Refusal) and done.kind is not Kind.PRECONDITION else None
