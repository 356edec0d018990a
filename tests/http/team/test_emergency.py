"""Somebody without a tie opened in an emergency, on the pages: the whole way, and every way around it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from .conftest import CENTRE, HOME_CARE, SATURDAY
from .opening import country
from .test_person import without_tokens

__all__ = ["country"]

pytestmark = pytest.mark.postgres

PAGE = "/team/emergency"
WHO = "olav-tveit"
PLACE = f"/team/people/{WHO}"
REASON = "She fell in the street and cannot speak."
NOBODYS = "14894999999"
FIELDS = {"reason": REASON, "until": "60"}


@pytest.fixture(autouse=True)
def an_hour_of_its_own(team, request):
    """Nobody asks more than five times within an hour, so each test has a day."""
    days = sorted(name for name in globals() if name.startswith("test_")).index(request.function.__name__)
    team.clock.now = SATURDAY + timedelta(days=days + 1)


async def number_of(team, who=WHO):
    seen = await team.system.read("Patient", who)
    return seen.resource()["identifier"][0]["value"]


async def sent(nurse, number, **more):
    return await nurse.send(PAGE, await nurse.get(PAGE), **(FIELDS | {"number": number} | more))


async def test_a_nurse_opens_reads_and_closes_somebody_without_a_tie(team):
    number = await number_of(team)
    async with team.as_(HOME_CARE) as nurse:
        assert (await nurse.get(PLACE)).status == 404
        asked = await nurse.send("/team/people", await nurse.get("/team/people"), q=number)
        found = await nurse.get(asked.answer.headers["location"])
        assert f'href="{PAGE}"' in found.text
        form = await nurse.get(PAGE)
        for said in ("Only when life or health is in danger", "Identity number", "The person is told at once",
                     "a local setting that nobody has confirmed as law"):  # fmt: skip
            assert said in form.text
        done = await sent(nurse, f" {number[:6]} {number[6:]} ")
        assert (done.status, done.answer.headers["location"]) == (303, PLACE)
        page = await nurse.get(PLACE)
        assert page.status == 200
        for said in ("You have opened this person in an emergency", "Olav", "Close now"):
            assert said in page.text
        why = await nurse.get(f"{PLACE}/why")
        assert (why.status, "You opened it, and gave a reason." in why.text) == (200, True)
        assert "Social care" in why.text.partition("Why not the rest?")[2]
        assert "Olav" in (await nurse.get(PAGE)).text, "whom she has opened stands on the page"
        assert (await nurse.send(f"{PLACE}/close", page)).answer.headers["location"] == PLACE
        assert (await nurse.get(PLACE)).status == 404
    async with team.as_(WHO) as citizen:
        told = await citizen.get("/citizen")
        assert REASON in told.text
        assert "restricted" not in told.text.partition(REASON)[0][-900:], "nothing was restricted"
    async with team.as_("rolf-as") as reviewer:
        queue = await reviewer.get("/review/openings")
        assert REASON in queue.text
        assert "Life or health was in danger; there was no tie." in queue.text


async def test_it_ends_by_itself_also_over_midnight(team):
    team.clock.now = team.clock.now.replace(hour=22, minute=30)
    begun, number = team.clock.now, await number_of(team)
    async with team.as_(HOME_CARE) as nurse:
        assert (await sent(nurse, number)).status == 303
        for minutes, status in ((20, 200), (45, 200), (59, 200), (60, 404)):
            team.clock.now = begun + timedelta(minutes=minutes)
            assert (await nurse.get(PLACE)).status == status, minutes


async def test_no_address_holds_the_number(team):
    number = await number_of(team)
    async with team.as_(HOME_CARE) as nurse:
        for asked in (number, NOBODYS):
            done = await sent(nurse, asked)
            assert asked not in done.answer.headers.get("location", "")
        refused = await nurse.get(f"{PAGE}?number={number}")
        assert number not in refused.text


async def test_hidden_and_absent_look_alike(team):
    """Somebody who keeps even emergencies out, and a number that nobody bears: status, headers and words."""
    number = await number_of(team, "lise-holt")
    purpose = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "BTG"}]
    items = [{"meaning": "instance", "reference": {"reference": "Patient/lise-holt"}}]
    said = {
        "resourceType": "Consent", "status": "active", "patient": {"reference": "Patient/lise-holt"},
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope",
                              "code": "patient-privacy"}]},
        "category": [{"text": "x"}], "performer": [{"reference": "Patient/lise-holt"}],
        "policyRule": {"text": "x"}, "provision": {"type": "deny", "data": items, "purpose": purpose},
    }  # fmt: skip
    kept = await team.system.create(said)
    async with team.as_(HOME_CARE) as nurse:
        pages = [await sent(nurse, asked) for asked in (number, NOBODYS)]
        assert [one.status for one in pages] == [404, 404]
        assert "Nobody was opened by that number." in pages[0].text
        assert without_tokens(pages[0].text).replace(number, NOBODYS) == without_tokens(pages[1].text)
        same = [{name: value for name, value in one.answer.headers.items() if name != "content-length"}
                for one in pages]  # fmt: skip
        assert {*same[0]} == {*same[1]}
        assert REASON in pages[0].text, "what was written is kept"
        assert (await nurse.get("/team/people/lise-holt")).status == 404
    await team.system.delete("Consent", kept.stored.id)


async def test_guessing_stops(team):
    async with team.as_(HOME_CARE) as nurse:
        answers = [await sent(nurse, f"1489490000{turn}") for turn in range(6)]
        assert [one.status for one in answers] == [404, 404, 404, 404, 404, 409]
        assert "five times within an hour" in answers[-1].text
        assert (await sent(nurse, await number_of(team))).status == 409
        assert (await nurse.get(PLACE)).status == 404


WRONG = (
    ({"number": "123"}, "Write the whole identity number"),
    ({"number": "Patient/olav-tveit"}, "Write the whole identity number"),
    ({"number": ""}, "Write the whole identity number"),
    ({"reason": "help"}, "Write why, in a sentence"),
    ({"until": "99999"}, "Choose for how long."),
    ({"until": ""}, "Choose for how long."),
)


async def test_a_wrong_form_opens_nobody(team):
    number = await number_of(team)
    async with team.as_(HOME_CARE) as nurse:
        form = await nurse.get(PAGE)
        for fields, said in WRONG:
            page = await nurse.send(PAGE, form, **(FIELDS | {"number": number} | fields))
            assert (page.status, said in page.text) == (422, True), fields
        assert (await nurse.get(PLACE)).status == 404


async def test_who_has_no_such_rule_is_not_offered_it_and_refused(team):
    number = await number_of(team)
    async with team.as_("unni-lund") as reviewer:
        home = await reviewer.get("/team/people")
        found = await reviewer.get((await reviewer.send("/team/people", home, q="zzz")).answer.headers["location"])
        assert PAGE not in found.text
        assert (await reviewer.get(PAGE)).status == 403
        answers = [await reviewer.send(PAGE, home, **FIELDS, number=one) for one in (number, NOBODYS)]
        assert [one.status for one in answers] == [403, 403]
        assert "An emergency opens nobody to your role." in (await reviewer.get("/team/why-not")).text


async def test_somebody_who_is_seen_already_is_not_opened(team):
    async with team.as_(CENTRE) as nurse:
        done = await sent(nurse, await number_of(team))
        assert done.answer.headers["location"] == PLACE
        assert "Close now" not in (await nurse.get(PLACE)).text


async def test_a_colleague_and_another_session_see_nothing_of_it(team):
    number = await number_of(team)
    async with team.as_(HOME_CARE) as nurse, team.as_("per-nilsen") as other:
        form = await nurse.get(PAGE)
        stolen = await other.client.post(PAGE, data={"csrf": form.token, "number": number, **FIELDS})
        assert stolen.status_code == 403
        assert (await sent(nurse, number)).status == 303
        assert "Close now" not in (await other.get(PLACE)).text
        assert "Olav" not in (await other.get(PAGE)).text


async def test_two_steps_where_the_country_asks_for_them(team, country):
    country("se")
    number = await number_of(team)
    async with team.as_(HOME_CARE) as nurse:
        first = await sent(nurse, number)
        assert (first.status, "Step 2 of 2" in first.text, number in first.text) == (200, True, True)
        assert "Step 2 of 2" in (await sent(nurse, NOBODYS)).text, "nobody was looked for yet"
        assert (await nurse.get(PLACE)).status == 404
        step = re.search(r'name="step" value="([^"]+)"', first.text)[1]
        other = await nurse.send(PAGE, first, **FIELDS, number=NOBODYS, step=step)
        assert (other.status, "The first step was too long ago" in other.text) == (422, True)
        forged = await nurse.send(PAGE, first, **FIELDS, number=number, step="x" * 40)
        assert forged.status == 422
        begun = team.clock.now
        team.clock.now = begun + timedelta(minutes=10)
        assert (await nurse.send(PAGE, first, **FIELDS, number=number, step=step)).status == 422
        team.clock.now = begun + timedelta(minutes=9)
        done = await nurse.send(PAGE, first, **FIELDS, number=number, step=step)
        assert done.answer.headers["location"] == PLACE
        assert "You have opened this person in an emergency" in (await nurse.get(PLACE)).text


async def test_the_page_is_translated(team):
    async with team.as_(HOME_CARE) as nurse:
        for language in ("sv", "nb", "da", "fi", "is"):
            page = await nurse.get(f"{PAGE}?lang={language}")
            for left in ("Only when life", "Identity number", "Each time you ask", "Open the person"):
                assert left not in page.text, language
