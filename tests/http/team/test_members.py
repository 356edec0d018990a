"""A team leader adds a substitute, a local administrator keeps members: pages, rules, and what the log says of it."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from saman.apps.auth import identity as identity_module
from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import find_users
from saman.kernel.outcome import Refusal
from saman.model.access.writing import may_write
from saman.record.membership import held_until, members_of
from tests.http.team.conftest import SATURDAY

pytestmark = pytest.mark.postgres

LEADER, ADMINISTRATOR, NURSE, WORKER = "hege-rike", "turid-moen", "eli-strand", "amina-yusuf"
CENTRE = "agder-telemedicine-centre"
SUBSTITUTES, MEMBERS = "/team/substitutes", "/team/members"
TONIGHT = "2026-11-21T15:30"
"""15:30 in Agder, as its form field holds it."""


async def add(who, base, page=None, **fields):
    """Send the form of somebody of the directory (`of`), or of somebody new."""
    page = page or await who.get(f"{base}/new?lang=en&of={fields.get('of', '')}")
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    assert key, page.text
    wanted = {
        "key": key[1], "unit": CENTRE, "role": "telemedicine-nurse", "since": "", "until": TONIGHT, "reason": "Ill",
    }  # fmt: skip
    return await who.send(f"{base}/new", page, **(wanted | fields))


def line(page, name):
    """Id and version of the first row of somebody."""
    row = next(one for one in re.findall(r'<tr role="row">.*?</tr>', page.text, re.DOTALL) if name in one)
    found = re.search(r'action="/team/\w+/([^/]+)/end".*?name="version" value="(\d+)"', row, re.DOTALL)
    return (found[1], int(found[2])) if found else None


async def all_ended(team):
    """Nobody is a substitute at the centre any more."""
    async with team.as_(LEADER) as leader:
        while (page := await leader.get(f"{SUBSTITUTES}?lang=en")).text.count("/end"):
            id, version = re.findall(r'/substitutes/([^/]+)/end".*?name="version" value="(\d+)"', page.text, re.DOTALL)[
                0
            ]
            assert (await leader.send(f"{SUBSTITUTES}/{id}/end", page, version=version)).status == 303


async def test_a_leader_finds_a_colleague_adds_them_until_the_end_of_the_shift_and_ends_it(team):
    async with team.as_(LEADER) as leader:
        start = await leader.get(f"{SUBSTITUTES}?lang=en")
        assert "No substitutes just now" in start.text
        sent = await leader.send(f"{SUBSTITUTES}/find", start, q="strand")
        place = sent.answer.headers["location"]
        assert "strand" not in place
        found = await leader.get(place)
        assert "Eli Strand" in found.text
        assert "Home nurse" in found.text or "home nurse" in found.text
        form = await leader.get(f"{SUBSTITUTES}/new?of={NURSE}&lang=en")
        assert f'value="{TONIGHT}"' in form.text
        done = await add(leader, SUBSTITUTES, form, of=NURSE)
        assert done.status == 303
        page = await leader.get(done.answer.headers["location"])
        assert "Eli Strand has the role." in page.text
        assert "Hege Rike" in page.text
        id, version = line(page, "Eli Strand")
        ended = await leader.send(f"{SUBSTITUTES}/{id}/end", page, version=version)
        assert (
            "Eli Strand does not have the role any more." in (await leader.get(ended.answer.headers["location"])).text
        )
    assert await held_until(team.store.pool, f"Practitioner/{NURSE}", CENTRE, "telemedicine-nurse", SATURDAY) is None


async def test_a_substitute_switches_to_the_unit_without_signing_in_again_and_is_out_when_time_is_up(team):
    async with team.as_(NURSE) as nurse, team.as_(LEADER) as leader:
        assert "Telemedisinsk sentral" not in (await nurse.get("/auth/assignment?lang=en")).text
        assert (await add(leader, SUBSTITUTES, of=NURSE)).status == 303
        choose = await nurse.get("/auth/assignment?lang=en")
        assert "Telemedisinsk sentral" in choose.text
        assert "until" in choose.text
        chosen = await nurse.send("/auth/assignment", choose, assignment=f"{CENTRE}|telemedicine-nurse")
        assert chosen.status == 303
        assert "Ingrid Aasen" in (await nurse.get("/team")).text
        for minutes in range(40, 210, 40):
            team.clock.now = SATURDAY + timedelta(minutes=minutes)
            assert (await nurse.get("/team")).status == 200
        team.clock.now = SATURDAY + timedelta(hours=3, minutes=29, seconds=59)
        assert (await nurse.get("/team")).status == 200
        team.clock.now = SATURDAY + timedelta(hours=3, minutes=30)
        assert (await nurse.get("/team")).status == 303
    team.clock.now = SATURDAY


async def test_ending_a_role_ends_its_pages_at_once_and_its_tokens_within_a_minute(team, monkeypatch):
    await all_ended(team)
    async with team.as_(LEADER) as leader, team.as_(NURSE) as nurse:
        assert (await add(leader, SUBSTITUTES, of=NURSE)).status == 303
        choose = await nurse.get("/auth/assignment?lang=en")
        await nurse.send("/auth/assignment", choose, assignment=f"{CENTRE}|telemedicine-nurse")
        assert (await nurse.get("/team")).status == 200
        user = next(u for u in await find_users(team.system, f"Practitioner/{NURSE}") if u.party == CENTRE)
        token = Tokens(team.store.secret).make(user, "TREAT", team.clock(), timedelta(hours=1))
        bearer = {"authorization": f"Bearer {token}"}
        assert (await nurse.client.get("/fhir/Patient/ingrid-aasen", headers=bearer)).status_code == 200
        page = await leader.get(f"{SUBSTITUTES}?lang=en")
        id, version = line(page, "Eli Strand")
        assert (await leader.send(f"{SUBSTITUTES}/{id}/end", page, version=version)).status == 303
        assert (await nurse.get("/team")).status == 303
        # What was found is believed for at most half a minute, after which the token is asked for anew.
        assert identity_module.TRUSTED <= 30
        monkeypatch.setattr(identity_module, "TRUSTED", 0.0)
        assert (await nurse.client.get("/fhir/Patient/ingrid-aasen", headers=bearer)).status_code == 403


async def test_ending_and_adding_can_be_undone_while_nobody_was_first(team):
    await all_ended(team)
    async with team.as_(LEADER) as leader:
        done = await add(leader, SUBSTITUTES, of=NURSE)
        page = await leader.get(f"{done.answer.headers['location']}&lang=en")
        id, version = line(page, "Eli Strand")
        ended = await leader.send(f"{SUBSTITUTES}/{id}/end", page, version=version)
        assert ended.answer.headers["location"] == f"{SUBSTITUTES}?done=ended.{id}.2"
        page = await leader.get(ended.answer.headers["location"])
        undone = await leader.send(f"{SUBSTITUTES}/{id}/undo", page, version=2)
        page = await leader.get(undone.answer.headers["location"])
        assert "It is as it was." in page.text
        assert line(page, "Eli Strand") == (id, 3)
        stale = await leader.send(f"{SUBSTITUTES}/{id}/end", page, version=1)
        assert stale.status == 412
        assert "Somebody else has changed this" in stale.text
        assert line(await leader.get(SUBSTITUTES), "Eli Strand") == (id, 3)


async def test_sending_twice_adds_once(team):
    await all_ended(team)
    async with team.as_(LEADER) as leader:
        form = await leader.get(f"{SUBSTITUTES}/new?of={NURSE}&lang=en")
        first, second = [await add(leader, SUBSTITUTES, form, of=NURSE) for _ in range(2)]
        assert first.answer.headers["location"] == second.answer.headers["location"]
        other = await add(leader, SUBSTITUTES, of=NURSE)
        assert (other.status, "They hold this role in this unit then." in other.text) == (422, True)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"unit": "homecare-grimstad"}, "Choose your own unit"),
        ({"unit": "municipality-kristiansand"}, "Choose your own unit"),
        ({"role": "team-leader"}, "You cannot give this role"),
        ({"role": "log-reviewer"}, "You cannot give this role"),
        ({"role": "hospital-doctor"}, "You cannot give this role"),
        ({"until": ""}, "Say until when."),
        ({"until": "2026-11-21T11:59"}, "The end must come after"),
        ({"since": "2026-11-21T14:00", "until": "2026-11-21T13:00"}, "The end must come after"),
        ({"until": "2027-06-01T12:00"}, "at most 92 days"),
        ({"until": "soon"}, "Write a day and a time."),
        ({"reason": "  "}, "Write why."),
    ],
)
async def test_no_substitute_gets_more_than_the_leader_has_to_give(team, fields, said):
    await all_ended(team)
    async with team.as_(LEADER) as leader:
        refused = await add(leader, SUBSTITUTES, **({"of": NURSE} | fields))
        assert refused.status == 422
        assert said in refused.text
        assert "No substitutes just now" in (await leader.get(f"{SUBSTITUTES}?lang=en")).text


async def test_a_leader_gives_themself_nothing(team):
    async with team.as_(LEADER) as leader:
        refused = await add(leader, SUBSTITUTES, of=LEADER, licence="1", looked_up="on")
        assert (refused.status, "You cannot give yourself a role" in refused.text) == (422, True)
        for act in ("end", "undo"):
            own = await leader.send(f"{SUBSTITUTES}/{LEADER}/{act}", await leader.get(SUBSTITUTES), version=1)
            assert own.status == 404
        assert (await leader.get(f"{SUBSTITUTES}/{LEADER}/dates")).status == 404


async def test_a_leader_ends_nobody_who_is_no_substitute(team):
    async with team.as_(LEADER) as leader:
        page = await leader.get(SUBSTITUTES)
        assert (await leader.send(f"{SUBSTITUTES}/silje-haugen/end", page, version=1)).status == 404
    assert await held_until(team.store.pool, "Practitioner/silje-haugen", CENTRE, "telemedicine-nurse", SATURDAY)


async def test_a_licensed_role_needs_a_licence_that_somebody_has_looked_up(team):
    await all_ended(team)
    async with team.as_(LEADER) as leader:
        refused = await add(leader, SUBSTITUTES, of=WORKER)
        assert "This role needs a licence" in refused.text
        refused = await add(leader, SUBSTITUTES, of=WORKER, licence="990 1234")
        assert "Look the number up in the register first" in refused.text
        assert (await add(leader, SUBSTITUTES, of=WORKER, licence="990 1234", looked_up="on")).status == 303
    kept = (await team.system.read("Practitioner", WORKER)).resource()
    (held,) = kept["qualification"]
    assert held["identifier"][0]["value"] == "9901234"
    assert held["extension"][0]["valueReference"]["reference"] == f"Practitioner/{LEADER}"


async def test_somebody_new_comes_into_the_directory_with_name_and_licence_and_only_once(team):
    await all_ended(team)
    async with team.as_(LEADER) as leader:
        nameless = await add(leader, SUBSTITUTES, licence="7777777", looked_up="on")
        assert (nameless.status, "Write the name." in nameless.text) == (422, True)
        new = {"given": "Vera", "family": "Vik", "licence": "7777777", "looked_up": "on"}
        assert (await add(leader, SUBSTITUTES, **new)).status == 303
        again = await add(leader, SUBSTITUTES, **new)
        assert "Somebody with this number is in the directory already." in again.text
    users = await find_users(team.system, (await members_of(team.store.pool, [CENTRE], team.clock()))[-1].practitioner)
    assert not isinstance(users, Refusal)


async def test_who_has_no_say_has_no_page(team):
    for who in (NURSE, "silje-haugen", "rolf-as"):
        async with team.as_(who) as other:
            page = await other.get("/team")
            for base in (SUBSTITUTES, MEMBERS):
                assert (await other.get(base)).status == 403
                assert (await other.get(f"{base}/new?of={WORKER}")).status == 403
                sent = {"of": WORKER, "unit": CENTRE, "role": "telemedicine-nurse", "until": TONIGHT, "key": "k" * 20}
                refused = await other.client.post(f"{base}/new", data={"csrf": page.token, "reason": "x", **sent})
                assert refused.status_code == 403


async def test_nobody_has_the_rights_of_these_pages_through_the_interface(team):
    role = (await team.system.read("PractitionerRole", NURSE)).resource()
    for who in (LEADER, ADMINISTRATOR):
        user = (await find_users(team.system, f"Practitioner/{who}"))[0]
        token = Tokens(team.store.secret).make(user, "TREAT", team.clock(), timedelta(minutes=5))
        async with team.browser() as client:
            headers = {"authorization": f"Bearer {token}"}
            answer = await client.put(f"/fhir/PractitionerRole/{NURSE}", json=role, headers=headers)
            assert answer.status_code == 403
    context = team.system.context.assignment
    assert may_write(context, "PractitionerRole", "update").verdict.value == "permit"


async def test_the_log_names_who_gave_and_who_ended(team, database):
    await all_ended(team)
    async with team.as_(LEADER) as leader:
        done = await add(leader, SUBSTITUTES, of=NURSE)
        id = done.answer.headers["location"].split(".")[1]
        page = await leader.get(SUBSTITUTES)
        await leader.send(f"{SUBSTITUTES}/{id}/end", page, version=1)
    history = await team.system.history("PractitionerRole", id)
    assert [one.version for one in history.matches] == [2, 1]
    rows = logged(database, id)
    assert [(row["action"], row["actor"], row["role"], row["party"]) for row in rows] == [
        ("C", f"Practitioner/{LEADER}", "team-leader", CENTRE),
        ("U", f"Practitioner/{LEADER}", "team-leader", CENTRE),
    ]


def logged(database, id):
    """The writes of one resource, as the log has them."""
    with psycopg.connect(database.superuser_url, row_factory=dict_row) as connection:
        return connection.execute(
            "SELECT * FROM audit WHERE id = %s AND action IN ('C', 'U', 'D') ORDER BY entry", [id]
        ).fetchall()


async def test_an_administrator_keeps_the_organisation_and_its_units(team):
    async with team.as_(ADMINISTRATOR) as keeper:
        page = await keeper.get(f"{MEMBERS}?lang=en")
        assert "Eli Strand" in page.text
        assert "Marte Olsen" in page.text
        assert "Silje Haugen" not in page.text
        assert line(page, "Turid Moen") is None
        done = await add(
            keeper, MEMBERS, of="hanne-dahl", unit="homecare-grimstad", role="home-care-nurse", until="", reason=""
        )
        assert done.status == 303
        page = await keeper.get(MEMBERS)
        id, version = line(page, "Hanne Dahl")
        form = await keeper.get(f"{MEMBERS}/{id}/dates")
        until = {"since": "2026-11-21T12:00", "until": "2026-12-24T12:00", "version": version}
        changed = await keeper.send(f"{MEMBERS}/{id}/dates", form, **until)
        assert changed.status == 303
        end = await held_until(
            team.store.pool, "Practitioner/hanne-dahl", "homecare-grimstad", "home-care-nurse", SATURDAY
        )
        assert end.isoformat() == "2026-12-24T11:00:00+00:00"
        past = await keeper.send(f"{MEMBERS}/{id}/dates", form, **(until | {"until": "2026-11-20T12:00", "version": 2}))
        assert "The end must come after" in past.text
        page = await keeper.get(MEMBERS)
        assert (await keeper.send(f"{MEMBERS}/{id}/end", page, version=2)).status == 303


async def test_an_administrator_cannot_become_anything_else_or_reach_other_organisations(team):
    async with team.as_(ADMINISTRATOR) as keeper:
        own = await add(keeper, MEMBERS, of=ADMINISTRATOR, unit="homecare-grimstad", role="home-care-worker", until="")
        assert "You cannot give yourself a role" in own.text
        there = await add(keeper, MEMBERS, of=NURSE, unit=CENTRE, role="telemedicine-nurse", until="")
        assert "Choose your own unit" in there.text
        page = await keeper.get(MEMBERS)
        assert (await keeper.send(f"{MEMBERS}/silje-haugen/end", page, version=1)).status == 404
        assert (await keeper.send(f"{MEMBERS}/{ADMINISTRATOR}/end", page, version=1)).status == 404


async def test_an_administrator_sees_no_care_data(team):
    async with team.as_(ADMINISTRATOR) as keeper:
        assert (await keeper.get("/team/people/ingrid-aasen")).status == 404
        assert "Ingrid" not in (await keeper.get("/team")).text + (await keeper.get("/team/people")).text
    user = (await find_users(team.system, f"Practitioner/{ADMINISTRATOR}"))[0]
    token = Tokens(team.store.secret).make(user, "TREAT", team.clock(), timedelta(minutes=5))
    async with team.browser() as client:
        for kind in ("Patient", "Observation", "CarePlan", "Condition", "Task", "CareTeam", "Communication", "Consent"):
            answer = await client.get(f"/fhir/{kind}?_count=1", headers={"authorization": f"Bearer {token}"})
            assert answer.json().get("entry", []) == []
