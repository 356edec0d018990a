"""Who has looked, and what becomes of a question about a look, through the whole application."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from saman.apps.auth.smart.registration import Registration, client_of
from saman.record import Context, Record
from saman.record.apps.clients import Client, Clients
from tests.http.app.conftest import Agder

LOOKED = "/citizen/who-looked"


def main_of(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")])))


def token_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def page_of(client: httpx.AsyncClient, path: str, **asked: str) -> str:
    answer = await client.get(path, params={"lang": "en", **asked})
    assert answer.status_code == 200, answer.text
    return answer.text


async def looked(agder: Agder, **asked: str) -> str:
    async with agder.signed_in("ingrid-aasen") as citizen:
        return main_of(await page_of(citizen, LOOKED, **asked))


async def nurse_looks(agder: Agder) -> None:
    async with agder.signed_in("silje-haugen") as nurse:
        assert (await nurse.get("/team/people/ingrid-aasen")).status_code == 200


def question_form(page: str) -> tuple[str, str]:
    """Address and time of the first look that can be asked about."""
    found = re.search(r'action="(/citizen/who-looked/\d+/question)">.*?name="at" value="([^"]+)"', page, re.DOTALL)
    assert found is not None
    return found[1], unescape(found[2])


async def asks(agder: Agder, text: str = "") -> str:
    """Ingrid asks about the newest look; the address of her question."""
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = await page_of(citizen, LOOKED)
        address, at = question_form(page)
        fields = {"csrf": token_in(page), "at": at, "text": text}
        answers = [await citizen.post(address, data=fields) for _ in range(2)]
        assert [one.status_code for one in answers] == [303, 303], answers[0].text
        assert answers[0].headers["location"] == answers[1].headers["location"], "asked twice is one question"
        return answers[0].headers["location"]


async def test_a_look_is_in_the_log_as_soon_as_it_was_answered(agder: Agder) -> None:
    agder.clock.forward(minutes=1)
    await nurse_looks(agder)
    page = await looked(agder)
    assert "Silje Haugen, telemedicine nurse" in page
    assert "Looked at name and address" in page
    assert "Why were they allowed to? They are in your care team." in page


async def test_reads_within_minutes_are_one_look_and_later_ones_another(agder: Agder) -> None:
    agder.clock.forward(days=1)
    await nurse_looks(agder)
    agder.clock.forward(minutes=20)
    await nurse_looks(agder)
    agder.clock.forward(minutes=31)
    await nurse_looks(agder)
    agder.clock.forward(minutes=1)
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = await page_of(citizen, LOOKED, show="looks")
    newest = page[page.index('id="d1"') : page.index('id="d2"')]
    assert newest.count("<h3>Silje Haugen, telemedicine nurse</h3>") == 2


async def test_lists_and_computers_are_told_apart_from_looks(agder: Agder) -> None:
    async with agder.signed_in("silje-haugen") as nurse:
        assert (await nurse.get("/team/people")).status_code == 200
    lists, machines, looks = [await looked(agder, show=kind) for kind in ("lists", "machines", "looks")]
    assert "Telemedisinsk sentral Agder (eksempel): your name stood on" in lists
    assert "Your name was looked up for a sign-in." in machines
    for page in (lists, machines):
        assert "Why were they allowed to?" not in page
    assert "your name stood on" not in looks
    assert "Your name was looked up for a sign-in." not in looks


async def test_one_organisation_can_be_chosen(agder: Agder) -> None:
    async with agder.signed_in("per-nilsen") as doctor:
        assert (await doctor.get("/team/people/ingrid-aasen")).status_code == 200
    await nurse_looks(agder)
    page = await looked(agder, of="gp-grimstad-1")
    assert "Per Nilsen, general practitioner" in page
    assert "Silje Haugen, telemedicine nurse" not in page


async def test_what_makes_no_sense_in_an_address_is_left_out(agder: Agder) -> None:
    for asked in ({"days": "x"}, {"show": "<x>"}, {"of": "a b"}, {"then": "yesterday"}, {"then": "2026-11-20"},
                  {"found": "made-up"}):  # fmt: skip
        await looked(agder, **asked)


async def test_a_long_log_goes_on_on_further_pages_and_loses_nothing(agder: Agder) -> None:
    agder.clock.forward(days=30)
    for day in range(12):
        agder.clock.forward(hours=12)
        for turn in range(5):
            await _read(agder, f"Practitioner/hand-{day}-{turn}")
    found: list[str] = []
    async with agder.signed_in("ingrid-aasen") as citizen:
        asked = {"show": "looks", "lang": "en"}
        for _ in range(9):
            answer = await citizen.get(LOOKED, params={**asked, "lang": "en"})
            assert answer.status_code == 200
            found += re.findall(r'id="e-(\d+)"', answer.text)
            more = re.search(r'href="/citizen/who-looked\?([^"]+)">Earlier looks', answer.text)
            if more is None:
                break
            asked = dict(httpx.QueryParams(unescape(more[1])))
        else:
            raise AssertionError("there is no last page")
    assert len(found) == len(set(found)) >= 60


async def _read(agder: Agder, actor: str, unit: str = "sorlandet-hospital") -> None:
    """A look of somebody, as the record logs it."""
    context = Context(0, actor, "hospital-doctor", unit, "TREAT", agder.clock(), f"test-{actor[-6:]}")
    await Record(agder.store, context).read("Patient", "ingrid-aasen")


@pytest.mark.parametrize(
    ("actor", "told"),
    [
        ("Practitioner/silje-haugen", "Through the app Growth <chart>."),
        ("Patient/ingrid-aasen", "Through the app Growth <chart>, which you let act for you."),
    ],
)
async def test_an_app_is_named_and_on_whose_behalf_it_looked(agder: Agder, actor: str, told: str) -> None:
    agder.clock.forward(days=220 if actor.startswith("Patient") else 200)
    client = client_of(Registration(id="growth", name="Growth <chart>", redirects=("https://app.example/",),
                                    scope="patient/*.rs"), agder.clock())  # fmt: skip
    assert isinstance(client, Client), client
    await Clients(agder.store.pool).add(client)
    for app in ("growth", "taken-out"):
        context = Context(0, actor, "citizen", "", "PATRQT", agder.clock(), f"app:{app}:{actor[-6:]}")
        await Record(agder.store, context).read("Patient", "ingrid-aasen")
    async with agder.signed_in("ingrid-aasen") as citizen:
        raw = await page_of(citizen, LOOKED, days="7", show="looks")
    page = main_of(raw)
    assert told.replace("chart>", "chart>, taken-out") in page
    assert ('name="at"' in raw) is actor.startswith("Practitioner"), "nobody asks about what acted for them"


async def test_a_question_is_asked_with_one_form_and_is_due_after_working_days(agder: Agder) -> None:
    agder.clock.forward(minutes=1)
    await nurse_looks(agder)
    where = await asks(agder, "I was not in touch with anybody that evening.")
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = main_of(await page_of(citizen, where))
        assert "I was not in touch with anybody that evening." in page
        assert "Waiting for an answer" in page
        assert "Silje Haugen, telemedicine nurse" in page
        log = main_of(await page_of(citizen, LOOKED))
        assert "You asked about this. The answer is on its way." in log
        agder.clock.forward(days=60)
    async with agder.signed_in("ingrid-aasen") as citizen:
        assert "The answer is late" in main_of(await page_of(citizen, where))


async def test_nobody_else_sees_a_question(agder: Agder) -> None:
    agder.clock.forward(minutes=1)
    await nurse_looks(agder)
    where = await asks(agder, "About a colleague")
    id = where.rpartition("/")[2]
    async with agder.signed_in("olav-tveit") as other:
        assert (await other.get(where)).status_code == 404
    async with agder.signed_in("silje-haugen") as nurse:
        for path in ("/team", "/team/sent", f"/team/requests/{id}", "/team/people/ingrid-aasen"):
            assert "About a colleague" not in (await nurse.get(path)).text
        assert (await nurse.get(f"/team/requests/{id}")).status_code == 404
        assert (await nurse.get(where)).status_code == 403


async def test_what_is_not_in_ones_own_log_cannot_be_asked_about(agder: Agder) -> None:
    agder.clock.forward(days=90)
    await nurse_looks(agder)
    async with agder.signed_in("ingrid-aasen") as citizen:
        page = await page_of(citizen, LOOKED)
        address, at = question_form(page)
        token = token_in(page)
    async with agder.signed_in("olav-tveit") as other:
        page = await page_of(other, "/citizen/messages")
        token = token_in(page)
        for fields in ({"at": at}, {"at": "never"}, {}):
            answer = await other.post(address, data={"csrf": token, **fields})
            assert answer.status_code == 404
        assert (await other.post(address, data={"at": at})).status_code == 403


async def test_the_short_address_leads_to_the_log(agder: Agder) -> None:
    async with agder.signed_in("ingrid-aasen") as citizen:
        answer = await citizen.get("/citizen/log")
        assert (answer.status_code, answer.headers["location"]) == (303, LOOKED)


async def choose(agder: Agder, wish: str) -> int:
    async with agder.signed_in("ingrid-aasen") as citizen:
        token = token_in(await page_of(citizen, LOOKED))
        answer = await citizen.post(f"{LOOKED}/notices", data={"csrf": token, "wish": wish})
        return answer.status_code


async def told(agder: Agder) -> str:
    async with agder.signed_in("ingrid-aasen") as citizen:
        return main_of(await page_of(citizen, "/citizen"))


async def test_nobody_is_told_of_looks_before_they_choose_it(agder: Agder) -> None:
    agder.clock.forward(days=120)
    await nurse_looks(agder)
    agder.clock.forward(minutes=1)
    assert "wanted to be told of" not in await told(agder)
    assert await choose(agder, "everything") == 422


async def test_every_look_is_told_until_the_log_was_opened(agder: Agder) -> None:
    agder.clock.forward(days=121)
    assert await choose(agder, "every") == 303
    agder.clock.forward(minutes=1)
    assert "wanted to be told of" not in await told(agder)
    await nurse_looks(agder)
    agder.clock.forward(minutes=1)
    page = await told(agder)
    assert "1 look that you wanted to be told of" in page
    assert "Silje Haugen, telemedicine nurse" in page
    assert 'value="every" checked' in await looked_raw(agder)
    agder.clock.forward(minutes=1)
    assert "wanted to be told of" not in await told(agder)


async def test_only_the_first_look_of_a_unit_is_told_where_that_is_wanted(agder: Agder) -> None:
    agder.clock.forward(days=122)
    assert await choose(agder, "first") == 303
    agder.clock.forward(minutes=1)
    await nurse_looks(agder)
    await _read(agder, "Practitioner/hand-1-1", "sorlandet-hospital-flekkefjord")
    agder.clock.forward(minutes=40)
    await _read(agder, "Practitioner/hand-1-1", "sorlandet-hospital-flekkefjord")
    page = await told(agder)
    assert "1 look that you wanted to be told of" in page
    assert "Flekkefjord" in page
    assert await choose(agder, "emergency") == 303
    agder.clock.forward(minutes=40)
    await _read(agder, "Practitioner/hand-1-1", "sorlandet-hospital-arendal")
    assert "wanted to be told of" not in await told(agder)
    assert await choose(agder, "") == 303


async def looked_raw(agder: Agder) -> str:
    async with agder.signed_in("ingrid-aasen") as citizen:
        return await page_of(citizen, LOOKED)
