"""`saman users`, `token` and `access` from the outside."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime

import httpx
import psycopg
import pytest

from saman.ops.application import Parts, application
from saman.ops.region import Region, open_region
from saman.record import Store, open_store
from tests.http.cli.conftest import AGDER, NOW, Saman

pytestmark = pytest.mark.usefixtures("people")
HOUR_LATER = datetime(2026, 11, 20, 10, 59, tzinfo=UTC)


def test_users_are_everybody_who_can_sign_in(saman: Saman) -> None:
    done = saman("users", "--json")
    assert done.status == 0
    assert sorted(done.json(), key=lambda one: one["id"]) == [
        {"id": "daughter", "name": "Anne Åsen", "role": "relative", "organisation": ""},
        {"id": "ingrid", "name": "Ingrid Åsen", "role": "citizen", "organisation": ""},
        {"id": "silje", "name": "Silje Haugen", "role": "telemedicine-nurse", "organisation": "Telemedisinsentralen"},
        {"id": "stranger", "name": "Ola Ukjent", "role": "citizen", "organisation": ""},
    ]
    assert "Silje Haugen" in saman("users").out


def answer(url: str, token: str, path: str, now: datetime = HOUR_LATER) -> int:
    """The status that the FHIR interface answers a bearer of `token` with."""

    async def asked() -> int:
        region = open_region(AGDER)
        assert isinstance(region, Region)
        store = await open_store(url, region.policy, connections=2)
        assert isinstance(store, Store)
        parts = Parts(
            store=store, region=region, clock=lambda: now, secret=store.secret, demo=True, secure=False,
            base_url="http://test",
        )  # fmt: skip
        transport = httpx.ASGITransport(application(parts))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            response = await client.get(path, headers={"authorization": f"Bearer {token}"})
        await store.close()
        return response.status_code

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("who", "ingrid", "stranger"),
    [
        ("system", 200, 200),
        ("silje", 200, 404),
        ("PractitionerRole/silje-role", 200, 404),
        ("Patient/ingrid", 200, 404),
    ],
)
def test_a_token_opens_what_its_bearer_may_see(saman: Saman, database, who: str, ingrid: int, stranger: int) -> None:
    done = saman("token", "--as", who)
    assert (done.status, done.out.count("\n"), done.err) == (0, 1, "")
    token = done.out.strip()
    assert answer(database.app_url, token, "/fhir/Patient/ingrid") == ingrid
    assert answer(database.app_url, token, "/fhir/Patient/stranger") == stranger


def test_a_token_runs_out(saman: Saman, database) -> None:
    token = saman("token", "--as", "system", "--minutes", "58").out.strip()
    assert answer(database.app_url, token, "/fhir/Patient/ingrid") == 401


def test_a_token_counts_from_when_the_server_did(saman: Saman, database, tmp_path) -> None:
    """SAMAN_NOW is where each server process begins: one that has run for two days is two days further."""
    pid_file = tmp_path / "run" / "server.pid"
    pid_file.parent.mkdir(exist_ok=True)
    pid_file.touch()
    began = pid_file.stat().st_mtime - 48 * 3600
    os.utime(pid_file, (began, began))
    token = saman("token", "--as", "system").out.strip()
    later = datetime(2026, 11, 22, 10, 59, tzinfo=UTC)
    assert answer(database.app_url, token, "/fhir/Patient/ingrid", later) == 200


def test_an_organisation_can_be_named(saman: Saman) -> None:
    for name in ("centre", "Organization/centre", "Telemedisinsentralen"):
        assert saman("token", "--as", "silje", "--organization", name).status == 0
    done = saman("token", "--as", "silje", "--organization", "hospital")
    assert (done.status, done.out) == (1, "")
    assert "no role" in done.err or "Nobody of that name has a role" in done.err


@pytest.mark.parametrize("who", ["nobody", "Practitioner/nobody", "Device/x", "not an id"])
def test_somebody_without_a_role_gets_no_token(saman: Saman, who: str) -> None:
    assert saman("token", "--as", who) == (1, "", "Nobody of that name can sign in.\n")


def test_production_makes_no_tokens(saman: Saman, monkeypatch) -> None:
    monkeypatch.setenv("SAMAN_MODE", "production")
    monkeypatch.setenv("SAMAN_PUBLIC_URL", "https://saman.example")
    monkeypatch.delenv("SAMAN_NOW")
    done = saman("token", "--as", "system")
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert "demo mode only" in done.err


@pytest.mark.parametrize("words", [[], ["--as", "system", "--minutes", "0"], ["--as", "system", "--minutes", "1441"]])
def test_wrong_use_of_token_is_two(saman: Saman, words: list[str]) -> None:
    done = saman("token", *words)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)


def access(saman: Saman, *words: str) -> dict:
    done = saman("access", "--json", *words)
    assert (done.status, done.err) == (0, "")
    return done.json()


def test_access_names_rows_and_ground(saman: Saman) -> None:
    told = access(saman, "--as", "silje", "--patient", "ingrid")
    assert (told["decision"], told["at"]) == ("permit", NOW.replace("Z", ".000Z"))
    assert told["ground"] == ["CareTeam/around-ingrid"]
    assert any(row.startswith("R02-") for row in told["rows"])
    kinds = {one["kind"]: one for one in told["assignments"][0]["kinds"]}
    assert kinds["readings"]["decision"] == "permit"
    assert kinds["finance"]["decision"] == "deny"
    assert all(one["words"] for one in kinds.values())


@pytest.mark.parametrize(("at", "decision"), [("2026-10-31T12:00:00Z", "deny"), ("2026-11-30", "permit")])
def test_access_is_judged_at_a_time(saman: Saman, at: str, decision: str) -> None:
    assert access(saman, "--as", "silje", "--patient", "Patient/ingrid", "--at", at)["decision"] == decision


def test_access_to_a_stranger_is_denied_with_the_reason(saman: Saman) -> None:
    told = access(saman, "--as", "silje", "--patient", "stranger")
    assert (told["decision"], told["rows"], told["ground"]) == ("deny", [], [])
    assert any("needs a tie" in word for kind in told["assignments"][0]["kinds"] for word in kind["words"])
    assert "needs a tie" in " ".join(saman("access", "--as", "silje", "--patient", "stranger").out.split())


def test_the_system_may_see_all(saman: Saman) -> None:
    assert access(saman, "--as", "system", "--patient", "ingrid")["decision"] == "permit"


def test_access_to_nobody_is_refused(saman: Saman) -> None:
    done = saman("access", "--as", "silje", "--patient", "01010112345")
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert "01010112345" not in done.err
    assert saman("access", "--as", "silje", "--patient", "ingrid", "--at", "soon").status == 2


def test_every_session_of_somebody_is_ended(saman: Saman, database) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as owner:
        for key in range(3):
            owner.execute(
                "INSERT INTO session (key, actor, about, name, kind, role, party, party_name, purpose, context, csrf,"
                " language, begun, seen) VALUES (%s, %s, '', '', 'citizen', 'citizen', '', '', 'PATRQT', 1, '', 'nb',"
                " now(), now())",
                (bytes([key]), "Patient/stranger" if key == 2 else "Patient/ingrid"),
            )
        done = saman("users", "sign-out", "ingrid")
        assert (done.status, done.out) == (0, "Ended 2.\n")
        assert owner.execute("SELECT actor FROM session").fetchall() == [("Patient/stranger",)]
        logged = owner.execute("SELECT id, query, person FROM audit ORDER BY entry DESC LIMIT 1").fetchone()
    assert logged == ("ingrid", "administration sessions-ended 2", None)
    assert saman("users", "sign-out", "nobody-at-all").status == 1
