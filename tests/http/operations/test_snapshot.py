"""`$snapshot` over HTTP: by id, by URL and as sent; what it answers can be stored, and what it cannot make it says."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from saman.model.fhir.validating import base_issues
from tests.http.fhir.resources import issues
from tests.http.operations.conftest import parameters
from tests.http.operations.test_definitions import needing, url

__all__ = ["url"]
R4 = "http://hl7.org/fhir/StructureDefinition/"


def least(definition: dict[str, Any]) -> dict[str, int]:
    """How many of each element have to be there, by id."""
    return {one["id"]: one["min"] for one in definition["snapshot"]["element"]}


async def test_a_profile_is_shown_whole_in_three_ways(client: httpx.AsyncClient, url: str) -> None:
    one = needing("author", url)
    made = (await client.post("StructureDefinition", json=one)).json()
    answers = [
        await client.get(f"StructureDefinition/{made['id']}/$snapshot"),
        await client.get("StructureDefinition/$snapshot", params={"url": url}),
        await client.post("StructureDefinition/$snapshot", json=parameters(definition__resource=one)),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert least(answer.json()) | {"Basic.author": 1, "Basic.code": 1} == least(answer.json())
    whole = answers[0].json()
    assert (await client.put(f"StructureDefinition/{made['id']}", json=whole)).status_code == 200
    again = (await client.get(f"StructureDefinition/{made['id']}/$snapshot")).json()
    assert again["snapshot"] == whole["snapshot"]


@pytest.mark.parametrize(
    "name", ["bp", "bodyweight", "vitalsigns", "lipidprofile", "patient-nationality", "cqllibrary"]
)
async def test_those_of_r4_keep_the_rules_of_a_snapshot(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get("StructureDefinition/$snapshot", params={"url": R4 + name})
    assert answer.status_code == 200, answer.text
    assert [one.text for one in base_issues(answer.json(), errors_only=True)] == []


async def test_an_element_has_the_rules_of_where_it_comes_from(client: httpx.AsyncClient) -> None:
    answer = await client.get("StructureDefinition/$snapshot", params={"url": R4 + "vitalsigns"})
    rules = {
        one["id"]: [rule["key"] for rule in one.get("constraint", ())] for one in answer.json()["snapshot"]["element"]
    }
    assert {"vs-2", "obs-6", "dom-2"} <= set(rules["Observation"])
    assert "obs-3" in rules["Observation.referenceRange"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [({}, 400), ({"url": "urn:not:there"}, 404), ({"url": R4 + "Patient"}, 404), ({"url": "a", "shoe": "1"}, 400)],
)
async def test_what_is_not_there_is_refused(client: httpx.AsyncClient, asked: dict[str, str], status: int) -> None:
    answer = await client.get("StructureDefinition/$snapshot", params=asked)
    assert answer.status_code == status, answer.text


async def test_what_cannot_be_made_says_which_element(client: httpx.AsyncClient, url: str) -> None:
    sent = parameters(definition__resource=needing("shoe", url))
    answer = await client.post("StructureDefinition/$snapshot", json=sent)
    assert answer.status_code == 422
    assert f"{url} speaks of Basic.shoe" in issues(answer)[0]["diagnostics"]
