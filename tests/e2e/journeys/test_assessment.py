"""Rounds of self-assessment in a browser: a citizen answers without scripts, and axe finds nothing on any page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from saman.flows.governance.assessment import ROUNDS, Round, close_early, open_round
from saman.kernel.outcome import Refusal
from saman.model.care.assessment import Audience
from saman.record import Context, Record
from saman.record.assessment import Given, Kept, keep_answer
from tests.e2e.conftest import Install

from .audit import NARROW, WIDE, View, prepare, violations
from .beginning import FRIDAY_EVENING, region
from .installation import Installation
from .player import Player

TODAY: date = FRIDAY_EVENING.date()
GROUPS = ("leader", "staff", "citizen")
HELD = ((7, "leader", ""), (9, "staff", "municipality-arendal"), (8, "staff", "sorlandet-hospital"), (6, "citizen", ""))
CITIZEN = ("/citizen/assessment", "/citizen/assessment/1", "/citizen/assessment/4", "/citizen/assessment/last")
WAYS = [(NARROW, "light", "nb"), (WIDE, "dark", "fi"), (NARROW, "dark", "sv"), (WIDE, "light", "is")]


def administrator(record: Record) -> Context:
    return Context(1, "Practitioner/tone", "region-administrator", "secretariat", "HMARKT", record.context.now, "test")


async def held(record: Record, name: str, first: date, shift: int) -> str:
    """A closed round in which some have answered; `shift` moves all answers."""
    store = record.store
    body = Round(name=name, since=first, until=first + timedelta(5), groups=GROUPS, invited={"staff": 40})
    opened = await open_round(store, administrator(record), f"round-{name.lower()}", body, first)
    assert not isinstance(opened, Refusal)
    asked = region().model.assessment
    assert asked is not None
    for step, (number, audience, party) in enumerate(HELD):
        for each in range(number):
            own = asked.asked(Audience(audience))
            answers = {one.id: (place + step * 2 + each + shift) % 5 + 1 for place, one in enumerate(own)}
            given = Given(audience=audience, party=party, answers=answers, words=f"{name} {each}")
            assert await keep_answer(store, opened.id, f"{name}/{audience}/{party}/{each}", first, given) is Kept.KEPT
    closed = await close_early(store, administrator(record), opened, "Enough.", first)
    assert not isinstance(closed, Refusal)
    return opened.id


async def begun(record: Record) -> str:
    """A round that is open today."""
    body = Round(name="Now", since=TODAY, until=TODAY + timedelta(14), groups=GROUPS)
    opened = await open_round(record.store, administrator(record), "round-now", body, TODAY)
    assert not isinstance(opened, Refusal)
    return opened.id


@pytest.fixture(scope="module")
def place(install: Install) -> Installation:
    """An installation with two rounds that are over and one that is open."""
    place = install()
    place.ask(lambda record: held(record, "Spring", TODAY - timedelta(60), 0))
    place.ask(lambda record: held(record, "Summer", TODAY - timedelta(30), 1))
    place.ask(begun)
    return place


@pytest.fixture
def context(browser: Browser, place: Installation) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=place.address)
    prepare(context)
    yield context
    context.close()


@pytest.mark.parametrize(("width", "scheme", "language"), WAYS)
def test_nothing_stands_in_the_way_of_any_page(
    context: BrowserContext, place: Installation, width: int, scheme: str, language: str
) -> None:
    page = context.new_page()
    View(width, scheme).show(page)
    work = "/region/work/assessment"
    addresses = (work, f"{work}/round-now", f"{work}/round-now/answer", f"{work}/round-summer")
    for who, own in (("Tone Larsen", addresses), ("Ingrid Aasen", CITIZEN)):
        Player(page, place, language).sign_in(who)
        assert [line for address in own for line in seen(page, address, language)] == []


def seen(page: Page, address: str, language: str) -> list[str]:
    """What is wrong with a page, with everything on it opened."""
    page.goto(f"{address}?lang={language}")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    return [f"{address}: {line}" for line in violations(page)]


def test_a_citizen_stops_and_goes_on_without_scripts(browser: Browser, place: Installation) -> None:
    context = browser.new_context(base_url=place.address, java_script_enabled=False)
    page = context.new_page()
    page.set_viewport_size({"width": NARROW, "height": 844})
    Player(page, place).sign_in("Ingrid Aasen")
    page.goto("/citizen?lang=en")
    page.get_by_role("link", name="Answer a few questions").click()
    page.get_by_role("link", name="Begin").click()
    choose(page, "I am told in good time when something changes.", "Agree fully")
    page.get_by_role("button", name="Go on another time").click()
    page.get_by_role("link", name="Go on").click()
    choose(page, "I take part in deciding what the help should lead to.", "I don't know")
    for _ in range(3):
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("You have answered 1 statement.")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.goto("/citizen")
    expect(page.get_by_role("link", name="Answer a few questions")).to_have_count(0)
    context.close()


def choose(page: Page, statement: str, step: str) -> None:
    """Says how much a statement is agreed with; where to touch is large enough."""
    option: Any = page.get_by_role("group", name=statement).locator("label", has_text=step)
    box = option.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    size = option.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 18
    option.click()


def test_the_picture_and_the_table_say_the_same(context: BrowserContext, place: Installation) -> None:
    page = context.new_page()
    Player(page, place).sign_in("Tone Larsen")
    page.goto("/region/work/assessment/round-summer?lang=en")
    figures = page.locator("figure svg")
    assert figures.count() == 5
    rows = page.locator("section[aria-labelledby=table] tbody tr:not(.group)")
    told = rows.evaluate_all("(rows) => rows.map((row) => [...row.querySelectorAll('td')].map((td) => td.innerText))")
    for column in range(figures.count()):
        drawn = figures.nth(column).locator("text[text-anchor=middle]").all_text_contents()
        table = [row[column].split("\n")[0] for row in told]
        assert sorted(drawn) == sorted(table)
    assert place.ask(lambda record: ROUNDS.one(record.store, "round-summer")).is_ended
