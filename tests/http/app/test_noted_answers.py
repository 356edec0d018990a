"""What pages and interface answer is in the log before it leaves, once for each person, and noted beside the log."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg

from saman.apps.auth.tokens import Tokens
from saman.ops.token import SYSTEM_USER
from saman.record.ledger.journal import Journal, files_of, lines_of
from saman.record.ledger.reconcile import Reconciliation
from tests.http.app.conftest import BASE, FRIDAY_NIGHT, Agder

PAGES = {
    "silje-haugen": ("/team", "/team/people/ingrid-aasen", "/team/people/ingrid-aasen/thirty-days", "/team/sent"),
    "ingrid-aasen": ("/citizen", "/citizen/plan", "/citizen/who-looked", "/citizen/messages"),
}
CALLS = (
    "/fhir/Patient/ingrid-aasen", "/fhir/Observation?patient=ingrid-aasen,olav-tveit", "/fhir/Patient/nobody",
    "/fhir/Task?_include=Task:owner", "/fhir/Patient/ingrid-aasen/_history", "/fhir/metadata",
)  # fmt: skip


def calling(agder: Agder, app: object) -> httpx.AsyncClient:
    token = Tokens(agder.store.secret).make(SYSTEM_USER, "TREAT", agder.clock(), timedelta(hours=1))
    headers = {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=headers)


async def use(agder: Agder, app: object) -> None:
    """Come to pages, and ask the interface."""
    for user, pages in PAGES.items():
        async with agder.browser(app) as client:
            assert (await client.post("/auth/demo", data={"user": user})).status_code == 303
            for page in pages:
                assert (await client.get(page)).status_code in (200, 404)
    async with calling(agder, app) as client:
        assert Counter([(await client.get(call)).status_code for call in CALLS]) == {200: 5, 404: 1}
        made = {"resourceType": "Communication", "status": "completed", "subject": {"reference": "Patient/olav-tveit"}}
        assert (await client.post("/fhir/Communication", json=made)).status_code == 201


async def test_every_answer_is_logged_and_noted_alike(agder: Agder, tmp_path: Path) -> None:
    journal = Journal(tmp_path, clock=lambda: FRIDAY_NIGHT.timestamp())
    await use(agder, agder.made(noted=journal))
    journal.close()
    lines = [line for file in files_of(tmp_path) for line in lines_of(file)]
    assert sum(len(line.wrote) for line in lines) >= 1
    assert sum(len(line.entries) for line in lines) > 10
    later = (FRIDAY_NIGHT + timedelta(minutes=1)).timestamp()
    assert await Reconciliation(agder.store, tmp_path).run(FRIDAY_NIGHT, later) == []


async def test_a_page_names_each_person_once_on_each_ground(agder: Agder, database) -> None:
    async with agder.signed_in("silje-haugen") as nurse:
        with psycopg.connect(database.superuser_url, autocommit=True) as connection:
            [(before,)] = connection.execute("SELECT max(entry) FROM audit")
            assert (await nurse.get("/team")).status_code == 200
            query = """SELECT person, ground, read FROM audit WHERE entry > %s AND person IS NOT NULL
                AND actor <> 'system'"""
            rows = connection.execute(query, (before,)).fetchall()
    assert "ingrid-aasen" in {person for person, _, _ in rows}
    assert set(Counter((person, ground) for person, ground, _ in rows).values()) == {1}
    assert all("Task/" in read and "Patient/" in read for _, _, read in rows)


async def test_nothing_leaves_when_the_log_is_away(agder: Agder, database) -> None:
    async with agder.signed_in("silje-haugen") as nurse, calling(agder, agder.app) as client:
        with psycopg.connect(database.superuser_url, autocommit=True) as owner:
            owner.execute("REVOKE INSERT ON audit FROM saman_app")
            try:
                page = await nurse.get("/team/people/ingrid-aasen")
                answer = await client.get("/fhir/Patient/ingrid-aasen")
            finally:
                owner.execute("GRANT INSERT ON audit TO saman_app")
        assert (page.status_code, answer.status_code) == (503, 503)
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert answer.headers["retry-after"] == "5"
        assert "Aasen" not in page.text + answer.text
        assert (await nurse.get("/team/people/ingrid-aasen")).status_code == 200


async def test_health_says_when_answers_and_log_differ(agder: Agder) -> None:
    async with agder.browser() as client:
        assert (await client.get("/health/ledger")).text == "ok"
        add = "INSERT INTO ledger_difference (at, kind, request, mark) VALUES ($1, 'missing', 'r', 'm')"
        await agder.store.pool.execute(add, FRIDAY_NIGHT)
        told = await client.get("/health/ledger")
        assert (told.status_code, told.text) == (503, "log-differs")
        assert "saman_ledger_differences 1.0" in (await client.get("/metrics")).text
