"""What a finished way gives becomes one proposal to change the region's files."""

from __future__ import annotations

import asyncio
import re

import httpx

from tests.http.app.conftest import Agder
from tests.http.workspace.test_ways import IDEA, LEADER, READER, WAYS, begin, move, send, token

CHANGES, SERVICE = "/region/work/changes", "services/stille-nattilsyn.yaml"


async def ended(browser: httpx.AsyncClient) -> str:
    """A finished way with a new service described."""
    way = await begin(browser)
    address = f"{way}/papers/service-idea"
    assert (await send(browser, address, address, version="0", **IDEA)).status_code == 303
    for step in sorted(set(re.findall(r"/steps/([a-z-]+)", (await browser.get(way)).text))):
        assert (await move(browser, way, step, "skip", "En prøve.")).status_code == 303
    why = {f"why-{one}": "En prøve." for one in ("citizens", "politicians", "staff", "suppliers")}
    assert (await send(browser, f"{way}/finish", way, **why)).status_code == 303
    return way


async def proposals(browser: httpx.AsyncClient) -> set[str]:
    """The proposals that stand in the list."""
    return set(re.findall(r'href="(/region/work/changes/[0-9a-f]{16})"', (await browser.get(CHANGES)).text))


async def test_a_finished_way_becomes_one_proposal(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await ended(browser)
        before = await proposals(browser)
        page = await browser.get(f"{way}/end?lang=en")
        assert "Propose this as a change" in page.text
        csrf = {"csrf": token(page.text)}
        answers = await asyncio.gather(*(browser.post(f"{way}/propose", data=csrf) for _ in range(3)))
        assert [one.status_code for one in answers] == [303] * 3
        (change,) = {one.headers["location"] for one in answers}
        assert await proposals(browser) - before == {change}
        shown = (await browser.get(f"{change}?lang=en")).text
        for words in ("services/stille-nattilsyn.yaml", "agreements.yaml", "From a way: Trygg natt hjemme", "new file"):
            assert words in shown
        assert f"What the way “Trygg natt hjemme” ended in ({way.rpartition('/')[2]})" in shown
        texts = [(await browser.get(f"{change}/files/{one}")).text for one in ("agreements.yaml", SERVICE)]
        assert "id: stille-nattilsyn-agreement" in texts[0]
        assert "id: home-follow-up-agder" in texts[0]
        assert "id: stille-nattilsyn\n" in texts[1]
        end = (await browser.get(f"{way}/end")).text
        assert f'href="{change}"' in end
        assert "/propose" not in end


async def test_what_was_withdrawn_can_be_proposed_again(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await ended(browser)
        first = (await send(browser, f"{way}/propose", f"{way}/end")).headers["location"]
        withdrawn = await send(browser, f"{first}/withdraw", first, seen="1", reason="For tidlig.")
        assert withdrawn.status_code == 303
        again = (await send(browser, f"{way}/propose", f"{way}/end")).headers["location"]
        assert again != first
        end = (await browser.get(f"{way}/end?lang=en")).text
        assert again in end
        assert first not in end


async def test_who_may_not_propose_sees_who_may(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as leader:
        way = await ended(leader)
        before = await proposals(leader)
        async with agder.signed_in(READER) as browser:
            page = (await browser.get(f"{way}/end?lang=en")).text
            assert "Tone Larsen" in page
            assert "Propose this as a change" not in page
            csrf = {"csrf": token((await browser.get(f"{way}/time")).text)}
            refused = await browser.post(f"{way}/propose", data=csrf)
            assert refused.status_code == 403
            assert "You have no mandate for this" in refused.text
            assert (await browser.post(f"{way}/propose", data={"a": ""})).status_code == 403
        assert await proposals(leader) == before


async def test_a_way_under_way_is_not_proposed(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser)
        assert "when the way is finished" in (await browser.get(f"{way}/end?lang=en")).text
        refused = await send(browser, f"{way}/propose", way)
        assert refused.status_code == 409
        assert "its drafts can still change" in refused.text
        assert (await send(browser, f"{WAYS}/w0/propose", way)).status_code == 404
