"""Who comes into the workspace, and what they find there."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from tests.http.app.conftest import Agder
from tests.http.workspace.people import ELLEN, SILJE, TONE, at_work
from tests.http.workspace.test_changes import propose


async def test_the_administrator_begins_there(agder: Agder) -> None:
    async with agder.browser() as browser:
        answer = await browser.post("/auth/demo", data={"user": "tone-larsen"})
        assert answer.headers["location"] == "/region/work"
        page = await browser.get("/region/work")
        assert page.status_code == 200
        assert "Agder" in page.text


@pytest.mark.parametrize(("user", "status"), [("silje-haugen", 200), ("ingrid-aasen", 403)])
async def test_everybody_at_work_reads_and_nobody_else(agder: Agder, user: str, status: int) -> None:
    async with agder.signed_in(user) as browser:
        assert (await browser.get("/region/work")).status_code == status


async def test_who_has_not_signed_in_is_sent_to_the_front_page(agder: Agder) -> None:
    async with agder.browser() as browser:
        answer = await browser.get("/region/work")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await browser.get("/region")).status_code == 200


async def test_it_says_what_waits(agder: Agder) -> None:
    model = agder.region.model
    first = msgspec.structs.replace(model.agreements[0], valid_to=date(2027, 1, 31))
    loaded = msgspec.structs.replace(agder.region.loaded, model=msgspec.structs.replace(model, agreements=(first,)))
    other = Agder(agder.store, msgspec.structs.replace(agder.region, loaded=loaded), agder.clock)
    async with at_work(other, TONE) as tone, at_work(other, SILJE) as silje, at_work(other, ELLEN) as ellen:
        page = await tone.get("/region/work")
        assert f"The agreement {first.name} runs out" in page.text
        assert "Action: Call them" not in page.text
        await propose(tone, "governance.yaml", "95 per cent", "97 per cent", subject="Aim higher")
        body = await tone.get("/region/work/bodies/coordination-group")
        meeting = await tone.send(body, "coordination-group", on="2026-11-19", time="", place="")
        unit = {"party": "agder-telemedicine-centre", "role": "", "point": ""}
        for what, due in (("Call them", "2026-11-19"), ("Write to them", "2026-12-04"), ("Visit them", "2026-12-05")):
            meeting = await tone.send(meeting, "/action", **(unit | {"action": what, "due": due}))
        assert "Proposal to decide: Aim higher" in (await ellen.get("/region/work")).text
        for reader in (tone, silje):
            page = await reader.get("/region/work")
            assert "Proposal to decide: Aim higher" not in page.text
            assert "Action: Call them" in page.text
            assert "Action: Write to them" in page.text
            assert "Action: Visit them" not in page.text
            assert page.text.count("late</span>") == 1
