"""Who may look, saying no to a unit, what that would change before it is said, and taking it back."""

from __future__ import annotations

import re
from asyncio import gather
from html import unescape

import httpx
import pytest

from tests.http.app.conftest import Agder
from tests.http.app.test_who_looked import main_of, token_in

CENTRE = "agder-telemedicine-centre"
NURSE, DAUGHTER = "silje-haugen", "kari-aasen"


async def page(client: httpx.AsyncClient, path: str) -> str:
    """A page in English."""
    answer = await client.get(path, params={"lang": "en"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def chosen(client: httpx.AsyncClient, act: str, *kinds: str) -> httpx.Response:
    """The answer to a choice for the telemedicine centre."""
    form = await page(client, f"/citizen/sharing/{CENTRE}")
    fields = {f"kind-{kind}": "1" for kind in kinds} | {"csrf": token_in(form), "act": act}
    return await client.post(f"/citizen/sharing/{CENTRE}", data=fields)


async def take_all_back(client: httpx.AsyncClient) -> None:
    """No no stands afterwards."""
    listed = await page(client, "/citizen/sharing")
    for path in re.findall(r'action="(/citizen/nos/[^"]+/back)"', listed):
        assert (await client.post(path, data={"csrf": token_in(listed)})).status_code == 303


async def test_everybody_who_may_look_is_listed_with_what_and_why(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as ingrid:
        shown = main_of(await page(ingrid, "/citizen/sharing"))
    assert "Telemedisinsk sentral" in shown
    assert "Telemedicine nurse" in shown
    assert re.search(r"May see: who you are, your plan, your readings from home", shown)
    assert "They are in your care team." in shown
    assert "Kari Aasen" in shown
    assert re.search(r"Tor Aasen\s+May see nothing about you now", shown)


async def test_what_would_change_is_told_before_anything_is_said(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as ingrid:
        answer = await chosen(ingrid, "look", "readings")
        shown = main_of(answer.text)
        assert answer.status_code == 200
        assert "This is what would change" in shown
        assert "Telemedicine nurse, Telemedisinsk sentral" in shown
        assert "no longer sees: your readings from home" in shown
        assert "Nobody reads your reports" in shown
        assert "You have said no" not in main_of(await page(ingrid, "/citizen/sharing"))
    async with agder.signed_in(NURSE) as nurse:
        assert "SpO" in (await nurse.get("/team/people/ingrid-aasen")).text


async def test_a_no_holds_at_once_and_is_taken_back(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as ingrid, agder.signed_in(NURSE) as nurse:
        before = unescape((await nurse.get("/team/people/ingrid-aasen")).text)
        assert "<svg" in before
        assert "89 %" in before or "88 %" in before
        assert (await chosen(ingrid, "say", "readings")).status_code == 303
        listed = main_of(await page(ingrid, "/citizen/sharing"))
        assert "You have said no to: your readings from home" in listed
        after = await nurse.get("/team/people/ingrid-aasen")
        assert after.status_code == 200
        assert "88 %" not in unescape(after.text)
        assert "89 %" not in unescape(after.text)
        await take_all_back(ingrid)
        assert "You have said no" not in main_of(await page(ingrid, "/citizen/sharing"))
        assert "88 %" in unescape((await nurse.get("/team/people/ingrid-aasen")).text)


async def test_saying_it_again_takes_the_place_of_what_was_said(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as ingrid:
        await chosen(ingrid, "say", "readings")
        await chosen(ingrid, "say", "plan", "health")
        listed = main_of(await page(ingrid, "/citizen/sharing"))
        assert listed.count("You have said no to:") == 1
        assert "You have said no to: your plan and your health record" in listed
        await take_all_back(ingrid)


async def test_of_several_at_once_one_takes_the_place_of_the_other(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as ingrid:
        answers = await gather(*(chosen(ingrid, "say", kind) for kind in ("readings", "plan", "health") * 4))
        assert {answer.status_code for answer in answers} == {303}
        assert main_of(await page(ingrid, "/citizen/sharing")).count("You have said no to:") == 1
        await take_all_back(ingrid)


async def test_a_choice_of_nothing_says_what_to_do(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as ingrid:
        answer = await chosen(ingrid, "look")
        assert answer.status_code == 422
        assert "Choose what they may not see." in main_of(answer.text)


@pytest.mark.parametrize("act", ["look", "say"])
async def test_relatives_and_strangers_change_nothing(agder: Agder, act: str) -> None:
    async with agder.signed_in(DAUGHTER) as daughter:
        assert (await daughter.get("/citizen/sharing")).status_code == 403
        form = (await daughter.get("/citizen")).text
        fields = {"csrf": token_in(form), "act": act, "kind-plan": "1"}
        assert (await daughter.post(f"/citizen/sharing/{CENTRE}", data=fields)).status_code == 403
    async with agder.signed_in("ingrid-aasen") as ingrid:
        assert (await ingrid.get("/citizen/sharing/no-such-unit")).status_code == 404
        form = await page(ingrid, "/citizen/sharing")
        answer = await ingrid.post("/citizen/nos/somebody-elses/back", data={"csrf": token_in(form)})
        assert answer.status_code == 404


async def test_a_no_is_not_said_without_a_page_of_the_session(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as ingrid:
        answer = await ingrid.post(f"/citizen/sharing/{CENTRE}", data={"act": "say", "kind-plan": "1"})
        assert answer.status_code == 403
        assert "You have said no" not in main_of(await page(ingrid, "/citizen/sharing"))
