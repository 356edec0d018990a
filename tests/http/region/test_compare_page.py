"""Regions side by side: by name and without a score, of those that stand here, in plain words where they differ."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from saman.apps.ui.catalogue import LANGUAGES
from saman.ops.region import Region, open_region
from tests.http.region.conftest import REGIONS, GetFrom, fetched, make_app

TWO = "/region/compare?of=se-norrtalje&of=no-agder"


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def heads(html: str) -> list[str]:
    first = html.split("<thead>", 1)[1].split("</thead>", 1)[0] if "<thead>" in html else ""
    return re.findall(r'<th scope="col">(?:<span[^>]*>)?([^<]+)', first)


def test_two_regions_stand_by_name_whatever_the_order_asked_for(get_from: GetFrom) -> None:
    html = get_from("no-agder", f"{TWO}&lang=en").text
    assert heads(html) == ["Agder", "Norrtälje"]
    text = text_of(html)
    for words in (
        "There is no score and no ranking; regions stand by name.",
        "25: Risør kommune, Grimstad kommune, Arendal kommune …",
        "Joint regional steering group: voting rule not known",
        "Digital home follow-up: Measured at home",
        "Discharge report: ≤ 2 hours",
        "Only Norrtälje:",
    ):
        assert words in text, words


def test_three_have_no_list_of_differences_and_a_fourth_is_left_out(get_from: GetFrom) -> None:
    three = get_from("no-agder", f"{TWO}&of=dk&lang=en").text
    assert heads(three) == ["Agder", "Denmark", "Norrtälje"]
    assert "What stands differently" not in three
    four = get_from("no-agder", f"{TWO}&of=dk&of=is-fjallabyggd&lang=en").text
    assert heads(four) == heads(three)
    assert "Only the first three are shown." in four


@pytest.mark.parametrize(
    "asked", ["", "of=no-agder", "of=../../etc&of=%00", "of=nowhere&of=no-agder", "of=" + "x" * 5000]
)
def test_less_than_two_gives_the_choice_alone(get_from: GetFrom, asked: str) -> None:
    answer = get_from("no-agder", f"/region/compare?{asked}")
    assert answer.status_code == 200
    assert "<table" not in answer.text
    assert answer.text.count('type="checkbox"') == len(list(REGIONS.glob("*/region.yaml")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_whole(get_from: GetFrom, language: str) -> None:
    html = get_from("no-agder", f"{TWO}&lang={language}").text
    if language != "en":
        plain = text_of(re.sub(r'<span lang="en">.*?</span>', "", html.split('id="different"', 1)[0]))
        for words in ("Regions side by side", "not known", "In short", "samples", "there", "within"):
            assert not re.search(rf"\b{words}\b", plain), words


def test_pictures_names_and_ids_are_unique(get_from: GetFrom) -> None:
    html = get_from("no-agder", TWO).text
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


@pytest.fixture
def forked(tmp_path: Path) -> Callable[[str, str], Region]:
    """Two regions of the same files, of which one is changed in one place."""

    def make(old: str, new: str) -> Region:
        shutil.copytree(REGIONS, tmp_path / "regions", ignore=shutil.ignore_patterns("dk", "fi-*", "is-*", "se-*"))
        other = tmp_path / "regions" / "other"
        shutil.copytree(tmp_path / "regions" / "no-agder", other)
        for file in (other / "region.yaml", other / "access.yaml"):
            file.write_text(file.read_text("utf-8").replace("no-agder", "other", 1), "utf-8")
        shutil.rmtree(tmp_path / "regions" / "template")
        alarm = other / "services" / "safety-alarm.yaml"
        text = alarm.read_text("utf-8")
        assert old in text
        alarm.write_text(text.replace(old, new), "utf-8")
        region = open_region(tmp_path / "regions" / "no-agder")
        assert isinstance(region, Region)
        return region

    return make


def test_a_fork_differs_in_what_was_changed_alone(forked: Callable[[str, str], Region]) -> None:
    region = forked("request_done: {hours: 2,", "request_done: {hours: 4,")
    html = fetched(make_app(region), "/region/compare?of=no-agder&of=other&lang=en").text
    rows = re.findall(
        r'<tr><th scope="row">([^<]+)</th><td lang="en">([^<]+)</td><td>([^<]*)</td><td>([^<]*)</td></tr>', html
    )
    assert rows == [("Safety alarm and response centre", "response, request done, hours", "2", "4")]
    assert "Only Agder" not in html


def test_a_region_that_does_not_load_is_left_out(forked: Callable[[str, str], Region]) -> None:
    region = forked("schema: 0", "schema: nine")
    html = fetched(make_app(region), "/region/compare?lang=en").text
    assert "There is no other region here." in html
