"""Whatever a client says of itself, the log names the unit, role and person of its assignment (T31)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import User, find_users

pytestmark = pytest.mark.postgres

SEED = 20261122
REQUESTS = 120
STAFF = ("silje-haugen", "hanne-dahl", "eli-strand", "per-nilsen", "marte-olsen", "kjersti-wold", "turid-moen")
OTHERS = ("municipality-grimstad", "homecare-grimstad", "agder-telemedicine-centre", "gp-grimstad-1", "nobody")
HEADERS = (
    "x-organization", "x-saman-party", "x-forwarded-user", "x-party", "from", "x-provenance", "x-on-behalf-of",
    "organization", "x-actor", "x-role",
)  # fmt: skip


def claims(pick: Random) -> dict[str, str]:
    """Headers that say another unit, person or role."""
    said = (
        f"Organization/{pick.choice(OTHERS)}",
        f"Practitioner/{pick.choice(STAFF)}",
        "system",
        "general-practitioner",
    )
    return {name: pick.choice(said) for name in pick.sample(HEADERS, pick.randint(1, 5))}


def asked(pick: Random) -> tuple[str, str, Any]:
    """A request that names another unit wherever a request can."""
    other = {"reference": f"Organization/{pick.choice(OTHERS)}"}
    somebody = {"reference": f"Practitioner/{pick.choice(STAFF)}"}
    patient = {"reference": "Patient/ingrid-aasen"}
    message = {
        "resourceType": "Communication",
        "status": "completed",
        "meta": {"source": f"urn:organization:{pick.choice(OTHERS)}"},
        "subject": patient,
        "sender": pick.choice([other, somebody]),
        "recipient": [patient],
        "payload": [{"contentString": "Hi"}],
    }
    task = {
        "resourceType": "Task", "status": "requested", "intent": "order", "for": patient,
        "requester": pick.choice([other, somebody]), "owner": other,
        "code": {"coding": [{"system": "urn:saman:task", "code": "home-visit"}]},
    }  # fmt: skip
    audit = {"resourceType": "AuditEvent", "agent": [{"who": other, "requestor": True}]}
    batch = {
        "resourceType": "Bundle", "type": "batch",
        "entry": [
            {"request": {"method": "GET", "url": "Patient/ingrid-aasen"}},
            {"request": {"method": "POST", "url": "Communication"}, "resource": message},
        ],
    }  # fmt: skip
    party = pick.choice(OTHERS)
    return pick.choice([
        ("GET", "/fhir/Patient/ingrid-aasen", None),
        ("GET", f"/fhir/Observation?patient=ingrid-aasen&performer=Organization/{party}", None),
        ("GET", f"/fhir/Task?owner=Organization/{party}", None),
        ("GET", f"/fhir/Patient?organization=Organization/{party}&_party={party}", None),
        ("POST", "/fhir/Communication", message),
        ("POST", "/fhir/Task", task),
        ("POST", "/fhir/AuditEvent", audit),
        ("POST", "/fhir", batch),
    ])  # fmt: skip


def entries(url: str, requests: list[str]) -> Iterator[dict[str, Any]]:
    """What the log holds of these requests."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        yield from connection.execute(
            "SELECT request, actor, role, party FROM audit WHERE request = ANY(%s)", [requests]
        )


async def test_the_log_names_the_assignment_whatever_the_client_says(agder, database):
    pick, tokens, now = Random(SEED), Tokens(agder.store.secret), agder.clock()
    users: list[User] = [user for who in STAFF for user in await find_users(agder.system, f"Practitioner/{who}")]
    sent: dict[str, User] = {}
    async with agder.browser() as client:
        for number in range(REQUESTS):
            user, request = pick.choice(users), f"attributed-{number:04}"
            token = tokens.make(user, user.purpose, now, timedelta(minutes=5))
            headers = {"authorization": f"Bearer {token}", "x-request-id": request} | claims(pick)
            method, path, body = asked(pick)
            answer = await client.request(method, path, json=body, headers=headers)
            assert answer.status_code < 500, (SEED, number, answer.text)
            sent[request] = user
    logged = list(entries(database.superuser_url, list(sent)))
    assert len({row["request"] for row in logged}) > REQUESTS / 2
    for row in logged:
        user = sent[row["request"]]
        assert (row["actor"], row["role"], row["party"]) == (user.actor, user.role, user.party), (SEED, row["request"])


async def test_the_log_follows_a_page_from_one_assignment_to_the_other(agder, database):
    role = (await agder.system.read("PractitionerRole", "jon-bakke")).resource()
    other = role | {"id": "jon-elsewhere", "organization": {"reference": "Organization/homecare-grimstad"}}
    other["code"] = [{"coding": [{"system": "urn:saman:role", "code": "home-care-nurse"}]}]
    assert not isinstance(await agder.system.update("PractitionerRole", "jon-elsewhere", other), tuple)
    parties = ["agder-telemedicine-centre|telemedicine-nurse", "homecare-grimstad|home-care-nurse"]
    async with agder.signed_in("Practitioner/jon-bakke") as nurse:
        for turn, assignment in enumerate(parties * 2):
            page = (await nurse.get("/auth/assignment?lang=en")).text
            csrf = re.search(r'name="csrf" value="([^"]+)"', page)
            assert csrf
            await nurse.post("/auth/assignment", data={"csrf": csrf[1], "assignment": assignment})
            request = {"x-request-id": f"turned-pages-{turn}", "x-organization": "Organization/nobody"}
            assert (await nurse.get("/team/people", headers=request)).status_code == 200
    logged = list(entries(database.superuser_url, [f"turned-pages-{turn}" for turn in range(4)]))
    assert len({row["request"] for row in logged}) == 4
    for row in logged:
        assert f"{row['party']}|{row['role']}" == parties[int(row["request"][-1]) % 2]
