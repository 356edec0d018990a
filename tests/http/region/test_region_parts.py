"""Parts of the region's page that only some regions have: projects, lessons, words, seats nobody knows, agreements."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from markupsafe import escape

from saman.apps.region import names, terms, units
from saman.apps.region.facts import Teller
from saman.apps.ui.locales import Words
from saman.model.care.country import REQUIRED_TERMS
from saman.model.care.portfolio import Heading
from saman.ops.region import Region
from tests.http.region.conftest import GetFrom, fetched, make_app, opened


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize("name", ["dk", "fi-paijat-hame", "is-fjallabyggd", "se-norrtalje"])
def test_every_project_and_lesson_is_told(get_from: GetFrom, name: str) -> None:
    html = get_from(name, "/region?lang=en").text
    model = opened(name).model
    for project in model.projects:
        assert str(escape(project.name)) in html
        assert str(escape(project.purpose["en"])) in html
    for lesson in model.lessons:
        assert f"<b>{names.HEADINGS[lesson.heading]}:</b>" in html
        assert str(escape(lesson.text["en"])) in html


def test_lessons_stand_in_the_order_of_a_report(get_from: GetFrom) -> None:
    html = get_from("dk", "/region/services/assisted-video-consultation?lang=en").text.split("What was learnt", 1)[1]
    found = re.findall(r"<li><b>(\w+):</b>", html)
    assert found
    assert found == sorted(found, key=[names.HEADINGS[one] for one in Heading].index)


@pytest.mark.parametrize("name", ["dk", "fi-paijat-hame", "is-fjallabyggd", "se-norrtalje", "no-agder"])
def test_the_words_of_the_country_stand_in_its_own_language(get_from: GetFrom, name: str) -> None:
    html = get_from(name, "/region?lang=en").text
    country = opened(name).model.country
    for term in country.terms:
        assert f'<td><span lang="{country.language}">{escape(term.name)}</span></td>' in html
    assert set(REQUIRED_TERMS) <= set(terms.MEANT)


def test_seats_that_nobody_knows_are_not_counted(get_from: GetFrom) -> None:
    html = get_from("dk", "/region?lang=en").text
    svg = html.split('id="body-telecare-steering-group-t"', 1)[1].split("</svg>", 1)[0]
    assert "seats not known" in svg
    assert "1 seat" not in svg
    assert svg.count('class="n-o seat"') == 1
    table = html.split('<caption class="sr">Steering group of TeleCare Nord</caption>', 1)[1].split("</table>", 1)[0]
    assert '<td class="r">not known</td>' in table


def agreed(region: Region, **changed: object) -> str:
    """The region's page with its agreements changed."""
    agreements = tuple(msgspec.structs.replace(one, **changed) for one in region.model.agreements)
    model = msgspec.structs.replace(region.model, agreements=agreements)
    loaded = msgspec.structs.replace(region.loaded, model=model)
    return text_of(fetched(make_app(msgspec.structs.replace(region, loaded=loaded)), "/region?lang=en").text)


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [
        (date(2020, 1, 1), date(2026, 11, 21), "ends in 1 day"),
        (date(2020, 1, 1), date(2026, 11, 20), "ends today"),
        (date(2020, 1, 1), date(2026, 11, 19), "ran out"),
        (date(2020, 1, 1), date(2030, 1, 1), "in force"),
        (date(2027, 1, 1), date(2030, 1, 1), "not in force yet"),
        (None, None, "not known from when to when"),
    ],
)
def test_an_agreement_says_how_long_it_holds(region: Region, begins: date | None, ends: date | None, said: str) -> None:
    assert said in agreed(region, valid_from=begins, valid_to=ends).split("Agreements", 1)[1]


@pytest.mark.parametrize("name", ["dk", "fi-paijat-hame", "is-fjallabyggd", "no-agder", "se-norrtalje"])
def test_what_holds_in_the_whole_country_is_shown_with_its_status_and_source(get_from: GetFrom, name: str) -> None:
    country = opened(name).model.country
    shown = get_from(name, "/region?lang=en").text.split('id="national"', 1)[1].split('id="sources"', 1)[0]
    statuses = {status.value: words for status, (_, words) in names.STATUSES.items()}
    sources = {one.id: one for one in country.sources}
    assert country.national
    for row, html in zip(country.national, shown.split("<li>")[1:], strict=True):
        assert str(escape(row.name)) in html
        assert statuses[row.status.value] in html
        assert all(str(escape(sources[id].title)) in html for id in row.source)


@pytest.mark.parametrize("name", ["dk", "fi-paijat-hame", "is-fjallabyggd", "no-agder", "se-norrtalje", "template"])
def test_no_unit_or_period_is_left_in_english(name: str) -> None:
    model = opened(name).model
    tell = Teller(model, Words("is", ZoneInfo("Europe/Oslo"), datetime(2026, 11, 20, 9, tzinfo=UTC)))
    written = {unit for one in model.indicators for unit in (one.unit, one.period)}
    written |= {one.unit for service in model.services for one in service.assumptions}
    same = {"%", "km", "kg", "DKK", "EUR", "ISK", "NOK", "SEK", ""}
    assert {unit for unit in written if units.measured(tell, unit).text == unit} <= same
