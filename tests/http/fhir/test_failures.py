"""When something breaks: nothing is shown, and neither the answer nor the log repeats a word of the request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import structlog

from saman.apps.fhir_api.app import fhir_app
from saman.kernel.outcome import Refusal
from saman.model.access import Policy
from saman.record import Context, Store, open_store
from tests.http.fhir.conftest import BASE, clock, identify
from tests.http.fhir.resources import issues, observation, patient

SECRET = "Hemmelig-13057712345"
FHIR = {"content-type": "application/fhir+json"}


def calling(app: Any) -> httpx.AsyncClient:
    headers = {"authorization": "Bearer system"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{BASE}/", headers=headers)


def mounted(store: Store, identify: Any) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return Starlette(routes=[Mount("/fhir", fhir_app(store, identify, clock, BASE))])


async def test_a_bug_is_answered_with_the_request_id_alone(store: Store) -> None:
    async def broken(headers: Iterable[tuple[bytes, bytes]]) -> Context | Refusal:
        raise KeyError(SECRET)

    with structlog.testing.capture_logs() as logs:
        async with calling(mounted(store, broken)) as client:
            response = await client.get(f"Patient?family={SECRET}", headers={"x-request-id": "broken-call"})
    assert response.status_code == 500
    [issue] = issues(response)
    assert (issue["severity"], issue["code"]) == ("fatal", "exception")
    assert "broken-call" in issue["diagnostics"]
    assert response.headers["x-request-id"] == "broken-call"
    [line] = logs
    assert (line["request"], line["interaction"], line["error"]) == ("broken-call", "search-type", "KeyError")
    assert line["frames"]
    assert SECRET not in response.text + repr(logs)


async def test_without_a_database_nothing_is_shown(database: Any) -> None:
    policy = Policy(country="NO", zone=ZoneInfo("Europe/Oslo"), rows=(), clauses=())
    store = await open_store(database.app_url, policy)
    assert isinstance(store, Store)
    async with calling(mounted(store, identify)) as client:
        made = (await client.post("Patient", json=patient(SECRET))).json()
        await store.close()
        with structlog.testing.capture_logs() as logs:
            answers = [
                await client.get(f"Patient/{made['id']}"),
                await client.get(f"Patient?family={SECRET}"),
                await client.post("Patient", json=patient(SECRET)),
                await client.put(f"Patient/{made['id']}", json=made),
                await client.delete(f"Patient/{made['id']}"),
                await client.get(f"Patient/{made['id']}/_history"),
            ]
        assert {one.status_code for one in answers} == {503}
        assert {one.headers["retry-after"] for one in answers} == {"5"}
        assert SECRET not in repr(logs) + "".join(one.text for one in answers)
        assert (await client.get("metadata")).status_code == 200


async def test_without_a_log_nothing_is_shown(database: Any, client: httpx.AsyncClient) -> None:
    person = (await client.post("Patient", json=patient(SECRET))).json()
    reading = observation(person["id"])
    with psycopg.connect(database.admin_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE audit RENAME TO audit_away")
        try:
            answers = [
                await client.get(f"Patient/{person['id']}"),
                await client.get("Patient"),
                await client.get("Patient/never"),
                await client.get(f"Patient/{person['id']}/_history"),
            ]
            written = await client.post("Observation", content=reading, headers=FHIR)
        finally:
            owner.execute("ALTER TABLE audit_away RENAME TO audit")
    assert {one.status_code for one in answers} == {503}
    assert written.status_code >= 500
    assert SECRET not in "".join(one.text for one in answers)
    assert (await client.get(f"Patient/{person['id']}")).status_code == 200
    assert (await client.get("Observation", params={"patient": person["id"], "_summary": "count"})).json()["total"] == 0


async def test_the_request_id_stands_in_the_log_of_the_record(database: Any, client: httpx.AsyncClient) -> None:
    person = (await client.post("Patient", json=patient())).json()
    await client.get(f"Patient/{person['id']}", headers={"x-request-id": "traced-request"})
    with psycopg.connect(database.superuser_url) as owner:
        found = owner.execute("SELECT actor, action, person FROM audit WHERE request = 'traced-request'").fetchall()
    assert found == [("system", "R", person["id"])]
