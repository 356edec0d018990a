"""Those close to a citizen: what is shared with them, until when, ending it; and what they see of themselves."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest
import pytest_asyncio

from tests.http.app.conftest import Agder
from tests.http.app.test_sharing import page
from tests.http.app.test_who_looked import main_of, token_in

INGRID, KARI, TOR = "ingrid-aasen", "kari-aasen", "tor-aasen"
GOAL = "walk to the quay"


async def card(client: httpx.AsyncClient, name: str) -> str:
    """What stands about somebody close on the page of who may look."""
    shown = await page(client, "/citizen/sharing")
    found = re.search(rf"<h3 id=\"k\d+\">{name}</h3>.*?</section>", shown, re.S)
    assert found, name
    return unescape(found.group())


async def act(client: httpx.AsyncClient, who: str, name: str, **fields: str) -> httpx.Response:
    """The answer to a form of the card."""
    shown = await card(client, name)
    version = re.search(r'name="version" value="(\d+)"', shown)
    assert version
    token = token_in(await page(client, "/citizen/sharing"))
    data = {"csrf": token, "version": version.group(1), **fields}
    return await client.post(f"/citizen/close/{who}", data=data)


@pytest_asyncio.fixture(loop_scope="session")
async def ingrid(agder: Agder) -> AsyncIterator[httpx.AsyncClient]:
    """Ingrid, who shares nothing with Tor before and after."""
    async with agder.signed_in(INGRID) as client:
        yield client
        await act(client, TOR, "Tor Aasen", act="save")


async def test_sharing_is_given_until_a_day_and_seen_by_both(agder: Agder, ingrid: httpx.AsyncClient) -> None:
    async with agder.signed_in(TOR) as tor:
        assert "You see nothing at present." in unescape((await tor.get("/citizen", params={"lang": "en"})).text)
        given = await act(ingrid, TOR, "Tor Aasen", act="save", last="2031-01-31", **{"scope-plan": "1"})
        assert given.status_code == 303
        shown = await card(ingrid, "Tor Aasen")
        assert "May see: who you are and your plan." in shown
        assert "It ends" in shown
        assert "You have shared it." in shown
        plan = unescape(await page(tor, "/citizen/plan"))
        assert GOAL in plan
        assert "You are here for Ingrid Aasen" in plan
        assert "It is shared with you." in plan
        assert re.search(r"Until [^<]*2031[^<]* you see: who the person is and the plan", plan), plan
        assert "What you see was changed" in plan
        assert (await tor.get("/citizen/readings")).status_code == 404


async def test_ending_is_at_once_and_undone_while_it_is_the_newest(agder: Agder, ingrid: httpx.AsyncClient) -> None:
    await act(ingrid, TOR, "Tor Aasen", act="save", **{"scope-plan": "1", "scope-readings": "1"})
    async with agder.signed_in(TOR) as tor:
        assert "and the readings from home" in unescape(await page(tor, "/citizen/plan"))
        assert (await act(ingrid, TOR, "Tor Aasen", act="end")).status_code == 303
        over = unescape((await tor.get("/citizen/plan", params={"lang": "en"})).text)
        assert "You see nothing any more." in over
        assert GOAL not in over
        assert "Ingrid" not in main_of(over)
        ended = await card(ingrid, "Tor Aasen")
        assert "May see nothing about you now. It ended" in ended
        assert "Undo: share it again" in ended
        assert (await act(ingrid, TOR, "Tor Aasen", act="undo")).status_code == 303
        assert "and the readings from home" in unescape(await page(tor, "/citizen/plan"))
    assert "your readings from home" in await card(ingrid, "Tor Aasen")


async def test_two_changes_at_once_are_not_both_made(ingrid: httpx.AsyncClient) -> None:
    shown = await card(ingrid, "Tor Aasen")
    old = str(re.search(r'name="version" value="(\d+)"', shown)[1])  # type: ignore[index]
    assert (await act(ingrid, TOR, "Tor Aasen", act="save", **{"scope-plan": "1"})).status_code == 303
    late = await act(ingrid, TOR, "Tor Aasen", act="save", version=old, **{"scope-readings": "1"})
    assert late.status_code == 412
    assert "your readings" not in await card(ingrid, "Tor Aasen")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"act": "save", "last": "2001-01-01", "scope-plan": "1"}, 422),
        ({"act": "save", "last": "soon", "scope-plan": "1"}, 400),
        ({"act": "save", "last": "9" * 5000}, 400),
        ({"act": "save", "version": "-1"}, 400),
        ({"act": "save", "version": "9" * 40}, 400),
        ({"act": "end", "version": "x"}, 400),
        ({"act": "undo", "version": "1"}, 404),
        ({"act": "save", "csrf": "x"}, 403),
    ],
)
async def test_what_makes_no_sense_changes_nothing(
    fields: dict[str, str], status: int, ingrid: httpx.AsyncClient
) -> None:
    before = await card(ingrid, "Tor Aasen")
    assert (await act(ingrid, TOR, "Tor Aasen", **fields)).status_code == status
    after = await card(ingrid, "Tor Aasen")
    assert re.sub(r'name="csrf"[^>]*', "", after) == re.sub(r'name="csrf"[^>]*', "", before)


async def test_nobody_shares_for_another(agder: Agder, ingrid: httpx.AsyncClient) -> None:
    async with agder.signed_in(KARI) as kari:
        token = token_in(await page(kari, "/citizen"))
        for who in (TOR, KARI):
            for what in ("save", "end", "undo"):
                fields = {"csrf": token, "version": "1", "act": what, "scope-readings": "1"}
                assert (await kari.post(f"/citizen/close/{who}", data=fields)).status_code == 403
        assert (await kari.get("/citizen/readings")).status_code == 404
    token = token_in(await page(ingrid, "/citizen/sharing"))
    for who in ("nobody", "maalfrid-tveit", "a_b", "x" * 90):
        answer = await ingrid.post(f"/citizen/close/{who}", data={"csrf": token, "version": "1", "act": "end"})
        assert answer.status_code in (400, 404), who


async def test_a_relative_sees_their_own_looks_and_no_others(agder: Agder) -> None:
    async with agder.signed_in(KARI) as kari, agder.signed_in("silje-haugen") as nurse:
        await page(kari, "/citizen/plan")
        assert (await nurse.get(f"/team/people/{INGRID}")).status_code == 200
        shown = main_of(await page(kari, "/citizen/own-looks"))
        assert "Your own looks at what is about Ingrid Aasen" in shown
        assert "the plan" in shown.lower()
        assert "Silje" not in shown
    async with agder.signed_in(INGRID) as ingrid:
        assert (await ingrid.get("/citizen/own-looks")).status_code == 404
        assert "Kari Aasen" in main_of(await page(ingrid, "/citizen/who-looked"))
