"""`$topics`, `$status`, `$events` and `$get-ws-binding-token` of Subscription.

Source: https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/operations.html
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from saman.apps.fhir_api.answer import Answer
from saman.apps.fhir_api.call import Call
from saman.apps.fhir_api.operations.declared import Part, Parts, Resource
from saman.apps.fhir_api.operations.given import Given
from saman.kernel.clock import instant
from saman.kernel.outcome import Kind, Refusal, refused
from saman.model.subscription.notification import notification, statuses
from saman.model.subscription.topic import TOPICS, Topic
from saman.model.subscription.wanted import CONTENTS
from saman.record.refusals import not_found
from saman.record.subscriptions.asking import binding_token, events_between, mine

SOCKET = "$subscriptions"
"""Where web sockets are opened, below the base."""
_MOST = 10**15


async def topics(_call: Call, _given: Given) -> Answer | Parts | Resource | Refusal:
    """Everything that can be subscribed to."""
    return tuple(Part("topic", parts=tuple(_told(one))) for one in TOPICS.values())


def _told(one: Topic) -> Sequence[Part]:
    return (
        Part("url", one.url),
        Part("title", one.title),
        Part("description", one.describes),
        Part("resource", one.resource),
        *(Part("interaction", each) for each in one.interactions),
        *(Part("filter", each) for each in one.filters),
        *([Part("becomes", one.becomes)] if one.becomes else ()),
    )


async def status(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """How one's own subscriptions stand, or the one that is called on."""
    ids = [call.id] if call.id else [str(one).rpartition("/")[2] for one in given.every("id")]
    found = [one.standing for one in await mine(call.record, ids)]
    if call.id and not found:
        return not_found()
    wanted = set(given.every("status"))
    return statuses([one for one in found if not wanted or one.status in wanted], call.base)


async def events(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """What happened, by number; what the caller may no longer know of is a number alone."""
    first, last = _number(given, "eventsSinceNumber", 1), _number(given, "eventsUntilNumber", _MOST)
    content = CONTENTS.get(given.text("content")) if given.has("content") else None
    for refusal in (first, last):
        if isinstance(refusal, Refusal):
            return refusal
    if given.has("content") and content is None:
        return refused(Kind.INVALID, "value", f"'content' is one of {', '.join(CONTENTS)}.", given.place("content"))
    asked = await events_between(call.record, call.id, first, last, content)  # type: ignore[arg-type]
    if isinstance(asked, Refusal):
        return asked
    now, urn = call.record.context.now, f"urn:uuid:{uuid4()}"
    return Answer(200, notification(asked.standing, "query-event", call.base, now, urn, asked.events))


def _number(given: Given, name: str, usual: int) -> int | Refusal:
    text = given.text(name) if given.has(name) else str(usual)
    if text.isascii() and text.isdigit() and len(text) <= len(str(_MOST)):
        return int(text)
    return refused(Kind.INVALID, "value", f"'{name}' is the number of an event.", given.place(name))


async def socket_token(call: Call, given: Given) -> Answer | Parts | Resource | Refusal:
    """A word that binds a web socket to subscriptions of one's own, once."""
    ids = [call.id] if call.id else [str(one).rpartition("/")[2] for one in given.every("id")]
    made = await binding_token(call.record, ids)
    if isinstance(made, Refusal):
        return made
    word, until, found = made
    at = urlsplit(call.base)
    address = urlunsplit(("wss" if at.scheme == "https" else "ws", at.netloc, f"{at.path}/{SOCKET}", "", ""))
    return (
        Part("token", word),
        Part("expiration", instant(until)),
        *(Part("subscription", one) for one in found),
        Part("websocket-url", address),
    )
