"""The log reviewer's pages: each organisation sees its own looks, answers, draws samples; never care data."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from tests.http.app.conftest import Agder
from tests.http.app.test_who_looked import asks, main_of, nurse_looks, page_of, token_in

CENTRE, GRIMSTAD, OFFICER = "unni-lund", "rolf-as", "ellen-vik"
PAGES = ("/review", "/review/openings", "/review/sample", "/review/sample?start=2026-W47", "/review/patterns",
         "/review/numbers")  # fmt: skip
SAMPLE = "/review/sample"


async def home_nurse_looks(agder: Agder) -> None:
    async with agder.signed_in("eli-strand") as nurse:
        assert (await nurse.get("/team/people/ingrid-aasen")).status_code == 200


async def open_question(client: httpx.AsyncClient) -> str:
    """The address of the first open question."""
    page = (await client.get("/review", params={"lang": "en"})).text
    found = re.search(r'href="(/review/questions/[^"]+)"', page)
    assert found is not None, page
    return found[1]


async def test_the_review_is_for_log_reviewers_and_officers(agder: Agder) -> None:
    async with agder.signed_in("silje-haugen") as nurse, agder.signed_in("ingrid-aasen") as citizen:
        for path in PAGES:
            assert (await nurse.get(path)).status_code == 403, path
            assert (await citizen.get(path)).status_code == 403, path
    async with agder.browser() as nobody:
        assert (await nobody.get("/review")).headers["location"] == "/"


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_opens_for_a_reviewer(agder: Agder, path: str) -> None:
    async with agder.signed_in(CENTRE) as reviewer:
        assert (await reviewer.get(path)).status_code == 200


async def test_the_officer_sees_numbers_and_no_persons(agder: Agder) -> None:
    agder.clock.forward(minutes=1)
    await home_nurse_looks(agder)
    agder.clock.forward(minutes=1)
    async with agder.signed_in(OFFICER) as officer:
        page = main_of(await page_of(officer, "/review"))
        assert "The log in numbers" in page
        assert "Hjemmetjenesten i Grimstad" in page
        assert "Ingrid" not in page
        assert "Eli Strand" not in page
        for path in ("/review/sample", "/review/patterns", "/review/openings", "/review/sample/table"):
            assert (await officer.get(path)).status_code == 403, path


async def test_a_question_goes_to_the_organisation_that_looked_and_comes_back_answered(agder: Agder) -> None:
    agder.clock.forward(minutes=1)
    await nurse_looks(agder)
    where = await asks(agder, "Who was this?")
    async with agder.signed_in(GRIMSTAD) as other:
        assert "Ingrid" not in main_of(await page_of(other, "/review"))
        id = where.rpartition("/")[2]
        assert (await other.get(f"/review/questions/{id}")).status_code == 404
    async with agder.signed_in(CENTRE) as reviewer:
        address = await open_question(reviewer)
        page = await page_of(reviewer, address)
        assert "Who was this?" in page
        assert "Silje Haugen" in page
        token, version = token_in(page), re.search(r'name="version" value="(\d+)"', page)
        assert version is not None
        empty = await reviewer.post(f"{address}/answer", data={"csrf": token, "version": version[1], "text": " "})
        assert empty.status_code == 422
        officer = {"csrf": token, "version": version[1], "note": "Please look too."}
        assert (await reviewer.post(f"{address}/officer", data=officer)).status_code == 303
        stale = {"csrf": token, "version": version[1], "text": "Late"}
        assert (await reviewer.post(f"{address}/answer", data=stale)).status_code == 412
        page = await page_of(reviewer, address)
        assert "It has been brought to the data-protection officer." in page
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version is not None
        text = "She read your report of the same evening. That is her work."
        done = await reviewer.post(f"{address}/answer", data={"csrf": token, "version": version[1], "text": text})
        assert done.status_code == 303
        again = await reviewer.post(f"{address}/answer", data={"csrf": token, "version": version[1], "text": text})
        assert again.status_code == 404
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = main_of(await page_of(citizen, where))
        assert "She read your report of the same evening." in page
        assert "Answered" in page
        log = main_of(await page_of(citizen, "/citizen/who-looked"))
        assert "Unni Lund" in log
        assert "They check for their organisation who has looked" in log


async def test_an_unanswered_question_is_late_at_both_ends(agder: Agder) -> None:
    agder.clock.forward(days=200)
    await nurse_looks(agder)
    where = await asks(agder)
    agder.clock.forward(days=60)
    async with agder.signed_in(CENTRE) as reviewer:
        assert "Late" in main_of(await page_of(reviewer, "/review"))
    async with agder.signed_in("ingrid-aasen") as citizen:
        assert "The answer is late" in main_of(await page_of(citizen, where))


async def test_a_sample_is_the_same_for_whoever_draws_it_and_is_documented(agder: Agder) -> None:
    agder.clock.forward(days=35)
    for _ in range(8):
        agder.clock.forward(minutes=40)
        await home_nurse_looks(agder)
    week = "2026-W52"
    agder.clock.forward(minutes=1)
    async with agder.signed_in(GRIMSTAD) as reviewer:
        pages = [await page_of(reviewer, SAMPLE, start=week) for _ in range(2)]
        drawn = [re.findall(r'id="l-(\d+)"', page) for page in pages]
        assert drawn[0] == drawn[1]
        assert len(drawn[0]) == 5
        assert "5 of 8 looks" in main_of(pages[0])
        one = drawn[0][0]
        fields = {"csrf": token_in(pages[0]), "week": week}
        assert (await reviewer.post(f"{SAMPLE}/{one}", data={**fields, "found": "serious"})).status_code == 422
        assert (await reviewer.post(f"{SAMPLE}/1", data={**fields, "found": "checked"})).status_code == 404
        noted = {**fields, "found": "asked", "note": '=HYPERLINK("x")'}
        assert (await reviewer.post(f"{SAMPLE}/{one}", data=noted)).status_code == 303
        page = main_of(await page_of(reviewer, SAMPLE, start=week))
        assert "Somebody was asked" in page
        assert "4 left" in page
        table = await reviewer.get(f"{SAMPLE}/table", params={"start": week})
        assert table.headers["content-type"].startswith("text/csv")
        assert '"\'=HYPERLINK(""x"")"' in table.text
    async with agder.signed_in(CENTRE) as other:
        page = main_of(await page_of(other, SAMPLE, start=week))
        assert "Eli Strand" not in page
        assert "HYPERLINK" not in page


async def test_weeks_that_do_not_exist_are_refused(agder: Agder) -> None:
    async with agder.signed_in(GRIMSTAD) as reviewer:
        for week in ("2026-W99", "nonsense", "'--"):
            assert (await reviewer.get(SAMPLE, params={"start": week})).status_code == 404


async def test_looks_outside_opening_hours_are_worth_asking_about(agder: Agder) -> None:
    agder.clock.forward(days=70)
    await nurse_looks(agder)
    agder.clock.forward(minutes=1)
    async with agder.signed_in(CENTRE) as reviewer:
        page = main_of(await page_of(reviewer, "/review/patterns"))
    found = page[page.index("Looked while the unit was closed") :]
    assert "Silje Haugen" in found
    assert "1 of 1 looks." in found


async def test_no_care_data_stands_on_any_page(agder: Agder) -> None:
    agder.clock.forward(minutes=1)
    await nurse_looks(agder)
    await asks(agder)
    canaries = await _care(agder)
    async with agder.signed_in(CENTRE) as reviewer:
        pages = [(await reviewer.get(path)).text for path in PAGES]
        pages.append((await reviewer.get(await open_question(reviewer))).text)
        pages.append((await reviewer.get("/team/people/ingrid-aasen")).text)
    for page in map(unescape, pages):
        for canary in canaries:
            assert canary not in page


async def _care(agder: Agder) -> set[str]:
    """Words from Ingrid's goals, plan and diagnoses, and her identity number."""
    found: set[str] = set()
    for kind, path in (("Goal", "description"), ("Condition", "code")):
        page = await agder.system.search(kind, [("patient", "Patient/ingrid-aasen"), ("_count", "50")])
        found |= {one.resource().get(path, {}).get("text", "") for one in page.matches}
    patient = (await agder.system.read("Patient", "ingrid-aasen")).resource()
    found |= {one["value"] for one in (*patient["identifier"], *patient["telecom"])}
    return {one for one in found if len(one) > 3}
