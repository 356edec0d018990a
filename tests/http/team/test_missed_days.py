"""Days on which agreed readings did not come: marked on the list only where marks are adopted."""

from __future__ import annotations

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
    assert len(marked) > 2
    for row in marked:
        assert "days missed" in row
        told = WHY.search(row)
        assert told
        assert int(told[1]) == len(marked)
    plain = await rows_of(team, "Olav Tveit", marks=False)
    assert len(plain) == len(marked)
    assert not any("days missed" in row or WHY.search(row) for row in plain)


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
