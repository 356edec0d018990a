"""Signing in, staying in, being put out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from starlette.routing import Route

from saman.apps.audience import undeclared
from saman.apps.auth import identity as identity_module
from saman.apps.auth.identity import Identity
from saman.apps.auth.tokens import Tokens
from saman.apps.auth.users import find_users
from saman.kernel.outcome import Kind, Refusal
from saman.model.access import Assignment
from saman.record import Change

pytestmark = pytest.mark.postgres


def token_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


async def test_the_front_page_lists_people_by_role_and_finds_them_by_name(agder):
    async with agder.browser() as nobody:
        sent = await nobody.post("/", data={"q": "ingrid"})
        assert sent.status_code == 303
        assert re.fullmatch(r"/\?found=[\w-]+", sent.headers["location"])
        page = await nobody.get(sent.headers["location"])
        assert "Ingrid Aasen" in page.text
        assert "Olav Tveit" not in page.text


async def test_the_front_page_searches_for_what_is_posted_and_never_for_what_stands_in_an_address(agder):
    async with agder.browser() as nobody:
        front, old = (await nobody.get("/")).text, (await nobody.get("/?q=ingrid")).text
        offered = re.findall(r'name="user" value="([^"]+)"', front)
        assert re.findall(r'name="user" value="([^"]+)"', old) == offered
        assert 'value="ingrid"' not in old
        forged = (await nobody.get("/?found=aW5ncmlk")).text
        assert re.findall(r'name="user" value="([^"]+)"', forged) == offered
        assert 'method="post" action="/" role="search"' in front
        elsewhere = {"sec-fetch-site": "cross-site"}
        assert (await nobody.post("/", data={"q": "ingrid"}, headers=elsewhere)).status_code == 403
    async with agder.signed_in("ingrid-aasen") as citizen:
        token = token_in((await citizen.get("/")).text)
        assert (await citizen.post("/", data={"q": "olav"})).status_code == 403
        sent = await citizen.post("/", data={"q": "olav", "csrf": token})
        assert "Olav Tveit" in (await citizen.get(sent.headers["location"])).text


@pytest.mark.parametrize(
    ("user", "home"),
    [("ingrid-aasen", "/citizen"), ("Practitioner/silje-haugen", "/team"), ("tone-larsen", "/region/work")],
)
async def test_everybody_comes_to_the_own_room(agder, user, home):
    async with agder.browser() as browser:
        answer = await browser.post("/auth/demo", data={"user": user})
        assert (answer.status_code, answer.headers["location"]) == (303, home)
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie


async def test_behind_https_the_cookie_is_secure_and_bound_to_the_host(agder):
    async with agder.browser(agder.made(secure=True)) as browser:
        answer = await browser.post("/auth/demo", data={"user": "ingrid-aasen"})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-saman=")
        assert "Secure" in cookie


async def test_outside_demo_mode_nobody_can_be_chosen(agder):
    async with agder.browser(agder.made(demo=False)) as browser:
        assert (await browser.post("/auth/demo", data={"user": "ingrid-aasen"})).status_code == 404
        assert "Ingrid" not in (await browser.get("/")).text


async def test_an_unknown_person_is_refused_without_a_session(agder):
    async with agder.browser() as browser:
        answer = await browser.post("/auth/demo", data={"user": "nobody-at-all"})
        assert answer.status_code == 404
        assert "set-cookie" not in answer.headers


async def test_who_is_not_signed_in_is_sent_to_the_front_page(agder):
    async with agder.browser() as browser:
        for path in ("/citizen", "/citizen/who-looked", "/team"):
            answer = await browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await browser.get("/citizen", headers={"accept": "application/json"})).status_code == 401


async def test_rooms_of_others_stay_closed(agder):
    async with agder.signed_in("ingrid-aasen") as citizen, agder.signed_in("silje-haugen") as nurse:
        assert (await citizen.get("/team")).status_code == 403
        assert (await nurse.get("/citizen")).status_code == 403


async def test_a_form_from_elsewhere_is_refused(agder):
    async with agder.signed_in("ingrid-aasen") as citizen:
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}):
            answer = await citizen.post("/citizen/messages", data={"text": "Hi", "key": "k" * 20}, headers=headers)
            assert answer.status_code == 403
        assert (await citizen.post("/citizen/messages", data={"text": "Hi", "key": "k" * 20})).status_code == 403


async def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(agder):
    async with agder.signed_in("ingrid-aasen") as citizen, agder.browser() as copy:
        copy.cookies.update(citizen.cookies)
        page = (await citizen.get("/citizen")).text
        assert (await citizen.post("/auth/sign-out", data={"csrf": token_in(page)})).status_code == 303
        assert (await copy.get("/citizen")).status_code == 303


async def test_an_idle_session_and_an_old_one_are_over(agder):
    async with agder.signed_in("ingrid-aasen") as citizen:
        agder.clock.forward(minutes=59)
        assert (await citizen.get("/citizen")).status_code == 200
        agder.clock.forward(minutes=61)
        assert (await citizen.get("/citizen")).status_code == 303
    async with agder.signed_in("ingrid-aasen") as citizen:
        for _ in range(12):
            agder.clock.forward(minutes=58)
            assert (await citizen.get("/citizen")).status_code == 200
        agder.clock.forward(minutes=58)
        assert (await citizen.get("/citizen")).status_code == 303


async def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(agder):
    part = {"hx-request": "true"}
    async with agder.signed_in("silje-haugen") as nurse:
        for _ in range(29):
            agder.clock.forward(minutes=2)
            assert (await nurse.get("/team/new", headers=part)).status_code == 200
            assert (await nurse.head("/team/live")).status_code == 200
        agder.clock.forward(minutes=2)
        over = await nurse.get("/team/new", headers=part)
        assert (over.status_code, over.headers["hx-redirect"]) == (401, "/")
        assert over.text == ""
        assert (await nurse.get("/team")).status_code == 303


async def test_who_is_at_a_page_that_asks_by_itself_stays(agder):
    async with agder.signed_in("silje-haugen") as nurse:
        for _ in range(3):
            agder.clock.forward(minutes=40)
            assert (await nurse.get("/team")).status_code == 200
            assert (await nurse.get("/team/new")).status_code == 200


async def test_who_leaves_is_out_as_soon_as_the_membership_is_asked_again(agder, monkeypatch):
    monkeypatch.setattr(identity_module, "TRUSTED", 0.0)
    async with agder.signed_in("hanne-dahl") as nurse:
        assert (await nurse.get("/team")).status_code == 200
        role = await agder.system.read("PractitionerRole", "hanne-dahl")
        left = role.resource() | {"active": False}
        assert not isinstance(await agder.system.commit([Change(left, "hanne-dahl", role.version)]), Refusal)
        assert (await nurse.get("/team")).status_code == 303


async def test_a_token_lasts_as_long_as_it_says_and_no_longer_than_a_day(agder):
    tokens, now = Tokens(agder.store.secret), agder.clock()
    users = await find_users(agder.system, "silje-haugen")
    token = tokens.make(users[0], "TREAT", now, timedelta(minutes=5))
    read = tokens.read(token, now + timedelta(minutes=4))
    assert isinstance(read, Assignment)
    assert (read.role, read.party, read.actor) == (
        "telemedicine-nurse", "agder-telemedicine-centre", "Practitioner/silje-haugen",
    )  # fmt: skip
    assert isinstance(tokens.read(token, now + timedelta(minutes=5)), Refusal)
    assert isinstance(tokens.read(token, now - timedelta(minutes=1)), Refusal)
    long = tokens.make(users[0], "TREAT", now, timedelta(days=9))
    assert isinstance(tokens.read(long, now + timedelta(hours=25)), Refusal)


async def test_forged_tokens_are_refused(agder):
    tokens, now = Tokens(agder.store.secret), agder.clock()
    user = (await find_users(agder.system, "silje-haugen"))[0]
    good = tokens.make(user, "TREAT", now, timedelta(minutes=5))
    head, body, signature = good.split(".")
    none = "eyJhbGciOiJub25lIn0"
    other = Tokens(b"another secret").make(user, "TREAT", now, timedelta(minutes=5))
    for forged in ("", "x", f"{head}.{body}.", f"{none}.{body}.", f"{head}.{body}.{signature[::-1]}", other):
        read = tokens.read(forged, now)
        assert isinstance(read, Refusal)
        assert read.kind is Kind.UNAUTHENTICATED


async def test_the_interface_asks_for_a_token_and_shows_what_its_owner_may_see(agder):
    tokens, now = Tokens(agder.store.secret), agder.clock()

    async def read(who: str, path: str) -> int:
        user = (await find_users(agder.system, who))[0]
        token = tokens.make(user, user.purpose, now, timedelta(minutes=5))
        async with agder.browser() as client:
            return (await client.get(path, headers={"authorization": f"Bearer {token}"})).status_code

    async with agder.browser() as nobody:
        assert (await nobody.get("/fhir/Patient/ingrid-aasen")).status_code == 401
        assert (await nobody.get("/fhir/metadata")).status_code == 200
    assert await read("ingrid-aasen", "/fhir/Patient/ingrid-aasen") == 200
    assert await read("olav-tveit", "/fhir/Patient/ingrid-aasen") == 404
    assert await read("silje-haugen", "/fhir/Patient/ingrid-aasen") == 200
    assert await read("tone-larsen", "/fhir/Patient/ingrid-aasen") == 404


async def test_staff_share_a_context_and_citizens_have_their_own(agder):
    known = Identity(agder.store, Tokens(agder.store.secret), agder.clock)

    async def number(who: str) -> int:
        user = (await find_users(agder.system, who))[0]
        return await known.number(
            Assignment(
                number=0, kind=user.kind, purpose=user.purpose, role=user.role, party=user.party, actor=user.actor
            )
        )

    assert await number("silje-haugen") == await number("jon-bakke")
    assert await number("ingrid-aasen") != await number("olav-tveit")


def test_an_address_that_is_for_nobody_in_particular_does_not_start():
    assert undeclared([Route("/citizen/x", lambda request: None), Route("/secret", lambda request: None)]) == (
        "/secret",
    )


async def test_somebody_with_two_roles_changes_between_them_without_signing_in_again(agder):
    role = (await agder.system.read("PractitionerRole", "silje-haugen")).resource()
    other = role | {"id": "silje-elsewhere", "organization": {"reference": "Organization/homecare-grimstad"}}
    other["code"] = [{"coding": [{"system": "urn:saman:role", "code": "home-care-nurse"}]}]
    await agder.system.commit([Change(other, "silje-elsewhere", -1)])
    async with agder.signed_in("Practitioner/silje-haugen") as nurse:
        page = (await nurse.get("/auth/assignment?lang=en")).text
        assert page.count('name="assignment"') == 2
        wanted = "homecare-grimstad|home-care-nurse"
        answer = await nurse.post("/auth/assignment", data={"csrf": token_in(page), "assignment": wanted})
        assert answer.status_code == 303
        assert "home nurse" in (await nurse.get("/team?lang=en")).text.lower()


async def test_the_journeys_people_are_offered_first_in_their_roles(agder):
    async with agder.browser() as nobody:
        page = (await nobody.get("/?lang=en")).text
    offered = re.findall(r'name="user" value="([^"]+)"', page)
    assert offered[0] == "ingrid-aasen"
    assert {"silje-haugen", "eli-strand", "per-nilsen"} <= set(offered)
