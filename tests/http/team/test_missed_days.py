"""Days on which agreed readings did not come: marked on the list only where marks are adopted."""

from __future__ import annotations

import asyncio
import re

import pytest

from saman.flows.monitoring.missing import note_missing
from saman.kernel.clock import instant
from saman.kernel.outcome import Refusal
from saman.record import Change
from tests.http.team.conftest import CENTRE

pytestmark = pytest.mark.postgres
WHY = re.compile(r"Agreed readings did not come on (\d+) days; the rule says 2\.")


async def rows_of(team, name: str, *, marks: bool = True) -> list[str]:
    async with team.as_(CENTRE, marks=marks) as nurse:
        page = await nurse.get("/team?show=all")
    found = re.findall(r'<tr role="row" id="row-.*?</tr>', page.text, re.DOTALL)
    return [row for row in found if name in row and "No report has come" in row]


async def a_week_goes_by_in_silence(team) -> None:
    for _ in range(4):
        team.clock.forward(days=2)
        assert not isinstance(await note_missing(team.system, team.region.model), Refusal)


async def test_missed_days_are_marked_with_words_and_only_when_adopted(team):
    await a_week_goes_by_in_silence(team)
    marked = await rows_of(team, "Olav Tveit")
    assert len(marked) == 1
    assert "days missed" in marked[0]
    told = WHY.search(marked[0])
    assert told
    assert int(told[1]) > 2
    (plain,) = await rows_of(team, "Olav Tveit", marks=False)
    assert "days missed" not in plain
    assert not WHY.search(plain)


async def test_a_day_that_is_noted_already_is_not_asked_about_again(team):
    """Two at once, and one after the other: the days stand once each in one open task."""
    timers = (note_missing(team.system, team.region.model), note_missing(team.system, team.region.model))
    assert not any(isinstance(one, Refusal) for one in await asyncio.gather(*timers))
    assert await note_missing(team.system, team.region.model) == 0
    silent = [("code", "urn:saman:task|missing-report"), ("patient", "einar-kleivset")]
    page = await team.system.search("Task", silent)
    assert len(page.matches) == 1
    days = [one["valueDate"] for one in page.matches[0].resource()["input"]]
    assert days
    assert len(set(days)) == len(days)


async def test_a_report_ends_the_run_of_missed_days(team):
    await a_week_goes_by_in_silence(team)
    page = await team.system.search("QuestionnaireResponse", [("patient", "berit-sorensen"), ("_count", "1")])
    assert all("days missed" in row for row in await rows_of(team, "Berit Sørensen"))
    late = page.matches[0].resource() | {"authored": instant(team.clock())}
    late.pop("id")
    late.pop("identifier", None)
    assert not isinstance(await team.system.commit([Change(late)]), Refusal)
    rows = await rows_of(team, "Berit Sørensen")
    assert rows
    assert not any("days missed" in row for row in rows)


async def test_what_is_answered_is_asked_anew_when_nothing_comes_again(team):
    team.clock.forward(days=30)
    assert not isinstance(await note_missing(team.system, team.region.model), Refusal)
    (row,) = await rows_of(team, "Einar Kleivset")
    task, version = re.search(r"/team/tasks/([a-z0-9]+)/", row)[1], re.search(r'name="version" value="(\d+)"', row)[1]
    async with team.as_(CENTRE) as nurse:
        await nurse.send(f"/team/tasks/{task}/acknowledge", await nurse.get("/team"), version=version)
    assert await rows_of(team, "Einar Kleivset") == []
    team.clock.forward(days=3)
    assert not isinstance(await note_missing(team.system, team.region.model), Refusal)
    (anew,) = await rows_of(team, "Einar Kleivset")
    assert task not in anew
