"""The journeys of `docs/journeys.yaml`, played from a citizen's Friday evening to the answer in the citizen's hands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random, SystemRandom
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from saman.apps.ui.catalogue import LANGUAGES
from tests.e2e.conftest import Install

from .player import Player, journeys

SOAK = bool(os.environ.get("SAMAN_SOAK"))
SEED = int(os.environ.get("SAMAN_SEED") or SystemRandom().randrange(10**6))
WIDTHS = (390, 1280)
OTHERS = tuple(language for language in LANGUAGES if language != "en")
CITIZENS = ("Ingrid Aasen", "Olav Tveit")


class Way(NamedTuple):
    """One way of playing: in which language, how wide the screen is, and whether readings are marked."""

    language: str
    width: int
    marks: bool

    def __str__(self) -> str:
        return f"{self.language}-{self.width}-{'marks' if self.marks else 'plain'}"


def ways() -> Iterator[Way]:
    """English at both widths, with marks and without; of the other languages one by chance, or all when soaking."""
    yield Way("en", 390, marks=True)
    yield Way("en", 1280, marks=False)
    if SOAK:
        yield from (Way(language, width, marks=True) for language in OTHERS for width in WIDTHS)
    else:
        chance = Random(SEED)
        yield Way(chance.choice(OTHERS), chance.choice(WIDTHS), marks=chance.random() < 0.5)


@pytest.mark.parametrize("way", ways(), ids=str)
def test_one_reading_goes_from_a_kitchen_to_those_who_act_on_it_and_back(
    browser: Browser, install: Install, way: Way
) -> None:
    print(f"SAMAN_SEED={SEED}")
    place = install(triage=way.marks)
    context = browser.new_context(viewport={"width": way.width, "height": 844})
    player = Player(context.new_page(), place, way.language, looks=way.language == "en", marks=way.marks)
    for journey in journeys().values():
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
