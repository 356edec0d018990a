"""The guided way through the pages: begun, gone in any order, heard, written on by two at once, finished, given on."""

from __future__ import annotations

import asyncio
import re

import httpx
import msgspec
import pytest
import yaml

from saman.model.care.agreement import AgreementsFile
from saman.model.care.service_model import ServiceModel
from saman.model.care.way_drafts import SimulationRequest
from tests.http.app.conftest import Agder

WAYS = "/region/work/ways"
LEADER, READER = "tone-larsen", "silje-haugen"
BEGUN = {"title": "Trygg natt hjemme", "challenge": "Besøk om natten vekker folk.", "owner": "municipality-grimstad"}


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


async def send(browser: httpx.AsyncClient, address: str, at: str, **fields: str) -> httpx.Response:
    """Send a form to `address` from the page `at`."""
    page = await browser.get(at)
    return await browser.post(address, data={"csrf": token(page.text), **fields})


async def begin(browser: httpx.AsyncClient, **more: str) -> str:
    answer = await send(browser, WAYS, f"{WAYS}/new", **BEGUN, **more)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def move(browser: httpx.AsyncClient, way: str, step: str, move: str, reason: str = "") -> httpx.Response:
    return await send(browser, f"{way}/steps/{step}", f"{way}/steps/{step}", move=move, reason=reason)


async def test_an_empty_list_explains_itself_in_three_sentences(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        page = await browser.get(f"{WAYS}?lang=en")
        assert "No way has been begun yet" in page.text
        assert "in any order" in page.text
        assert f'href="{WAYS}"' in (await browser.get("/region/work")).text


async def test_a_way_is_begun_and_shown_as_phases_and_who_is_not_heard(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser, **{"party.sorlandet-hospital": "1"})
        page = (await browser.get(f"{way}?lang=en")).text
        for words in ("Trygg natt hjemme", "Besøk om natten", "Anchoring", "New practice", "Not heard yet"):
            assert words in page
        assert "Taking part: Sørlandet" in page
        assert page.count("/steps/") == 16
        listed = (await browser.get(WAYS)).text
        assert "Not heard yet: Citizens and relatives, Politicians, Staff, Suppliers" in listed


async def test_what_is_missing_is_told_at_its_field(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        answer = await send(browser, f"{WAYS}?lang=en", f"{WAYS}/new", title=" ", challenge="x" * 6001, owner="nobody")
        assert answer.status_code == 422
        for field in ("title", "challenge"):
            assert f'id="{field}-error"' in answer.text
        assert "Choose one of the list." in answer.text


async def test_who_has_no_mandate_reads_and_changes_nothing(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as leader:
        way = await begin(leader)
    async with agder.signed_in(READER) as browser:
        assert (await browser.get(way)).status_code == 200
        step = await browser.get(f"{way}/steps/needs")
        assert 'name="move"' not in step.text
        assert (await browser.get(f"{WAYS}/new")).status_code == 403
        assert (await browser.get(f"{way}/about")).status_code == 403
        csrf = {"csrf": token((await browser.get(f"{way}/time")).text)}
        posts = {
            WAYS: BEGUN,
            f"{way}/about": BEGUN | {"version": "1"},
            f"{way}/steps/needs": {"move": "begin"},
            f"{way}/steps/needs/notes": {"note": "a"},
            f"{way}/papers/needs-analysis": {"how-found": "a"},
            f"{way}/heard": {"voice": "staff", "heard-on": "2026-11-01", "how": "a", "said": "a"},
            f"{way}/meetings": {"kind": "workshop", "met-on": "2026-11-01", "place": "a"},
            f"{way}/funding": {"stage": "call", "funding-on": "2026-11-01", "about": "a"},
            f"{way}/finish": {},
            f"{way}/reopen": {},
        }
        for address, fields in posts.items():
            assert (await browser.post(address, data=csrf | fields)).status_code == 403, address
            assert (await browser.post(address, data=fields | {"a": ""})).status_code == 403, address


async def test_steps_go_in_any_order_and_skipping_or_repeating_asks_why(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser)
        assert (await move(browser, way, "introduce", "begin")).status_code == 303
        assert (await move(browser, way, "introduce", "finish")).status_code == 303
        assert (await move(browser, way, "introduce", "begin")).status_code == 409
        bare = await move(browser, way, "introduce", "repeat")
        assert bare.status_code == 422
        assert 'href="#reason"' in bare.text
        assert (await move(browser, way, "introduce", "repeat", "Two wards were forgotten.")).status_code == 303
        assert (await move(browser, way, "needs", "skip")).status_code == 422
        assert (await move(browser, way, "needs", "skip", "Done by another way.")).status_code == 303
        assert (await move(browser, way, "needs", "jump")).status_code == 422
        page = (await browser.get(f"{way}?lang=en")).text
        assert "2 times" in page
        assert "Two wards were forgotten." in (await browser.get(f"{way}/steps/introduce")).text
        assert "Done by another way." in (await browser.get(f"{way}/report")).text


async def test_notes_hearings_meetings_and_calls_are_kept_when_many_write_at_once(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser)
        csrf = {"csrf": token((await browser.get(way)).text)}
        heard = {"voice": "citizens", "heard-on": "2026-11-02", "how": "Samtaler", "said": "Vi vil sove."}
        met = {"kind": "visit", "met-on": "2026-10-02", "place": "Imatra", "took-part.municipality-risor": "1"}
        call = {"stage": "contract", "funding-on": "2026-09-02", "about": "Avtale", "decision": "Ja"}
        answers = await asyncio.gather(
            browser.post(f"{way}/heard", data=csrf | heard),
            browser.post(f"{way}/meetings", data=csrf | met),
            browser.post(f"{way}/funding", data=csrf | call),
            browser.post(f"{way}/steps/needs/notes", data=csrf | {"note": "Spør nattevakten."}),
            browser.post(f"{way}/steps/needs", data=csrf | {"move": "begin"}),
        )
        assert [one.status_code for one in answers] == [303] * 5
        page = (await browser.get(way)).text
        for words in ("Vi vil sove.", "Imatra", "Risør kommune", "Avtale"):
            assert words in page
        step = (await browser.get(f"{way}/steps/needs")).text
        assert "Spør nattevakten." in step
        assert "Vi vil sove." in step


@pytest.mark.parametrize(
    ("at", "fields", "field"),
    [
        ("heard", {"voice": "nobody", "heard-on": "2026-11-02", "how": "a", "said": "b"}, "voice"),
        ("heard", {"voice": "staff", "heard-on": "2027-01-01", "how": "a", "said": "b"}, "heard-on"),
        ("heard", {"voice": "staff", "heard-on": "2026-11-02", "how": "", "said": "b"}, "how"),
        ("meetings", {"kind": "party", "met-on": "2026-11-02", "place": "a"}, "kind"),
        ("meetings", {"kind": "visit", "met-on": "soon", "place": "a"}, "met-on"),
        ("funding", {"stage": "call", "funding-on": "2026-11-02", "about": ""}, "about"),
        ("funding", {"stage": "wish", "funding-on": "2026-11-02", "about": "a"}, "stage"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_field(agder: Agder, at: str, fields: dict, field: str) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser)
        answer = await send(browser, f"{way}/{at}", way, **fields)
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
        assert (await browser.get(f"{way}/{at}?lang=da")).status_code == 200


async def test_two_writers_of_one_paper_lose_nothing(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser)
        address = f"{way}/papers/needs-analysis"
        csrf = {"csrf": token((await browser.get(address)).text)}
        first = csrf | {"version": "0", "how-found": "Vi spurte.", "needs-of-staff": "Ro."}
        second = csrf | {"version": "0", "how-found": "Vi så.", "not-for-all": "Døve."}
        answers = await asyncio.gather(browser.post(address, data=first), browser.post(address, data=second))
        assert sorted(one.status_code for one in answers) == [303, 409]
        shown = next(one.text for one in answers if one.status_code == 409)
        for words in ("Vi spurte.", "Vi så.", "Ro.", "Døve."):
            assert words in shown
        form = shown.partition('<form class="wide')[2].partition("</form>")[0]
        assert "Ro." in form, "what only one of the two changed is brought together"
        assert "Døve." in form
        assert 'name="version" value="1"' in form
        again = await browser.post(address, data=csrf | {"version": "1", "how-found": "Vi spurte og så."})
        assert again.status_code == 303
        assert "Vi spurte og så." in (await browser.get(address)).text


async def test_a_paper_with_rows_keeps_them_and_refuses_what_is_no_choice(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser)
        address = f"{way}/papers/benefit-plan"
        rows = {"benefits.0.holder": "citizens", "benefits.0.benefit": "Søvn", "benefits.4.benefit": "Mindre kjøring"}
        assert (await send(browser, address, address, version="0", **rows)).status_code == 303
        page = (await browser.get(address)).text
        assert "Søvn" in page
        assert "Mindre kjøring" in page
        wrong = await send(browser, address, address, version="1", **{"benefits.0.holder": "nobody", "freed": "Hvile"})
        assert wrong.status_code == 422
        assert 'href="#benefits.0.holder"' in wrong.text
        assert "Hvile" in wrong.text, "what was written stays in the form"


async def test_what_a_way_is_about_is_not_written_over(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser)
        address = f"{way}/about"
        assert (
            await send(browser, address, address, **BEGUN | {"title": "Ro om natten", "version": "1"})
        ).status_code == 303
        late = await send(browser, address, address, **BEGUN | {"title": "Stille natt", "version": "1"})
        assert late.status_code == 409
        assert "Ro om natten" in late.text
        assert "Stille natt" in late.text
        await move(browser, way, "needs", "begin")
        beside = await send(browser, address, address, **BEGUN | {"title": "Stille natt", "version": "2"})
        assert beside.status_code == 303, "a step moved meanwhile is no collision"
        step = (await browser.get(f"{way}/steps/needs?lang=en")).text
        assert "In progress" in step


async def test_a_way_ends_when_all_were_heard_or_it_is_said_why_not(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser)
        early = await send(browser, f"{way}/finish", f"{way}?lang=en")
        assert early.status_code == 422
        assert "neither done nor left out with a reason: Needs" in early.text
        assert 'href="#why-politicians"' in early.text
        steps = set(re.findall(r"/steps/([a-z-]+)", (await browser.get(way)).text))
        for step in steps:
            assert (await move(browser, way, step, "skip", "En prøve.")).status_code == 303
        heard = {"heard-on": "2026-11-02", "how": "Møte", "said": "Ja."}
        for voice in ("citizens", "staff"):
            await send(browser, f"{way}/heard", way, voice=voice, **heard)
        why = {"why-politicians": "Det er valg.", "why-suppliers": "Ingenting kjøpes."}
        assert (await send(browser, f"{way}/finish", way, **{"why-politicians": "Det er valg."})).status_code == 422
        assert (await send(browser, f"{way}/finish", way, **why)).status_code == 303
        page = (await browser.get(way)).text
        assert "Det er valg." in page
        csrf = {"csrf": token(page)}
        assert (
            await browser.post(f"{way}/steps/needs", data=csrf | {"move": "repeat", "reason": "a"})
        ).status_code == 409
        assert (await browser.post(f"{way}/papers/lessons", data=csrf | {"outcome": "a"})).status_code == 409
        assert (await browser.post(f"{way}/reopen", data=csrf)).status_code == 303
        assert (await browser.post(f"{way}/reopen", data=csrf)).status_code == 409


async def test_time_is_told_without_a_name(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser)
    async with agder.signed_in(READER) as browser:
        address = f"{way}/time"
        none = await send(browser, address, f"{address}?lang=en")
        assert none.status_code == 422
        assert (await send(browser, address, address, **{"hours-staff": "-1"})).status_code == 422
        assert (await send(browser, address, address, **{"hours-staff": "9999"})).status_code == 422
        given = {"hours-culture": "20", "hours-users": "10", "hours-technology": "30"}
        assert (await send(browser, address, address, **given)).status_code == 303
        page = (await browser.get(address)).text
        assert "50 % went to culture" in page
        assert "not a target" in page
        assert "80 % of the time should go" in page
    rows = await agder.store.statements.fetch("SELECT author, body FROM workspace WHERE kind = $1", "way-time")
    assert rows
    for row in rows:
        assert row["author"].startswith("Organization/")
        assert "silje" not in row["body"]
        assert "Practitioner" not in row["body"]


async def test_the_end_gives_drafts_that_load_and_say_what_is_missing(agder: Agder) -> None:
    async with agder.signed_in(LEADER) as browser:
        way = await begin(browser)
        idea = {
            "name": "Stille nattilsyn", "category": "remote-monitoring", "summary": "Noen ser til deg om natten.",
            "target-group": "Hjemmeboende", "activities.0.name": "Se til", "activities.0.sector": "social",
            "activities.0.role": "home-care-worker", "activities.0.mode": "device", "who.0.role": "home-care-worker",
            "who.0.party": "homecare-grimstad",
        }  # fmt: skip
        address = f"{way}/papers/service-idea"
        answer = await send(browser, address, address, version="0", **idea)
        assert answer.status_code == 303, answer.text
        reckon = {"question": "Hvor mange besøk?", "first-year": "2027", "scenarios.0.name": "Alle", "version": "0"}
        assert (
            await send(browser, f"{way}/papers/simulation", f"{way}/papers/simulation", **reckon)
        ).status_code == 303
        service = await browser.get(f"{way}/drafts/service.yaml?lang=fi")
        assert service.headers["content-disposition"] == 'attachment; filename="stille-nattilsyn.yaml"'
        model = msgspec.convert(yaml.safe_load(service.text), ServiceModel)
        assert model.category.value == "remote-monitoring"
        assert model.name == {"nb": "Stille nattilsyn"}
        assert [one.role for one in model.activities] == ["home-care-worker"]
        assert model.response.request_done.not_known
        agreement = msgspec.convert(
            yaml.safe_load((await browser.get(f"{way}/drafts/agreement.yaml")).text), AgreementsFile
        )
        assert agreement.agreements[0].services[0].service == model.id
        assert agreement.agreements[0].valid_from is None
        asked = msgspec.json.decode(
            (await browser.get(f"{way}/drafts/simulation.json")).content, type=SimulationRequest
        )
        assert (asked.first_year, asked.last_year, asked.not_known) == (2027, None, ("last_year",))
        end = (await browser.get(f"{way}/end")).text
        assert "`name` is missing in" in end
        assert "Nothing is written in `steps` yet." in end
        assert "last_year" in end


IDEA = {
    "name": "Stille nattilsyn", "category": "remote-monitoring", "summary": "Noen ser til deg om natten.",
    "target-group": "Hjemmeboende",
}  # fmt: skip


@pytest.mark.parametrize(
    "path", ["w0", "w0/steps/needs", "w0/papers/lessons", "w0/time", "w0/end", "w0/report", "w0/drafts/service.yaml"]
)
async def test_what_there_is_not_is_not_found(agder: Agder, path: str) -> None:
    async with agder.signed_in(LEADER) as browser:
        assert (await browser.get(f"{WAYS}/{path}")).status_code == 404
        way = await begin(browser)
        for inner in ("steps/nowhere", "papers/nothing", "drafts/else.yaml"):
            assert (await browser.get(f"{way}/{inner}")).status_code == 404
