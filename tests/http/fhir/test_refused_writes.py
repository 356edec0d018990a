"""What the log holds of writes that are overtaken or refused: each outcome once, and no try that was made again."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from saman.kernel import json
from saman.record.transaction import _Transaction
from tests.http.fhir.resources import bundle, entry, patient

WRITERS = 32
JSON_PATCH = {"content-type": "application/json-patch+json"}


async def logged(client: httpx.AsyncClient, person: str) -> Counter[tuple[str, str]]:
    """Action and outcome of each entry about a person."""
    asked = {"patient": person, "_count": "500", "_sort": "-date"}
    found = (await client.get("AuditEvent", params=asked)).json().get("entry", ())
    return Counter((one["resource"]["action"], one["resource"]["outcome"]) for one in found)


def replacement(number: int) -> bytes:
    return json.encode([{"op": "replace", "path": "/birthDate", "value": f"1950-01-{number % 28 + 1:02}"}])


@pytest.mark.parametrize("way", ["patch", "update", "conditional", "transaction"])
async def test_a_try_that_is_made_again_is_no_refusal(client: httpx.AsyncClient, way: str) -> None:
    body = patient(identifier=[{"system": "urn:again", "value": way}])
    person = (await client.post("Patient", json=body)).json()["id"]

    async def one(number: int) -> int:
        sent = body | {"id": person, "birthDate": f"19{number + 10}"}
        if way == "patch":
            answer = await client.patch(f"Patient/{person}", content=replacement(number), headers=JSON_PATCH)
        elif way == "update":
            answer = await client.put(f"Patient/{person}", json=sent)
        elif way == "conditional":
            where = f"Patient?identifier=urn:again|{way}"
            answer = await client.patch(where, content=replacement(number), headers=JSON_PATCH)
        else:
            answer = await client.post("", json=bundle("transaction", entry("PUT", f"Patient/{person}", sent)))
        return answer.status_code

    assert set(await asyncio.gather(*(one(number) for number in range(WRITERS)))) == {200}
    told = await logged(client, person)
    assert told["U", "0"] == WRITERS
    assert not [key for key in told if key[1] != "0"], told


async def test_a_named_version_that_is_stale_is_refused_and_logged_once(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside an entry that names none, too: trying again would not help."""
    runs: list[object] = []
    run = _Transaction.run

    async def counted(self: _Transaction, once: str) -> Any:
        runs.append(self)
        return await run(self, once)

    monkeypatch.setattr(_Transaction, "run", counted)
    stale = {"ifMatch": 'W/"99"'}
    for number, url in enumerate(("Patient/{}", "Patient?identifier=urn:stale|{}")):
        named = patient(identifier=[{"system": "urn:stale", "value": str(number)}])
        one, other = [(await client.post("Patient", json=named)).json()["id"], await _made(client)]
        where = url.format(one if number == 0 else number)
        sent = bundle(
            "transaction",
            entry("PUT", where, named | {"id": one}, request=stale),
            entry("PUT", f"Patient/{other}", patient(id=other)),
        )
        runs.clear()
        assert (await client.post("", json=sent)).status_code == 412
        assert len(runs) == 1
        assert (await logged(client, one))["U", "4"] == 1
    single = bundle("transaction", entry("PUT", f"Patient/{other}", patient(id=other), request=stale))
    runs.clear()
    assert (await client.post("", json=single)).status_code == 412
    assert len(runs) == 1


async def _made(client: httpx.AsyncClient) -> str:
    id: str = (await client.post("Patient", json=patient())).json()["id"]
    return id
