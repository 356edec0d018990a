"""Many at once: versions in order, one winner, pages that neither repeat nor skip."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.fhir.resources import bundle, entry, observation, patient

WRITERS = 32
FHIR = {"content-type": "application/fhir+json"}


async def test_writers_of_one_resource_make_strictly_increasing_versions(client: httpx.AsyncClient) -> None:
    person = (await client.post("Patient", json=patient())).json()
    url = f"Patient/{person['id']}"
    bodies = [person | {"name": [{"family": f"F{number}"}]} for number in range(WRITERS)]
    answers = await asyncio.gather(*(client.put(url, json=body) for body in bodies))
    assert {one.status_code for one in answers} == {200}
    assert sorted(int(one.json()["meta"]["versionId"]) for one in answers) == list(range(2, WRITERS + 2))
    for one in answers:
        kept = await client.get(f"{url}/_history/{one.json()['meta']['versionId']}")
        assert kept.json()["name"] == one.json()["name"]
    following, seen = f"{url}/_history?_count=7", []
    while following:
        page = (await client.get(following)).json()
        seen += [int(one["resource"]["meta"]["versionId"]) for one in page["entry"]]
        following = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    assert seen == list(range(WRITERS + 1, 0, -1))


async def test_of_writers_that_saw_the_same_version_one_wins(client: httpx.AsyncClient) -> None:
    person = (await client.post("Patient", json=patient())).json()
    tag = {"if-match": 'W/"1"'}
    answers = await asyncio.gather(
        *(client.put(f"Patient/{person['id']}", json=person, headers=tag) for _ in range(WRITERS))
    )
    assert sorted(one.status_code for one in answers) == [200] + [412] * (WRITERS - 1)


async def test_of_conditional_creates_exactly_one_makes_it(client: httpx.AsyncClient) -> None:
    body = patient(identifier=[{"system": "urn:once", "value": "only"}])
    headers = {"if-none-exist": "identifier=urn:once|only"}
    answers = await asyncio.gather(*(client.post("Patient", json=body, headers=headers) for _ in range(WRITERS)))
    assert sorted(one.status_code for one in answers) == [200] * (WRITERS - 1) + [201]
    assert len({one.json()["id"] for one in answers}) == 1


async def test_the_same_transaction_many_times_at_once_makes_one_person(client: httpx.AsyncClient) -> None:
    body = patient(identifier=[{"system": "urn:once", "value": "bundled"}])
    sent = bundle("transaction", entry("POST", "Patient", body, request={"ifNoneExist": "identifier=urn:once|bundled"}))
    answers = await asyncio.gather(*(client.post("", json=sent) for _ in range(WRITERS)))
    statuses = sorted(one.json()["entry"][0]["response"]["status"] for one in answers)
    assert statuses == ["200 OK"] * (WRITERS - 1) + ["201 Created"]


async def walked(client: httpx.AsyncClient, url: str, between: list[str]) -> list[str]:
    """The ids on all pages; before each next page one of `between` is stored."""
    seen: list[str] = []
    waiting = list(between)
    following: str | None = url
    while following:
        page: dict[str, Any] = (await client.get(following)).json()
        seen += [one["resource"]["id"] for one in page.get("entry", [])]
        following = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
        if waiting:
            await client.post("Observation", content=waiting.pop(), headers=FHIR)
    return seen


HOURS = st.lists(st.integers(0, 23), min_size=0, max_size=12)


SORTS = st.sampled_from(["", "&_sort=date", "&_sort=-date", "&_sort=_lastUpdated"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(there=HOURS, coming=HOURS, size=st.integers(1, 5), sort=SORTS)
async def test_pages_neither_repeat_nor_skip(
    client: httpx.AsyncClient, there: list[int], coming: list[int], size: int, sort: str
) -> None:
    """Equal times included; what comes in while somebody pages may or may not be seen, what was there is seen once."""
    person = (await client.post("Patient", json=patient())).json()["id"]

    def sent(hour: int) -> str:
        return observation(person, at=f"2026-11-20T{hour:02}:00:00Z")

    first = [(await client.post("Observation", content=sent(hour), headers=FHIR)).json()["id"] for hour in there]
    seen = await walked(client, f"Observation?patient={person}&_count={size}{sort}", [sent(hour) for hour in coming])
    assert len(seen) == len(set(seen))
    assert set(first) <= set(seen)
