"""The map of the municipalities: by residents or by a service, from borders or from points, with a table beside it."""

from __future__ import annotations

import re

import pytest

from tests.http.region.conftest import GetFrom, opened


def rows(html: str) -> list[tuple[str, str]]:
    return re.findall(
        r'<th scope="row">([^<]+)</th><td><span aria-hidden="true">.</span> ([^<]+)</td><td class="r">', html
    )


def test_a_service_is_chosen_by_a_link_and_shown_by_word_and_sign(get_from: GetFrom) -> None:
    html = get_from("no-agder", "/region?service=safety-alarm&lang=en").text
    found = dict(rows(html))
    assert len(found) == 25
    assert [name for name, words in found.items() if words == "may take it up"] == ["Bykle", "Sirdal"]
    assert html.count('<path class="t-active"') == 5
    assert html.count('<path class="t-optional"') == 2
    assert 'href="/region?service=safety-alarm#map" aria-current="true"' in html
    assert re.search(r">19 ○</text>", html)


def test_an_unknown_service_shows_the_residents(get_from: GetFrom) -> None:
    for asked in ("nowhere", "", "%3Cscript%3E"):
        answer = get_from("no-agder", f"/region?service={asked}&lang=en")
        assert answer.status_code == 200
        assert 'href="/region#map" aria-current="true"' in answer.text
        assert "<script" not in answer.text


def test_the_language_switch_keeps_the_service(get_from: GetFrom) -> None:
    assert (
        'href="/region?service=safety-alarm&amp;lang=fi"'
        in get_from("no-agder", "/region?service=safety-alarm&lang=en").text
    )


def test_without_borders_municipalities_are_points_that_do_not_cover_each_other(get_from: GetFrom) -> None:
    html = get_from("dk", "/region?service=assisted-video-consultation&lang=en").text
    spots = [
        (float(x), float(y), float(r))
        for x, y, r in re.findall(r'<circle class="spot t-\w+" cx="([\d.]+)" cy="([\d.]+)" r="(\d+)"', html)
    ]
    assert len(spots) == len(opened("dk").model.region.places)
    for number, (x, y, r) in enumerate(spots):
        for other_x, other_y, _ in spots[number + 1 :]:
            assert ((x - other_x) ** 2 + (y - other_y) ** 2) ** 0.5 >= 2 * r - 1
    assert html.count('class="spot t-active"') == 3
    assert html.count('class="spot t-optional"') == 11


def test_points_keep_north_up(get_from: GetFrom) -> None:
    html = get_from("dk", "/region?lang=en").text
    places = sorted(opened("dk").model.region.places, key=lambda place: place.code)
    at = re.findall(r'<circle class="spot q\d" cx="[\d.]+" cy="([\d.]+)"', html)
    assert len(at) == len(places)
    tops = {place.code: float(y) for place, y in zip(places, at, strict=True)}
    northmost = max(places, key=lambda place: place.latitude)
    southmost = min(places, key=lambda place: place.latitude)
    assert tops[northmost.code] < tops[southmost.code]


@pytest.mark.parametrize("name", ["is-fjallabyggd", "se-norrtalje"])
def test_one_municipality_has_its_figures_and_no_map_of_points(get_from: GetFrom, name: str) -> None:
    html = get_from(name, "/region?lang=en").text
    (place,) = opened(name).model.region.places
    assert place.name in html
    assert 'class="spot' not in html


def test_a_county_takes_a_service_for_its_municipalities(get_from: GetFrom) -> None:
    html = get_from("fi-paijat-hame", "/region?service=mobile-unit&lang=en").text
    assert {words for _, words in rows(html)} == {"has it"}
