"""One gallery for the tests of this folder that look, and one for each that changes something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from .serve import Gallery


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
