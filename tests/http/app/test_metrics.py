"""What the servers say of themselves: exact, without a word about anybody, and not to everybody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from saman.apps.auth.tokens import Tokens
from saman.ops.metrics import Figures
from saman.ops.token import SYSTEM_USER
from saman.record import open_store
from tests.http.app.conftest import BASE, Agder

TOKEN = "a-token-for-the-one-who-measures"
CANARY = "Kanarifugl"
NUMBER = "13097248022"

Key = tuple[str, str, str]


class Reader:
    """Reads `/metrics`, and calls the interface as the back-end client."""

    def __init__(self, agder: Agder, client: httpx.AsyncClient) -> None:
        self.client = client
        token = Tokens(agder.store.secret).make(SYSTEM_USER, "TREAT", agder.clock(), timedelta(hours=1))
        self.fhir = {"authorization": f"Bearer {token}", "content-type": "application/fhir+json"}

    async def text(self) -> str:
        answer = await self.client.get("/metrics")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        families = text_string_to_metric_families(await self.text())
        return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}

    async def counts(self) -> dict[Key, float]:
        """Requests by method, route and class of status, but for those of this reader itself."""
        counted = {
            (dict(by)["method"], dict(by)["route"], dict(by)["status"]): value
            for (name, by), value in (await self.samples()).items()
            if name == "saman_http_request_seconds_count"
        }
        return {key: value for key, value in counted.items() if key[1] != "/metrics"}


@asynccontextmanager
async def reader(agder: Agder, **changes: object) -> AsyncIterator[Reader]:
    app = agder.made(figures=Figures(), **changes)
    async with agder.browser(app) as client:
        yield Reader(agder, client)


def growth(before: dict[Key, float], after: dict[Key, float]) -> dict[Key, float]:
    return {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}


async def test_each_request_counts_once_under_the_template_of_its_route(agder: Agder) -> None:
    async with reader(agder) as one:
        before = await one.counts()
        for _ in range(3):
            assert (await one.client.get("/fhir/Patient/ingrid-aasen", headers=one.fhir)).status_code == 200
        await one.client.head("/fhir/Patient/ingrid-aasen", headers=one.fhir)
        await one.client.get(f"/fhir/Patient?family={CANARY}", headers=one.fhir)
        await one.client.post("/fhir/Patient", content=b"{", headers=one.fhir)
        await one.client.get("/fhir/Patient/ingrid-aasen")
        await one.client.get("/fhir/Nonsense/x", headers=one.fhir)
        await one.client.post("/auth/demo", data={"user": "silje-haugen"})
        await one.client.get("/team/people/ingrid-aasen")
        await one.client.get(f"/team/people/{CANARY}")
        await one.client.get(f"/{CANARY}")
        await one.client.request("BREW", "/team")
        assert growth(before, await one.counts()) == {
            ("GET", "/fhir/{type}/{id}", "2xx"): 3,
            ("HEAD", "/fhir/{type}/{id}", "2xx"): 1,
            ("GET", "/fhir/{type}", "2xx"): 1,
            ("POST", "/fhir/{type}", "4xx"): 1,
            ("GET", "/fhir/{type}/{id}", "4xx"): 1,
            ("GET", "none", "4xx"): 2,
            ("POST", "/auth/demo", "3xx"): 1,
            ("GET", "/team/people/{person}", "2xx"): 1,
            ("GET", "/team/people/{person}", "4xx"): 1,
            ("other", "/team", "4xx"): 1,
        }


async def test_a_time_is_measured_and_nothing_is_left_in_flight(agder: Agder) -> None:
    async with reader(agder) as one:
        await one.client.get("/region")
        found = await one.samples()
        by = frozenset({("method", "GET"), ("route", "/region"), ("status", "2xx")})
        assert found["saman_http_request_seconds_sum", by] > 0
        assert found["saman_http_request_seconds_bucket", by | {("le", "+Inf")}] == 1
        assert found["saman_http_requests_in_flight", frozenset()] == 1, "only this request itself"


async def test_nobody_can_be_recognised_in_it(agder: Agder) -> None:
    async with reader(agder) as one:
        person = {
            "resourceType": "Patient",
            "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": NUMBER}],
            "name": [{"family": CANARY}],
        }
        made = await one.client.post("/fhir/Patient", json=person, headers=one.fhir)
        assert made.status_code == 201
        id = made.json()["id"]
        await one.client.get(f"/fhir/Patient?identifier={NUMBER}&family={CANARY}", headers=one.fhir)
        await one.client.post("/auth/demo", data={"user": "silje-haugen"})
        for path in ("/team", "/team/people/ingrid-aasen", f"/team/people/{id}", f"/x/{id}/{CANARY}"):
            await one.client.get(path, headers={"user-agent": CANARY, "x-request-id": f"{CANARY}-{id}"})
        text = await one.text()
        for word in (CANARY, NUMBER, id, "ingrid", "silje", "Aasen", "haugen", "Patient"):
            assert word.lower() not in text.lower(), word


async def test_the_database_the_log_and_the_jobs_are_in_it(agder: Agder, database) -> None:
    async with reader(agder) as one:
        with psycopg.connect(database.superuser_url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at) VALUES"
                " ('default', 'missing-reports', 'todo', now() - interval '90 seconds'),"
                " ('default', 'missing-reports', 'todo', now() + interval '1 day'),"
                " ('default', 'missing-reports', 'failed', now())"
            )
        before = await one.samples()
        await one.client.get("/fhir/Patient/ingrid-aasen", headers=one.fhir)
        found = await one.samples()
        nothing: frozenset[tuple[str, str]] = frozenset()
        durable = frozenset({("result", "durable")})
        written = ("saman_audit_entries_total", nothing)
        flushed = ("saman_audit_flush_seconds_count", durable)
        assert found[written] == before[written] + 1
        assert found[flushed] == before.get(flushed, 0) + 1
        assert found["saman_audit_entries_waiting", nothing] == 0
        assert found["saman_database_up", nothing] == 1
        assert found["saman_database_connections", frozenset({("state", "used")})] == 0
        assert found["saman_database_connections", frozenset({("state", "idle")})] >= 1
        assert found["saman_database_connections_most", nothing] == 16
        jobs = {by: many for (name, by), many in found.items() if name == "saman_worker_jobs"}
        assert jobs == {
            frozenset({("job", "missing-reports"), ("state", "todo")}): 2,
            frozenset({("job", "missing-reports"), ("state", "failed")}): 1,
        }
        assert 90 <= found["saman_worker_oldest_job_seconds", nothing] < 3600
        assert any(name == "saman_process_resident_bytes" and value > 1e6 for (name, _), value in found.items())


async def test_without_a_database_it_still_answers(agder: Agder, database) -> None:
    store = await open_store(database.app_url, agder.region.policy)
    assert not isinstance(store, Exception)
    async with reader(agder, store=store) as one:
        await one.client.get("/fhir/Patient/ingrid-aasen", headers=one.fhir)
        await store.close()
        assert (await one.client.get("/fhir/Patient/ingrid-aasen", headers=one.fhir)).status_code == 503
        found = await one.samples()
        assert found["saman_database_up", frozenset()] == 0
        assert found["saman_audit_flush_seconds_count", frozenset({("result", "durable")})] == 1
        assert ("GET", "/fhir/{type}/{id}", "5xx") in await one.counts()


def calling(app: object, address: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 403),
        ("127.0.0.1", {"x-forwarded-for": "192.0.2.7"}, 403),
        ("127.0.0.1", {"forwarded": "for=192.0.2.7"}, 403),
        ("127.0.0.1", {"via": "1.1 proxy"}, 403),
        ("", {}, 403),
    ],
)
async def test_without_a_token_only_this_machine_is_told(
    agder: Agder, address: str, headers: dict[str, str], status: int
) -> None:
    async with calling(agder.app, address, **headers) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == status
    assert ("saman_http" in answer.text) == (status == 200)


async def test_in_production_nobody_is_told_without_a_token(agder: Agder) -> None:
    async with calling(agder.made(demo=False)) as client:
        assert (await client.get("/metrics")).status_code == 403


@pytest.mark.parametrize("demo", [True, False])
async def test_with_a_token_it_alone_opens_from_anywhere(agder: Agder, demo: bool) -> None:
    app = agder.made(demo=demo, metrics_token=TOKEN)
    wrong = ({}, {"authorization": TOKEN}, {"authorization": f"Bearer {TOKEN}x"}, {"authorization": "Bearer é"})
    for address in ("127.0.0.1", "192.0.2.7"):
        for headers in wrong:
            async with calling(app, address) as client:
                sent = {name: value.encode() for name, value in headers.items()}
                answer = await client.get("/metrics", headers=sent)  # type: ignore[arg-type]
            assert answer.status_code == 401, (address, headers)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert not re.search("saman_", answer.text)
        async with calling(app, address, authorization=f"Bearer {TOKEN}") as client:
            answer = await client.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["cache-control"] == "no-store"
