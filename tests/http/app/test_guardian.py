"""A guardian's page of who may look at a child: whose it is to say no, saying it, and what the child sees of that."""

from __future__ import annotations

from asyncio import gather
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest
import pytest_asyncio

from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import find_users
from saman.ops.demo.staff import on_duty
from saman.record import Change
from tests.http.app.conftest import Agder
from tests.http.app.test_people import NOOR, YASMIN, family
from tests.http.app.test_sharing import page
from tests.http.app.test_who_looked import main_of, token_in

pytestmark = pytest.mark.postgres

__all__ = ["family"]

MUNICIPALITY, PRACTICE = "municipality-arendal", "gp-arendal-1"
TWELVE = datetime.fromisoformat("2031-05-20T00:00:00+02:00")
SHARING = "/citizen/sharing"


@pytest_asyncio.fixture(loop_scope="session")
async def father(agder: Agder, family: None) -> AsyncIterator[httpx.AsyncClient]:
    """Samir, here for his younger daughter, about whom nothing is said before and after."""
    async with agder.signed_in(YASMIN) as client:
        yield client
    found = await agder.system.search("Consent", [("patient", "Patient/yasmin-al-khatib"), ("status", "active")])
    for one in found.matches:
        await agder.system.commit([Change(one.resource() | {"status": "inactive"}, one.id, one.version)])


async def send(client: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    token = token_in(await page(client, "/citizen"))
    return await client.post(path, data={"csrf": token, **fields}, params={"lang": "en"})


async def says(client: httpx.AsyncClient, party: str = MUNICIPALITY, **kinds: str) -> httpx.Response:
    return await send(client, f"{SHARING}/{party}", act="say", **(kinds or {"kind-plan": "1"}))


async def consents(agder: Agder) -> list[dict[str, Any]]:
    found = await agder.system.search("Consent", [("patient", "Patient/yasmin-al-khatib"), ("status", "active")])
    return [one.resource() for one in found.matches]


async def plans_seen(agder: Agder) -> int:
    """How much of the plan the coordinator in Arendal sees."""
    (user, *_) = await find_users(agder.system, on_duty("coordinator", "arendal").practitioner)
    token = Tokens(agder.store.secret).make(user, user.purpose, agder.clock(), timedelta(hours=1))
    headers = {"authorization": f"Bearer {token}", "accept": "application/fhir+json"}
    async with agder.browser() as client:
        asked = {"patient": "Patient/yasmin-al-khatib", "_total": "accurate"}
        answer = await client.get("/fhir/CarePlan", params=asked, headers=headers)
    return int(answer.json()["total"])


async def test_whose_it_is_and_by_which_rule_is_said(father: httpx.AsyncClient) -> None:
    assert f'href="{SHARING}"' in await page(father, "/citizen")
    shown = main_of(unescape(await page(father, SHARING)))
    assert "You decide about this for Yasmin Al-Khatib, until the day Yasmin Al-Khatib turns 12." in shown
    assert "a local setting that nobody has confirmed as law" in shown
    assert "Rule: R07" in shown
    assert f'href="{SHARING}/{MUNICIPALITY}"' in await page(father, SHARING)


async def test_what_would_change_is_shown_then_said_then_taken_back(agder: Agder, father: httpx.AsyncClient) -> None:
    before = await plans_seen(agder)
    assert before > 0
    preview = await send(father, f"{SHARING}/{MUNICIPALITY}", **{"kind-plan": "1"})
    shown = unescape(preview.text)
    assert "This is what would change" in shown
    assert "no longer sees: the plan, with its appointments and messages" in shown
    assert await consents(agder) == []
    assert (await says(father)).status_code == 303
    (consent,) = await consents(agder)
    assert consent["performer"] == [{"reference": YASMIN}]
    assert consent["patient"] == {"reference": "Patient/yasmin-al-khatib"}
    assert await plans_seen(agder) == 0
    shown = unescape(await page(father, SHARING))
    assert "You have said no to: the plan, with its appointments and messages" in shown
    assert (await send(father, f"/citizen/nos/{consent['id']}/back")).status_code == 303
    assert await plans_seen(agder) == before
    assert (await send(father, f"/citizen/nos/{consent['id']}/back")).status_code == 404


async def test_saying_it_again_takes_the_place_of_what_was_said(agder: Agder, father: httpx.AsyncClient) -> None:
    for kinds in ({"kind-plan": "1"}, {"kind-health": "1"}):
        assert (await says(father, PRACTICE, **kinds)).status_code == 303
    (consent,) = await consents(agder)
    assert [one["code"] for one in consent["provision"]["class"]] == ["health"]


async def test_of_two_at_once_one_takes_the_place_of_the_other(agder: Agder, father: httpx.AsyncClient) -> None:
    token = token_in(await page(father, "/citizen"))
    kinds = ("plan", "readings", "health") * 4
    forms = [{"csrf": token, "act": "say", f"kind-{kind}": "1"} for kind in kinds]
    answers = await gather(*(father.post(f"{SHARING}/{MUNICIPALITY}", data=form) for form in forms))
    assert [answer.status_code for answer in answers] == [303] * len(forms)
    (only,) = await consents(agder)
    assert len(only["provision"]["class"]) == 1


async def test_the_older_child_is_heard_and_the_father_says_nothing_alone(agder: Agder, family: None) -> None:
    async with agder.signed_in(NOOR) as father:
        shown = main_of(unescape(await page(father, SHARING)))
        assert "From 12 on, Noor Al-Khatib's own view has to be heard." in shown
        assert MUNICIPALITY not in await page(father, SHARING)
        for path in (f"{SHARING}/{MUNICIPALITY}", "/citizen/nos/whatever/back"):
            assert (await send(father, path, act="say", **{"kind-plan": "1"})).status_code == 403
        assert (await father.get(f"{SHARING}/{MUNICIPALITY}")).status_code == 403


async def test_what_the_child_said_is_not_shown_and_not_taken_back(agder: Agder, father: httpx.AsyncClient) -> None:
    async with agder.signed_in("yasmin-al-khatib") as child:
        assert (await says(child)).status_code == 303
    (consent,) = await consents(agder)
    shown = main_of(unescape(await page(father, SHARING)))
    assert "You have said no" not in shown
    assert "Yasmin Al-Khatib has said" not in shown
    assert (await send(father, f"/citizen/nos/{consent['id']}/back")).status_code == 404
    assert len(await consents(agder)) == 1


async def test_the_child_sees_what_was_said_and_ends_it_when_it_decides(
    agder: Agder, father: httpx.AsyncClient
) -> None:
    await says(father)
    (consent,) = await consents(agder)
    back = f"/citizen/nos/{consent['id']}/back"
    async with agder.signed_in("yasmin-al-khatib") as child:
        shown = main_of(unescape(await page(child, SHARING)))
        assert "Samir Al-Khatib has said no to: your plan" in shown
        assert back not in await page(child, SHARING)
        assert (await send(child, back)).status_code == 403
        assert (await says(child, MUNICIPALITY, **{"kind-health": "1"})).status_code == 303, "her own stands beside it"
        assert len(await consents(agder)) == 2
    agder.clock.now = TWELVE
    async with agder.signed_in("yasmin-al-khatib") as child:
        assert back in await page(child, SHARING)
        assert (await send(child, back)).status_code == 303
    (left,) = await consents(agder)
    assert left["performer"] == [{"reference": "Patient/yasmin-al-khatib"}]


async def test_a_no_ends_being_the_fathers_at_the_midnight_of_the_birthday(
    agder: Agder, father: httpx.AsyncClient
) -> None:
    agder.clock.now = TWELVE - timedelta(seconds=1)
    async with agder.signed_in(YASMIN) as late:
        assert "You decide about this" in unescape(await page(late, SHARING))
        token = token_in(await page(late, SHARING))
        data = {"csrf": token, "act": "say", "kind-plan": "1"}
        assert (await late.post(f"{SHARING}/{MUNICIPALITY}", data=data)).status_code == 303
        agder.clock.now = TWELVE
        (consent,) = await consents(agder)
        assert (await late.post(f"/citizen/nos/{consent['id']}/back", data=data)).status_code == 403
        assert (await late.post(f"{SHARING}/{PRACTICE}", data=data)).status_code == 403


@pytest.mark.parametrize("who", ["samir-al-khatib", "kari-aasen", "tor-aasen"])
async def test_for_those_without_custody_there_is_nothing(agder: Agder, family: None, who: str) -> None:
    async with agder.signed_in(who) as client:
        assert f'href="{SHARING}"' not in await page(client, "/citizen") if who != "tor-aasen" else True
        token = token_in((await client.get("/citizen")).text)
        answers = [
            await client.get(SHARING),
            await client.get(f"{SHARING}/{MUNICIPALITY}"),
            await client.post(f"{SHARING}/{MUNICIPALITY}", data={"csrf": token, "act": "say", "kind-plan": "1"}),
            await client.post("/citizen/nos/x/back", data={"csrf": token}),
        ]
        assert [one.status_code for one in answers] == [403, 403, 403, 403]


async def test_when_custody_is_over_nothing_is_said(agder: Agder, father: httpx.AsyncClient) -> None:
    id = YASMIN.partition("/")[2]
    there = await agder.system.read("RelatedPerson", id)
    token = token_in(await page(father, SHARING))
    over = there.resource() | {"period": {"end": "2026-11-19"}}
    await agder.system.commit([Change(over, id, there.version)])
    sent = await father.post(f"{SHARING}/{MUNICIPALITY}", data={"csrf": token, "act": "say", "kind-plan": "1"})
    assert (sent.status_code, (await father.get(SHARING)).status_code) == (403, 403)
    now = (await agder.system.read("RelatedPerson", id)).version
    await agder.system.commit([Change(there.resource(), id, now)])
    assert await consents(agder) == []


@pytest.mark.parametrize(
    ("party", "fields", "status"),
    [
        (MUNICIPALITY, {}, 422),
        (MUNICIPALITY, {"kind-social": "1"}, 422),
        (MUNICIPALITY, {"kind-finance": "1"}, 422),
        ("gp-risor-1", {"kind-plan": "1"}, 404),
        ("no-such-unit", {"kind-plan": "1"}, 404),
    ],
)
async def test_what_makes_no_sense_changes_nothing(
    agder: Agder, father: httpx.AsyncClient, party: str, fields: dict[str, str], status: int
) -> None:
    for act in ("say", ""):
        answer = await send(father, f"{SHARING}/{party}", act=act, **fields)
        assert answer.status_code == status, (act, answer.status_code)
    assert await consents(agder) == []


async def test_a_unit_by_a_tie_that_the_father_may_not_read_is_not_named(
    agder: Agder, father: httpx.AsyncClient
) -> None:
    task = {
        "resourceType": "Task", "id": "yasmin-hidden-help", "status": "requested", "intent": "order",
        "meta": {"tag": [{"system": "urn:saman:category", "code": "social-care"}]},
        "code": {"coding": [{"system": "urn:saman:task", "code": "home-visit"}]},
        "for": {"reference": "Patient/yasmin-al-khatib"}, "owner": {"reference": "Organization/homecare-arendal"},
    }  # fmt: skip
    await agder.system.commit([Change(task, "yasmin-hidden-help", -1)])
    assert "homecare-arendal" not in await page(father, SHARING)
    assert (await father.get(f"{SHARING}/homecare-arendal")).status_code == 404
    async with agder.signed_in("yasmin-al-khatib") as child:
        assert "homecare-arendal" in await page(child, SHARING), "she sees it herself"


async def test_the_child_reads_by_what_the_father_looked(agder: Agder, father: httpx.AsyncClient) -> None:
    await page(father, "/citizen/plan")
    async with agder.signed_in("yasmin-al-khatib") as child:
        shown = main_of(unescape(await page(child, "/citizen/who-looked")))
    assert "Samir Al-Khatib" in shown
    assert "They have custody of you." in shown
    assert "You have shared this with them." not in shown


async def test_what_was_shared_stays_called_so_when_custody_comes_later(agder: Agder, family: None) -> None:
    id = "samir-al-khatib"
    async with agder.signed_in(id) as son:
        await page(son, "/citizen/plan")
    agder.clock.forward(hours=1)
    there = await agder.system.read("RelatedPerson", id)
    code = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "POWATT"}]}
    proxy = there.resource() | {"relationship": [*there.resource()["relationship"], code]}
    proxy["extension"] = [*proxy["extension"], {"url": "urn:saman:scope", "valueCode": "record"}]
    await agder.system.commit([Change(proxy, id, there.version)])
    agder.clock.forward(minutes=1)
    async with agder.signed_in("fatima-al-khatib") as mother:
        assert "They have a mandate from you." not in main_of(await page(mother, "/citizen/who-looked"))
        async with agder.signed_in(id) as son:
            await page(son, "/citizen/plan")
        shown = main_of(unescape(await page(mother, "/citizen/who-looked")))
    assert "You have shared this with them." in shown
    assert "They have a mandate from you." in shown
    now = (await agder.system.read("RelatedPerson", id)).version
    await agder.system.commit([Change(there.resource(), id, now)])


async def test_the_team_reads_that_a_guardian_sees_by_custody(agder: Agder, family: None) -> None:
    async with agder.signed_in(on_duty("coordinator", "arendal").practitioner) as coordinator:
        shown = unescape(await page(coordinator, "/team/people/yasmin-al-khatib"))
    assert "has custody, and sees what the country's rules open by it" in shown
    assert "sees nothing here" not in shown
