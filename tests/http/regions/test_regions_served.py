"""Every region can be started: its people are there, their pages open in every language, and nothing goes wrong."""

from __future__ import annotations

import logging
import re
from html import unescape

import pytest

from saman.apps.auth.users import citizens, relatives, staff
from saman.apps.ui.catalogue import LANGUAGES
from tests.http.regions.conftest import Place

OWN = ("/citizen", "/citizen/plan", "/citizen/who-looked", "/citizen/sharing")
FOLLOWED = (*OWN, "/citizen/messages")
MEASURED = (*FOLLOWED, "/citizen/report", "/citizen/readings", "/citizen/happened", "/citizen/self-treatment")
WORK = ("/team", "/team/people", "/team/sent")
REVIEW = ("/review", "/review/openings", "/review/sample", "/review/patterns", "/review/numbers")


@pytest.fixture(autouse=True)
def nothing_is_logged_as_wrong(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a test asks for, no error stands in the log afterwards."""
    yield
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


def asking(language: str) -> str:
    return f"?lang={language}"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_front_page_offers_the_regions_own_people(place: Place, language: str) -> None:
    async with place.browser() as client:
        page = await client.get(f"/{asking(language)}")
        shown = unescape(page.text)
    assert page.status_code == 200
    assert place.cast.citizens["first"].name in shown
    reader = place.cast.worker(place.cast.reader_role)
    assert reader is not None
    assert reader.name in shown


async def test_the_front_page_names_the_region(place: Place) -> None:
    async with place.browser() as client:
        shown = unescape((await client.get(f"/{asking('en')}")).text)
    assert f'<p class="eyebrow">{place.region.model.region.name["en"]}</p>' in shown


async def test_readings_have_a_place_in_the_bar_only_where_something_is_measured(place: Place) -> None:
    async with place.signed_in(place.cast.citizens["first"].id) as client:
        bar = (await client.get("/citizen")).text
    assert ('href="/citizen/readings"' in bar) is any(one.measurements for one in place.region.model.services)


async def test_each_measure_is_drawn_once_on_a_persons_page(place: Place) -> None:
    reader = place.cast.worker(place.cast.reader_role)
    assert reader is not None
    async with place.signed_in(reader.id) as client:
        page = await client.get(f"/team/people/{place.cast.citizens['first'].id}")
    assert page.status_code == 200
    drawn = re.findall(r"<figcaption><span>(.*?)</span>", page.text)
    assert sorted(set(drawn)) == sorted(drawn)


@pytest.mark.parametrize("path", ["/region", "/about", "/fhir/metadata", "/health/ready"])
async def test_open_pages_open(place: Place, path: str) -> None:
    async with place.browser() as client:
        assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
async def test_citizens_pages_open_in_every_language(place: Place, language: str) -> None:
    measured = place.cast.service.monitoring is not None
    own = language == place.region.model.country.language
    for key, citizen in place.cast.citizens.items() if own else [("first", place.cast.citizens["first"])]:
        paths = MEASURED if measured and citizen.row.followed is not None else OWN
        if citizen.row.followed is not None:
            paths = (*paths, "/citizen/messages")
        async with place.signed_in(citizen.id) as client:
            for path in paths:
                answer = await client.get(f"{path}{asking(language)}", follow_redirects=True)
                assert answer.status_code == 200, (key, path, answer.status_code)


async def test_nobody_is_offered_a_report_where_nothing_is_measured(place: Place) -> None:
    for citizen in place.cast.citizens.values():
        measures = place.cast.service.monitoring is not None and citizen.row.followed is not None
        async with place.signed_in(citizen.id) as client:
            page = await client.get("/citizen")
        assert ('href="/citizen/report"' in page.text) is measures, citizen.id


@pytest.mark.parametrize("language", LANGUAGES)
async def test_professionals_pages_open_in_every_language(place: Place, language: str) -> None:
    own = language == place.region.model.country.language
    for worker in place.cast.staff if own else place.cast.staff[::5]:
        async with place.signed_in(worker.id) as client:
            for path in WORK:
                answer = await client.get(f"{path}{asking(language)}", follow_redirects=True)
                assert answer.status_code == 200, (worker.role, path, answer.status_code)


async def test_a_log_reviewer_sees_the_log(place: Place) -> None:
    reviewer = next(one for one in place.cast.staff if one.role == "log-reviewer")
    async with place.signed_in(reviewer.id) as client:
        for path in REVIEW:
            assert (await client.get(path)).status_code == 200, path


async def test_who_follows_a_person_sees_the_person(place: Place) -> None:
    followed = [one for one in place.cast.citizens.values() if one.row.followed is not None]
    for role in (place.cast.reader_role, "home-care-nurse", "general-practitioner", "coordinator"):
        worker = place.cast.worker(role)
        if worker is not None:
            async with place.signed_in(worker.id) as client:
                for citizen in followed:
                    answer = await client.get(f"/team/people/{citizen.id}")
                    assert answer.status_code == 200, (role, citizen.id)


async def test_nobody_else_sees_whose_address_is_hidden(place: Place) -> None:
    reader = place.cast.worker(place.cast.reader_role)
    assert reader is not None
    async with place.signed_in(reader.id) as client:
        answer = await client.get(f"/team/people/{place.cast.citizens['hidden'].id}")
    assert answer.status_code == 404


async def test_everybody_of_the_demo_can_sign_in(place: Place) -> None:
    record = place.system
    found = {one.id for one in [*await citizens(record), *await relatives(record), *await staff(record)]}
    everybody = {one.id for one in [*place.cast.citizens.values(), *place.cast.staff]}
    close = {one.close.id for one in place.cast.citizens.values() if one.close}
    assert found == everybody | close
