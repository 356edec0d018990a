"""Openings as the countries want them: two steps, a notice to the person, and what stays closed to everybody."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest

from saman.flows.consent.choices import CLOSABLE, say_no
from saman.kernel.outcome import Refusal
from saman.record import Record

from .conftest import CENTRE
from .opening import (
    OPEN,
    OTHER,
    PLACE,
    REASON,
    TOLD,
    UNIT,
    WHO,
    all_read,
    as_citizen,
    closed,
    country,
    lasting_tasks,
    opened,
    ordinary,
    restricted,
)
from .test_person import without_tokens

__all__ = ["country", "restricted"]

pytestmark = pytest.mark.postgres


async def test_sweden_asks_for_two_steps(team, country, restricted):
    country("se")
    fields = {"ground": "incapable_and_needed", "reason": REASON, "until": "10080"}
    async with team.as_(CENTRE) as nurse, team.as_(OTHER) as other:
        form = await nurse.get(OPEN)
        assert "Step 1 of 2" in form.text
        assert "Learn who holds it" in form.text
        direct = await nurse.send(OPEN, form, **fields)
        assert (direct.status, "The first step was not taken" in direct.text) == (422, True)
        without = await nurse.send(f"{OPEN}/first", form)
        assert (without.status, "Choose the ground." in without.text) == (422, True)
        first = [await nurse.send(f"{OPEN}/first", form, ground="incapable_and_needed") for _ in range(2)]
        steps = {one.answer.headers["location"] for one in first}
        assert len(steps) == 1, "taking it again is the same step"
        place = steps.pop()
        step = place.partition("of=")[2]
        theirs = await other.send(OPEN, await other.get(OPEN), **fields, step=step)
        assert (theirs.status, await lasting_tasks(team)) == (422, [])
        assert (await other.get(place)).status == 422
        second = await nurse.get(place)
        assert "Step 2 of 2" in second.text
        assert "Who holds it is not said." in second.text
        assert "it is absolutely needed for their care" in second.text
        assert "The person has agreed" not in second.text, "the ground is that of the first step"
        assert "The person is told at once" in second.text
        assert "88 %" not in (await nurse.get(PLACE)).text, "nothing is opened yet"
        team.clock.now = restricted + timedelta(minutes=20)
        await nurse.get("/team")
        assert (await nurse.send(OPEN, second, **fields, step=step)).answer.headers["location"] == PLACE
        assert "88 %" in (await nurse.get(PLACE)).text
        await closed(nurse)
        again = await nurse.send(OPEN, second, **fields, step=step)
        assert again.status == 422, "a step opens once"


async def test_what_one_unit_holds_is_opened_alone(team, country, restricted):
    """Sweden's inner and outer block: where it is, by the first step; by the second, one unit's or all of it."""
    country("se")
    own = await as_citizen(team)
    assert not isinstance(await say_no(own, UNIT, CLOSABLE), Refusal)
    texts = {"homecare-grimstad": "Walk to the shop", "homecare-arendal": "Sleep through the night"}
    for unit, text in texts.items():
        context = msgspec.structs.replace(team.system.context, party=unit)
        goal = {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": text}}
        kind = {"category": [{"coding": [{"system": "urn:saman:goal", "code": "personal"}]}]}
        written = await Record(team.store, context, "").create(
            goal | kind | {"subject": {"reference": f"Patient/{WHO}"}}
        )
        assert not isinstance(written, Refusal), written
    async with team.as_(CENTRE) as nurse:
        before = (await nurse.get(PLACE)).text
        assert not any(text in before for text in texts.values())
        first = await nurse.send(f"{OPEN}/first", await nurse.get(OPEN), ground="consent")
        second = await nurse.get(first.answer.headers["location"])
        assert "Where something is restricted" in second.text
        assert "closed to other organisations" in second.text
        assert "closed to your own unit" in second.text
        step = first.answer.headers["location"].partition("of=")[2]
        fields = {"reason": REASON, "until": "60", "step": step}
        wrong = await nurse.send(OPEN, second, **fields, holder="agder-telemedicine-centre-x")
        assert (wrong.status, "Choose whose data to open" in wrong.text) == (422, True)
        assert (await nurse.send(OPEN, second, **fields, holder="homecare-grimstad")).status == 303
        page = await nurse.get(PLACE)
        assert [text in page.text for text in texts.values()] == [True, False]
        assert "You have opened what is restricted at" in page.text
        assert "The person has restricted something" in page.text
        assert (await nurse.get(OPEN)).status == 200, "the rest can be opened as well"
        await closed(nurse)
        after = (await nurse.get(PLACE)).text
        assert not any(text in after for text in texts.values())


async def test_an_old_first_step_counts_no_more(team, country, restricted):
    country("se")
    fields = {"ground": "incapable_and_needed", "reason": REASON, "until": "60"}
    async with team.as_(CENTRE) as nurse:
        place = (await nurse.send(f"{OPEN}/first", await nurse.get(OPEN), ground=fields["ground"])).answer.headers[
            "location"
        ]
        second = await nurse.get(place)
        for minutes in (25, 50, 61):
            team.clock.now = restricted + timedelta(minutes=minutes)
            await nurse.get("/team")
        late = await nurse.send(OPEN, second, **fields, step=place.partition("of=")[2])
        assert (late.status, await lasting_tasks(team)) == (422, [])


async def test_the_citizen_is_told_where_the_law_wants_it_and_asks(team, country, restricted):
    country("is")
    async with team.as_(WHO) as citizen, team.as_(CENTRE) as nurse, team.as_("olav-tveit") as somebody:
        await all_read(citizen)
        assert (await opened(nurse, ground="needed_for_treatment")).status == 303
        assert "88 %" in (await nurse.get(PLACE)).text
        assert "restricted was opened" not in (await nurse.get(f"/team/messages/{WHO}")).text
        page = await citizen.get("/citizen")
        assert TOLD in page.text
        for said in ("Silje Haugen", REASON, "I do not recognise this"):
            assert said in page.text
        letters = await (await ordinary(team, CENTRE, "telemedicine-nurse")).search("Communication", [("patient", WHO)])
        assert all("opening-notice" not in one.body for one in letters.matches), "nobody who gives care sees it"
        look = re.search(
            r'action="/citizen/who-looked/(\d+)/question".*?name="at" value="([^"]+)"', page.text, re.DOTALL
        )
        asked = await citizen.send(f"/citizen/who-looked/{look[1]}/question", page, at=look[2], text="")
        assert asked.answer.headers["location"].startswith("/citizen/questions/")
        assert f'id="e-{look[1]}"' in (await citizen.get("/citizen/who-looked?days=all")).text
        notice = re.search(r"/citizen/notices/([^/]+)/read", page.text)
        theirs = await somebody.send(f"/citizen/notices/{notice[1]}/read", await somebody.get("/citizen"))
        nobody = await somebody.send("/citizen/notices/nothing/read", await somebody.get("/citizen"))
        assert theirs.status == nobody.status == 404
        assert TOLD in (await citizen.get("/citizen")).text
        for _ in range(2):
            assert (await citizen.send(f"/citizen/notices/{notice[1]}/read", page)).status == 303
        assert TOLD not in (await citizen.get("/citizen")).text
        await closed(nurse)


async def test_a_notice_of_nothing_is_not_believed(team, restricted):
    forged = {
        "resourceType": "Communication", "status": "completed", "sent": restricted.isoformat(),
        "category": [{"coding": [{"system": "urn:saman:communication", "code": "opening-notice"}]}],
        "subject": {"reference": f"Patient/{WHO}"}, "about": [{"reference": "Task/nothing"}],
        "payload": [{"contentString": "Call this number."}],
    }  # fmt: skip
    assert not isinstance(await team.system.create(forged), Refusal)
    async with team.as_(WHO) as citizen:
        await all_read(citizen)
        page = await citizen.get("/citizen")
        assert (page.status, TOLD in page.text, "Call this number" in page.text) == (200, False, False)


async def test_a_person_who_is_withheld_whole_is_opened_by_nobody_and_looks_absent(team, restricted):
    """The whole person is kept from the centre: no page, no form and no step tells that there is anybody."""
    deny = {
        "type": "deny",
        "actor": [{"role": {"text": "x"}, "reference": {"reference": f"Organization/{UNIT}"}}],
        "data": [{"meaning": "instance", "reference": {"reference": "Patient/olav-tveit"}}],
    }
    said = (await (await as_citizen(team)).search("Consent", [("patient", f"Patient/{WHO}")])).matches[0].resource()
    said.pop("id")
    about = {"patient": {"reference": "Patient/olav-tveit"}, "performer": [{"reference": "Patient/olav-tveit"}]}
    kept = await team.system.create(said | about | {"provision": deny})
    assert not isinstance(kept, Refusal), kept
    fields = {"ground": "weighty_reasons", "reason": REASON, "until": "60"}
    async with team.as_(CENTRE) as nurse:
        home = await nurse.get("/team")
        for path in ("", "/why", "/open"):
            pages = [await nurse.get(f"/team/people/{who}{path}") for who in ("olav-tveit", "no-tveit-x")]
            assert {one.status for one in pages} == {404}, path
            hidden, absent = (without_tokens(one.text) for one in pages)
            assert hidden == absent.replace("no-tveit-x", "olav-tveit")
        for path in ("/open", "/open/first"):
            answers = [await nurse.send(f"/team/people/{who}{path}", home, **fields) for who in ("olav-tveit", "no")]
            assert {one.status for one in answers} == {404}, path
        assert (await nurse.send("/team/people/olav-tveit/close", home)).status == 303
    await team.system.delete("Consent", kept.stored.id)
