"""Every citizen page in every language at both widths: no axe violation, no console error, nothing too wide."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from saman.apps.ui.catalogue import LANGUAGES
from tests.e2e.journeys.audit import NARROW, TwoWindows, View, plain_violations, prepare, violations
from tests.e2e.journeys.chance import SEED, chance, sampled

from .places import PLACES, STATES
from .serve import Gallery


def test_the_check_itself_finds_a_fault(browser: Browser, looking: Gallery) -> None:
    context = browser.new_context(base_url=looking.address)
    page = context.new_page()
    page.goto("/")
    page.evaluate("document.querySelector('label[for=q]').remove()")
    found = violations(page)
    context.close()
    assert any(line.startswith("label:") for line in found)


CLOSELY = chance().sample(LANGUAGES, 2)


@pytest.mark.parametrize("language", sampled(LANGUAGES, CLOSELY))
def test_every_page_is_accessible(browser: Browser, looking: Gallery, language: str) -> None:
    print(f"SAMAN_SEED={SEED}")
    look = TwoWindows(Random(f"{SEED} {language}"))
    with browser.new_context(base_url=looking.address) as context:
        prepare(context)
        assert walked(context, language, look.now, look) == []


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one not in CLOSELY])
def test_no_language_is_left_half_or_too_wide(browser: Browser, looking: Gallery, language: str) -> None:
    with browser.new_context(base_url=looking.address) as context:
        assert walked(context, language, View(NARROW, "light"), plain_violations) == []


def walked(context: BrowserContext, language: str, first: View, look: Callable[[Page], list[str]]) -> list[str]:
    """What is wrong with every page in a language, and what the scripts complain of."""
    page = context.new_page()
    first.show(page)
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" and not _told(said.text) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    for state, places in {"ordinary": PLACES, **STATES}.items():
        page.goto(f"/as/{state}")
        for name, path, acts in places:
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            for act in acts:
                act(page)
            page.wait_for_load_state()
            wrong += [f"{name}: {line}" for line in look(page)]
    return wrong


def _told(text: str) -> bool:
    """Whether the console says only that a page was refused."""
    return "status of 4" in text or "status of 5" in text


@pytest.mark.parametrize("language", ["fi", "is"])
def test_nothing_is_lost_at_400_percent(browser: Browser, looking: Gallery, language: str) -> None:
    context = browser.new_context(base_url=looking.address, viewport={"width": 320, "height": 256})
    page = context.new_page()
    page.goto("/as/ordinary")
    wide = []
    for name, path, _ in PLACES:
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(name)
    context.close()
    assert wide == []


TARGETS = """() => {
  const all = 'main a, main button, main input, main select, main summary, nav.bar a, .menu summary';
  const shown = (one) => one.offsetParent && one.type !== 'hidden' && one.getClientRects().length;
  const height = (one) => (one.closest('label') ?? one).getBoundingClientRect().height;
  return [...document.querySelectorAll(all)].filter(shown)
    .map((one) => [height(one), one.outerHTML.slice(0, 90)]).filter(([tall]) => tall < 43.5);
}"""


def test_targets_are_large_enough(browser: Browser, looking: Gallery) -> None:
    context = browser.new_context(base_url=looking.address, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto("/as/ordinary")
    small = []
    for name, path, acts in PLACES:
        page.goto(path)
        for act in acts:
            act(page)
        small += [f"{name}: {height:.0f} {html}" for height, html in page.evaluate(TARGETS)]
    context.close()
    assert small == []


def test_the_first_visit_weighs_at_most_100_kilobytes(browser: Browser, looking: Gallery) -> None:
    """Bytes on the wire as the browser counts them: page, styles, font, script, icon, worker."""
    for path in ("/citizen", "/citizen/readings/blood-pressure", "/citizen/report/check"):
        context = browser.new_context(base_url=looking.address)
        context.add_cookies([{"name": "who", "value": "ordinary", "url": looking.address}])
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        weights: list[float] = []
        wire.on("Network.loadingFinished", lambda event, weights=weights: weights.append(event["encodedDataLength"]))
        page.goto(path, wait_until="networkidle")
        assert len(weights) >= 4
        assert sum(weights) <= 100_000, path
        context.close()


def test_no_request_leaves_the_installation(browser: Browser, looking: Gallery) -> None:
    context = browser.new_context(base_url=looking.address)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/as/ordinary")
    for _, path, _ in PLACES:
        page.goto(path)
    context.close()
    assert [url for url in asked if not url.startswith((looking.address, "data:"))] == []
