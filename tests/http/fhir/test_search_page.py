"""What the page about search shows is what happens, and its table says what the record takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from saman.kernel import json
from saman.record.search.asked import MODIFIERS
from tests.http.fhir.resources import patient

PAGE = (Path(__file__).parents[3] / "docs" / "subsystems" / "search.md").read_text("utf-8")
CALLS = re.findall(r"```http\nGET /fhir/(\S+)\n```\n\n```json\n(.+?)\n```", PAGE, re.DOTALL)
UCUM = "http://unitsofmeasure.org"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def measured(client: httpx.AsyncClient) -> None:
    """A weight in grams and a blood pressure."""
    person = (await client.post("Patient", json=patient("Sidesen"))).json()["id"]
    common = {"resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{person}"}}

    def coded(code: str) -> dict[str, Any]:
        return {"coding": [{"system": "urn:example", "code": code}]}

    def quantity(value: int, unit: str) -> dict[str, Any]:
        return {"value": value, "system": UCUM, "code": unit}

    weight = common | {"code": coded("body-part"), "valueQuantity": quantity(950, "g")}
    weight |= {"note": [{"text": "Weighed twice: the scale stood on a carpet."}]}
    parts = [
        {"code": coded(one), "valueQuantity": quantity(value, "mm[Hg]")} for one, value in (("high", 150), ("low", 90))
    ]
    for one in (weight, common | {"code": coded("pressure"), "component": parts}):
        assert (await client.post("Observation", json=one)).status_code == 201


def within(expected: Any, found: Any) -> bool:
    """Whether everything that the page shows is in the answer."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            name in found and within(one, found[name]) for name, one in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(found, list) and all(any(within(one, each) for each in found) for one in expected)
    return bool(expected == found)


def test_there_are_calls() -> None:
    assert len(CALLS) == 7


@pytest.mark.parametrize(("path", "shown"), CALLS)
async def test_a_call_is_answered_as_shown(client: httpx.AsyncClient, measured: None, path: str, shown: str) -> None:
    answer = await client.get(path)
    assert within(json.decode(shown), json.decode(answer.content)), answer.text


def test_the_table_says_every_modifier() -> None:
    for kind, modifiers in MODIFIERS.items():
        row = re.search(rf"^\| {kind} \|([^|]*)\|", PAGE, re.MULTILINE)
        assert row, kind
        assert set(re.findall(r"`:([a-z-]+)`", row[1])) == modifiers - {""}, kind
