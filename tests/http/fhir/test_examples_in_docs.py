"""The page of examples is played from its beginning: every answer is as shown, and no call is missing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from saman.apps.fhir_api.app import RECORD_ROUTES
from saman.apps.fhir_api.operations.standard import OPERATIONS
from saman.kernel import json

PAGE = Path(__file__).parents[3] / "docs" / "subsystems" / "fhir-examples.md"
STEPS = {"{type}": "[A-Z][A-Za-z]+", "{id}": "[A-Za-z0-9.-]+", "{version}": "[0-9]+", "{inside}": "[A-Z*][A-Za-z]*"}
WILD = "…"
ELSEWHERE = {"export": "bulk.md", "events": "subscriptions.md", "get-ws-binding-token": "subscriptions.md"}
"""Operations that need more than one call, which are told on pages of their own."""


class Message(NamedTuple):
    """A call or an answer: its first line, headers and body."""

    first: str
    headers: dict[str, str]
    body: str


def messages() -> list[Message]:
    found = re.findall(r"```http\n(.+?)\n```", PAGE.read_text("utf-8"), re.DOTALL)
    parts = [block.partition("\n\n") for block in found]
    heads = [(head.split("\n"), body) for head, _, body in parts]
    return [Message(first, dict(line.split(": ", 1) for line in rest), body) for (first, *rest), body in heads]


ALL = messages()
PLAYED = list(zip(ALL[::2], ALL[1::2], strict=True))


def shown(expected: Any, found: Any) -> bool:
    """Whether everything that the page shows is in the answer; listed things in any order among others."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            name in found and shown(expected[name], found[name]) for name in expected
        )
    if isinstance(expected, list):
        return isinstance(found, list) and all(any(shown(one, each) for each in found) for one in expected)
    if isinstance(expected, str) and WILD in expected:
        return re.fullmatch(".*".join(map(re.escape, expected.split(WILD))), str(found)) is not None
    return bool(expected == found)


async def test_the_page_can_be_played(client: httpx.AsyncClient) -> None:
    for call, answer in PLAYED:
        method, path = call.first.split(" ", 1)
        headers = {"Content-Type": "application/fhir+json"} | call.headers
        got = await client.request(method, path.removeprefix("/fhir/"), content=call.body.encode(), headers=headers)
        assert got.status_code == int(answer.first), (call.first, got.text)
        assert shown({name.lower(): value for name, value in answer.headers.items()}, dict(got.headers)), call.first
        assert not answer.body or shown(json.decode(answer.body), json.decode(got.content)), (call.first, got.text)


def test_no_call_is_missing() -> None:
    asked = [call.first.partition("?")[0] for call, _ in PLAYED]
    wanted = {(route.method, route.pattern) for route in RECORD_ROUTES} | {("GET", "metadata")}
    missing = [one for one in sorted(wanted) if not any(re.fullmatch(pattern_of(*one), each) for each in asked)]
    assert missing == []
    played = {each.split(" ")[1].rpartition("$")[2] for each in asked if "$" in each}
    elsewhere = {name for name, page in ELSEWHERE.items() if f"${name}" in (PAGE.parent / page).read_text("utf-8")}
    assert elsewhere == set(ELSEWHERE)
    assert played | elsewhere == {one.name for one in OPERATIONS}


def pattern_of(method: str, pattern: str) -> str:
    """What the first line of a call of this route looks like."""
    steps = [STEPS.get(step, re.escape(step)) for step in pattern.split("/")]
    return f"{method} /fhir/{'/'.join(steps)}"
