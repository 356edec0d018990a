"""A10: however a condition is written, of all who race exactly one makes it, and histories only grow."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

import httpx
import pytest

from tests.attacks.counting import tried

ROUNDS = int(os.environ.get("SAMAN_ATTACK_ROUNDS") or 12)
WRITERS = 16

Json = dict[str, Any]
Written = Callable[[str], str]

SAME_PERSON: tuple[Written, ...] = (
    lambda key: f"identifier=urn:race|{key}",
    lambda key: f"identifier={key}",
    lambda key: f"identifier=urn:race|{key},urn:other|{key}",
    lambda key: f"identifier=urn:second|{key}-2",
    lambda key: f"identifier={key}-2,{key}-3",
    lambda key: f"identifier=urn:race|{key}&active=true",
    lambda key: f"active=true&identifier={key}",
    lambda key: f"identifier=urn%3Arace%7C{key}",
)
"""Ways to name one person, all different as texts."""


def person(key: str) -> Json:
    identifiers = [{"system": "urn:race", "value": key}, {"system": "urn:second", "value": f"{key}-2"}]
    return {"resourceType": "Patient", "active": True, "name": [{"family": key}], "identifier": identifiers}


async def race(client: httpx.AsyncClient, key: str, ways: Iterator[Written]) -> list[int]:
    """The statuses of writers who all want the same person, each with a condition of another wording."""
    answers = await asyncio.gather(
        *(_one(client, key, way(key), bundled=number % 3 == 2) for number, way in enumerate(islice(ways, WRITERS)))
    )
    return sorted(answers)


async def _one(client: httpx.AsyncClient, key: str, condition: str, *, bundled: bool) -> int:
    if not bundled:
        return (await client.post("Patient", json=person(key), headers={"if-none-exist": condition})).status_code
    request = {"method": "POST", "url": "Patient", "ifNoneExist": condition}
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": person(key), "request": request}]}
    answer = await client.post("", json=sent)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["entry"][0]["response"]["status"][:3])


async def test_however_it_is_written_exactly_one_makes_it(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(ROUNDS):
        ways = islice(cycle(SAME_PERSON), number, None)
        assert await race(client, f"round{number}", ways) == [200] * (WRITERS - 1) + [201]
        found = await client.get("Patient", params={"identifier": f"round{number}", "_total": "accurate"})
        assert found.json()["total"] == 1
    tried(capsys, "A10", ROUNDS * WRITERS)


async def test_a_condition_without_an_identifier_waits_for_every_other(client: httpx.AsyncClient) -> None:
    for number in range(3):
        key = f"family{number}"
        mixed: tuple[Written, ...] = (*SAME_PERSON[:2], lambda key: f"family={key}", lambda key: f"family:exact={key}")
        assert await race(client, key, cycle(mixed)) == [200] * (WRITERS - 1) + [201]


async def test_different_people_do_not_wait_for_each_other_and_all_are_made(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(_one(client, f"apart{n}", f"identifier=urn:race|apart{n}", bundled=False) for n in range(32))
    )
    assert answers == [201] * 32


async def test_a_resource_that_was_raced_for_is_still_writable_and_its_versions_rise(client: httpx.AsyncClient) -> None:
    await race(client, "after", cycle(SAME_PERSON))
    id = (await client.get("Patient", params={"identifier": "after"})).json()["entry"][0]["resource"]["id"]
    for _ in range(3):
        assert (await client.put(f"Patient/{id}", json={**person("after"), "id": id})).status_code == 200
    history = (await client.get(f"Patient/{id}/_history")).json()["entry"]
    assert [one["resource"]["meta"]["versionId"] for one in history] == ["4", "3", "2", "1"]
