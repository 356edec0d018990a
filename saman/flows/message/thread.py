"""A thread of messages about one person (https://hl7.org/fhir/R4/communication.html)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from saman.flows.reading import in_language, moment_of
from saman.flows.writing import Once, once
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care import codes
from saman.record import Change, Record, Stored
from saman.record.gathering import About

MESSAGE = "message"
LONGEST = 4000
MOST = 1000
"""Letters about one person that a thread goes back."""

Resource = dict[str, Any]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message; `sender` and `recipient` are references, `read` is when it was opened."""

    id: str
    sender: str
    recipient: str
    sent: datetime
    text: str
    read: datetime | None


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be sent about a person, stored once for its key."""

    person: str
    recipient: str
    text: str
    key: str


async def thread_of(record: Record, person: str, language: str) -> tuple[Message, ...] | Refusal:
    """All messages about a person that the one who asks may see, oldest first."""
    found = await record.about(person, {"Communication": MOST})
    return found if isinstance(found, Refusal) else thread_in(found, language)


def thread_in(found: About, language: str) -> tuple[Message, ...]:
    """The same from what was found about the person, which holds Communications."""
    letters = [one.resource() for one in found["Communication"]]
    messages = (_message(one, language) for one in letters if _is_message(one))
    return tuple(sorted(messages, key=lambda one: one.sent))


def _is_message(communication: Resource) -> bool:
    return any(codes.code_of(one, codes.COMMUNICATION) == MESSAGE for one in communication.get("category", ()))


def _message(resource: Resource, language: str) -> Message:
    payload: Resource = next(iter(resource.get("payload", ())), {})
    recipient: Resource = next(iter(resource.get("recipient", ())), {})
    return Message(
        id=resource["id"],
        sender=resource.get("sender", {}).get("reference", ""),
        recipient=recipient.get("reference", ""),
        sent=moment_of(resource["sent"]),
        text=in_language(payload, "contentString", language, resource),
        read=moment_of(resource["received"]) if "received" in resource else None,
    )


async def write(record: Record, letter: Letter, task: Resource | None = None) -> Once | Refusal:
    """Send a message, together with the task of answering it where somebody is to answer."""
    text = letter.text.strip()
    if not text:
        return refused(Kind.UNPROCESSABLE, "required", "Write something.", "text", key="message.empty")
    if len(text) > LONGEST:
        return refused(Kind.UNPROCESSABLE, "too-long", f"Write at most {LONGEST} signs.", "text", key="message.long")
    resource: Resource = {
        "resourceType": "Communication",
        "identifier": [{"system": codes.COMMUNICATION, "value": letter.key}],
        "status": "completed",
        "category": [codes.concept(codes.COMMUNICATION, MESSAGE)],
        "subject": codes.reference(f"Patient/{letter.person}"),
        "sent": instant(record.context.now),
        "recipient": [codes.reference(letter.recipient)],
        "sender": codes.reference(record.context.actor),
        "payload": [{"contentString": text}],
    }
    changes = [Change(resource)] + ([Change(task)] if task is not None else [])
    return await once(record, "Communication", f"identifier={codes.COMMUNICATION}|{letter.key}", lambda inner: changes)


async def open_all(record: Record, thread: Sequence[Message], receivers: Collection[str]) -> None:
    """Say of every message to one of `receivers` that it has now been opened; what changed meanwhile is left alone."""
    for one in thread:
        if one.read is None and one.recipient in receivers:
            there = await record.read("Communication", one.id)
            if isinstance(there, Stored):
                opened = there.resource() | {"received": instant(record.context.now)}
                await record.update("Communication", one.id, opened, there.version)
