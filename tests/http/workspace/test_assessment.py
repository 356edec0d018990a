"""Rounds of self-assessment: opened with a mandate, answered once and without a name, told of five or more alone."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator
from datetime import date
from html import unescape
from io import StringIO
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from saman.flows.governance.assessment import State, close_early, rounds, state_of
from saman.ops.running import On
from saman.ops.worker import jobs
from saman.record import Context
from saman.record.assessment import Given, Kept, keep_answer
from tests.conftest import Database
from tests.http.app.conftest import FRIDAY_NIGHT, Agder

HOME = "/region/work/assessment"
FRIDAY = date(2026, 11, 20)
FIRST = {"name": "Autumn", "since": "2026-11-20", "until": "2026-12-04"}
GROUPS = {"group-leader": "1", "group-staff": "1", "group-citizen": "1"}
NURSE, LEADER, CITIZEN = "silje-haugen", "tone-larsen", "ingrid-aasen"


@pytest_asyncio.fixture(autouse=True)
async def one_round_at_a_time(agder: Agder) -> AsyncIterator[None]:
    """Every test begins on the Friday night, with all rounds closed that others have opened."""
    agder.clock.now = FRIDAY_NIGHT
    yield
    agder.clock.now = FRIDAY_NIGHT
    context = Context(1, "Practitioner/tone", "region-administrator", "secretariat", "HMARKT", FRIDAY_NIGHT, "test")
    for held in await rounds(agder.store, FRIDAY):
        if state_of(held, FRIDAY) is not State.CLOSED:
            await close_early(agder.store, context, held, "The test is over.", FRIDAY)


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


async def post(browser: httpx.AsyncClient, address: str, at: str, **fields: str) -> httpx.Response:
    page = await browser.get(at)
    return await browser.post(address, data={"csrf": token(page.text), **fields})


async def begin(agder: Agder, **fields: str) -> str:
    """A round that Tone opens; its address."""
    async with agder.signed_in(LEADER) as browser:
        answer = await post(browser, HOME, HOME, **{**FIRST, **GROUPS, **fields})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


async def end(agder: Agder, round: str) -> None:
    async with agder.signed_in(LEADER) as browser:
        answer = await post(browser, f"{round}/close", round, reason="Enough.")
        assert answer.status_code == 303, answer.text


async def fill(agder: Agder, round: str, number: int, audience: str, party: str = "", **more: Any) -> None:
    """So many of a group answer."""
    answers = more.get("answers", {"told-of-change": 2, "promises-kept": 3})
    for each in range(number):
        given = Given(audience=audience, party=party, answers=answers, words=more.get("words", ""))
        actor = f"Somebody/{audience}-{party}-{each}"
        assert await keep_answer(agder.store, round.rpartition("/")[2], actor, FRIDAY, given) is Kept.KEPT


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


async def test_only_a_mandate_opens_and_closes(agder: Agder) -> None:
    round = await begin(agder)
    async with agder.signed_in(NURSE) as browser:
        assert "Open the round" not in (await browser.get(f"{HOME}?lang=en")).text
        answer = await post(browser, HOME, f"{round}/answer", **FIRST, **GROUPS)
        assert answer.status_code == 403
        assert "no mandate" in answer.text
        answer = await post(browser, f"{round}/close", f"{round}/answer", reason="I want to see.")
        assert answer.status_code == 403
    async with agder.signed_in(CITIZEN) as browser:
        assert (await browser.get(round)).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"), ({"name": "x" * 101}, "name"), ({"since": "soon"}, "since"), ({"until": ""}, "until"),
        ({"until": "2026-11-19"}, "until"), ({"since": "2026-10-01", "until": "2026-11-10"}, "until"),
        ({"until": "2027-11-20"}, "until"), ({"invited-staff": "many"}, "invited-staff"),
        ({"invited-staff": "1" * 7}, "invited-staff"),
    ],
    ids=["no name", "long name", "no day", "no last day", "backwards", "over", "too long", "no number", "too many"],
)  # fmt: skip
async def test_what_is_no_round_is_told_beside_its_field(agder: Agder, wrong: dict[str, str], field: str) -> None:
    before = await rounds(agder.store, FRIDAY)
    async with agder.signed_in(LEADER) as browser:
        answer = await post(browser, HOME, HOME, **{**FIRST, **GROUPS, **wrong})
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
        assert await rounds(agder.store, FRIDAY) == before


async def test_somebody_has_to_be_asked_and_no_two_rounds_at_once(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        assert 'href="#groups"' in (await post(browser, HOME, HOME, **FIRST)).text
    round = await begin(agder)
    async with agder.signed_in(LEADER) as browser:
        answer = await post(browser, HOME, HOME, **{**FIRST, **GROUPS, "since": "2026-12-04", "until": "2026-12-10"})
        assert answer.status_code == 422
        assert 'href="#since"' in answer.text
    await end(agder, round)
    assert await begin(agder) != round


async def test_staff_answers_once(agder: Agder) -> None:
    round = await begin(agder)
    async with agder.signed_in(NURSE) as browser:
        page = await browser.get(f"{round}/answer?lang=en")
        assert page.text.count("<fieldset") == 23
        assert "You answer as staff of" in page.text
        answer = await post(browser, f"{round}/answer", f"{round}/answer", **{"as": "staff", "heard-alike": "4"})
        assert answer.headers["location"] == f"{round}?sent=1"
        assert "Thank you" in (await browser.get(f"{round}?sent=1&lang=en")).text
        assert (await browser.get(f"{round}/answer")).headers["location"] == round
        again = await post(browser, f"{round}/answer", "/region/work", **{"as": "leader", "heard-alike": "1"})
        assert again.status_code == 409
        assert "You have answered" in unescape(again.text)


async def test_leaders_are_asked_as_such_unless_they_say_otherwise(agder: Agder) -> None:
    round = await begin(agder)
    async with agder.signed_in(LEADER) as browser:
        page = unescape((await browser.get(f"{round}/answer?lang=en")).text)
        assert 'name="as" value="leader"' in page
        assert "I stand behind the common goals" in page
        page = unescape((await browser.get(f"{round}/answer?as=staff")).text)
        assert 'name="as" value="staff"' in page
        assert "I stand behind the common goals" not in page


@pytest.mark.parametrize(
    "sent",
    [{}, {"heard-alike": "0"}, {"heard-alike": "6"}, {"no-such": "3"}, {"heard-alike": "3", "words": "x" * 1001}],
)
async def test_what_is_no_answer_is_asked_again(agder: Agder, sent: dict[str, str]) -> None:
    round = await begin(agder)
    async with agder.signed_in(NURSE) as browser:
        answer = await post(browser, f"{round}/answer", f"{round}/answer", **{"as": "staff"}, **sent)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert (await browser.get(f"{round}/answer")).status_code == 200


async def test_only_those_asked_can_answer(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        page = (await browser.get(HOME)).text
    parties = re.findall(r'name="(party-[a-z0-9-]+)"', page)
    own = next(one for one in parties if "hospital" in one)
    assert len(parties) > 5
    round = await begin(agder, **{next(one for one in parties if one != own): "1"})
    async with agder.signed_in(NURSE) as browser:
        assert f"{round}/answer" not in (await browser.get(HOME)).text
        answer = await post(browser, f"{round}/answer", HOME, **{"as": "staff", "heard-alike": "4"})
        assert answer.status_code == 403


async def test_a_closed_round_takes_no_answer(agder: Agder) -> None:
    round = await begin(agder)
    await end(agder, round)
    async with agder.signed_in(NURSE) as browser:
        answer = await post(browser, f"{round}/answer", HOME, **{"as": "staff", "heard-alike": "4"})
        assert answer.status_code == 409
    async with agder.signed_in(LEADER) as browser:
        assert (await post(browser, f"{round}/close", HOME, reason="Again.")).status_code == 409


async def test_a_round_closes_by_itself_after_its_last_day(agder: Agder) -> None:
    round = await begin(agder)
    await fill(agder, round, 5, "leader")
    agder.clock.forward(days=15)
    async with agder.signed_in(LEADER) as browser:
        page = await browser.get(f"{round}?lang=en")
        assert "All figures" in page.text


async def test_the_worker_closes_what_is_over(agder: Agder, database: Database) -> None:
    round = await begin(agder)
    agder.clock.forward(days=15)
    app = jobs(database.app_url, agder.store, On(agder.store, agder.region), agder.clock)
    await app.tasks["sweep-sessions"](timestamp=0)
    owner = await asyncpg.connect(database.admin_url)
    key = "SELECT key IS NULL FROM assessment_round WHERE id = $1"
    assert await owner.fetchval(key, round.rpartition("/")[2]) is True
    await owner.close()


async def test_words_of_several_lines_count_as_they_were_written(agder: Agder) -> None:
    round = await begin(agder)
    async with agder.signed_in(NURSE) as browser:
        fields = {"as": "staff", "heard-alike": "4", "words": "a\r\n" * 500}
        answer = await post(browser, f"{round}/answer", f"{round}/answer", **fields)
        assert answer.status_code == 303


async def test_a_citizen_answers_step_by_step(agder: Agder, database: Database) -> None:
    round = await begin(agder)
    async with agder.signed_in(CITIZEN) as browser:
        assert "/citizen/assessment" in (await browser.get("/citizen")).text
        assert "/citizen/assessment/1" in (await browser.get("/citizen/assessment")).text
        answer = await post(browser, "/citizen/assessment/1", "/citizen/assessment/1", **{"told-of-change": "2"})
        assert answer.headers["location"] == "/citizen/assessment/2"
        answer = await post(
            browser, "/citizen/assessment/2", "/citizen/assessment/2", later="1", **{"agreed-before": "0"}
        )
        assert answer.headers["location"] == "/citizen/assessment"
        assert "/citizen/assessment/3" in (await browser.get("/citizen/assessment")).text
        page = (await browser.get("/citizen/assessment/1")).text
        assert re.search(r'name="told-of-change" value="2" checked', page)
        answer = await post(browser, "/citizen/assessment/last", "/citizen/assessment/last", words="Kind people.")
        assert answer.headers["location"] == "/citizen/assessment/thanks"
        assert "assessment" not in browser.cookies
        assert (await browser.get("/citizen/assessment/thanks")).status_code == 200
        assert (await browser.get("/citizen/assessment")).headers["location"] == "/citizen/assessment/thanks"
        again = await post(browser, "/citizen/assessment/last", "/citizen", words="Once more.")
        assert again.status_code == 409
        assert "/citizen/assessment" not in (await browser.get("/citizen")).text
    assert await _stored(database, round) == [("citizen", "", '{"told-of-change": 2}')]


async def _stored(database: Database, round: str) -> list[tuple[str, str, str]]:
    """All rows of a round, as the owner of the database sees them."""
    owner = await asyncpg.connect(database.admin_url)
    found = await owner.fetch(
        "SELECT audience, party, answers FROM assessment_answer WHERE round = $1", round.rpartition("/")[2]
    )
    await owner.close()
    return [tuple(row) for row in found]


async def test_what_a_browser_keeps_is_for_one_person(agder: Agder) -> None:
    await begin(agder)
    async with agder.signed_in(CITIZEN) as browser:
        await post(browser, "/citizen/assessment/1", "/citizen/assessment/1", **{"told-of-change": "2"})
        kept = browser.cookies["assessment"]
        assert "told" not in kept
    async with agder.signed_in("olav-tveit") as browser:
        browser.cookies.set("assessment", kept, domain="test", path="/citizen/assessment")
        assert "checked" not in (await browser.get("/citizen/assessment/1")).text
        answer = await post(browser, "/citizen/assessment/last", "/citizen/assessment/last")
        assert answer.status_code == 422


async def test_a_relative_answers_too(agder: Agder) -> None:
    await begin(agder)
    async with agder.signed_in("kari-aasen") as browser:
        assert "as somebody who is close" in (await browser.get("/citizen/assessment?lang=en")).text
        await post(browser, "/citizen/assessment/3", "/citizen/assessment/3", **{"heard-alike": "5"})
        answer = await post(browser, "/citizen/assessment/last", "/citizen/assessment/last")
        assert answer.headers["location"] == "/citizen/assessment/thanks"
    async with agder.signed_in(CITIZEN) as browser:
        assert (await browser.get("/citizen/assessment")).status_code == 200


async def test_citizens_are_asked_only_in_a_round_that_asks_them(agder: Agder) -> None:
    async with agder.signed_in(CITIZEN) as browser:
        assert (await browser.get("/citizen/assessment")).status_code == 404
    async with agder.signed_in(LEADER) as browser:
        answer = await post(browser, HOME, HOME, **FIRST, **{"group-staff": "1"})
        assert answer.status_code == 303
    async with agder.signed_in(CITIZEN) as browser:
        assert (await browser.get("/citizen/assessment")).status_code == 404
        assert "/citizen/assessment" not in (await browser.get("/citizen")).text


async def test_nothing_below_five_stands_anywhere(agder: Agder) -> None:
    round = await begin(agder, **{"invited-staff": "40"})
    await fill(agder, round, 4, "citizen", words="Said by a citizen")
    await fill(agder, round, 5, "leader", words="Said by a leader")
    await fill(agder, round, 6, "staff", "municipality-arendal", answers={"told-of-change": 4})
    await fill(agder, round, 4, "staff", "municipality-kristiansand", answers={"told-of-change": 1})
    async with agder.signed_in(NURSE) as browser:
        page = (await browser.get(f"{round}?lang=en")).text
        assert "19" in page
        assert (await browser.get(f"{round}/figures.csv")).status_code == 404
    await end(agder, round)
    async with agder.signed_in(NURSE) as browser:
        page = unescape((await browser.get(f"{round}?lang=en")).text)
        table = rows((await browser.get(f"{round}/figures.csv?lang=en")).text)
        assert "Said by" not in page
    assert {(one["group"], one["answered"]) for one in table} == {("Leaders", "5"), ("Staff", "10")}
    assert {one["mean (1 to 5)"] for one in table if one["group"] == "Staff"} == {"", "2.8"}
    assert "10 of 40 asked" in page
    assert "Not shown: Citizens and relatives" in page
    assert "Arendal" not in page.partition("<main")[2]
    async with agder.signed_in(LEADER) as browser:
        page = unescape((await browser.get(f"{round}?lang=en")).text)
        assert page.count("Said by a leader") == 5
        assert "Said by a citizen" not in page


async def test_a_result_tells_differences_and_what_has_changed(agder: Agder) -> None:
    before = await begin(agder, name="Before", since="2026-11-21")
    await fill(agder, before, 5, "leader", answers={"told-of-change": 2})
    await end(agder, before)
    round = await begin(agder, name="=Winter", since="2026-11-22")
    await fill(agder, round, 5, "leader", answers={"told-of-change": 4})
    await fill(agder, round, 9, "staff", "municipality-arendal", answers={"told-of-change": 2})
    await end(agder, round)
    async with agder.signed_in(NURSE) as browser:
        page = unescape((await browser.get(f"{round}?lang=en")).text)
        table = (await browser.get(f"{round}/figures.csv")).text
    assert "difference 2.0" in page
    assert "What has changed since Before" in page
    assert "+2.0" in page
    assert page.count('<svg class="chart"') == 3
    assert "no figure for the region as a whole" in page
    assert "'=Winter" in table
    assert "\n=Winter" not in table


async def test_a_round_nobody_answered_shows_nothing(agder: Agder) -> None:
    round = await begin(agder)
    await end(agder, round)
    async with agder.signed_in(NURSE) as browser:
        page = (await browser.get(f"{round}?lang=en")).text
        assert "Therefore nothing is shown" in page
        assert len(rows((await browser.get(f"{round}/figures.csv")).text)) == 0
        assert (await browser.get(f"{HOME}/no-such-round")).status_code == 404


async def test_the_log_does_not_tell_of_an_answer(agder: Agder, database: Database) -> None:
    round = await begin(agder)
    async with agder.signed_in(NURSE) as browser:
        page = (await browser.get(f"{round}/answer")).text
        before = await _entries(database)
        fields = {"csrf": token(page), "as": "staff", "heard-alike": "4"}
        assert (await browser.post(f"{round}/answer", data=fields)).status_code == 303
        assert await _entries(database) == before


async def _entries(database: Database) -> int:
    owner = await asyncpg.connect(database.admin_url)
    await owner.execute("SELECT set_config('saman.context', '0', false)")
    found: int = await owner.fetchval("SELECT count(*) FROM audit")
    await owner.close()
    return found
