"""A name is searched for with the keyboard, with and without scripts; it stands in no address, and Back works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Install

from .installation import Installation

FOUND = re.compile(r"found=[\w-]+$")


@pytest.fixture(scope="module")
def place(install: Install) -> Installation:
    return install()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=request.param)
    yield context.new_page()
    context.close()


def test_the_front_page_is_come_back_to_with_what_was_found(page: Page, place: Installation) -> None:
    seen: list[str] = []
    page.on("request", lambda sent: seen.append(unquote(sent.url + str(sent.headers.get("referer", "")))))
    page.goto(f"{place.address}/?lang=en")
    page.get_by_role("searchbox").fill("Silje Haugen")
    page.get_by_role("searchbox").press("Enter")
    expect(page).to_have_url(FOUND)
    page.get_by_role("button", name="Silje Haugen").click()
    expect(page).to_have_url(f"{place.address}/team")
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("Silje Haugen")
    expect(page.locator("main li button")).to_have_count(1)
    assert not [address for address in seen if "Silje" in address]


def test_found_people_are_come_back_to_and_shown_again_on_reload(page: Page, place: Installation) -> None:
    page.request.post(f"{place.address}/auth/demo", form={"user": "silje-haugen"}, max_redirects=0)
    seen: list[str] = []
    page.on("request", lambda sent: seen.append(unquote(sent.url + str(sent.headers.get("referer", "")))))
    page.goto(f"{place.address}/team?lang=en")
    page.get_by_role("searchbox").fill("Ingrid Aa")
    page.get_by_role("searchbox").press("Enter")
    expect(page).to_have_url(FOUND)
    expect(page.get_by_role("searchbox")).to_have_value("Ingrid Aa")
    page.get_by_role("link", name="Ingrid Aasen").click()
    expect(page).to_have_url(f"{place.address}/team/people/ingrid-aasen")
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("Ingrid Aa")
    page.reload()
    expect(page.get_by_role("link", name="Ingrid Aasen")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    assert not [address for address in seen if "Ingrid" in address]
