"""Bulk import over HTTP, with the worker's part done in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from saman.kernel import json
from saman.kernel.outcome import Kind, Refusal, refused
from saman.ops.bulk import Bulk
from saman.record import Store
from tests.http.fhir.conftest import clock
from tests.http.fhir.resources import issues
from tests.settled import Settled

ASYNC = {"prefer": "respond-async", "content-type": "application/fhir+ndjson"}


@pytest.fixture
def bulk(store: Store, exports: Path) -> Bulk:
    return Settled(store, exports, clock)


@pytest_asyncio.fixture(autouse=True)
async def _cleared(store: Store, bulk: Bulk) -> AsyncIterator[None]:
    yield
    await store.pool.execute("UPDATE bulk SET until = '2000-01-01'")
    await bulk.sweep()


def person(id: str, **more: Any) -> str:
    return json.encode({"resourceType": "Patient", "id": id, "name": [{"family": "Testesen"}]} | more).decode()


async def begun(client: httpx.AsyncClient, *lines: str) -> str:
    answer = await client.post("$import", content="\n".join(lines).encode(), headers=ASYNC)
    assert answer.status_code == 202, answer.text
    return answer.headers["content-location"]


async def finished(client: httpx.AsyncClient, bulk: Bulk, place: str) -> list[dict[str, Any]]:
    """What was wrong, line by line."""
    while await bulk.once():
        pass
    answer = await client.get(place)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = []
    for one in answer.json()["error"]:
        file = await client.get(one["url"])
        told += [json.decode(line) for line in file.content.splitlines()]
        assert len(told) == one["count"]
    return told


async def test_lines_are_stored_and_faults_are_told(client: httpx.AsyncClient, bulk: Bulk) -> None:
    lines = [person("imp-1"), "", "{", person("imp-2", gender="perhaps"), person("imp-3"), '{"resourceType":"Shoe"}']
    place = await begun(client, *lines)
    waiting = await client.get(place)
    assert (waiting.status_code, waiting.headers["x-progress"]) == (202, "0 resources")
    wrong = await finished(client, bulk, place)
    assert [one["issue"][0]["location"][0].split(",")[0] for one in wrong] == ["line 3", "line 4", "line 6"]
    assert [(await client.get(f"Patient/imp-{n}")).status_code for n in (1, 2, 3)] == [200, 404, 200]
    again = await finished(client, bulk, await begun(client, person("imp-1"), person("imp-3", active=True)))
    assert again == []
    versions = [(await client.get(f"Patient/imp-{n}")).json()["meta"]["versionId"] for n in (1, 3)]
    assert versions == ["1", "2"]


async def test_one_that_cannot_be_stored_keeps_no_other_back(client: httpx.AsyncClient, bulk: Bulk) -> None:
    observation = {"resourceType": "Observation", "id": "imp-o", "status": "final", "code": {"text": "x"}}
    first = json.encode(observation | {"subject": {"reference": "Patient/imp-a"}}).decode()
    other = json.encode(observation | {"subject": {"reference": "Patient/imp-b"}}).decode()
    wrong = await finished(client, bulk, await begun(client, person("imp-a"), first, other, person("imp-b")))
    assert [one["issue"][0]["code"] for one in wrong] == ["business-rule"]
    assert wrong[0]["issue"][0]["location"] == ["line 3"]
    assert (await client.get("Patient/imp-b")).status_code == 200


async def test_the_region_has_its_say(client: httpx.AsyncClient, store: Store, exports: Path) -> None:
    def admit(resource: Any) -> Refusal | None:
        return refused(Kind.UNPROCESSABLE, "value", "Not this one.", "id") if resource["id"] == "imp-no" else None

    strict = Settled(store, exports, clock, admit=admit)
    wrong = await finished(client, strict, await begun(client, person("imp-yes"), person("imp-no")))
    assert [one["issue"][0]["diagnostics"] for one in wrong] == ["Not this one."]
    assert (await client.get("Patient/imp-no")).status_code == 404


async def test_a_worker_that_dies_stores_nothing_twice(
    client: httpx.AsyncClient, bulk: Bulk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saman.ops.importing_batches.TOGETHER", 2)
    monkeypatch.setattr("saman.ops.bulk_import.BATCHES", 1)
    lines = [json.encode({"resourceType": "Flag", "status": "active", "code": {"text": f"imp {n}"},
                          "subject": {"reference": "Patient/imp-f"}}).decode() for n in range(7)]  # fmt: skip
    place = await begun(client, person("imp-f"), *lines)
    calls: list[int] = []
    step = bulk._importing.step

    async def dying(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise ConnectionResetError
        return await step(*given)

    monkeypatch.setattr(bulk._importing, "step", dying)
    with pytest.raises(ConnectionResetError):
        await bulk.once()
    assert await bulk.once() is False
    await store.pool.execute("UPDATE bulk SET held = now() - interval '1 second'")
    assert await finished(client, bulk, place) == []
    found = (await client.get("Flag?patient=imp-f&_count=100")).json()
    assert sorted(one["resource"]["code"]["text"] for one in found["entry"]) == [f"imp {n}" for n in range(7)]


async def test_who_may_and_how(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, nobody: httpx.AsyncClient, narrow: httpx.AsyncClient,
    bulk: Bulk, exports: Path,
) -> None:  # fmt: skip
    line = person("imp-s")
    assert (await nobody.post("$import", content=line, headers=ASYNC)).status_code == 401
    assert (await stranger.post("$import", content=line, headers=ASYNC)).status_code == 403
    sent = {"resourceType": "Parameters"}
    addresses = await client.post("$import", json=sent, headers={"prefer": "respond-async"})
    assert (addresses.status_code, issues(addresses)[0]["code"]) == (415, "not-supported")
    hasty = await client.post("$import", content=line, headers={"content-type": "application/fhir+ndjson"})
    assert hasty.status_code == 400
    assert (await client.post("$import", content=b"x" * 300_000, headers=ASYNC)).status_code == 413
    narrow.headers["authorization"] = "Bearer system/Observation.cruds"
    wrong = await finished(narrow, bulk, await begun(narrow, line))
    assert [one["issue"][0]["code"] for one in wrong] == ["forbidden"]
    assert (await client.get("Patient/imp-s")).status_code == 404
    place = await begun(client, line)
    assert (await stranger.get(place)).status_code == 404
    id = place.rpartition("/")[2]
    assert (await client.get(f"$import-file/{id}/input.ndjson")).status_code == 404
    assert (await client.get(f"$export-status/{id}")).status_code == 404
    assert (await client.delete(place)).status_code == 202
    assert not folder_of(exports, id)


def folder_of(exports: Path, id: str) -> bool:
    return (exports / id).exists()
