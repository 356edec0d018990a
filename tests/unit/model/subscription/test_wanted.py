"""What a Subscription asks for, read from the resource."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from saman.kernel.outcome import Refusal
from saman.model.fhir import search_parameters
from saman.model.subscription.topic import TOPICS
from saman.model.subscription.wanted import BACKPORT, Wanted, is_classic, read_wanted, shown

BASE: dict[str, Any] = {
    "resourceType": "Subscription",
    "status": "requested",
    "reason": "x",
    "criteria": "urn:saman:subscription-topic:task",
    "channel": {"type": "websocket"},
}


def test_everything_has_a_usual_value() -> None:
    wanted = read_wanted(BASE)
    assert isinstance(wanted, Wanted)
    assert (wanted.content, wanted.heartbeat, wanted.timeout, wanted.most, wanted.person) == ("empty", 0, 20, 20, None)


def test_every_fault_is_named_at_once() -> None:
    wrong = BASE | {"status": "active", "criteria": "x", "channel": {"type": "sms", "header": ["no colon"]}}
    refusal = read_wanted(wrong)
    assert isinstance(refusal, Refusal)
    assert [one.path.removeprefix("Subscription.") for one in refusal.issues] == [
        "criteria", "status", "channel.type", "channel.header",
    ]  # fmt: skip


def test_topics_name_parameters_that_there_are() -> None:
    for one in TOPICS.values():
        assert set(one.filters) <= set(search_parameters(one.resource)), one.id


def test_headers_are_read_without_values() -> None:
    kept = shown(BASE | {"channel": {"type": "rest-hook", "header": ["Authorization: Bearer x: y", "X-Key:z"]}})
    assert kept["channel"]["header"] == ["Authorization: *", "X-Key: *"]


def test_criteria_from_before_there_were_topics_are_known() -> None:
    assert is_classic({"criteria": "Observation?code=http://loinc.org|1975-2"})
    assert is_classic({"criteria": "Observation"})
    assert not is_classic(BASE)


_TEXTS = st.text(max_size=60)


@given(
    _TEXTS,
    st.lists(st.one_of(_TEXTS, st.integers(), st.none()), max_size=3),
    st.sampled_from(["filter-criteria", "payload-content", "heartbeat-period", "timeout", "max-count"]),
    st.lists(_TEXTS, max_size=4),
    _TEXTS,
)
def test_whatever_is_sent_is_read_or_refused(
    criteria: str, values: list[Any], name: str, headers: list[str], endpoint: str
) -> None:
    extensions = {
        "extension": [
            {"url": f"{BACKPORT}backport-{name}", kind: value}
            for value in values
            for kind in ("valueString", "valueCode", "valueUnsignedInt", "valuePositiveInt")
        ]
    }
    for topic in (criteria, BASE["criteria"]):
        channel = {"type": "rest-hook", "endpoint": endpoint, "header": headers, "_payload": extensions, **extensions}
        read = read_wanted(BASE | {"criteria": topic, "_criteria": extensions, "channel": channel})
        assert isinstance(read, Wanted | Refusal)
