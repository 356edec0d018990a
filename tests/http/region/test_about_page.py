"""The about pages: what Saman is for and not for, who stands for the triage module, and what is made up."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from markupsafe import escape

from saman.apps.ui.catalogue import LANGUAGES
from saman.model.triage.purpose import INTENDED_PURPOSE, VERSION
from saman.ops.region import Region

Get = Callable[..., httpx.Response]

NEVER_CLAIMED = (
    "detects",
    "predict",
    "diagnos",
    "early warning",
    "decision support",
    "alarm for",
    "reduces admissions",
)


def text_of(answer: httpx.Response) -> str:
    """The words of a page on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_the_intended_purpose_is_said(get: Get) -> None:
    said = text_of(get("/about?lang=en"))
    assert "record and a means of working together" in said
    assert "It does not interpret what is measured." in said
    assert "It is not an emergency channel" in said
    assert "not meant to be a medical device" in said


@pytest.mark.parametrize("path", ["/about", "/about/triage", "/region"])
def test_nothing_is_claimed_that_only_a_medical_device_may_claim(get: Get, path: str) -> None:
    said = text_of(get(f"{path}?lang=en")).lower()
    assert [words for words in NEVER_CLAIMED if words in said] == []


def test_an_adopted_triage_module_names_its_manufacturer(get: Get) -> None:
    for path in ("/about", "/about/triage"):
        said = text_of(get(f"{path}?lang=en", manufacturer="Nordic Marks AS"))
        assert "State here on" in said
        assert "Manufacturer Nordic Marks AS" in said
        assert f"Version {VERSION}" in said


@pytest.mark.parametrize("manufacturer", ["", "  "])
def test_without_a_manufacturer_the_triage_module_is_off(get: Get, manufacturer: str) -> None:
    for path in ("/about", "/about/triage"):
        said = text_of(get(f"{path}?lang=en", manufacturer=manufacturer))
        assert "State here off" in said
        assert "Manufacturer nobody has adopted it" in said


def test_purpose_and_every_rule_of_the_triage_module_are_shown(get: Get, region: Region) -> None:
    answer = get("/about/triage?lang=en")
    assert str(escape(INTENDED_PURPOSE)) in answer.text
    for module in region.model.services[0].modules:
        part = answer.text.split(str(escape(module.name["en"])) + "</h3>", 1)[1].split("</section>", 1)[0]
        assert part.count("<li>") == len(module.rules)
        for rule in module.rules:
            line = part.split(str(escape(rule.text["en"])), 1)[1].split("</li>", 1)[0]
            assert (">sample</span>" in line) == rule.sample
            assert rule.amount is None or f"more than {rule.amount} kg above" in line
            assert rule.days is None or str(rule.days) in line


def test_a_demo_says_that_its_people_are_made_up(get: Get) -> None:
    assert "Everybody in it is invented or simulated" in text_of(get("/about?lang=en"))
    assert "80 added to the month" in text_of(get("/about?lang=en"))
    assert "This installation is not a demo" in text_of(get("/about?lang=en", demo=False))


def test_languages_that_nobody_has_read_are_counted(get: Get) -> None:
    page = get("/about?lang=en").text
    for language in LANGUAGES:
        row = page.split(f'<span lang="{language}">', 1)[1].split("</tr>", 1)[0]
        cells = re.findall(r'<td class="r">([^<]+)</td>', row)
        assert int(cells[0].replace(",", "")) > 100
        assert cells[1] == "source" if language == "en" else int(cells[1].replace(",", "")) > 100


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/about", "/about/triage"])
def test_each_language_is_whole(get: Get, path: str, language: str) -> None:
    answer = get(f"{path}?lang={language}")
    assert answer.status_code == 200
    assert ('class="translated"' in answer.text) == (language != "en")
    if language != "en":
        assert "ntended purpose" not in answer.text
        assert "triage module" not in answer.text
