"""Why and why not on every person, and what a restriction that is hidden leaves to be seen."""

from __future__ import annotations

import re

import pytest

from saman.flows.consent.choices import CLOSABLE, own_nos, say_no, take_back
from saman.kernel.outcome import Refusal
from saman.model.access import Domain
from saman.record.apps.clients import Client, Clients

from .conftest import CENTRE, HOME_CARE
from .opening import (
    OPEN,
    PLACE,
    REASON,
    UNIT,
    WHO,
    WHY,
    as_citizen,
    country,
    restricted,
)
from .test_person import without_tokens

__all__ = ["country", "restricted"]

pytestmark = pytest.mark.postgres


async def test_why_names_ties_rules_and_what_would_open_the_rest(team):
    async with team.as_(CENTRE) as nurse:
        assert f'href="{WHY}"' in (await nurse.get(PLACE)).text
        page = await nurse.get(WHY)
        assert page.status == 200
        open_part, _, closed_part = page.text.partition("Why not the rest?")
        for said in ("Your unit is in the person", "Readings from home", "Open until further notice"):
            assert said in open_part
        assert "Social care" in closed_part
        assert "Ask somebody whose task it is" in closed_part
        assert "has restricted nothing" in closed_part
        assert OPEN not in page.text, "there is nothing to open"
        assert (await nurse.get(OPEN)).answer.headers["location"] == WHY


@pytest.mark.parametrize("language", ["sv", "fi"])
async def test_rules_are_told_in_the_readers_language(team, language):
    async with team.as_(CENTRE) as nurse:
        page = (await nurse.get(f"{WHY}?lang={language}")).text
    assert "R02-telemedicine-nurse" in page, "the row is named"
    assert "The telemedicine nurse who follows" not in page
    said = {"sv": "följer invånaren läser vem personen är", "fi": "Asiakasta seuraava etäseurannan sairaanhoitaja"}
    assert said[language] in page


async def test_why_not_says_what_gives_access_and_nothing_about_anybody(team):
    async with team.as_(HOME_CARE) as nurse:
        page = await nurse.get("/team/why-not")
        assert "A tie to your unit" in page.text
        assert "call the unit that follows the person" in page.text
        assert 'href="/team/emergency"' in page.text
        for sought in ("olav tveit", "zzz zzz"):
            sent = await nurse.send("/team/people", await nurse.get("/team/people"), q=sought)
            found = await nurse.get(sent.answer.headers["location"])
            assert 'href="/team/why-not"' in found.text
        for path in ("", "/why", "/open"):
            hidden, absent = (
                await nurse.get(f"/team/people/olav-tveit{path}"),
                await nurse.get(f"/team/people/no{path}"),
            )
            assert (hidden.status, absent.status) == (404, 404)
            assert 'href="/team/why-not"' in hidden.text
            same = without_tokens(absent.text.replace(f"/team/people/no{path}", f"/team/people/olav-tveit{path}"))
            assert without_tokens(hidden.text) == same
        for path in ("open", "open/first", "close"):
            fields = {"ground": "weighty_reasons", "reason": REASON, "until": "60"}
            answers = [await nurse.send(f"/team/people/{who}/{path}", page_of, **fields)
                       for who in ("olav-tveit", "no") for page_of in [await nurse.get("/team")]]  # fmt: skip
            assert answers[0].status == answers[1].status == (303 if path == "close" else 404)


async def test_registered_apps_are_opened_from_the_persons_page(team):
    clients = Clients(team.store.pool)
    made = {"name": "Growth <b>chart</b>", "kind": "public", "redirects": ("https://app.example/back",)}
    scope = "launch patient/*.rs"
    async with team.as_(CENTRE) as nurse, team.as_(HOME_CARE) as other:
        assert "/auth/launch" not in (await nurse.get(PLACE)).text
        back_end = Client(id="a-machine", registered=team.clock(), scope="system/*.rs", **made)
        await clients.add(back_end)
        assert "/auth/launch" not in (await nurse.get(PLACE)).text, "it cannot be opened from a page"
        app = Client(id="growth", registered=team.clock(), launch="https://app.example/in", scope=scope, **made)
        await clients.add(app)
        page = await nurse.get(PLACE)
        assert 'value="growth"' in page.text
        assert "Open Growth &lt;b&gt;chart&lt;/b&gt;" in page.text
        launched = await nurse.send("/auth/launch", page, client="growth", patient=WHO)
        assert launched.status == 200
        assert "app.example" in launched.text
        assert WHO not in re.sub(r"<form.*", "", launched.text, flags=re.DOTALL)
        hidden = await other.send("/auth/launch", await other.get("/team"), client="growth", patient="olav-tveit")
        absent = await other.send("/auth/launch", await other.get("/team"), client="growth", patient="nobody")
        assert hidden.status == absent.status == 404
        for id in ("growth", "a-machine"):
            await clients.remove(id, team.clock())


@pytest.mark.parametrize("language", ["sv", "nb", "da", "fi", "is"])
async def test_pages_leave_nothing_untranslated(team, restricted, language):
    told = {"sv": "tungt vägande", "nb": "tungtveiende", "da": "tungtvejende", "fi": "painavia", "is": "veigamiklar"}
    async with team.as_(CENTRE) as nurse:
        form = await nurse.get(f"{OPEN}?lang={language}")
        assert told[language] in form.text
        for path in (WHY, "/team/why-not"):
            page = await nurse.get(f"{path}?lang={language}")
            for left in ("What people restrict", "A tie to your unit", "Open until further notice", "In an emergency"):
                assert left not in page.text


async def test_a_hidden_restriction_looks_like_none(team, country):
    country("fi")
    own = await as_citizen(team)
    pages = []
    async with team.as_(CENTRE) as nurse:
        for kinds in ((), (Domain.READINGS,), CLOSABLE):
            if kinds:
                assert not isinstance(await say_no(own, UNIT, kinds), Refusal)
                assert "has restricted" not in (await nurse.get(PLACE)).text
                assert "88 %" not in (await nurse.get(PLACE)).text
            pages.append([without_tokens((await nurse.get(path)).text) for path in (WHY, OPEN)])
        for no in await own_nos(own):
            await take_back(own, no.id)
    assert pages[0] == pages[1]
    assert "cannot be seen here" in pages[0][0]
    assert "A law gives me the right" in pages[0][1]
    assert pages[2][1] == pages[0][1]
    assert "care team." not in pages[2][0], "the care team is part of what is closed"
    assert "a part in the person" in pages[2][0]
    assert "needs a tie" not in pages[2][0], "that there is one is plain"
