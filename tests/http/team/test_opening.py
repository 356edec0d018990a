"""Why and why not on every person, and opening what a person has restricted: the whole way, and every way around it."""

from __future__ import annotations

import asyncio
import itertools
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from saman.flows.consent.choices import CLOSABLE, own_nos, say_no, take_back
from saman.kernel.outcome import Refusal
from saman.model.access import Assignment, Domain, Holder, read_country
from saman.record import Record
from saman.record.apps.clients import Client, Clients
from saman.record.context import Context
from saman.record.grants import open_context
from saman.record.log import log_of

from .conftest import AGDER, CENTRE, HOME_CARE, SATURDAY
from .test_person import without_tokens

pytestmark = pytest.mark.postgres

WHO, PLACE = "ingrid-aasen", "/team/people/ingrid-aasen"
OPEN, WHY = f"{PLACE}/open", f"{PLACE}/why"
UNIT = "agder-telemedicine-centre"
OTHER = "jon-bakke"
TOLD = "Somebody opened what you have restricted"
REASON = "The person is unconscious and the ambulance asks."
OPENING_ROWS = ("R05", "R06", "R07", "R08", "R09", "R10", "R11")


HOURS = itertools.count(1)
"""Each test that opens something begins two hours later: nobody opens more than five times within an hour."""


async def as_citizen(team, who=WHO):
    me = f"Patient/{who}"
    own = Assignment(number=0, kind=Holder.CITIZEN, purpose="PATRQT", role="citizen", party="", actor=me)
    number = await open_context(team.store.pool, own, team.store.policy)
    return Record(team.store, Context(number, me, "citizen", "", "PATRQT", team.clock(), "r", "citizen"))


@pytest.fixture
async def restricted(team):
    """Ingrid Aasen says no to the centre seeing her readings; gives the time at which the test begins."""
    team.clock.now = start = SATURDAY + timedelta(hours=2 * next(HOURS))
    own = await as_citizen(team)
    said = await say_no(own, UNIT, [Domain.READINGS])
    assert not isinstance(said, Refusal), said
    yield start
    own = await as_citizen(team)
    for no in await own_nos(own):
        await take_back(own, no.id)


@pytest.fixture
def country(team, monkeypatch):
    """Lets the rows about restricting and opening be those of another country."""

    def choose(code):
        roles = re.findall(r"\{id: ([a-z-]+)", (AGDER.parent / "roles.yaml").read_text("utf-8"))
        text = Path(AGDER.parent / f"countries/{code}.access.yaml").read_text("utf-8")
        other = read_country(f"{code}.access.yaml", text, roles)
        kept = [row for row in team.store.policy.rows if row.id not in OPENING_ROWS]
        rows = (*kept, *(row for row in other.rows if row.id in OPENING_ROWS))
        monkeypatch.setattr(team.store, "policy", msgspec.structs.replace(team.store.policy, rows=rows))

    return choose


async def opened(nurse, **fields):
    page = await nurse.get(OPEN)
    assert page.status == 200, page.text
    wanted = {"ground": "weighty_reasons", "reason": REASON, "until": "60"}
    return await nurse.send(OPEN, page, **(wanted | fields))


async def closed(nurse):
    page = await nurse.get("/team")
    return await nurse.send(f"{PLACE}/close", page)


async def test_why_names_ties_rules_and_what_would_open_the_rest(team):
    async with team.as_(CENTRE) as nurse:
        assert f'href="{WHY}"' in (await nurse.get(PLACE)).text
        page = await nurse.get(WHY)
        assert page.status == 200
        open_part, _, closed_part = page.text.partition("Why not the rest?")
        for said in ("Your unit is in the person", "Readings from home", "Open until further notice"):
            assert said in open_part
        assert "Social care" in closed_part
        assert "Ask somebody whose task it is" in closed_part
        assert "has restricted nothing" in closed_part
        assert OPEN not in page.text, "there is nothing to open"
        assert (await nurse.get(OPEN)).answer.headers["location"] == WHY


async def test_why_not_says_what_gives_access_and_nothing_about_anybody(team):
    async with team.as_(HOME_CARE) as nurse:
        page = await nurse.get("/team/why-not")
        assert "A tie to your unit" in page.text
        assert "It opens nobody to whom your unit has no tie" in page.text
        for sought in ("olav tveit", "zzz zzz"):
            sent = await nurse.send("/team/people", await nurse.get("/team/people"), q=sought)
            found = await nurse.get(sent.answer.headers["location"])
            assert 'href="/team/why-not"' in found.text
        for path in ("", "/why", "/open"):
            hidden, absent = (
                await nurse.get(f"/team/people/olav-tveit{path}"),
                await nurse.get(f"/team/people/no{path}"),
            )
            assert (hidden.status, absent.status) == (404, 404)
            assert 'href="/team/why-not"' in hidden.text
            same = without_tokens(absent.text.replace(f"/team/people/no{path}", f"/team/people/olav-tveit{path}"))
            assert without_tokens(hidden.text) == same
        for path in ("open", "open/first", "close"):
            fields = {"ground": "weighty_reasons", "reason": REASON, "until": "60"}
            answers = [await nurse.send(f"/team/people/{who}/{path}", page_of, **fields)
                       for who in ("olav-tveit", "no") for page_of in [await nurse.get("/team")]]  # fmt: skip
            assert answers[0].status == answers[1].status == (303 if path == "close" else 404)


async def test_a_professional_opens_reads_and_closes(team, restricted):
    async with team.as_(CENTRE) as nurse, team.as_(OTHER) as other:
        before = await nurse.get(PLACE)
        assert "The person has restricted something" in before.text
        assert "88 %" not in before.text
        why = await nurse.get(WHY)
        assert f'href="{OPEN}"' in why.text
        form = await nurse.get(OPEN)
        assert "There are weighty reasons" in form.text
        assert "A log reviewer at" in form.text
        assert "It opens for you alone" in form.text
        done = await opened(nurse)
        assert (done.status, done.answer.headers["location"]) == (303, PLACE)
        page = await nurse.get(PLACE)
        assert "You have opened what this person has restricted" in page.text
        assert "88 %" in page.text
        assert "The person has restricted something" not in page.text
        for path in ("/why", "/summary", "/visit", "/limit", "/open"):
            assert "Close now" in (await nurse.get(PLACE + path)).text or path == "/open", path
        assert "Close now" in (await nurse.get(f"/team/messages/{WHO}")).text
        request = re.search(r'href="(/team/requests/[^"?#]+)', page.text)
        assert "Close now" in (await nurse.get(request[1])).text
        assert (await nurse.get(OPEN)).answer.headers["location"] == PLACE
        assert "Close now" not in (await nurse.get("/team/people/olav-tveit")).text
        seen = await other.get(PLACE)
        assert "88 %" not in seen.text
        assert "Close now" not in seen.text
        assert (await closed(other)).status == 303
        assert "88 %" in (await nurse.get(PLACE)).text, "nobody closes it for another"
        looks = [one for one in await log_of(team.system, WHO) if one.purpose == "BTG"]
        assert looks
        assert all(one.ground.startswith("Task/") for one in looks if one.ground)
        for _ in range(2):
            assert (await closed(nurse)).answer.headers["location"] == PLACE
        assert "88 %" not in (await nurse.get(PLACE)).text


async def test_it_ends_by_itself_and_with_the_session(team, restricted):
    async with team.as_(CENTRE) as nurse:
        assert (await opened(nurse)).status == 303
        team.clock.now = restricted + timedelta(minutes=29)
        await nurse.get("/team")
        team.clock.now = restricted + timedelta(minutes=59, seconds=59)
        assert "88 %" in (await nurse.get(PLACE)).text
        team.clock.now = restricted + timedelta(minutes=60)
        page = await nurse.get(PLACE)
        assert "88 %" not in page.text
        assert "Close now" not in page.text
        assert (await closed(nurse)).status == 303


async def test_twice_and_at_once_is_one_opening(team, restricted):
    async with team.as_(CENTRE) as nurse:
        form = await nurse.get(OPEN)
        fields = {"ground": "weighty_reasons", "reason": REASON, "until": "60"}
        answers = await asyncio.gather(*(nurse.send(OPEN, form, **fields) for _ in range(4)))
        assert {one.answer.headers["location"] for one in answers} == {PLACE}
        assert (await nurse.send(OPEN, form, **fields)).answer.headers["location"] == PLACE
        assert len(await lasting_tasks(team)) == 1
        await closed(nurse)


async def lasting_tasks(team):
    found = await team.system.search("Task", [("code", "urn:saman:task|opening"), ("patient", WHO)])
    ends = [one.resource().get("restriction", {}).get("period", {}).get("end", "") for one in found.matches]
    now = team.clock().isoformat()[:19]
    return [end for end in ends if end > now]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ground": ""}, "Choose the ground."),
        ({"ground": "curiosity"}, "Choose the ground."),
        ({"reason": "because"}, "Write why, in a sentence"),
        ({"reason": "x" * 1001}, "Write why, in a sentence"),
        ({"until": "99999"}, "Choose for how long."),
        ({"until": "-60"}, "Choose for how long."),
        ({"until": ""}, "Choose for how long."),
    ],
)
async def test_a_wrong_form_opens_nothing_and_keeps_what_was_written(team, restricted, fields, said):
    async with team.as_(CENTRE) as nurse:
        page = await opened(nurse, **fields)
        assert page.status == 422
        assert said in page.text
        assert (fields.get("reason") or REASON)[:40] in page.text
        assert await lasting_tasks(team) == []


async def test_a_hidden_restriction_looks_like_none(team, country):
    country("fi")
    own = await as_citizen(team)
    pages = []
    async with team.as_(CENTRE) as nurse:
        for kinds in ((), (Domain.READINGS,), CLOSABLE):
            if kinds:
                assert not isinstance(await say_no(own, UNIT, kinds), Refusal)
                assert "has restricted" not in (await nurse.get(PLACE)).text
                assert "88 %" not in (await nurse.get(PLACE)).text
            pages.append([without_tokens((await nurse.get(path)).text) for path in (WHY, OPEN)])
        for no in await own_nos(own):
            await take_back(own, no.id)
    assert pages[0] == pages[1]
    assert "cannot be seen here" in pages[0][0]
    assert "A law gives me the right" in pages[0][1]
    assert pages[2][1] == pages[0][1]
    assert "care team." not in pages[2][0], "the care team is part of what is closed"
    assert "a part in the person" in pages[2][0]
    assert "needs a tie" not in pages[2][0], "that there is one is plain"


async def test_sweden_asks_for_two_steps(team, country, restricted):
    country("se")
    fields = {"ground": "incapable_and_needed", "reason": REASON, "until": "10080"}
    async with team.as_(CENTRE) as nurse, team.as_(OTHER) as other:
        form = await nurse.get(OPEN)
        assert "Step 1 of 2" in form.text
        assert "Learn who holds it" in form.text
        direct = await nurse.send(OPEN, form, **fields)
        assert (direct.status, "The first step was not taken" in direct.text) == (422, True)
        steps = {(await nurse.send(f"{OPEN}/first", form)).answer.headers["location"] for _ in range(2)}
        assert len(steps) == 1, "taking it again is the same step"
        place = steps.pop()
        step = place.partition("of=")[2]
        theirs = await other.send(OPEN, await other.get(OPEN), **fields, step=step)
        assert (theirs.status, await lasting_tasks(team)) == (422, [])
        assert (await other.get(place)).status == 422
        second = await nurse.get(place)
        assert "Step 2 of 2" in second.text
        assert "Who holds it is not said." in second.text
        assert "The person is told at once" in second.text
        assert "88 %" not in (await nurse.get(PLACE)).text, "nothing is opened yet"
        team.clock.now = restricted + timedelta(minutes=20)
        await nurse.get("/team")
        assert (await nurse.send(OPEN, second, **fields, step=step)).answer.headers["location"] == PLACE
        assert "88 %" in (await nurse.get(PLACE)).text
        await closed(nurse)
        again = await nurse.send(OPEN, second, **fields, step=step)
        assert again.status == 422, "a step opens once"


async def test_an_old_first_step_counts_no_more(team, country, restricted):
    country("se")
    fields = {"ground": "incapable_and_needed", "reason": REASON, "until": "60"}
    async with team.as_(CENTRE) as nurse:
        place = (await nurse.send(f"{OPEN}/first", await nurse.get(OPEN))).answer.headers["location"]
        second = await nurse.get(place)
        for minutes in (25, 50, 61):
            team.clock.now = restricted + timedelta(minutes=minutes)
            await nurse.get("/team")
        late = await nurse.send(OPEN, second, **fields, step=place.partition("of=")[2])
        assert (late.status, await lasting_tasks(team)) == (422, [])


async def test_who_has_left_opens_nothing(team, restricted):
    fields = {"ground": "weighty_reasons", "reason": REASON, "until": "60"}
    async with team.as_(OTHER) as nurse:
        form = await nurse.get(OPEN)
        assert (await opened(nurse)).status == 303
        roles = await team.system.search("PractitionerRole", [("practitioner", f"Practitioner/{OTHER}")])
        (held,) = (one.resource() for one in roles.matches if UNIT in one.body)
        await team.system.update("PractitionerRole", held["id"], held | {"active": False})
        try:
            for answer in (await nurse.get(PLACE), await nurse.send(OPEN, form, **fields)):
                assert (answer.status, answer.answer.headers["location"]) == (303, "/")
        finally:
            await team.system.update("PractitionerRole", held["id"], held)


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


async def all_read(citizen):
    """Says of every notice that it was read."""
    page = await citizen.get("/citizen")
    for notice in re.findall(r"/citizen/notices/([^/]+)/read", page.text):
        assert (await citizen.send(f"/citizen/notices/{notice}/read", page)).status == 303
    assert TOLD not in (await citizen.get("/citizen")).text


async def ordinary(team, user, role):
    """The record as somebody at the centre always sees it."""
    own = Assignment(number=0, kind=Holder.STAFF, purpose="TREAT", role=role, party=UNIT)
    number = await open_context(team.store.pool, own, team.store.policy)
    return Record(team.store, Context(number, f"Practitioner/{user}", role, UNIT, "TREAT", team.clock(), "r"))


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


async def test_a_deputy_reviews_what_the_reviewer_opened_and_sees_when_it_is_due(team, restricted):
    async with team.as_(CENTRE) as nurse:
        assert (await opened(nurse)).status == 303
        await closed(nurse)
    async with team.as_("unni-lund") as reviewer:
        page = await reviewer.get("/review/openings")
        assert REASON.replace("'", "&#39;") in page.text
        assert "Due " in page.text


async def test_registered_apps_are_opened_from_the_persons_page(team):
    clients = Clients(team.store.pool)
    made = {"name": "Growth <b>chart</b>", "kind": "public", "redirects": ("https://app.example/back",)}
    scope = "launch patient/*.rs"
    async with team.as_(CENTRE) as nurse, team.as_(HOME_CARE) as other:
        assert "/auth/launch" not in (await nurse.get(PLACE)).text
        back_end = Client(id="a-machine", registered=team.clock(), scope="system/*.rs", **made)
        await clients.add(back_end)
        assert "/auth/launch" not in (await nurse.get(PLACE)).text, "it cannot be opened from a page"
        app = Client(id="growth", registered=team.clock(), launch="https://app.example/in", scope=scope, **made)
        await clients.add(app)
        page = await nurse.get(PLACE)
        assert 'value="growth"' in page.text
        assert "Open Growth &lt;b&gt;chart&lt;/b&gt;" in page.text
        launched = await nurse.send("/auth/launch", page, client="growth", patient=WHO)
        assert launched.status == 200
        assert "app.example" in launched.text
        assert WHO not in re.sub(r"<form.*", "", launched.text, flags=re.DOTALL)
        hidden = await other.send("/auth/launch", await other.get("/team"), client="growth", patient="olav-tveit")
        absent = await other.send("/auth/launch", await other.get("/team"), client="growth", patient="nobody")
        assert hidden.status == absent.status == 404
        for id in ("growth", "a-machine"):
            await clients.remove(id, team.clock())


@pytest.mark.parametrize("language", ["sv", "nb", "da", "fi", "is"])
async def test_pages_leave_nothing_untranslated(team, restricted, language):
    told = {"sv": "tungt vägande", "nb": "tungtveiende", "da": "tungtvejende", "fi": "painavia", "is": "veigamiklar"}
    async with team.as_(CENTRE) as nurse:
        form = await nurse.get(f"{OPEN}?lang={language}")
        assert told[language] in form.text
        for path in (WHY, "/team/why-not"):
            page = await nurse.get(f"{path}?lang={language}")
            for left in ("What people restrict", "A tie to your unit", "Open until further notice", "In an emergency"):
                assert left not in page.text


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
