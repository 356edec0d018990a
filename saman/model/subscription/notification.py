"""What is told: a Bundle of type history whose first entry is the status, as Parameters.

Source: https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-subscription-notification-r4.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from saman.kernel import json
from saman.kernel.clock import instant
from saman.model.subscription.wanted import BACKPORT

Kind = Literal["handshake", "heartbeat", "event-notification", "query-status", "query-event"]

_METHODS = {"C": ("POST", "201"), "U": ("PUT", "200"), "D": ("DELETE", "204")}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One event as its receiver may know it: `focus` (`Type/id`) is empty where nothing more may be said.

    `change` is C, U or D; `text` the resource as JSON, where it goes along.
    """

    number: int
    at: datetime | None = None
    focus: str = ""
    change: str = ""
    text: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a subscription stands: its id, topic, status, how many events it has been told of, and what is wrong."""

    id: str
    topic: str
    status: str
    count: int
    error: str = ""


def status(standing: Standing, kind: Kind, base: str, events: Sequence[Told] = ()) -> dict[str, Any]:
    """The status as Parameters."""
    made: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": f"{base}/Subscription/{standing.id}"}},
        {"name": "topic", "valueCanonical": standing.topic},
        {"name": "status", "valueCode": standing.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(standing.count)},
        *({"name": "notification-event", "part": _parts(one, base)} for one in events),
    ]
    if standing.error:
        made.append({"name": "error", "valueCodeableConcept": {"text": standing.error}})
    profile = f"{BACKPORT}backport-subscription-status-r4"
    return {"resourceType": "Parameters", "meta": {"profile": [profile]}, "parameter": made}


def _parts(one: Told, base: str) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"name": "event-number", "valueString": str(one.number)}]
    if one.at is not None:
        parts.append({"name": "timestamp", "valueInstant": instant(one.at)})
    if one.focus:
        parts.append({"name": "focus", "valueReference": {"reference": f"{base}/{one.focus}"}})
    return parts


def notification(
    standing: Standing, kind: Kind, base: str, now: datetime, urn: str, events: Sequence[Told] = ()
) -> bytes:
    """A notification as JSON; `urn` is a new `urn:uuid:…` for the status."""
    address = f"{base}/Subscription/{standing.id}/$status"
    first = {"fullUrl": urn, "resource": status(standing, kind, base, events)}
    first |= {"request": {"method": "GET", "url": address}, "response": {"status": "200"}}
    entries = [json.encode(first).decode(), *(_entry(one, base) for one in events if one.focus)]
    profile = f"{BACKPORT}backport-subscription-notification-r4"
    return (
        f'{{"resourceType":"Bundle","meta":{{"profile":["{profile}"]}},"type":"history",'
        f'"timestamp":"{instant(now)}","entry":[{",".join(entries)}]}}'
    ).encode()


def _entry(one: Told, base: str) -> str:
    method, code = _METHODS[one.change]
    target = one.focus.partition("/")[0] if method == "POST" else one.focus
    resource = f'"resource":{one.text},' if one.text else ""
    url = json.encode(f"{base}/{one.focus}").decode()
    return (
        f'{{"fullUrl":{url},{resource}"request":{{"method":"{method}","url":"{target}"}},'
        f'"response":{{"status":"{code}"}}}}'
    )


def statuses(listed: Sequence[Standing], base: str) -> dict[str, Any]:
    """The answer to `$status`: a searchset of how each stands."""
    entries = [{"resource": status(one, "query-status", base), "search": {"mode": "match"}} for one in listed]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return bundle | ({"entry": entries} if entries else {})
