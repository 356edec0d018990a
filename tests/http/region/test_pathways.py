"""The page of a pathway: drawn in lanes, and all of it in words beside."""

from __future__ import annotations

import re

import httpx
import pytest

from saman.apps.region import names
from saman.apps.region.path_drawing import columns
from saman.model.care.handover import RULES, Side
from saman.model.care.pathway import Asks, PathwayKind
from saman.ops.region import Region
from tests.http.region.conftest import Get

PATH = "/region/pathways/admission-discharge"


def text_of(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_every_step_says_who_what_to_whom_when_and_what_if_late(get: Get) -> None:
    text = text_of(get(f"{PATH}?lang=en"))
    assert "Hospital ward: Discharge report" in text
    for words in (
        "Home nursing · a duty",
        "received, accepted, with a time, cannot begin before a time, with a reason, disputed, with a reason",
        "≤ 2 hours (local setting)",
        "Responsibility stands as not acknowledged with both.",
        "Passes on here, and stands as open until it is acknowledged.",
        "Within 24 hours (local setting)",
    ):
        assert words in text, words


def test_the_drawing_has_a_box_for_each_step_and_each_that_is_sent(get: Get, region: Region) -> None:
    (pathway,) = (one for one in region.model.pathways if PATH.endswith(one.id))
    svg = re.search(r"<svg class=\"chart\".*?</svg>", get(f"{PATH}?lang=en").text, re.DOTALL)
    assert svg is not None
    assert svg[0].count('class="lane"') == len(pathway.lanes)
    assert svg[0].count('class="box"') == len(pathway.steps)
    assert svg[0].count('class="note"') == sum(step.to is not None for step in pathway.steps)
    assert svg[0].count('class="arrow"') == sum(len(step.after) for step in pathway.steps)


@pytest.mark.parametrize("language", ["sv", "nb", "da", "fi", "is"])
def test_no_word_of_the_page_is_english_in_another_language(get: Get, language: str) -> None:
    text = text_of(get(f"{PATH}?lang={language}"))
    for words in (
        "Step by step",
        "Can be answered",
        "a duty",
        "with a reason",
        "local setting",
        "If it is late",
        "within",
    ):
        assert words not in text


def test_the_region_leads_to_its_pathways_and_no_other(get: Get) -> None:
    assert f'href="{PATH}"' in get("/region?lang=en").text
    assert get("/region/pathways/nowhere").status_code == 404


def test_no_step_stands_before_one_that_it_waits_for() -> None:
    placed = columns([("c", ["b"]), ("a", []), ("b", ["a"]), ("d", ["a"])])
    assert placed["a"] < placed["b"] < placed["c"]
    assert placed["a"] < placed["d"]
    assert sorted(placed.values()) == [0, 1, 2, 3]
    assert set(columns([("a", ["b"]), ("b", ["a"])])) == {"a", "b"}


def test_there_are_words_for_all_that_a_pathway_can_say() -> None:
    assert set(names.PATHWAYS) == set(PathwayKind)
    assert set(names.ASKS) == set(Asks) - {Asks.NOTHING}
    assert set(names.ANSWERS) == {act for act, rule in RULES.items() if rule.side is Side.OWNER}
