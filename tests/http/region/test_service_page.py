"""The page of each service: whole in every region, in words and pictures, and nothing in another language unmarked."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from markupsafe import escape

from saman.apps.ui.catalogue import LANGUAGES
from saman.apps.ui.locales import together
from saman.model.care.coverage import gaps
from tests.http.region.conftest import REGIONS, GetFrom, opened

NAMES = sorted(path.parent.name for path in REGIONS.glob("*/region.yaml"))
SERVICES = [(name, path.stem) for name in NAMES for path in sorted((REGIONS / name / "services").glob("*.yaml"))]


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize(("name", "id"), SERVICES, ids=lambda one: one)
def test_every_service_of_every_region_is_told_whole(get_from: GetFrom, name: str, id: str) -> None:
    answer = get_from(name, f"/region/services/{id}?lang=en")
    assert answer.status_code == 200
    html, model = answer.text, opened(name).model
    service = model.service(id)
    assert service is not None
    number = together(model.country.number("emergency").shown)
    for said in (*service.inclusion, *service.exclusion, *service.ends, *service.citizen_sees, *service.relative_sees):
        assert str(escape(said.text["en"].replace("{emergency}", number))) in html
    for named in (*service.activities, *service.equipment):
        assert str(escape(named.name["en"])) in html
    for step in service.steps:
        assert str(escape(step.text["en"].replace("{emergency}", number))) in html
    assert html.count("<h1") == 1
    assert "{emergency}" not in html
    assert "{out-of-hours}" not in html
    assert "&amp;#39;" not in html


@pytest.mark.parametrize(("name", "id"), SERVICES, ids=lambda one: one)
def test_pictures_have_names_and_ids_are_unique(get_from: GetFrom, name: str, id: str) -> None:
    html = get_from(name, f"/region/services/{id}?lang=fi").text
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for named in re.findall(r'aria-labelledby="([^"]+)"', html):
        assert set(named.split()) <= set(ids)
    levels = [int(level) for level in re.findall(r"<h([1-6])", html.split("<main", 1)[1])]
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_whole(get_from: GetFrom, language: str) -> None:
    html = get_from("fi-paijat-hame", f"/region/services/medicine-dispenser?lang={language}").text
    assert f'<html lang="{language}"' in html
    if language != "en":
        plain = text_of(re.sub(r'<span lang="en">.*?</span>', "", html))
        for words in ("Over the clock", "It warns", "Answers the alarm", "Who sees what", "within", "not known"):
            assert words not in plain


@pytest.mark.parametrize(
    ("name", "id", "said"),
    [
        ("fi-paijat-hame", "medicine-dispenser", "A dose that is not taken is locked away after 60 minutes"),
        ("fi-paijat-hame", "mobile-unit", "The round takes 2 weeks."),
        ("fi-paijat-hame", "electronic-lock", "Each opening is logged."),
        ("se-norrtalje", "night-camera", "Each look is logged."),
        ("se-norrtalje", "virtual-health-room", "Virtual health rooms"),
        ("dk", "gps-safety", "It is forgotten after 24 hours."),
        ("dk", "remote-support-mental-health", "Who answers"),
        ("dk", "assisted-video-consultation", "Who helps the citizen there"),
        ("no-agder", "safety-alarm", "within 3 minutes"),
    ],
)
def test_each_part_over_distance_is_told(get_from: GetFrom, name: str, id: str, said: str) -> None:
    assert said in text_of(get_from(name, f"/region/services/{id}?lang=en").text)


def test_a_report_of_friday_evening_is_read_when_the_centre_opens(get_from: GetFrom) -> None:
    html = get_from("no-agder", "/region/services/digital-home-follow-up?lang=en").text
    rows = re.findall(r'<tr><th scope="row">(\w+ [\d:]+)</th><td>(\w+ [\d:]+)</td><td>(\w+ [\d:]+)</td></tr>', html)
    assert rows == [
        ("Tuesday 10:00", "Tuesday 10:00", "Tuesday 14:00"),
        ("Friday 21:00", "Monday 08:00", "Monday 12:00"),
    ]


@pytest.mark.parametrize(("name", "id"), SERVICES, ids=lambda one: one)
def test_a_gap_in_the_week_is_said_and_only_then(get_from: GetFrom, name: str, id: str) -> None:
    model = opened(name).model
    service = model.service(id)
    assert service is not None
    has_gap = any(True for _ in gaps(model, service))
    text = text_of(get_from(name, f"/region/services/{id}?lang=en").text)
    assert ("No hour of the week is without somebody who takes it." in text) is not has_gap


def test_lengths_of_time_have_their_plural(get_from: GetFrom) -> None:
    for name, id in SERVICES:
        text = text_of(get_from(name, f"/region/services/{id}?lang=en").text)
        assert not re.search(r"(within|≤) 1 (hours|minutes|days|opening hours)\b", text), (name, id)
        assert not re.search(r"(within|≤) 0\.\d+", text), (name, id)


def test_who_has_it_is_said_by_name_with_the_agreement(get_from: GetFrom) -> None:
    text = text_of(get_from("no-agder", "/region/services/safety-alarm?lang=en").text)
    assert "● Has it: 5 Arendal, Farsund, Grimstad, Kristiansand, Risør" in text
    assert "○ May take it up: 2 Bykle, Sirdal" in text
    assert "– Not part: 18" in text


def test_no_other_address_is_a_service(get_from: GetFrom) -> None:
    assert get_from("no-agder", "/region/services/nowhere").status_code == 404
