"""What a Subscription asks for, read from the resource with its backport extensions; every fault is named at once.

Source: https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-subscription.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

from saman.kernel.outcome import Issue, Kind, Refusal
from saman.model.fhir import date_range
from saman.model.subscription.topic import TOPICS, Topic

Resource = Mapping[str, Any]
Content = Literal["empty", "id-only", "full-resource"]
Channel = Literal["rest-hook", "websocket"]
CONTENTS: Mapping[str, Content] = {"empty": "empty", "id-only": "id-only", "full-resource": "full-resource"}
CHANNELS: Mapping[str, Channel] = {"rest-hook": "rest-hook", "websocket": "websocket"}
Filter = tuple[tuple[str, tuple[str, ...]], ...]
"""Search parameters that must all match, each with the values of which one must match."""

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
JSON = frozenset({"application/fhir+json", "application/json"})
WITHHELD = "*"
"""What stands in place of a header's value when a Subscription is read; sent back, it leaves the value as it was."""

MOST_FILTERS, MOST_HEADERS, MOST_HEADER, MOST_ENDPOINT = 10, 10, 2000, 2000
LEAST_HEARTBEAT, MOST_TIMEOUT, USUAL_TIMEOUT, MOST_EVENTS, USUAL_EVENTS = 10, 60, 20, 100, 20
_PERSON = ("patient", "subject")
_CLASSIC = re.compile(r"[A-Z][A-Za-z]+(\?.*)?", re.ASCII | re.DOTALL)
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}): ?([\x20-\x7e]*)", re.ASCII)
_NOT_YOURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-type", "upgrade", "te"})


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A Subscription as it was understood.

    `person` is the one Patient id that the filters name, if they do; `heartbeat` and `timeout` are seconds (0: no
    heartbeats), `most` how many events one notification holds. A header is a name and a value.
    """

    topic: Topic
    filters: tuple[Filter, ...]
    person: str | None
    channel: Channel
    content: Content
    endpoint: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    heartbeat: int = 0
    timeout: int = USUAL_TIMEOUT
    most: int = USUAL_EVENTS
    ends: datetime | None = None


def is_classic(resource: Resource) -> bool:
    """Whether the criteria are a search, as R4 had them before there were topics."""
    return _CLASSIC.fullmatch(str(resource.get("criteria", ""))) is not None


def read_wanted(resource: Resource) -> Wanted | Refusal:
    """What a valid Subscription asks for; refused with each thing that can't be done."""
    reader = _Reader(resource)
    wanted = reader.read()
    return wanted if wanted is not None else Refusal(Kind.UNPROCESSABLE, tuple(reader.issues))


class _Reader:
    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.channel: Mapping[str, Any] = resource["channel"]
        self.issues: list[Issue] = []

    def read(self) -> Wanted | None:
        """Everything at once, so that one refusal names every fault."""
        topic = TOPICS.get(self.resource.get("criteria", ""))
        if topic is None:
            self.wrong("criteria", "The criteria are the canonical of a topic. Subscription/$topics lists them.")
        if self.resource.get("status") not in ("requested", "off"):
            self.wrong("status", "A client sets the status to requested or off; all else is the server's.")
        filters = self._filters(topic) if topic is not None else ()
        kind, content = self._kind(), self._content()
        endpoint, headers = self._endpoint(kind), self._headers()
        heartbeat = self._seconds("heartbeat-period", 0, LEAST_HEARTBEAT, 86400)
        timeout = self._seconds("timeout", USUAL_TIMEOUT, 1, MOST_TIMEOUT)
        most = self._seconds("max-count", USUAL_EVENTS, 1, MOST_EVENTS)
        ends = self._end()
        if self.issues or topic is None or kind is None or content is None:
            return None
        return Wanted(
            topic=topic,
            filters=filters,
            person=_person(filters),
            channel=kind,
            content=content,
            endpoint=endpoint,
            headers=headers,
            heartbeat=heartbeat,
            timeout=timeout,
            most=most,
            ends=ends,
        )

    def wrong(self, place: str, text: str, code: str = "value") -> None:
        self.issues.append(Issue(code, text, f"Subscription.{place}"))

    def _filters(self, topic: Topic) -> tuple[Filter, ...]:
        place = "criteria.extension"
        texts = _values(self.resource.get("_criteria"), "filter-criteria", "valueString")
        if len(texts) > MOST_FILTERS:
            self.wrong(place, f"At most {MOST_FILTERS} filters fit.", "too-costly")
            return ()
        return tuple(one for text in texts if (one := self._filter(topic, str(text), place)) is not None)

    def _filter(self, topic: Topic, text: str, place: str) -> Filter | None:
        kind, mark, asked = text.partition("?")
        if kind != topic.resource or not mark:
            self.wrong(place, f"A filter of this topic begins with {topic.resource}?")
            return None
        try:
            pairs = parse_qsl(asked, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=10)
        except ValueError:
            self.wrong(place, "A filter is a search of at most 10 parameters, as name=value&name=value.")
            return None
        unknown = [name for name, _ in pairs if name not in topic.filters]
        if unknown:
            self.wrong(place, f"This topic is filtered by {', '.join(topic.filters)} alone.", "not-supported")
            return None
        read = tuple((name, tuple(one for one in value.split(",") if one)) for name, value in pairs)
        if not all(values for _, values in read) or "\\" in asked:
            self.wrong(place, "Each parameter of a filter needs a value, without escapes.")
            return None
        return read

    def _kind(self) -> Channel | None:
        kind = CHANNELS.get(str(self.channel.get("type")))
        if kind is not None:
            return kind
        self.wrong("channel.type", "The channel is rest-hook or websocket.", "not-supported")
        return None

    def _content(self) -> Content | None:
        payload = self.channel.get("payload")
        if payload is not None and payload not in JSON:
            self.wrong("channel.payload", "Notifications are application/fhir+json.", "not-supported")
        told = _values(self.channel.get("_payload"), "payload-content", "valueCode")
        content = CONTENTS.get(str(told[0]) if told else "id-only" if payload else "empty")
        if content is not None:
            return content
        self.wrong("channel.payload.extension", "The content is empty, id-only or full-resource.")
        return None

    def _endpoint(self, kind: Channel | None) -> str:
        endpoint = str(self.channel.get("endpoint") or "")
        if kind == "rest-hook" and not endpoint:
            self.wrong("channel.endpoint", "A rest-hook needs an endpoint.", "required")
        if len(endpoint) > MOST_ENDPOINT:
            self.wrong("channel.endpoint", f"An endpoint has at most {MOST_ENDPOINT} characters.")
        return endpoint

    def _headers(self) -> tuple[tuple[str, str], ...]:
        lines = [str(one) for one in self.channel.get("header", ())]
        if len(lines) > MOST_HEADERS or any(len(one) > MOST_HEADER for one in lines):
            text = f"At most {MOST_HEADERS} headers of {MOST_HEADER} characters fit."
            self.wrong("channel.header", text, "too-costly")
            return ()
        found = [_HEADER.fullmatch(one) for one in lines]
        named = [(one[1], one[2].strip()) for one in found if one is not None]
        if len(named) < len(lines) or any(name.lower() in _NOT_YOURS for name, _ in named):
            self.wrong("channel.header", "A header is `Name: value` in ASCII, and none that belongs to the connection.")
        return tuple(named)

    def _seconds(self, name: str, usual: int, least: int, most: int) -> int:
        value_name = "valuePositiveInt" if name == "max-count" else "valueUnsignedInt"
        told = _values(self.channel, name, value_name)
        if not told or (name == "heartbeat-period" and told[0] == 0):
            return usual
        if not isinstance(told[0], int) or not least <= told[0] <= most:
            self.wrong("channel.extension", f"{name} is a whole number from {least} to {most}.")
            return usual
        return told[0]

    def _end(self) -> datetime | None:
        end = self.resource.get("end")
        moment = None if end is None else date_range(str(end))
        if isinstance(moment, Refusal):
            self.wrong("end", "The end is a moment, as 2026-12-31T23:00:00Z.")
            return None
        return moment[0] if moment is not None else None


def _values(element: Any, name: str, value: str) -> list[Any]:
    """The values of one backport extension of an element; one of another type is there as None."""
    extensions: Iterable[Mapping[str, Any]] = (element or {}).get("extension", ())
    return [one.get(value) for one in extensions if one.get("url") == f"{BACKPORT}backport-{name}"]


def _person(filters: Iterable[Filter]) -> str | None:
    """The Patient id that every match must be about, if the filters name one."""
    for one in filters:
        for name, values in one:
            if name in _PERSON and len(values) == 1:
                return values[0].removeprefix("Patient/")
    return None


def shown(resource: Resource) -> dict[str, Any]:
    """The Subscription as anybody reads it: its headers have names and no values."""
    channel = dict(resource["channel"])
    if "header" in channel:
        channel["header"] = [f"{str(one).partition(':')[0]}: {WITHHELD}" for one in channel["header"]]
    return {**resource, "channel": channel}
