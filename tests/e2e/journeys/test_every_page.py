"""Every page of everybody in the demo, in every language, narrow and wide, light and dark: axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import product
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from saman.apps.ui.catalogue import LANGUAGES
from tests.e2e.conftest import Install

from .audit import NARROW, WIDE, TwoWindows, View, layout_violations, plain_violations, prepare, violations
from .chance import SEED
from .installation import Installation
from .places import PLACES, tasks
from .player import Player, journeys

MOST_USED = ("", "Ingrid Aasen", "Silje Haugen")
OTHERS = tuple(who for who in PLACES if who not in MOST_USED)
SHARE = 3
MONDAY = datetime.fromisoformat("2026-11-23T08:12:00+01:00")
SENT_FIRST = ("citizen-reports-on-friday-evening", "another-citizen-reports-on-saturday")

Way = tuple[str, str]
Look = Callable[[Page], list[str]]


def sample() -> set[Way]:
    """In which language whose pages are looked at closely: the most used in two, one in three of the others in one."""
    drawn = Random(f"{SEED} looks")
    most = {(who, language) for who in MOST_USED for language in drawn.sample(LANGUAGES, 2)}
    return most | {(who, drawn.choice(LANGUAGES)) for who in drawn.sample(OTHERS, -(-len(OTHERS) // SHARE))}


def ways() -> Iterator[Any]:
    """Everybody in every language; what the sample does not hold is left to `make soak`."""
    for way in product(PLACES, LANGUAGES):
        yield pytest.param(way, marks=() if way in sample() else (pytest.mark.soak,), id=name(way))


def glances() -> Iterator[Any]:
    """The most used pages in all other languages."""
    for way in product(MOST_USED, LANGUAGES):
        if way not in sample():
            yield pytest.param(way, id=name(way))


def name(way: Way) -> str:
    who, language = way
    return f"{language}-{who or 'nobody'}".replace(" ", "-")


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
def context(browser: Browser, place: Installation) -> Iterator[BrowserContext]:
    print(f"SAMAN_SEED={SEED}")
    context = browser.new_context(base_url=place.address)
    yield context
    context.close()


@pytest.mark.parametrize("way", list(ways()))
def test_nothing_stands_in_the_way(context: BrowserContext, place: Installation, way: Way) -> None:
    prepare(context)
    look = TwoWindows(Random(f"{SEED} {way}"))
    assert walked(context, place, way, look.now, look) == []


@pytest.mark.parametrize("way", list(glances()))
def test_no_language_is_left_half_or_too_wide(context: BrowserContext, place: Installation, way: Way) -> None:
    assert walked(context, place, way, View(NARROW, "light"), plain_violations) == []


def walked(context: BrowserContext, place: Installation, way: Way, first: View, look: Look) -> list[str]:
    """What is wrong with the pages of somebody in a language, and what their scripts complain of."""
    who, language = way
    page = context.new_page()
    first.show(page)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda said: wrong.append(said.text) if said.type == "error" and "status of 4" not in said.text else None,
    )
    if who:
        Player(page, place, language).sign_in(who)
    named = tasks(place)
    for address, acts in PLACES[who]:
        page.goto(with_language(address.format(**named), language))
        for act in acts:
            act(page)
        page.wait_for_load_state()
        wrong += [f"{address} {len(acts)}: {line}" for line in look(page)]
    return wrong


def with_language(address: str, language: str) -> str:
    """The address, asking for a language."""
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def test_what_is_wrong_is_found(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content("<title>x</title><main><img src='x'><p style='width:900px'>It&amp;#39;s</p></main>")
    wrong, plain = " ".join(violations(page)), plain_violations(page)
    page.close()
    assert all(name in wrong for name in ("image-alt", "html-has-lang", "wider than the screen", "left over: &#39;"))
    assert plain == ["wider than the screen", "left over: &#39;"]


def test_what_only_a_window_makes_wrong_is_found(browser: Browser) -> None:
    page = browser.new_page()
    narrow, dark = View(NARROW, "light"), View(WIDE, "dark")
    page.set_content(
        "<style>body { background: #fff; } @media (max-width: 400px) { p { width: 900px; } }"
        " @media (prefers-color-scheme: dark) { p { color: #eee; } }</style><p>Words</p>"
    )
    found = []
    for view in (narrow, dark):
        view.show(page)
        found.append(layout_violations(page))
    page.close()
    assert found[0] == ["wider than the screen"]
    assert [line.partition(":")[0] for line in found[1]] == ["color-contrast"]
