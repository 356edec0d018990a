"""Changing for whom one is here, without signing in again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from saman.ops.demo import demo_bundles
from saman.record import Change, process
from tests.http.app.conftest import Agder
from tests.http.app.test_who_looked import main_of, token_in

pytestmark = pytest.mark.postgres

FAMILY = ("fatima-al-khatib", "yasmin-al-khatib", "noor-al-khatib", "leif-haugland", "gerd-haugland")
FATIMA, YASMIN, NOOR = (
    "RelatedPerson/samir-al-khatib",
    "RelatedPerson/samir-al-khatib-for-yasmin-al-khatib",
    "RelatedPerson/samir-al-khatib-for-noor-al-khatib",
)


@pytest_asyncio.fixture(scope="module", autouse=True, loop_scope="session")
async def family(agder: Agder) -> None:
    """Two families of the demo, in which some are close to several."""
    wanted = {f"person-{one}" for one in FAMILY}
    for name, bundle in demo_bundles(agder.clock()):
        if name in wanted:
            assert isinstance(await process(agder.system, bundle), str), name
            wanted.remove(name)
        if not wanted:
            break


@pytest_asyncio.fixture(loop_scope="session")
async def samir(agder: Agder) -> AsyncIterator[httpx.AsyncClient]:
    """Samir, here for his mother."""
    async with agder.signed_in("samir-al-khatib") as client:
        yield client


async def choice(client: httpx.AsyncClient) -> str:
    answer = await client.get("/auth/people", params={"lang": "en"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def go(client: httpx.AsyncClient, who: str) -> httpx.Response:
    return await client.post("/auth/people", data={"csrf": token_in(await choice(client)), "user": who})


async def here_for(client: httpx.AsyncClient) -> str:
    shown = unescape((await client.get("/citizen", params={"lang": "en"})).text)
    found = re.search(r"You are here for ([^<]+)<", shown)
    return found[1] if found else ""


async def test_a_father_goes_from_his_mother_to_his_child_and_back(samir: httpx.AsyncClient) -> None:
    assert await here_for(samir) == "Fatima Al-Khatib"
    menu = (await samir.get("/citizen", params={"lang": "en"})).text
    assert menu.count('href="/auth/people"') == 2, "in the menu and in the notice"
    shown = await choice(samir)
    assert re.findall(r'name="user" value="([^"]+)"', shown) == [FATIMA, NOOR, YASMIN]
    assert "For Yasmin Al-Khatib" in unescape(shown)
    before = samir.cookies["saman"]
    gone = await go(samir, YASMIN)
    assert (gone.status_code, gone.headers["location"]) == (303, "/citizen")
    assert gone.headers["clear-site-data"] == '"cache"'
    assert samir.cookies["saman"] != before
    assert await here_for(samir) == "Yasmin Al-Khatib"
    assert "football" in (await samir.get("/citizen/plan")).text
    assert (await go(samir, FATIMA)).status_code == 303
    assert await here_for(samir) == "Fatima Al-Khatib"
    assert "football" not in (await samir.get("/citizen/plan")).text


async def test_the_session_before_is_worth_nothing(agder: Agder, samir: httpx.AsyncClient) -> None:
    before, token = samir.cookies["saman"], token_in(await choice(samir))
    await go(samir, YASMIN)
    async with agder.browser() as other:
        other.cookies.set("saman", before)
        assert (await other.get("/citizen")).status_code == 303
    late = await samir.post("/auth/people", data={"csrf": token, "user": FATIMA})
    assert late.status_code == 403, "a form of the session before changes nothing"
    assert await here_for(samir) == "Yasmin Al-Khatib"


async def test_who_is_a_citizen_as_well_is_one_or_the_other(agder: Agder) -> None:
    async with agder.signed_in("gerd-haugland") as gerd:
        shown = await choice(gerd)
        found = re.findall(r'name="user" value="([^"]+)"', shown)
        assert found == ["Patient/gerd-haugland", "RelatedPerson/gerd-haugland-for-leif-haugland"]
        assert 'aria-current="true"' in shown
        assert (await go(gerd, found[1])).status_code == 303
        assert await here_for(gerd) == "Leif Haugland"
        assert (await gerd.get("/citizen/who-looked")).status_code == 403
        await go(gerd, found[0])
        assert (await gerd.get("/citizen/who-looked")).status_code == 200


@pytest.mark.parametrize("who", ["", "Patient/fatima-al-khatib", "RelatedPerson/kari-aasen", "Practitioner/eli-strand"])
async def test_nobody_becomes_another(samir: httpx.AsyncClient, who: str) -> None:
    assert (await go(samir, who)).status_code == 404
    assert await here_for(samir) == "Fatima Al-Khatib"


async def test_who_is_one_alone_is_offered_nothing(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as ingrid:
        assert "/auth/people" not in (await ingrid.get("/citizen")).text
        assert re.findall(r'name="user" value="([^"]+)"', await choice(ingrid)) == ["Patient/ingrid-aasen"]
    async with agder.signed_in("eli-strand") as nurse:
        assert (await nurse.get("/auth/people")).headers["location"] == "/"
    async with agder.browser() as nobody:
        assert (await nobody.get("/auth/people")).headers["location"] == "/"
        assert (await nobody.post("/auth/people", data={"user": YASMIN})).status_code in (303, 403)


async def test_a_name_that_is_not_theirs_to_see_is_not_shown(agder: Agder, samir: httpx.AsyncClient) -> None:
    there = await agder.system.read("Patient", "noor-al-khatib")
    patient = there.resource()
    label = {"system": "urn:saman:category", "code": "protected-address"}
    security = [*patient["meta"]["security"], label]
    hidden = patient | {"meta": patient["meta"] | {"security": security}}
    await agder.system.commit([Change(hidden, "noor-al-khatib", there.version)])
    shown = main_of(await choice(samir))
    assert "Noor" not in unescape(shown)
    assert "For somebody whose name is not shown" in shown
    now = (await agder.system.read("Patient", "noor-al-khatib")).version
    await agder.system.commit([Change(patient, "noor-al-khatib", now)])


async def test_what_has_ended_since_is_offered_no_more(agder: Agder, samir: httpx.AsyncClient) -> None:
    id = YASMIN.partition("/")[2]
    there = await agder.system.read("RelatedPerson", id)
    over = there.resource() | {"period": {"end": "2026-11-19"}}
    await agder.system.commit([Change(over, id, there.version)])
    assert YASMIN not in await choice(samir)
    assert (await go(samir, YASMIN)).status_code == 404
    now = (await agder.system.read("RelatedPerson", id)).version
    await agder.system.commit([Change(there.resource(), id, now)])


async def test_a_change_is_an_entry_of_the_log_and_a_look_is_theirs(
    agder: Agder, samir: httpx.AsyncClient, database: Any
) -> None:
    await go(samir, YASMIN)
    await choice(samir)
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute("SELECT actor, action, query, person FROM audit ORDER BY entry DESC LIMIT 60")
        found = rows.fetchall()
    assert next(one for one in found if one[1] == "E")[::2] == (YASMIN, "assignment demo")
    assert (NOOR, "R", "noor-al-khatib") in {(one[0], one[1], one[3]) for one in found}, "a name was shown"


async def test_changing_does_not_make_a_session_longer(agder: Agder, samir: httpx.AsyncClient) -> None:
    for _ in range(12):
        agder.clock.forward(minutes=59)
        await go(samir, YASMIN)
    agder.clock.forward(minutes=13)
    assert (await samir.get("/citizen")).status_code == 303
