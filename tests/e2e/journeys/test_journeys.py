"""The journeys of `docs/journeys.yaml`, played from a citizen's Friday evening to the answer in the citizen's hands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from saman.apps.ui.catalogue import LANGUAGES
from tests.e2e.conftest import Install

from .chance import SEED, chance, sampled
from .player import Player, journeys

WIDTHS = (390, 1280)
CITIZENS = ("Ingrid Aasen", "Olav Tveit")


class Way(NamedTuple):
    """One way of playing: in which language, how wide the screen is, and whether readings are marked."""

    language: str
    width: int
    marks: bool

    def __str__(self) -> str:
        return f"{self.language}-{self.width}-{'marks' if self.marks else 'plain'}"


LOOKED_AT = Way("en", 390, marks=True)
EVERY = [Way(*one) for one in product(LANGUAGES, WIDTHS, (True, False))]


def sample() -> Iterator[Way]:
    """English at both widths, with marks and without, and one other way by chance."""
    yield from (LOOKED_AT, Way("en", 1280, marks=False))
    yield chance().choice([way for way in EVERY if way.language != "en"])


@pytest.mark.parametrize("way", sampled(EVERY, set(sample())))
def test_one_reading_goes_from_a_kitchen_to_those_who_act_on_it_and_back(
    browser: Browser, install: Install, way: Way
) -> None:
    print(f"SAMAN_SEED={SEED}")
    place = install(triage=way.marks)
    context = browser.new_context(viewport={"width": way.width, "height": 844})
    player = Player(context.new_page(), place, way.language, looks=way == LOOKED_AT, marks=way.marks)
    for journey in journeys().values():
        if way.language in journey.get("languages", LANGUAGES):
            player.play(journey)
    context.close()


def test_citizens_need_no_scripts(browser: Browser, install: Install) -> None:
    place = install()
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    player = Player(context.new_page(), place)
    for journey in journeys().values():
        if journey["user"] in CITIZENS and not journey.get("after"):
            player.play(journey)
    context.close()
