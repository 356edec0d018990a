"""The region's page: every fact with its mark, samples and gaps said, and no row shown as law that nobody read."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from markupsafe import escape

from saman.apps.ui.catalogue import LANGUAGES
from saman.model.care.basis import Grounded
from saman.ops.region import Region

Get = Callable[..., httpx.Response]

SEEN, NOT_SEEN = "text seen at the source", "a local setting"


def after(page: str, text: str, end: str, start: str = "") -> str:
    """The part of the page from `start` + `text` up to `end`."""
    sought = start + str(escape(text))
    assert sought in page, text
    return page.split(sought, 1)[1].split(end, 1)[0]


def assert_grounded(part: str, fact: Grounded) -> None:
    """That a part of the page shows what `fact` stands on, and nothing more."""
    cited = [] if fact.not_known else sorted(set(fact.source))
    assert sorted(re.findall(r'href="/region#source-([a-z0-9-]+)"', part)) == cited
    assert (">sample</span>" in part) == (fact.sample and not fact.not_known)
    assert ("not known</span>" in part) == (fact.not_known or not (fact.source or fact.sample))


def test_every_stated_fact_stands_beside_its_mark(get: Get, region: Region) -> None:
    html = get("/region?lang=en").text
    services = {one.id: get(f"/region/services/{one.id}?lang=en").text for one in region.model.services}
    assert any(fact.about in services for fact in region.model.region.facts)
    for fact in region.model.region.facts:
        assert_grounded(after(services.get(fact.about, html), fact.text["en"], "</li>", "<li>"), fact)


def test_every_indicator_assumption_and_seat_stands_beside_its_mark(get: Get, region: Region) -> None:
    html = get("/region?lang=en").text
    for indicator in region.model.indicators:
        assert_grounded(after(html, indicator.name["en"], "</tr>", '<th scope="row">'), indicator)
    service = region.model.services[0]
    page = get(f"/region/services/{service.id}?lang=en").text
    for assumption in service.assumptions:
        assert_grounded(after(page, assumption.text["en"], "</tr>", '<th scope="row">'), assumption)
    for body in region.model.bodies:
        table = after(html, body.name["en"], "</table>", '<caption class="sr">')
        for seat in body.seats:
            assert_grounded(after(table, seat.name["en"], "</tr>", '<th scope="row">'), seat)


def test_made_up_parties_and_the_agreement_are_called_samples(get: Get, region: Region) -> None:
    html = get("/region?lang=en").text
    shown = [party for party in region.model.parties if party.kind.value in ("telemedicine-centre", "association")]
    assert shown
    for party in shown:
        assert_grounded(after(html, party.name, "</li>", "<li>"), party)
    agreement = region.model.agreements[0]
    assert_grounded(after(html, agreement.name, "</h3>", f'id="a-{agreement.id}">'), agreement)


def test_what_is_not_known_is_said_to_be_not_known(get: Get) -> None:
    html = get("/region?lang=en").text
    assert "not known" in after(html, "Voting rule:", "</p>")
    assert "not known" in after(html, "Share of the cost", "</dd>")


def test_only_rows_whose_text_was_seen_are_shown_as_seen(get: Get, region: Region) -> None:
    html = get("/region?lang=en").text
    for row in region.policy.rows:
        status = after(html, row.id, "</li>", '<span class="num quiet">').split('<p class="small full">', 1)[1]
        words = re.search(r"</svg><span>([^<]+)</span></span>", status)
        assert words is not None, row.id
        assert (SEEN in words[1], NOT_SEEN in words[1]) == (row.confirmed, not row.confirmed), row.id
    assert "the law says" not in html.lower()


def test_an_open_slot_names_the_agreement_that_fills_it(get: Get) -> None:
    rule = after(get("/region?lang=en").text, "R02-telemedicine-nurse-health", "</li>", "")
    assert "Hjemmeoppfølging Agder (eksempel)" in rule
    assert ">sample</span>" in rule


def test_every_source_is_listed_once_with_its_mark(get: Get, region: Region) -> None:
    html = get("/region?lang=en").text
    for source in region.model.region.sources:
        assert html.count(f'id="source-{source.id}"') == 1
        line = after(html, "", "</li>", f'<li id="source-{source.id}"')
        assert f"</span>{source.mark.value}</span>" in line
        assert str(escape(source.url)) in line


def test_the_map_names_whose_borders_it_shows(get: Get) -> None:
    html = get("/region?lang=en").text
    assert html.count('<path class="q') == 25
    assert "© Kartverket" in html
    assert "creativecommons.org/licenses/by/4.0" in html


def test_drawings_have_a_name_and_their_ids_are_unique(get: Get) -> None:
    html = get("/region?lang=en").text
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for named in re.findall(r'aria-labelledby="([^"]+)"', html):
        assert set(named.split()) <= set(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_whole_and_says_when_nobody_has_read_it(get: Get, language: str) -> None:
    answer = get(f"/region?lang={language}")
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
    assert ('class="translated"' in answer.text) == (language != "en")
    if language != "en":
        assert "Who decides together" not in answer.text
        assert "not known" not in re.sub(r'<span lang="en">.*?</span>', "", answer.text)


def test_texts_in_another_language_carry_it(get: Get) -> None:
    html = get("/region?lang=fi").text
    assert '<span lang="en">Municipal and hospital management steer together' in html
    assert '<span lang="en">Municipal and hospital' not in get("/region?lang=nb").text


def test_the_page_runs_no_script_and_needs_no_sign_in(get: Get) -> None:
    answer = get("/region")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_a_service_stands_once_in_an_agreement_with_all_its_options(get: Get) -> None:
    part = after(get("/region?lang=en").text, "a-safety-technology-agder", "<h4>Who is mandated", 'aria-labelledby="')
    assert part.count('href="/region/services/safety-alarm"') == 1
    assert "5 parties: from the start" in part
    assert "2 parties: as an option" in part


def test_the_ties_are_drawn_and_told_in_a_table(get: Get, region: Region) -> None:
    html = get("/region?lang=en").text
    svg = after(html, "", "</svg>", 'aria-labelledby="ties-t')
    kinds = [{party.kind for name in one.parties if (party := region.model.party(name))}
             for one in region.model.agreements]  # fmt: skip
    assert svg.count('class="tie"') == sum(map(len, kinds))
    table = after(html, "Who has signed which agreement", "</table>", '<caption class="sr">')
    assert '<th scope="row">General practices (26)</th><td>26</td>' in table
