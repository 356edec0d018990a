"""Opening what a person has restricted, on the pages: the whole way, and every way around it."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest

from saman.record.log import log_of

from .conftest import CENTRE
from .opening import (
    OPEN,
    OTHER,
    PLACE,
    REASON,
    UNIT,
    WHO,
    WHY,
    closed,
    country,
    lasting_tasks,
    opened,
    restricted,
)

__all__ = ["country", "restricted"]

pytestmark = pytest.mark.postgres


async def test_a_professional_opens_reads_and_closes(team, restricted):
    async with team.as_(CENTRE) as nurse, team.as_(OTHER) as other:
        before = await nurse.get(PLACE)
        assert "The person has restricted something" in before.text
        assert "88 %" not in before.text
        why = await nurse.get(WHY)
        assert f'href="{OPEN}"' in why.text
        form = await nurse.get(OPEN)
        assert "There are weighty reasons" in form.text
        assert "A log reviewer at" in form.text
        assert "It opens for you alone" in form.text
        done = await opened(nurse)
        assert (done.status, done.answer.headers["location"]) == (303, PLACE)
        page = await nurse.get(PLACE)
        assert "You have opened what this person has restricted" in page.text
        assert "88 %" in page.text
        assert "The person has restricted something" not in page.text
        for path in ("/why", "/summary", "/visit", "/limit", "/open"):
            assert "Close now" in (await nurse.get(PLACE + path)).text or path == "/open", path
        assert "Close now" in (await nurse.get(f"/team/messages/{WHO}")).text
        request = re.search(r'href="(/team/requests/[^"?#]+)', page.text)
        assert "Close now" in (await nurse.get(request[1])).text
        assert (await nurse.get(OPEN)).answer.headers["location"] == PLACE
        assert "Close now" not in (await nurse.get("/team/people/olav-tveit")).text
        seen = await other.get(PLACE)
        assert "88 %" not in seen.text
        assert "Close now" not in seen.text
        assert (await closed(other)).status == 303
        assert "88 %" in (await nurse.get(PLACE)).text, "nobody closes it for another"
        looks = [one for one in await log_of(team.system, WHO) if one.purpose == "BTG"]
        assert looks
        assert all(one.ground.startswith("Task/") for one in looks if one.ground)
        for _ in range(2):
            assert (await closed(nurse)).answer.headers["location"] == PLACE
        assert "88 %" not in (await nurse.get(PLACE)).text


async def test_it_ends_by_itself_and_with_the_session(team, restricted):
    async with team.as_(CENTRE) as nurse:
        assert (await opened(nurse)).status == 303
        team.clock.now = restricted + timedelta(minutes=29)
        await nurse.get("/team")
        team.clock.now = restricted + timedelta(minutes=59, seconds=59)
        assert "88 %" in (await nurse.get(PLACE)).text
        team.clock.now = restricted + timedelta(minutes=60)
        page = await nurse.get(PLACE)
        assert "88 %" not in page.text
        assert "Close now" not in page.text
        assert (await closed(nurse)).status == 303


async def test_twice_and_at_once_is_one_opening(team, restricted):
    async with team.as_(CENTRE) as nurse:
        form = await nurse.get(OPEN)
        fields = {"ground": "weighty_reasons", "reason": REASON, "until": "60"}
        answers = await asyncio.gather(*(nurse.send(OPEN, form, **fields) for _ in range(4)))
        assert {one.answer.headers["location"] for one in answers} == {PLACE}
        assert (await nurse.send(OPEN, form, **fields)).answer.headers["location"] == PLACE
        assert len(await lasting_tasks(team)) == 1
        await closed(nurse)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ground": ""}, "Choose the ground."),
        ({"ground": "curiosity"}, "Choose the ground."),
        ({"reason": "because"}, "Write why, in a sentence"),
        ({"reason": "x" * 1001}, "Write why, in a sentence"),
        ({"until": "99999"}, "Choose for how long."),
        ({"until": "-60"}, "Choose for how long."),
        ({"until": ""}, "Choose for how long."),
    ],
)
async def test_a_wrong_form_opens_nothing_and_keeps_what_was_written(team, restricted, fields, said):
    async with team.as_(CENTRE) as nurse:
        page = await opened(nurse, **fields)
        assert page.status == 422
        assert said in page.text
        assert (fields.get("reason") or REASON)[:40] in page.text
        assert await lasting_tasks(team) == []


async def test_who_has_left_opens_nothing(team, restricted):
    fields = {"ground": "weighty_reasons", "reason": REASON, "until": "60"}
    async with team.as_(OTHER) as nurse:
        form = await nurse.get(OPEN)
        assert (await opened(nurse)).status == 303
        roles = await team.system.search("PractitionerRole", [("practitioner", f"Practitioner/{OTHER}")])
        (held,) = (one.resource() for one in roles.matches if UNIT in one.body)
        await team.system.update("PractitionerRole", held["id"], held | {"active": False})
        try:
            for answer in (await nurse.get(PLACE), await nurse.send(OPEN, form, **fields)):
                assert (answer.status, answer.answer.headers["location"]) == (303, "/")
        finally:
            await team.system.update("PractitionerRole", held["id"], held)


async def test_a_deputy_reviews_what_the_reviewer_opened_and_sees_when_it_is_due(team, restricted):
    async with team.as_(CENTRE) as nurse:
        assert (await opened(nurse)).status == 303
        await closed(nurse)
    async with team.as_("unni-lund") as reviewer:
        page = await reviewer.get("/review/openings")
        assert REASON.replace("'", "&#39;") in page.text
        assert "Due " in page.text
