"""People see where they are signed in, and end what is not them; nobody ends the session of another."""

from __future__ import annotations

import re

import httpx
import pytest

from saman.apps.auth.device import device_of
from saman.record.sessions import Sessions
from tests.http.app.conftest import Agder
from tests.http.security.test_sessions import csrf_in

PAGE = "/auth/sessions"
PHONE = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture(autouse=True)
async def nobody_signed_in(agder: Agder) -> None:
    sessions = Sessions(agder.store.pool, agder.store.notices)
    for actor in ("Practitioner/silje-haugen", "Patient/ingrid-aasen", "Patient/olav-tveit"):
        await sessions.end_all(actor)


async def page_of(client: httpx.AsyncClient) -> str:
    answer = await client.get(PAGE, params={"lang": "en"})
    assert answer.status_code == 200, answer.text
    return answer.text


def others(page: str) -> list[str]:
    return re.findall(r'name="session" value="([0-9a-f]{32})"', page)


async def ends(client: httpx.AsyncClient, handle: str) -> httpx.Response:
    return await client.post(f"{PAGE}/end", data={"csrf": csrf_in(await page_of(client)), "session": handle})


@pytest.mark.parametrize("user", ["silje-haugen", "ingrid-aasen"])
async def test_each_session_stands_there_with_its_device(agder: Agder, user: str) -> None:
    async with agder.signed_in(user) as here, agder.browser() as phone:
        await phone.post("/auth/demo", data={"user": user}, headers={"user-agent": PHONE})
        page = await page_of(here)
        assert "Firefox, Android" in page
        assert page.count("· this one") == 1
        assert len(others(page)) == 1
        assert 'href="/auth/sessions"' in (await here.get("/", follow_redirects=True)).text


async def test_one_is_ended_at_once_and_the_log_says_so(agder: Agder) -> None:
    async with agder.signed_in("silje-haugen") as here, agder.signed_in("silje-haugen") as there:
        [handle] = others(await page_of(here))
        assert (await ends(here, handle)).status_code == 303
        assert (await there.get("/team")).status_code == 303
        assert (await here.get("/team")).status_code == 200
        assert others(await page_of(here)) == []
        assert "You are signed in nowhere else." in await page_of(here)


async def test_all_others_are_ended_together(agder: Agder) -> None:
    everywhere = (agder.signed_in("silje-haugen"), agder.signed_in("silje-haugen"), agder.signed_in("silje-haugen"))
    async with everywhere[0] as here, everywhere[1] as one, everywhere[2] as two:
        answer = await here.post(f"{PAGE}/end-others", data={"csrf": csrf_in(await page_of(here))})
        assert answer.status_code == 303
        assert [(await client.get("/team")).status_code for client in (here, one, two)] == [200, 303, 303]


async def test_to_act_in_another_assignment_makes_no_session_longer(agder: Agder) -> None:
    sessions = Sessions(agder.store.pool, agder.store.notices)
    async with agder.signed_in("silje-haugen") as nurse:
        [before] = await sessions.of("Practitioner/silje-haugen", agder.clock())
        agder.clock.forward(minutes=30)
        page = await nurse.get("/auth/assignment")
        answer = await nurse.post("/auth/assignment", data={"csrf": csrf_in(page.text), "assignment": ""})
        assert answer.status_code == 303
        [after] = await sessions.of("Practitioner/silje-haugen", agder.clock())
    assert after.handle != before.handle
    assert after.session.begun == before.session.begun
    assert after.session.seen > before.session.seen


async def test_nobody_ends_the_session_of_another(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as owner, agder.signed_in("ingrid-aasen"):
        handles = others(await page_of(owner))
        async with agder.signed_in("olav-tveit") as other:
            for handle in (*handles, "", "x", "0" * 32):
                assert (await ends(other, handle)).status_code == 303
            await other.post(f"{PAGE}/end-others", data={"csrf": csrf_in(await page_of(other))})
        assert others(await page_of(owner)) == handles


async def test_forms_without_their_token_end_nothing(agder: Agder) -> None:
    async with agder.signed_in("silje-haugen") as here, agder.signed_in("silje-haugen"):
        [handle] = others(await page_of(here))
        for path, fields in ((f"{PAGE}/end", {"session": handle}), (f"{PAGE}/end-others", {"session": ""})):
            assert (await here.post(path, data=fields)).status_code == 403
        assert others(await page_of(here)) == [handle]


async def test_who_is_not_signed_in_sees_nothing(agder: Agder) -> None:
    async with agder.browser() as nobody:
        answers = [await nobody.get(PAGE), await nobody.post(f"{PAGE}/end"), await nobody.post(f"{PAGE}/end-others")]
    assert [(one.status_code, one.headers["location"]) for one in answers] == [(303, "/")] * 3


async def test_a_session_that_is_over_by_time_does_not_stand_there(agder: Agder) -> None:
    async with agder.signed_in("silje-haugen"):
        agder.clock.forward(minutes=61)
        async with agder.signed_in("silje-haugen") as here:
            assert others(await page_of(here)) == []


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (PHONE, "Firefox, Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_device_is_two_known_words_and_nothing_that_was_sent(agent: str, device: str) -> None:
    assert device_of(agent) == device
