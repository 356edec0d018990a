"""What the log holds of writes that are overtaken or refused: each outcome once, and no try that was made again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from saman.kernel import json
from saman.record import Store, conditioned, record
from saman.record.transaction import _Transaction
from tests.http.fhir.resources import bundle, entry, observation, patient
from tests.http.operations.conftest import narrow, with_scope

__all__ = ["narrow"]

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


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("scope", ["system/Observation.rs", "system/Patient.s", "system/Patient.cud"])
async def test_a_refusal_for_want_of_a_scope_is_logged(
    client: httpx.AsyncClient, narrow: httpx.AsyncClient, method: str, alone: bool, scope: str
) -> None:
    person = await _made(client)
    where = f"Patient?_id={person}"
    part: dict[str, Any] = {"resourceType": "Parameters"}
    if alone:
        sent = {"PUT": json.encode(patient()), "PATCH": replacement(1)}.get(method, b"")
        headers = JSON_PATCH if method == "PATCH" else {"content-type": "application/fhir+json"}
        answer = await narrow.request(method, where, content=sent, headers=with_scope(scope) | headers)
    else:
        path = {"name": "path", "valueString": "Patient.birthDate"}
        part["parameter"] = [{"name": "operation", "part": [{"name": "type", "valueCode": "delete"}, path]}]
        resource = {"PUT": patient(), "PATCH": part}.get(method)
        answer = await narrow.post(
            "", json=bundle("transaction", entry(method, where, resource)), headers=with_scope(scope)
        )
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]
    action = {"PUT": "U", "PATCH": "U", "DELETE": "D"}[method]
    assert (await logged(client, person))[action, "4"] == 1


async def test_who_may_not_write_at_all_keeps_nobody_waiting(
    stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def claim(*_: object) -> None:
        raise AssertionError("nothing is claimed")

    for module in (conditioned, record):
        monkeypatch.setattr(module, "claim", claim)
    where, body = "Composition?title=x", _composition()
    entries = [entry("PUT", where, body), entry("DELETE", where)]
    for answer in (
        await stranger.put(where, json=body),
        await stranger.delete(where),
        await stranger.patch(where, content=replacement(1), headers=JSON_PATCH),
        await stranger.post("Composition", json=body, headers={"if-none-exist": "title=x"}),
        *[await stranger.post("", json=bundle("transaction", one)) for one in entries],
    ):
        assert answer.status_code == 403


def _composition() -> dict[str, Any]:
    author = [{"reference": "Practitioner/x"}]
    coded = {"type": {"text": "x"}, "date": "2020-01-01", "title": "x", "author": author}
    return {"resourceType": "Composition", "status": "final"} | coded


@pytest.mark.parametrize("way", ["patch", "condition", "create"])
async def test_who_waits_their_turn_keeps_no_connection(
    client: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    person = await _made(client)
    sent = observation(person, identifier=[{"system": "urn:turn", "value": way}])
    fhir = {"content-type": "application/fhir+json"}
    one = (await client.post("Observation", content=sent, headers=fhir)).json()["id"]
    patch = b'[{"op":"add","path":"/note/-","value":{"text":"x"}}]'
    await client.patch(
        f"Observation/{one}", content=b'[{"op":"add","path":"/note","value":[{"text":"a"}]}]', headers=JSON_PATCH
    )
    open_now, most, right = [0], [0], store.transaction

    @asynccontextmanager
    async def counted(*given: Any) -> AsyncIterator[Any]:
        open_now[0] += 1
        most[0] = max(most[0], open_now[0])
        try:
            async with right(*given) as connection:
                yield connection
        finally:
            open_now[0] -= 1

    monkeypatch.setattr(store, "transaction", counted)
    condition = f"identifier=urn:turn|{way}"

    async def call() -> int:
        if way == "create":
            headers = fhir | {"if-none-exist": condition}
            return (await client.post("Observation", content=sent, headers=headers)).status_code
        where = f"Observation/{one}" if way == "patch" else f"Observation?{condition}"
        return (await client.patch(where, content=patch, headers=JSON_PATCH)).status_code

    assert set(await asyncio.gather(*(call() for _ in range(WRITERS)))) == {200}
    assert most[0] == 1
