"""A nurse with her worklist open is told of what has just come, and her list stands still until she asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from saman.kernel.clock import instant
from saman.model.care import codes
from tests.e2e.conftest import Install

from .installation import Installation
from .player import Player, journeys
from .test_every_page import SENT_FIRST

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
NEW = "1 new since"
UNHEARD = 31_000
"""Milliseconds after which a page that hears nothing asks by itself."""


@pytest.fixture(scope="module")
def place(install: Install) -> Installation:
    return install()


@pytest.fixture
def nurse(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=WIDE)
    yield context
    context.close()


@pytest.fixture
def citizen(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=NARROW)
    yield context
    context.close()


def wish(place: Installation) -> dict[str, Any]:
    """Ingrid wants to be called."""
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.TASK, codes.CONTACT_WISH),
        "for": codes.reference("Patient/ingrid-aasen"),
        "authoredOn": instant(place.clock()),
        "owner": codes.reference("Organization/agder-telemedicine-centre"),
    }


def asked(place: Installation) -> int:
    return sum(path == "/team/new" for _, path in place.asked)


def test_what_a_citizen_sends_is_offered_at_once_and_moves_nothing(
    nurse: BrowserContext, citizen: BrowserContext, place: Installation
) -> None:
    page = nurse.new_page()
    with page.expect_response("**/team/live") as stream:
        Player(page, place).sign_in("Silje Haugen")
    assert stream.value.status == 200
    page.evaluate("window.stays = true")
    before = page.locator("tr[id^=row-]").evaluate_all("rows => rows.map((row) => row.id)")
    expect(page.get_by_text(NEW)).to_have_count(0)

    Player(citizen.new_page(), place).play(journeys()[SENT_FIRST[0]])
    expect(page.get_by_role("status").get_by_text(NEW)).to_be_visible()
    assert page.evaluate("window.stays"), "the page was not loaded again"
    assert page.locator("tr[id^=row-]").evaluate_all("rows => rows.map((row) => row.id)") == before

    with page.expect_navigation():
        page.keyboard.press("r")
    assert not page.evaluate("window.stays ?? false")
    expect(page.get_by_role("row", name="Ingrid Aasen").first).to_be_visible()
    assert page.locator("tr[id^=row-]").count() == len(before) + 1


def test_where_nothing_can_be_heard_the_page_asks_by_itself(nurse: BrowserContext, place: Installation) -> None:
    page = nurse.new_page()
    page.clock.install()
    page.route("**/team/live", lambda route: route.fulfill(status=503))
    with page.expect_response("**/team/live"):
        Player(page, place).sign_in("Silje Haugen")
    before = asked(place)
    place.ask(lambda record: record.create(wish(place)))
    assert asked(place) == before
    page.clock.fast_forward(UNHEARD)
    page.clock.fast_forward(UNHEARD)
    expect(page.get_by_role("status").get_by_text(NEW)).to_be_visible()

    page.unroute("**/team/live")
    with page.expect_response("**/team/live") as stream:
        page.clock.fast_forward(UNHEARD)
    assert stream.value.status == 200, "and it tries again"
