"""A request that is never lost: asked for, answered by the rules, done and answered back; seen at both ends."""

from __future__ import annotations

import re

import pytest

from saman.ops.demo.staff import on_duty

from .conftest import CENTRE, HOME_CARE, Page, Professional

pytestmark = pytest.mark.postgres


async def ask(nurse: Professional, text: str = "Heavier breathing. Please look.") -> str:
    form = await nurse.get("/team/people/ingrid-aasen/visit")
    key = re.search(r'name="key" value="([^"]+)"', form.text)
    assert key
    sent = [
        await nurse.send("/team/people/ingrid-aasen/visit", form, key=key[1], text=text, before="2026-11-22T15:00")
        for _ in range(2)
    ]
    addresses = {one.answer.headers["location"] for one in sent}
    assert len(addresses) == 1, "the same form makes one request"
    return addresses.pop()


def version_in(page: Page) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found
    return found[1]


async def test_the_whole_loop_from_both_ends(team):
    async with team.as_(CENTRE) as nurse, team.as_(HOME_CARE) as care:
        address = await ask(nurse)
        assert "Waiting for an answer" in (await nurse.get(address)).text
        assert "Heavier breathing" in (await care.get("/team")).row("Ingrid Aasen")
        page = await care.get(address)
        assert "88 %" in (await care.get("/team/people/ingrid-aasen")).text
        done = await care.send(f"{address}/accept", page, version=version_in(page), starts="2026-11-21T15:00")
        assert done.status == 303
        page = await care.get(address)
        assert "Comes today, 15:00" in page.text
        assert "We cannot do it" not in page.text
        nothing = await care.send(f"{address}/report-back", page, version=version_in(page), report="")
        assert nothing.status == 422
        assert 'href="#report-back-report"' in nothing.text
        done = await care.send(f"{address}/report-back", page, version=version_in(page), report="Ankles swollen.")
        assert done.status == 303
        page = await nurse.get(address)
        assert "Ankles swollen." in page.text
        assert page.text.count("Eli Strand, home care, Grimstad") == 2, "in the loop and in the story"
        assert "Nothing more is to be answered." in page.text
        assert "Ankles swollen." in (await nurse.get("/team/people/ingrid-aasen/summary")).text
        assert address not in (await care.get("/team")).text


async def test_the_loop_says_when_it_was_answered_and_once_what_the_deadline_is(team):
    async with team.as_(CENTRE) as nurse, team.as_(HOME_CARE) as care:
        address = await ask(nurse, "A step with a time.")
        assert (await nurse.get(address)).text.count("The deadline is a local setting.") == 1
        page = await care.get(address)
        team.clock.forward(minutes=7)
        await care.send(f"{address}/accept", page, version=version_in(page), starts="2026-11-21T16:00")
        team.clock.forward(minutes=30)
        page = await nurse.get(address)
    assert re.search(r"<b>Answered</b>Sat 12:07, ", page.text)
    assert 'href="/about#deadlines"' in page.text


async def test_what_came_answered_and_done_was_answered_before_the_visit(team):
    found = await team.system.search("Task", [("patient", "berit-sorensen"), ("code", "urn:saman:task|home-visit")])
    (done,) = [one for one in found.matches if one.resource()["status"] == "completed"]
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get(f"/team/requests/{done.id}")
    assert re.search(r"<b>Answered</b>by \w+", page.text)


async def test_declining_needs_a_coded_reason_and_keeps_the_words(team):
    async with team.as_(CENTRE) as nurse, team.as_(HOME_CARE) as care:
        address = await ask(nurse, "Second request.")
        page = await care.get(address)
        version = version_in(page)
        refused = await care.send(f"{address}/decline", page, version=version, text="We are full until Monday")
        assert refused.status == 422
        assert "Choose a reason." in refused.text
        assert "We are full until Monday" in refused.text
        answer = await care.send(
            f"{address}/decline", page, version=version, reason="no-capacity", text="We are full until Monday"
        )
        assert answer.status == 303
        page = await nurse.get(address)
        assert "No capacity in time. We are full until Monday" in page.text


async def test_who_comes_second_sees_who_was_first_and_keeps_what_was_typed(team):
    async with team.as_(CENTRE) as nurse, team.as_(HOME_CARE) as care:
        address = await ask(nurse, "Third request.")
        page = await care.get(address)
        version = version_in(page)
        await care.send(f"{address}/accept", page, version=version, starts="2026-11-21T16:00")
        late = await care.send(f"{address}/decline", page, version=version, reason="wrong-place", text="My own words")
        assert late.status == 409
        assert "Somebody was first" in late.text
        assert "home care, Grimstad changed it" in late.text
        assert "My own words" in late.text


async def test_no_side_does_what_is_the_other_sides(team):
    async with team.as_(CENTRE) as nurse, team.as_(HOME_CARE) as care:
        address = await ask(nurse, "Fourth request.")
        page = await nurse.get(address)
        asked = await nurse.send(f"{address}/accept", page, version=version_in(page), starts="2026-11-21T16:00")
        assert asked.status == 409
        page = await care.get(address)
        assert (
            await care.send(f"{address}/cancel", page, version=version_in(page), reason="wrong-place")
        ).status == 409
        assert (await care.send(f"{address}/fly", page, version=version_in(page))).status == 404


async def test_a_reminder_is_part_of_the_story(team):
    async with team.as_(CENTRE) as nurse:
        address = await ask(nurse, "Fifth request.")
        page = await nurse.get(address)
        done = await nurse.send(f"{address}/remind", page, version=version_in(page))
        assert done.status == 303
        page = await nurse.get(address)
        event = page.text[page.text.index("Reminder") :].partition("</tr>")[0]
        assert "Silje Haugen, the telemedicine centre" in event


async def test_a_visit_needs_words_and_a_time_to_come(team):
    async with team.as_(CENTRE) as nurse:
        form = await nurse.get("/team/people/ingrid-aasen/visit")
        assert "The deadline is a local setting" in form.text
        sent = await nurse.send("/team/people/ingrid-aasen/visit", form, key="k1", text=" ", before="2026-11-22T15:00")
        assert 'href="#text"' in sent.text
        sent = await nurse.send(
            "/team/people/ingrid-aasen/visit", form, key="k2", text="Look", before="2026-11-01T15:00"
        )
        assert 'href="#before"' in sent.text
        assert ">Look</textarea>" in sent.text


async def test_a_stranger_finds_no_request(team):
    async with team.as_(CENTRE) as nurse:
        address = await ask(nurse, "Sixth request.")
    async with team.as_(on_duty("home-care-nurse", "birkenes").id) as stranger:
        assert (await stranger.get(address)).status == 404
        page = await stranger.get("/team")
        assert (await stranger.send(f"{address}/accept", page, version=1, starts="2026-11-21T16:00")).status == 404


async def test_claiming_a_visit_does_not_answer_it(team):
    async with team.as_(CENTRE) as nurse, team.as_(HOME_CARE) as care:
        address = await ask(nurse, "Seventh request.")
        task = address.rpartition("/")[2]
        page = await care.get("/team")
        assert (await care.send(f"/team/tasks/{task}/claim", page, version=1)).status == 303
        page = await care.get(address)
        assert "Received, not answered" in page.text
        assert "We cannot do it" in page.text
        assert task in (await care.get("/team?show=mine")).text
