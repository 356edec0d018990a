"""A deputy goes through openings while the log reviewer is away: named by the local administrator, until a time."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from saman.kernel.outcome import Refusal

from .conftest import HOME_CARE, SATURDAY
from .test_emergency import FIELDS, PAGE, REASON, number_of
from .test_members import add

pytestmark = pytest.mark.postgres

ADMINISTRATOR, REVIEWER, DEPUTY = "turid-moen", "rolf-as", "marte-olsen"
TOWN, REVIEWING = "municipality-grimstad", "municipality-grimstad|log-reviewer"
OPENINGS = "/review/openings"
MIDNIGHT = "2026-11-22T00:00"


@asynccontextmanager
async def reviewing(team, who):
    """Somebody with several roles, acting as log reviewer."""
    async with team.as_(who) as deputy:
        page = await deputy.get("/auth/assignment")
        changed = await deputy.send("/auth/assignment", page, assignment=REVIEWING)
        assert changed.status == 303, changed.text
        yield deputy


async def opened(team, who=HOME_CARE):
    """The id of an opening of home care's, which the municipality's log reviewer goes through."""
    async with team.as_(who) as nurse:
        done = await nurse.send(PAGE, await nurse.get(PAGE), **FIELDS, number=await number_of(team))
        assert done.status == 303, done.text
        assert (await nurse.send(f"{done.answer.headers['location']}/close", await nurse.get("/team"))).status == 303


async def waiting(reviewer):
    """What waits in somebody's queue: id and version, the newest last."""
    page = await reviewer.get(OPENINGS)
    assert page.status == 200, page.text
    return page, re.findall(r'action="/review/openings/([^"]+)".*?name="version" value="(\d+)"', page.text, re.DOTALL)


async def named(team, who=DEPUTY, until=MIDNIGHT):
    async with team.as_(ADMINISTRATOR) as keeper:
        done = await add(keeper, "/team/members", of=who, unit=TOWN, role="log-reviewer", until=until, reason="Away")
        assert done.status == 303, done.text


async def test_a_deputy_goes_through_it_while_the_reviewer_is_away_and_until_their_time_is_over(team):
    roles = await team.system.search("PractitionerRole", [("practitioner", f"Practitioner/{REVIEWER}")])
    (held,) = (one.resource() for one in roles.matches)
    await opened(team)
    async with team.as_(REVIEWER) as reviewer:
        assert len((await waiting(reviewer))[1]) == 1
        away = await team.system.update("PractitionerRole", held["id"], held | {"active": False})
        assert not isinstance(away, Refusal)
        assert (await reviewer.get(OPENINGS)).answer.headers.get("location") == "/", "who is away sees nothing"
    await named(team)
    async with reviewing(team, DEPUTY) as deputy:
        page, ((id, version),) = await waiting(deputy)
        assert REASON in page.text
        assert "Due " in page.text
        done = await deputy.send(f"{OPENINGS}/{id}", page, version=version, found="asked", note="Who was with you?")
        assert done.status == 303
        page, ((id, version),) = await waiting(deputy)
        assert "Who was with you?" in page.text, "what was asked about waits on"
    assert not isinstance(await team.system.update("PractitionerRole", held["id"], held), Refusal)
    team.clock.now = SATURDAY + timedelta(hours=12)
    async with team.as_(DEPUTY) as deputy:
        assert "log-reviewer" not in (await deputy.get("/auth/assignment")).text, "midnight is over in Agder"
        assert (await deputy.get(OPENINGS)).status == 403
    team.clock.now = SATURDAY + timedelta(days=1, seconds=1)
    async with team.as_(REVIEWER) as reviewer:
        page, found = await waiting(reviewer)
        assert found == [(id, version)]
        for said in ("Marte Olsen", "Review is late"):
            assert said in page.text, "whoever comes back sees what the deputy did, and what is late"
        assert (await reviewer.send(f"{OPENINGS}/{id}", page, version=version, found="approved")).status == 303
        assert (await waiting(reviewer))[1] == []


async def test_reviewer_and_deputy_at_once_are_one(team):
    team.clock.now = SATURDAY + timedelta(days=7)
    await opened(team)
    await named(team, until="2026-11-29T12:00")
    async with team.as_(REVIEWER) as reviewer, reviewing(team, DEPUTY) as deputy:
        sent = []
        for one in (reviewer, deputy):
            page, found = await waiting(one)
            sent.append((one, page, found[0]))
        fields = [(one, page, id, {"version": version, "found": "approved"}) for one, page, (id, version) in sent]
        both = (one.send(f"{OPENINGS}/{id}", page, **said) for one, page, id, said in fields)
        answers = await asyncio.gather(*both)
        assert sorted(one.status for one in answers) == [303, 412]
        assert (await waiting(deputy))[1] == []


async def test_nobody_goes_through_what_they_opened_themselves(team):
    team.clock.now = SATURDAY + timedelta(days=14)
    await opened(team)
    await named(team, who=HOME_CARE, until="2026-12-06T12:00")
    async with reviewing(team, HOME_CARE) as deputy, team.as_(REVIEWER) as reviewer:
        page, mine = await waiting(deputy)
        _, all_of_them = await waiting(reviewer)
        assert (mine, len(all_of_them)) == ([], 1)
        id, version = all_of_them[0]
        assert (await deputy.send(f"{OPENINGS}/{id}", page, version=version, found="approved")).status == 404
