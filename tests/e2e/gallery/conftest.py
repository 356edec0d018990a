"""One gallery and one browser for the tests of this folder; skipped with a clear line where there is no Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from .serve import Gallery

CHROMIUM = Path(os.environ.get("SAMAN_TEST_CHROMIUM") or "/usr/bin/chromium")
IN_CI = bool(os.environ.get("SAMAN_TEST_CI") or os.environ.get("CI"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one file of tests: while Playwright's sync interface runs, no asynchronous test can."""
    if not CHROMIUM.exists() and not IN_CI:
        pytest.skip(f"no Chromium at {CHROMIUM}: pages are not looked at")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def looking() -> Iterator[Gallery]:
    """A gallery for tests that only look."""
    with Gallery() as gallery:
        yield gallery


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    """A gallery of its own for a test that changes something."""
    with Gallery() as gallery:
        yield gallery


@pytest.fixture
def context(browser: Browser, gallery: Gallery) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=gallery.address, viewport={"width": 390, "height": 844}, locale="en-GB")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/as/ordinary")
    return page
