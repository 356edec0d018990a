"""Every region is walked: a citizen turns to those who follow her, they read and answer, and she sees who looked."""

from __future__ import annotations

import fcntl
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser

from saman.ops import postgres
from tests import regions
from tests.e2e.conftest import dropped

from .player import Player
from .regions import Walked, journeys_of, language_of, walks


def test_every_region_has_a_walk() -> None:
    assert {one["region"] for one in walks()["regions"]} == set(regions.MADE)


@pytest.mark.parametrize("name", regions.MADE)
def test_a_region_is_walked_in_its_own_language(
    browser: Browser, cluster: postgres.Cluster, run_folder: Path, template: str, name: str
) -> None:
    filled = regions.filled(cluster, run_folder, template, name)
    copy = f"{filled}_walked"
    with (
        (run_folder / f"{filled}.lock").open("ab") as lock,
        psycopg.connect(cluster.superuser_url(), autocommit=True) as connection,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        postgres.make_database(connection, copy, filled)
    place = Walked(cluster.app_url(copy), name)
    place.start()
    context = browser.new_context(viewport={"width": 390, "height": 844})
    try:
        for journey in journeys_of(name):
            page = context.new_page()
            Player(page, place, language_of(name), looks=True, marks=False).play(journey)
            page.close()
    finally:
        context.close()
        place.stop()
        dropped(cluster, copy)
