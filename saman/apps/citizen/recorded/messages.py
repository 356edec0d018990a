"""Messages with those who follow the citizen, as the citizen and those close read and write them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from saman.apps.citizen.recorded.own import Own
from saman.apps.citizen.views import Message, Thread
from saman.apps.ui.locales import mark
from saman.flows.directory import Named
from saman.flows.message import thread as letters
from saman.flows.message.near import may_write_for, write_for
from saman.flows.message.thread import Letter, open_all, thread_of, write
from saman.flows.monitoring.enrolment import Following
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.care import codes
from saman.model.care.calendar import deadline

FOR_YOU = mark("%(relative)s, for you")
FOR = mark("%(relative)s, for %(person)s")
SOMEBODY = mark("Somebody close")
NONE = mark("There are no messages here.")

Resource = dict[str, Any]


async def thread(own: Own) -> Thread | Refusal:
    """Messages with those who follow the citizen; opening them marks those to the citizen as read by the citizen."""
    followed = await own.followed()
    found = await thread_of(own.record, own.person, own.language)
    if isinstance(followed, Refusal):
        return followed
    if isinstance(found, Refusal):
        return found
    citizen, actor = f"Patient/{own.person}", own.record.context.actor
    if actor == citizen:
        await open_all(own.record, found, {citizen})
    names = await own.names(citizen, *(one.sender for one in found))
    reader = own.answerer(followed)
    return Thread(
        counterpart=reader.who,
        messages=tuple(_message(own, one, names) for one in found),
        reader=reader,
        key=secrets.token_urlsafe(18),
        may_write=actor == citizen or await may_write_for(own.record, own.person),
    )


def _message(own: Own, one: letters.Message, names: dict[str, Named]) -> Message:
    sender = names.get(one.sender)
    return Message(
        sender=sender_words(own, one.sender, names),
        initials=sender.initials if sender else "",
        mine=one.sender == own.record.context.actor,
        ours=one.sender.startswith(("Patient/", "RelatedPerson/")),
        when=one.sent,
        text=one.text,
        read=one.read,
        read_by=_receiver(own, one.recipient),
    )


def sender_words(own: Own, sender: str, names: dict[str, Named]) -> str:
    """Who wrote; of somebody close also for whom."""
    name = names[sender].name if sender in names else ""
    if not sender.startswith("RelatedPerson/"):
        return name
    relative, citizen = name or own.tell(SOMEBODY), f"Patient/{own.person}"
    if own.record.context.actor == citizen:
        return own.tell(FOR_YOU, relative=relative)
    return own.tell(FOR, relative=relative, person=names[citizen].name) if citizen in names else relative


def _receiver(own: Own, recipient: str) -> str:
    party = own.model.party(recipient.removeprefix("Organization/"))
    return (own.said(party.called) or party.name) if party else ""


async def write_message(own: Own, key: str, text: str) -> Refusal | None:
    """A message to the unit that follows the citizen, with the task of answering it; somebody close writes for them."""
    close = own.record.context.kind == "relative"
    if close and not await may_write_for(own.record, own.person):
        return refused(Kind.NOT_FOUND, "not-found", "There are no messages here.", key=NONE)
    followed = await own.followed()
    if isinstance(followed, Refusal):
        return followed
    letter = Letter(person=own.person, recipient=followed.owner, text=text, key=key)
    task = _task(own, followed, text)
    done = await (write_for(own.record, letter, task) if close else write(own.record, letter, task))
    return done if isinstance(done, Refusal) else None


def _task(own: Own, followed: Following, text: str) -> Resource:
    now = own.record.context.now
    due = deadline(followed.service.response.own_request_answered, followed.receiver, own.model.country, now)
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.TASK, codes.MESSAGE),
        "description": text.strip()[:200],
        "for": codes.reference(f"Patient/{own.person}"),
        "authoredOn": instant(now),
        "lastModified": instant(now),
        "requester": codes.reference(own.record.context.actor),
        "owner": codes.reference(followed.owner),
        "restriction": {"period": {"end": instant(due or now + timedelta(days=1))}},
    }
