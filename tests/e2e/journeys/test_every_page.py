"""Every page of everybody in the demo, in every language, narrow and wide, light and dark: axe finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import product
from random import Random
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from saman.apps.ui.catalogue import LANGUAGES
from tests.e2e.conftest import Install

from .audit import violations
from .chance import SEED
from .installation import Installation
from .places import PLACES, tasks
from .player import Player, journeys

WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
MOST_USED = ("", "Ingrid Aasen", "Silje Haugen")
MONDAY = datetime.fromisoformat("2026-11-23T08:12:00+01:00")
SENT_FIRST = ("citizen-reports-on-friday-evening", "another-citizen-reports-on-saturday")


class Look(NamedTuple):
    """One way of looking at a page."""

    language: str
    width: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.language}-{self.width}-{self.scheme}"


EVERY = [Look(*one) for one in product(LANGUAGES, WIDTHS, SCHEMES)]


def sample(who: str) -> list[Look]:
    """How a run looks at somebody's pages: narrow and wide, light and dark, in languages drawn anew for each person.

    Those whose pages are most used are looked at in every language.
    """
    drawn = Random(f"{SEED} {who}")
    languages = drawn.sample(LANGUAGES, len(LANGUAGES) if who in MOST_USED else len(WIDTHS))
    widths, schemes = drawn.sample(WIDTHS, len(WIDTHS)), drawn.sample(SCHEMES, len(SCHEMES))
    return [Look(one, widths[at % 2], schemes[(at + at // 2) % 2]) for at, one in enumerate(languages)]


def looks() -> Iterator[Any]:
    """Everybody in every way; what no sample holds is left to `make soak`."""
    for who in PLACES:
        chosen = sample(who)
        for look in EVERY:
            marks = () if look in chosen else (pytest.mark.soak,)
            yield pytest.param(look, who, marks=marks, id=f"{look}-{who or 'nobody'}".replace(" ", "-"))


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


@pytest.mark.parametrize(("look", "who"), list(looks()))
def test_nothing_stands_in_the_way(browser: Browser, place: Installation, look: Look, who: str) -> None:
    print(f"SAMAN_SEED={SEED}")
    context = browser.new_context(
        viewport={"width": look.width, "height": 900},
        color_scheme=look.scheme,  # type: ignore[arg-type]
        base_url=place.address,
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda said: wrong.append(said.text) if said.type == "error" and "status of 4" not in said.text else None,
    )
    if who:
        Player(page, place, look.language).sign_in(who)
    named = tasks(place)
    for address, acts in PLACES[who]:
        page.goto(with_language(address.format(**named), look.language))
        for act in acts:
            act(page)
        wrong += [f"{address} {len(acts)}: {line}" for line in found(page)]
    context.close()
    assert wrong == []


def found(page: Page) -> list[str]:
    """What is wrong with the page as it stands now."""
    page.wait_for_load_state()
    return violations(page)


def with_language(address: str, language: str) -> str:
    """The address, asking for a language."""
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def test_what_is_wrong_is_found(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content("<title>x</title><main><img src='x'><p style='width:900px'>It&amp;#39;s</p></main>")
    wrong = " ".join(violations(page))
    page.close()
    assert all(name in wrong for name in ("image-alt", "html-has-lang", "wider than the screen", "left over: &#39;"))
