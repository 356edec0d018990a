"""People who are shared in part: of Ingrid Aasen, everybody gets exactly the kinds of data that the rules permit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest_asyncio

from saman.apps.auth.users import User
from saman.kernel import json
from saman.model.access import Domain, domain_of
from saman.model.care import codes
from saman.model.care.codes import concept
from saman.model.fhir import RESOURCE_TYPES
from saman.ops.access import explained
from saman.ops.token import SYSTEM_USER
from saman.record import Record, system
from tests.e2e.journeys.beginning import FRIDAY_EVENING, region

from .conftest import World
from .looking import leaks

INGRID = "ingrid-aasen"
SUNG = re.compile(r"zqfinch-(\w+)", re.IGNORECASE)
PAGES = (
    "/team", "/team/sent", "/team/people", f"/team/people/{INGRID}", f"/team/people/{INGRID}?as=tables",
    f"/team/people/{INGRID}/visit", f"/team/people/{INGRID}/limit", f"/team/people/{INGRID}/summary",
    f"/team/messages/{INGRID}", "/citizen", "/citizen/plan", "/citizen/readings", "/citizen/readings/spo2",
    "/citizen/messages", "/citizen/happened", "/citizen/self-treatment", "/citizen/who-looked", "/citizen/report/check",
)  # fmt: skip

Resource = dict[str, Any]


def finch(kind: Domain) -> str:
    """A word that tells of which kind of data it is."""
    return f"Zqfinch-{kind.word}"


def finches() -> list[Resource]:
    """Something of each kind about Ingrid, where pages show it."""
    person = {"reference": f"Patient/{INGRID}"}
    own_goal = {"category": [concept(codes.GOAL, "personal")], "lifecycleStatus": "active", "subject": person}
    flag = {"status": "active", "subject": person}
    social = [{"system": codes.CATEGORY, "code": "social-care"}]
    return [
        {"resourceType": "Goal", "id": "finch-goal", **own_goal, "description": {"text": finch(Domain.PLAN)}},
        {"resourceType": "Flag", "id": "finch-flag", **flag, "code": {"text": finch(Domain.HEALTH)}},
        {"resourceType": "RelatedPerson", "id": "finch-kin", "patient": person, "active": True,
         "name": [{"text": finch(Domain.PERSON)}]},
        {"resourceType": "Condition", "id": "finch-social", "meta": {"tag": social}, "subject": person,
         "code": {"text": finch(Domain.SOCIAL)}},
        {"resourceType": "QuestionnaireResponse", "id": "finch-answer", "status": "completed", "subject": person,
         "authored": "2026-11-20T10:00:00+01:00",
         "item": [{"linkId": "comment", "answer": [{"valueString": finch(Domain.READINGS)}]}]},
    ]  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def shared(world: World) -> World:
    async with world.fhir(SYSTEM_USER) as client:
        for one in finches():
            answer = await client.put(f"{one['resourceType']}/{one['id']}", json=one)
            assert answer.status_code in (200, 201), answer.text
    return world


async def permitted(world: World, user: User) -> frozenset[str]:
    """The kinds of Ingrid's data that the rules let somebody see, by the evaluator that explains itself."""
    record = Record(world.store, system(FRIDAY_EVENING))
    told: Any = await explained(record, region().policy, user.actor, INGRID)
    acting = next(one for one in told["assignments"] if one["role"] == user.role)
    return frozenset(kind["kind"] for kind in acting["kinds"] if kind["decision"] != "deny")


async def kinds_in(client: httpx.AsyncClient) -> Mapping[str, str]:
    """Every kind of data that a search for what is about Ingrid answers with, and where."""
    found: dict[str, str] = {}
    for kind in sorted(RESOURCE_TYPES):
        answer = await client.get(f"{kind}?patient={INGRID}&_count=200", headers={"prefer": "handling=strict"})
        if answer.status_code == 200:
            for entry in json.decode(answer.content).get("entry", ()):
                found[domain_of(entry["resource"]).word] = f"{kind}/{entry['resource']['id']}"
    return found


async def test_the_interface_gives_what_the_rules_permit(shared: World) -> None:
    wrong: list[str] = []
    for user in shared.users:
        allowed = await permitted(shared, user)
        async with shared.fhir(user) as client:
            found = await kinds_in(client)
        wrong += [f"{user.role} {user.id}: {where}" for kind, where in found.items() if kind not in allowed]
    assert wrong == []


async def test_pages_show_what_the_rules_permit(shared: World) -> None:
    wrong: list[str] = []
    seen: set[str] = set()
    for user in shared.users:
        allowed = await permitted(shared, user)
        async with await shared.browser(user) as client:
            for address in PAGES:
                answer = await client.get(address)
                sung = {kind.lower() for kind in SUNG.findall(answer.text)}
                seen |= sung
                wrong += [f"{user.role} {user.id}: {address} tells {kind}" for kind in sung - allowed]
                wrong += leaks(answer)
    assert wrong == []
    assert {Domain.PLAN.word, Domain.READINGS.word, Domain.HEALTH.word} <= seen
