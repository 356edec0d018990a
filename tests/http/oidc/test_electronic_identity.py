"""Signing in at a provider that others wrote: who one is here, as whom, how surely, and out again."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.http.oidc.conftest import ACCOUNTS, LOW, NUMBER, SECRET, SUBSTANTIAL

pytestmark = pytest.mark.postgres


def keys(page: str) -> list[str]:
    """What the choice offers."""
    return re.findall(r'name="user" value="([^"]+)"', page)


async def test_the_front_page_offers_what_is_on_and_nobody_to_choose(eid):
    async with eid.browser() as browser:
        page = (await browser.get("/")).text
        assert 'href="/auth/eid/id-porten"' in page
        assert 'href="/auth/eid/id-porten/work"' in page
        assert 'href="/auth/eid/helseid/work"' in page
        assert 'href="/auth/eid/helseid"' not in page
        assert "/auth/demo" not in page
        assert (await browser.get("/auth/eid/helseid")).status_code == 404


async def test_a_citizen_comes_to_the_own_plan_under_the_name_in_the_record(eid):
    async with eid.browser() as browser:
        answer = await eid.sign_in(browser, "ingrid-aasen")
        assert (answer.status_code, answer.headers["location"]) == (303, "/citizen")
        assert "Ingrid Aasen" in (await browser.get("/citizen")).text


async def test_a_nurse_comes_to_work(eid):
    async with eid.browser() as browser:
        address = (await browser.get("/auth/eid/helseid/work")).headers["location"]
        answer = await browser.get(await eid.prove(browser, address, "silje"))
        assert (answer.status_code, answer.headers["location"]) == (303, "/team")
        assert "Silje Haugen" in (await browser.get("/team")).text


async def test_requests_are_pushed_and_proved_with_a_key_and_a_challenge(eid):
    async with eid.browser(eid.made()) as browser:
        address = await eid.off(browser)
        assert set(re.findall(r"[?&]([a-z_]+)=", address)) == {"client_id", "request_uri"}
        pushed = next(form for form in eid.middle.forms if "nonce" in form)
        assert pushed["code_challenge_method"] == "S256"
        assert pushed["acr_values"] == SUBSTANTIAL
        assert pushed["prompt"] == "login"
        assert pushed["client_assertion"].count(".") == 2
        answer = await browser.get(await eid.prove(browser, address, "ingrid-aasen"))
        assert answer.headers["location"] == "/citizen"
        exchanged = next(form for form in eid.middle.forms if form.get("grant_type") == "authorization_code")
        assert exchanged["client_assertion"] != pushed["client_assertion"]
        assert len(exchanged["code_verifier"]) == 43


async def test_a_provider_that_has_only_secrets_is_proved_to_with_the_secret(eid):
    async with eid.browser(eid.with_secret()) as browser:
        assert (await eid.sign_in(browser, "ingrid-aasen")).headers["location"] == "/citizen"
        assert not any(SECRET in str(form) for form in eid.middle.forms)


async def test_whoever_is_several_chooses_as_whom(eid):
    async with eid.browser() as browser:
        answer = await eid.sign_in(browser, "both")
        assert answer.headers["location"] == "/auth/as"
        page = (await browser.get("/auth/as")).text
        offered = keys(page)
        assert [key.partition("/")[0] for key in offered] == ["Patient", "RelatedPerson", "Practitioner"]
        assert "Ingrid Aasen" in page, "a relative sees for whom"
        assert "Not the name in the record" not in page
        relative = next(key for key in offered if key.startswith("RelatedPerson"))
        entered = await browser.post("/auth/as", data={"user": relative})
        assert (entered.status_code, entered.headers["location"]) == (303, "/citizen")
        assert (await browser.post("/auth/as", data={"user": relative})).status_code in (400, 403), "the choice is made"


async def test_whoever_is_several_changes_without_the_provider_and_never_into_work(eid):
    async with eid.browser() as browser:
        await eid.sign_in(browser, "both")
        citizen, relative, staff = keys((await browser.get("/auth/as")).text)
        await browser.post("/auth/as", data={"user": citizen})
        page = (await browser.get("/auth/people")).text
        offered = re.findall(r'name="user" value="([^"]+)"', page)
        assert offered == [citizen.partition("|")[0], relative.partition("|")[0]]
        token = re.search(r'name="csrf" value="([^"]+)"', page)[1]
        work = await browser.post("/auth/people", data={"csrf": token, "user": staff.partition("|")[0]})
        assert work.status_code == 404
        gone = await browser.post("/auth/people", data={"csrf": token, "user": offered[1]})
        assert (gone.status_code, gone.headers["location"]) == (303, "/citizen")


async def test_nobody_chooses_to_be_another(eid):
    async with eid.browser() as browser:
        await eid.sign_in(browser, "both")
        answer = await browser.post("/auth/as", data={"user": "Patient/ingrid-aasen||citizen"})
        assert answer.status_code == 403
        assert "saman" not in browser.cookies
        assert (await browser.get("/auth/as")).headers["location"] == "/", "and has to begin again"


async def test_work_needs_the_level_that_the_country_asks_of_staff(eid):
    async with eid.browser() as browser:
        refused = await eid.sign_in(browser, "silje", acr=SUBSTANTIAL)
        assert refused.status_code == 403
        assert "surer sign-in" in refused.text
    async with eid.browser() as browser:
        assert (await eid.sign_in(browser, "both", acr=SUBSTANTIAL)).headers["location"] == "/auth/as"
        page = (await browser.get("/auth/as")).text
        assert not any(key.startswith("Practitioner") for key in keys(page))
        assert "surer sign-in" in page


async def test_with_a_way_for_work_alone_nobody_is_a_citizen(eid):
    async with eid.browser() as browser:
        address = (await browser.get("/auth/eid/helseid/work")).headers["location"]
        await browser.get(await eid.prove(browser, address, "both"))
        offered = keys((await browser.get("/auth/as")).text)
        assert not any(key.startswith(("Patient", "RelatedPerson")) for key in offered)


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ("stranger", "not registered here"),
        ("twin", "more than one person"),
        ("gone", "not registered here"),
        ("unnumbered", "does not say who you are"),
        ("odd", "does not say who you are"),
        ("nobody", "You stopped before"),
    ],
)
async def test_who_cannot_be_told_apart_is_told_why_and_signed_in_as_nobody(eid, account, said):
    async with eid.browser() as browser:
        answer = await eid.sign_in(browser, account)
        assert answer.status_code == 403
        assert said in answer.text
        assert 'href="/"' in answer.text
        assert ACCOUNTS.get(account, {}).get("pid", "no number") not in answer.text
        assert "saman" not in browser.cookies


@pytest.mark.parametrize("acr", [LOW, None, "invented"])
async def test_a_sign_in_that_is_not_sure_enough_opens_nothing(eid, acr):
    async with eid.browser() as browser:
        answer = await eid.sign_in(browser, "ingrid-aasen", acr=acr)
        assert answer.status_code == 403
        assert "saman" not in browser.cookies


async def test_a_protected_identity_signs_in_without_any_name_from_the_provider(eid):
    there = await eid.system.read("Patient", "olav-tveit")
    person = there.resource()
    person["meta"].setdefault("security", []).append({"system": "urn:saman:category", "code": "protected-address"})
    await eid.system.update("Patient", "olav-tveit", person)
    async with eid.browser() as browser:
        answer = await eid.sign_in(browser, "olav-tveit")
        assert (answer.status_code, answer.headers["location"]) == (303, "/citizen")


KEPT = re.compile(r"audit|ledger|leaf|staged|session|sign_in|outbox|once|draft|notice")
"""Tables of the log, of sessions and of what is under way."""


async def test_the_number_stands_in_no_address_log_session_or_step(eid, database, capfd):
    there = (await eid.system.read("Patient", "ingrid-aasen")).resource()
    number = next(each["value"] for each in there["identifier"] if each["system"] == NUMBER)
    async with eid.browser() as browser:
        first = await eid.off(browser)
        back = await eid.prove(browser, first, "ingrid-aasen")
        await browser.get(back)
        await browser.get("/citizen")
        await eid.sign_in(browser, "stranger")
    told = capfd.readouterr()
    assert "signed in" in told.out + told.err
    for place in (first, back, *eid.middle.calls, told.out, told.err):
        assert number not in place
    with psycopg.connect(database.superuser_url) as connection:
        named = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = [name for (name,) in named if KEPT.search(name)]
        assert {"audit", "session", "sign_in_begun"} <= set(tables)
        rows = [str(row) for table in tables for row in connection.execute(f'SELECT t::text FROM "{table}" t')]
    assert any("Patient?identifier" in row for row in rows), "the log says that it was asked for"
    assert not any(number in row or ACCOUNTS["stranger"]["pid"] in row for row in rows)


async def test_signing_out_leads_on_to_the_provider_without_naming_anybody(eid):
    async with eid.browser() as browser:
        await eid.sign_in(browser, "ingrid-aasen")
        token = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/citizen")).text)[1]
        page = await browser.post("/auth/sign-out", data={"csrf": token})
        assert page.status_code == 200
        assert page.headers["clear-site-data"] == '"cache"'
        assert (await browser.get("/citizen")).headers["location"] == "/"
        there = re.search(r'href="(http[^"]+)"', page.text)[1].replace("&amp;", "&")
        assert there.startswith(f"{eid.issuers[0]}/session/end?client_id=saman&")
        assert "id_token_hint" not in there
        assert (await browser.get(there)).status_code == 200


async def test_the_second_person_at_a_browser_replaces_the_first(eid):
    async with eid.browser() as browser:
        await eid.sign_in(browser, "ingrid-aasen")
        first = browser.cookies["saman"]
        old = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/citizen/messages")).text)[1]
        entered = await eid.sign_in(browser, "olav-tveit")
        assert entered.headers["clear-site-data"] == '"cache"'
        assert "Olav Tveit" in (await browser.get("/citizen")).text
        sent = await browser.post("/citizen/messages", data={"text": "From Ingrid's page", "csrf": old, "key": "k"})
        assert sent.status_code == 403, "an open page of the first cannot speak for the second"
        browser.cookies.set("saman", first)
        assert (await browser.get("/citizen")).headers["location"] == "/", "the first session is over"
