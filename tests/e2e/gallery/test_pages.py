"""Every citizen page in every language at both widths: no axe violation, no console error, nothing too wide."""

from __future__ import annotations

from itertools import product

import pytest
from playwright.sync_api import Browser

from saman.apps.ui.catalogue import LANGUAGES
from tests.e2e.journeys.audit import violations
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


WIDTHS = (390, 1280)
EVERY = list(product(LANGUAGES, WIDTHS, ("light", "dark")))


def sample() -> list[tuple[str, int, str]]:
    """Every language once, narrow and wide in turn, and one of them dark: colours do not depend on the language."""
    drawn = chance()
    widths = drawn.sample(WIDTHS, len(WIDTHS))
    light = [(one, widths[at % 2], "light") for at, one in enumerate(drawn.sample(LANGUAGES, len(LANGUAGES)))]
    return [*light, (drawn.choice(LANGUAGES), drawn.choice(WIDTHS), "dark")]


@pytest.mark.parametrize("look", sampled(EVERY, sample()))
def test_every_page_is_accessible(browser: Browser, looking: Gallery, look: tuple[str, int, str]) -> None:
    print(f"SAMAN_SEED={SEED}")
    language, width, scheme = look
    context = browser.new_context(
        base_url=looking.address,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    wrong: list[str] = []
    for state, places in {"ordinary": PLACES, **STATES}.items():
        page.goto(f"/as/{state}")
        for name, path, acts in places:
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            for act in acts:
                act(page)
            wrong += [f"{name}: {line}" for line in violations(page)]
    context.close()
    unexpected = [line for line in said if "status of 4" not in line and "status of 5" not in line]
    assert wrong == []
    assert unexpected == []


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
