"""A person's page and what is done from it: only what each may see, limits, messages, the summary."""

from __future__ import annotations

import re

import pytest

from saman.ops.demo.staff import on_duty

from .conftest import CENTRE, HOME_CARE, PRACTICE

pytestmark = pytest.mark.postgres


async def test_the_centre_sees_report_curves_plan_and_why(team):
    async with team.as_(CENTRE) as nurse:
        page = await nurse.get("/team/people/ingrid-aasen")
        assert page.status == 200
        assert "Penicillin" in page.text
        assert "No intubation" in page.text
        assert page.text.count('class="chart"') >= 4
        assert "is under the own limit of 90" in page.text
        assert "Help with shower" in page.text
        assert "Your unit is in the person&#39;s care team." in page.text
        assert "a local setting that nobody has confirmed as law" in page.text
        assert "the law says" not in page.text
        assert "social care" in page.text.partition("You cannot see:")[2]


async def test_without_adoption_there_is_the_limit_and_no_mark(team):
    async with team.as_(CENTRE, marks=False) as nurse:
        page = await nurse.get("/team/people/ingrid-aasen")
        assert "limit ≥ 90" in page.text
        assert "under limit" not in page.text
        assert "Marks" not in page.text


async def test_home_care_sees_no_health_record_and_no_readings_without_a_request(team):
    async with team.as_(HOME_CARE) as nurse:
        page = await nurse.get("/team/people/ingrid-aasen")
        assert page.status == 200
        assert "Help with shower" in page.text
        for hidden in ("Penicillin", "No intubation", "88 %", 'class="chart"'):
            assert hidden not in page.text
        assert "the health record" in page.text.partition("You cannot see:")[2]


async def test_hidden_and_absent_people_look_the_same(team):
    async with team.as_(HOME_CARE) as nurse:
        hidden = await nurse.get("/team/people/olav-tveit")
        absent = await nurse.get("/team/people/nobody-at-all")
        assert (hidden.status, absent.status) == (404, 404)
        assert without_tokens(hidden.text) == without_tokens(absent.text.replace("nobody-at-all", "olav-tveit"))
        for path in ("visit", "limit", "summary"):
            assert (await nurse.get(f"/team/people/olav-tveit/{path}")).status == 404
        assert (await nurse.get("/team/messages/olav-tveit")).status == 404


def without_tokens(text: str) -> str:
    return re.sub(r'(name="csrf" value=|"X-CSRF-Token": )"[^"]+"', "", text)


async def test_a_protected_address_is_said_and_not_shown(team):
    async with team.as_("marte-olsen") as other:
        assert (await other.get("/team/people/lise-holt")).status == 404
    system = await team.system.read("Patient", "lise-holt")
    practice = system.resource()["generalPractitioner"][0]["reference"].removeprefix("Organization/")
    place = practice.removeprefix("gp-").rpartition("-")[0]
    async with team.as_(on_duty("general-practitioner", place).id) as doctor:
        page = await doctor.get("/team/people/lise-holt")
        assert page.status == 200
        assert "Protected address" in page.text
        assert f"Lives in</dt><dd>{place.title()}" not in page.text


async def test_a_limit_changes_with_a_reason_and_the_doctor_is_told(team):
    async with team.as_(CENTRE) as nurse:
        form = await nurse.get("/team/people/ingrid-aasen/limit?of=pulse")
        version = re.search(r'name="version" value="(\d+)"', form.text)
        assert version
        asked = {"of": "pulse", "version": version[1], "low": "", "high": "", "reason": ""}
        empty = await nurse.send("/team/people/ingrid-aasen/limit", form, **asked)
        assert empty.status == 422
        assert 'href="#low"' in empty.text
        assert 'href="#reason"' in empty.text
        words = await nurse.send("/team/people/ingrid-aasen/limit", form, **asked | {"high": "ninety", "reason": "x"})
        assert "Write a number with digits only." in words.text
        assert 'value="ninety"' in words.text
        done = await nurse.send("/team/people/ingrid-aasen/limit", form, **asked | {"high": "105", "reason": "Agreed"})
        assert done.answer.headers["location"] == "/team/people/ingrid-aasen"
        assert "≤ 105" in (await nurse.get("/team/people/ingrid-aasen")).text
        late = await nurse.send(
            "/team/people/ingrid-aasen/limit", form, **asked | {"high": "110", "reason": "My words"}
        )
        assert late.status == 412
        assert "Silje Haugen changed this limit" in late.text
        assert "My words" in late.text
    async with team.as_(PRACTICE) as doctor:
        row = (await doctor.get("/team")).row("Ingrid Aasen")
        assert "A limit was changed" in row
        assert "Agreed" in row


@pytest.mark.parametrize("role", [HOME_CARE, "marte-olsen"])
async def test_a_role_without_the_right_changes_no_limit(team, role):
    async with team.as_(role) as nurse:
        assert "Change a limit" not in (await nurse.get("/team/people/ingrid-aasen")).text
        page = await nurse.get("/team/people/ingrid-aasen/limit")
        assert page.status == 403
        sent = await nurse.send(
            "/team/people/ingrid-aasen/limit", page, of="pulse", version=1, low="", high="99", reason="x"
        )
        assert sent.status == 403


async def test_the_citizen_sees_which_unit_has_read_a_message_and_when(team):
    async with team.as_("olav-tveit") as citizen, team.as_(CENTRE) as nurse:
        page = await citizen.get("/citizen/messages")
        text = "My ankles are swollen tonight."
        sent = await citizen.send("/citizen/messages", page, key="k" * 20, text=text)
        assert sent.status == 303

        def told(page) -> str:
            return page.text[page.text.index(text) :].partition("</li>")[0]

        assert "Sent, not read yet" in told(await citizen.get("/citizen/messages"))
        team.clock.forward(minutes=30)
        assert text in (await nurse.get("/team/messages/olav-tveit")).text
        team.clock.forward(minutes=10)
        assert text in (await nurse.get("/team/messages/olav-tveit")).text
        read = told(await citizen.get("/citizen/messages"))
        assert "Read by the telemedicine centre" in read
        assert "12:30" in read


async def test_reading_over_the_shoulder_of_the_unit_that_was_written_to_is_not_reading(team):
    async with team.as_("ingrid-aasen") as citizen, team.as_(HOME_CARE) as other:
        page = await citizen.get("/citizen/messages")
        await citizen.send("/citizen/messages", page, key="j" * 20, text="Only for the centre.")
        await other.get("/team/messages/ingrid-aasen")
        page = (await citizen.get("/citizen/messages")).text
        assert "Sent, not read yet" in page[page.index("Only for the centre.") :]


async def test_an_answer_is_stored_once_and_closes_what_it_answers(team):
    async with team.as_(CENTRE) as nurse:
        assert "Message to answer" in (await nurse.get("/team")).row("Berit Sørensen")
        page = await nurse.get("/team/messages/berit-sorensen")
        key, closes = (re.search(f'name="{name}" value="([^"]+)"', page.text) for name in ("key", "closes"))
        assert key
        assert closes
        empty = await nurse.send("/team/messages/berit-sorensen", page, key=key[1], closes=closes[1], text=" ")
        assert empty.status == 422
        assert "Write something first." in empty.text
        for _ in range(2):
            done = await nurse.send(
                "/team/messages/berit-sorensen", page, key=key[1], closes=closes[1], text="That is fine."
            )
            assert done.status == 303
        assert (await nurse.get("/team/messages/berit-sorensen")).text.count("That is fine.") == 1
        rows = re.findall(r'<tr role="row" id="row-.*?</tr>', (await nurse.get("/team")).text, re.DOTALL)
        assert not [row for row in rows if "Message to answer" in row and "Berit Sørensen" in row]


async def test_the_summary_gives_numbers_limits_and_missed_days(team):
    async with team.as_(PRACTICE) as doctor:
        page = await doctor.get("/team/people/ingrid-aasen/summary")
        assert page.status == 200
        for shown in ("Median", "Upper pressure", "agreed days", "What was done", "Help with shower"):
            assert shown in page.text
    async with team.as_(HOME_CARE) as nurse:
        assert "88" not in (await nurse.get("/team/people/ingrid-aasen/summary")).text.partition("<main")[2]


@pytest.mark.parametrize("language", ["sv", "nb", "da", "fi", "is"])
async def test_every_page_speaks_every_language_and_says_it_is_unreviewed(team, language):
    async with team.as_(CENTRE) as nurse:
        for path in ("/team", "/team/sent", "/team/people", "/team/marks", "/team/people/ingrid-aasen"):
            page = await nurse.get(f"{path}?lang={language}")
            assert page.status == 200
            assert f'<html lang="{language}"' in page.text
            assert 'class="translated"' in page.text
            assert "Worklist" not in page.text
