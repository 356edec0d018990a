"""A citizen whose network is lost, or who has two windows open, sends one report and not two."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import Install

from .installation import Installation
from .player import Player

NUMBERS = {
    "spo2": {"spo2": "93"},
    "pulse": {"pulse": "84"},
    "weight": {"weight": "70.4"},
    "blood-pressure": {"systolic": "138", "diastolic": "82"},
}
CHOICES = ("breathing", "sleep", "daily-life")
ABOUT = ("patient", "Patient/ingrid-aasen")
PREPARED = """async () => {
  const pages = await caches.open('saman-pages-1');
  const found = ['daily-life', 'check', 'later'].map((step) => pages.match(`/citizen/report/${step}`));
  return (await Promise.all(found)).every(Boolean);
}"""


@pytest.fixture
def place(install: Install) -> Installation:
    return install()


@pytest.fixture
def context(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 390, "height": 844})


@pytest.fixture
def page(context: BrowserContext, place: Installation) -> Page:
    """Ingrid's page at the first question."""
    page = context.new_page()
    Player(page, place).sign_in("Ingrid Aasen")
    page.get_by_role("link", name="Start").click()
    return page


def fill(page: Page, step: str) -> None:
    """Answers the question on the page and goes on."""
    expect(page.locator(f"form[data-step={step}]")).to_be_visible()
    for name, value in NUMBERS.get(step, {}).items():
        page.locator(f"[name={name}]").fill(value)
    if step in CHOICES:
        page.get_by_text("As usual", exact=True).click()
    page.get_by_role("button", name="Next").click()


def answer_rest(page: Page) -> None:
    """Answers every question but the first."""
    for step in (*list(NUMBERS)[1:], *CHOICES):
        fill(page, step)
    expect(page.get_by_role("heading", name="Check and send")).to_be_visible()


def test_a_lost_network_keeps_the_answers_and_sends_them_once_later(
    context: BrowserContext, page: Page, place: Installation
) -> None:
    readings, reports = place.count("Observation", ABOUT), place.count("QuestionnaireResponse", ABOUT)
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.reload()
    page.wait_for_function(PREPARED)
    fill(page, "spo2")
    expect(page.locator("form[data-step=pulse]")).to_be_visible()

    context.set_offline(True)
    answer_rest(page)
    expect(page.get_by_text("Your answers are kept on this device")).to_be_visible()
    expect(page.locator("[data-answer=weight]")).to_have_text("70.4 kg")
    page.get_by_role("button", name="Send to").click()
    expect(page.get_by_role("heading", name="Your report waits on this device")).to_be_visible()
    assert place.count("Observation", ABOUT) == readings

    context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_role("heading", name="Your report is sent")).to_be_visible()
    assert place.count("Observation", ABOUT) == readings + 4
    assert place.count("QuestionnaireResponse", ABOUT) == reports + 1

    for _ in range(2):
        page.goto(f"{place.address}/citizen")
        with page.expect_event("console", predicate=lambda said: said.text == "told", timeout=10_000):
            page.evaluate(
                "navigator.serviceWorker.ready.then(() => { window.dispatchEvent(new Event('online'));"
                " return navigator.locks.request('saman-flush', () => console.log('told')); })"
            )
    assert place.count("Observation", ABOUT) == readings + 4
    assert place.count("QuestionnaireResponse", ABOUT) == reports + 1


def test_two_windows_send_one_report(context: BrowserContext, page: Page, place: Installation) -> None:
    readings = place.count("Observation", ABOUT)
    fill(page, "spo2")
    answer_rest(page)
    other = context.new_page()
    other.goto(page.url)
    for window in (page, other):
        window.get_by_role("button", name="Send to").click()
        expect(window.get_by_role("heading", name="Your report is sent")).to_be_visible()
    assert place.count("Observation", ABOUT) == readings + 4


def test_an_impatient_finger_sends_one_report(page: Page, place: Installation) -> None:
    readings = place.count("Observation", ABOUT)
    fill(page, "spo2")
    answer_rest(page)
    page.get_by_role("button", name="Send to").dblclick()
    expect(page.get_by_role("heading", name="Your report is sent")).to_be_visible()
    assert place.count("Observation", ABOUT) == readings + 4


def test_a_first_visit_weighs_at_most_100_kilobytes(browser: Browser, place: Installation) -> None:
    """Bytes on the wire as the browser counts them: page, styles, font, script, icon, worker."""
    signed = browser.new_context()
    player = Player(signed.new_page(), place)
    player.sign_in("Ingrid Aasen")
    cookies = signed.cookies()
    for path in ("/citizen", "/citizen/plan", "/citizen/report/check", "/citizen/readings/spo2", "/citizen/happened"):
        context = browser.new_context()
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        weights: list[float] = []
        wire.on("Network.loadingFinished", lambda event, weights=weights: weights.append(event["encodedDataLength"]))
        page.goto(place.address + path, wait_until="networkidle")
        assert len(weights) >= 4, path
        assert sum(weights) <= 100_000, f"{path}: {sum(weights)}"
        context.close()
    signed.close()
