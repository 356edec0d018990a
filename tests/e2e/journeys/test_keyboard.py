"""A nurse who never touches the mouse reads, claims, takes back and opens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Install

from .installation import Installation
from .player import Player, journeys
from .test_every_page import MONDAY, SENT_FIRST


@pytest.fixture(scope="module")
def place(browser: Browser, install: Install) -> Installation:
    """An installation on Monday morning, with what two citizens have sent over the weekend."""
    place = install()
    page = browser.new_page()
    for id in SENT_FIRST:
        Player(page, place).play(journeys()[id])
    page.close()
    place.clock.now = MONDAY
    return place


@pytest.fixture
def page(browser: Browser, place: Installation) -> Iterator[Page]:
    """Silje's worklist."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    Player(page, place).sign_in("Silje Haugen")
    yield page
    page.close()


def test_keys_do_all_that_hands_do(page: Page) -> None:
    focused, keys = page.locator(":focus"), page.keyboard
    first = page.get_by_role("row", name="Ingrid Aasen")
    keys.press("j")
    expect(focused).to_have_text("Ingrid Aasen")
    keys.press("j")
    expect(focused).to_have_text("Olav Tveit")
    keys.press("k")
    expect(focused).to_have_text("Ingrid Aasen")

    keys.press("c")
    expect(first.get_by_role("button", name="Release")).to_be_visible()
    expect(focused).to_have_text("Ingrid Aasen")
    keys.press("c")
    expect(first.get_by_role("button", name="Claim")).to_be_visible()
    keys.press("e")
    expect(first.get_by_text("Done")).to_be_visible()
    with page.expect_navigation():
        keys.press("u")
    expect(first.get_by_text("Unread")).to_be_visible()

    keys.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("heading", name="Keys")).to_be_hidden()
    keys.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    keys.type("jj")
    expect(page.get_by_role("searchbox")).to_have_value("jj")
    keys.press("Escape")

    keys.press("j")
    with page.expect_navigation():
        keys.press("Enter")
    expect(page.get_by_role("heading", name="AASEN, Ingrid")).to_be_visible()
    keys.press("m")
    expect(page.get_by_label("Write to: Ingrid Aasen")).to_be_visible()
    page.go_back(wait_until="load")
    keys.press("h")
    expect(page.get_by_label("What is the visit for?")).to_be_visible()
    page.go_back(wait_until="load")
    with page.expect_navigation():
        keys.press("e")
    expect(page.get_by_text("read by Silje Haugen")).to_be_visible()
    with page.expect_navigation():
        keys.press("u")
    expect(page.get_by_text("read by Silje Haugen")).to_be_hidden()


def test_the_first_key_leads_past_the_menus(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.partition('#')[0]}#main")
