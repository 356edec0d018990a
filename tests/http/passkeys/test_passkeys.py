"""Passkeys from invitation to removal, and every way in which they must not work."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from saman.ops.region import open_region
from saman.record import Record, system
from tests.http.passkeys.authenticator import PRESENT, Authenticator
from tests.http.passkeys.conftest import NURSE, REGIONS, csrf_in, options_in

pytestmark = pytest.mark.postgres


async def not_in(browser, answer) -> None:
    assert answer.status_code in (400, 403, 503), answer.status_code
    assert "saman" not in browser.cookies
    assert (await browser.get("/team")).headers["location"] == "/"


async def test_an_invitation_makes_a_key_and_the_key_signs_in(keyring):
    key = Authenticator()
    async with keyring.browser() as browser:
        options = await keyring.accept(browser)
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert options["user"]["name"] == "Silje Haugen"
        sent = {"credential": key.create(options), "name": "  Work   telephone "}
        assert (await browser.post("/auth/passkeys/new", data=sent)).headers["location"] == "/team"
        assert "Work telephone" in (await browser.get("/auth/passkeys")).text
    async with keyring.browser() as another:
        assert (await keyring.sign_in(another, key)).headers["location"] == "/team"
        assert "Silje Haugen" in (await another.get("/team")).text
    assert [one.sign_count for one in await keyring.credentials.of(NURSE)] == [1]


async def test_the_secret_of_an_invitation_is_never_asked_for_in_an_address(keyring):
    secret = await keyring.credentials.invite(NURSE, keyring.clock())
    async with keyring.browser() as browser:
        page = (await browser.get("/auth/invitation")).text
        assert 'method="post" action="/auth/invitation"' in page
        asked = await browser.get(f"/auth/invitation?secret={secret}")
        assert secret not in asked.text
        await browser.post("/auth/invitation", data={"secret": secret})
    kept = [str(dict(row)) for table in ("invitation", "sign_in_begun") for row in await rows(keyring, table)]
    assert kept
    assert not any(secret in row for row in kept)


async def rows(keyring, table: str):
    return await keyring.store.pool.fetch(f"SELECT * FROM {table}")


async def test_an_invitation_works_once_even_for_two_at_the_same_time(keyring):
    secret = await keyring.credentials.invite(NURSE, keyring.clock())
    keys = [Authenticator() for _ in range(4)]

    async def enrolled(key: Authenticator) -> int:
        async with keyring.browser() as browser:
            await browser.post("/auth/invitation", data={"secret": secret})
            options = options_in((await browser.get("/auth/passkeys/new")).text)
            answer = await browser.post("/auth/passkeys/new", data={"credential": key.create(options), "name": "k"})
            return answer.status_code

    assert sorted(await asyncio.gather(*map(enrolled, keys))) == [303, 403, 403, 403]
    async with keyring.browser() as browser:
        assert "not good any more" in (await browser.post("/auth/invitation", data={"secret": secret})).text


async def test_an_invitation_ends_by_time_and_by_the_next_one(keyring):
    first = await keyring.credentials.invite(NURSE, keyring.clock())
    second = await keyring.credentials.invite(NURSE, keyring.clock())
    async with keyring.browser() as browser:
        assert (await browser.post("/auth/invitation", data={"secret": first})).status_code == 403
        assert (await browser.post("/auth/invitation", data={"secret": "guessed"})).status_code == 403
        keyring.clock.forward(hours=72)
        assert (await browser.post("/auth/invitation", data={"secret": second})).status_code == 403


WRONG = {
    "another site": {"origin": "http://localhost.example"},
    "another host": {"host": "example"},
    "nobody verified": {"flags": PRESENT},
    "nobody there": {"flags": 0},
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_key_made_wrongly_is_not_kept(keyring, name):
    key = Authenticator()
    for field, value in WRONG[name].items():
        setattr(key, field, value)
    async with keyring.browser() as browser:
        sent = {"credential": key.create(await keyring.accept(browser)), "name": "k"}
        await not_in(browser, await browser.post("/auth/passkeys/new", data=sent))
    assert not await keyring.credentials.of(NURSE)


@pytest.mark.parametrize("name", WRONG)
async def test_a_key_used_wrongly_signs_nobody_in(keyring, name):
    key = Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, key)
    for field, value in WRONG[name].items():
        setattr(key, field, value)
    async with keyring.browser() as another:
        await not_in(another, await keyring.sign_in(another, key))


@pytest.mark.parametrize(
    "sent", ["", "{}", "[]", "null", "not json", '{"id": 7}', "x" * 30_000, '{"id":"AA","rawId":"AA"}']
)
async def test_what_is_no_credential_is_refused(keyring, sent):
    async with keyring.browser() as browser:
        await browser.get("/auth/passkeys/sign-in")
        await not_in(browser, await browser.post("/auth/passkeys/sign-in", data={"credential": sent}))


async def test_a_challenge_counts_once_and_for_its_browser(keyring):
    key = Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, key)
    async with keyring.browser() as one, keyring.browser() as other:
        options = options_in((await one.get("/auth/passkeys/sign-in")).text)
        sent = {"credential": key.get(options)}
        await other.get("/auth/passkeys/sign-in")
        await not_in(other, await other.post("/auth/passkeys/sign-in", data=sent))
        assert (await one.post("/auth/passkeys/sign-in", data=sent)).status_code == 303
    async with keyring.browser() as late:
        options = options_in((await late.get("/auth/passkeys/sign-in")).text)
        keyring.clock.forward(minutes=10)
        await not_in(late, await late.post("/auth/passkeys/sign-in", data={"credential": key.get(options)}))


async def test_a_key_of_another_with_the_same_name_signs_nobody_in(keyring):
    key, thief = Authenticator(), Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, key)
    thief.id, thief.handle = key.id, key.handle
    async with keyring.browser() as browser:
        await not_in(browser, await keyring.sign_in(browser, thief))


async def test_a_handle_of_another_account_signs_nobody_in(keyring):
    key = Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, key)
    key.handle = b"another account"
    async with keyring.browser() as browser:
        await not_in(browser, await keyring.sign_in(browser, key))


async def noted(keyring, how: str) -> list[tuple[str, int, str | None]]:
    """Actor, outcome and person of what the log holds of failed sign-ins."""
    rows = await keyring.store.pool.fetch(
        "WITH asked AS MATERIALIZED (SELECT set_config('saman.context', '0', true)) SELECT a.actor, a.outcome, a.person"
        " FROM asked, audit_found(0, 9223372036854775807, true, 100, NULL, NULL, NULL, '{E}', NULL, NULL, NULL, NULL,"
        " NULL, NULL) AS a WHERE a.query = $1",
        f"sign-in {how}",
    )
    return [tuple(row) for row in rows]


async def test_a_counter_that_does_not_go_on_closes_the_key(keyring):
    key = Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, key)
        assert (await keyring.sign_in(browser, key)).status_code == 303
    key.count -= 1
    async with keyring.browser() as copy:
        answer = await keyring.sign_in(copy, key)
        assert "may have been copied" in answer.text
        await not_in(copy, answer)
    assert await noted(keyring, "passkeys copied") == [(NURSE, 4, None)], "the log knows whose key it was"
    key.count += 5
    async with keyring.browser() as owner:
        await not_in(owner, await keyring.sign_in(owner, key))


async def test_keys_that_count_nothing_work(keyring):
    key = Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, key)
    for _ in range(2):
        key.count = -1
        async with keyring.browser() as browser:
            assert (await keyring.sign_in(browser, key)).status_code == 303


async def test_a_key_is_named_removed_and_never_the_last(keyring):
    first, second = Authenticator(), Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, first)
        page = (await browser.get("/auth/passkeys")).text
        assert "/auth/passkeys/remove" not in page
        token = csrf_in(page)
        last = await browser.post("/auth/passkeys/remove", data={"csrf": token, "key": first.id.hex()})
        assert last.status_code == 409
        await browser.post("/auth/passkeys/add", data={"csrf": token})
        options = options_in((await browser.get("/auth/passkeys/new")).text)
        assert len(options["excludeCredentials"]) == 1
        sent = {"csrf": token, "credential": second.create(options), "name": "In the drawer"}
        assert (await browser.post("/auth/passkeys/new", data=sent)).headers["location"] == "/auth/passkeys"
        await browser.post("/auth/passkeys/name", data={"csrf": token, "key": first.id.hex(), "name": "<b>Mine</b>"})
        assert "&lt;b&gt;Mine&lt;/b&gt;" in (await browser.get("/auth/passkeys")).text
        nameless = await browser.post("/auth/passkeys/name", data={"csrf": token, "key": first.id.hex(), "name": " "})
        assert nameless.status_code == 400
        gone = await browser.post("/auth/passkeys/remove", data={"csrf": token, "key": first.id.hex()})
        assert gone.status_code == 303
        assert "see where you are signed in" in (await browser.get("/auth/passkeys")).text.lower()
    async with keyring.browser() as browser:
        await not_in(browser, await keyring.sign_in(browser, first))
        assert (await keyring.sign_in(browser, second)).status_code == 303


async def test_of_two_keys_removed_at_once_one_stays(keyring):
    first, second = Authenticator(), Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, first)
        token = csrf_in((await browser.get("/auth/passkeys")).text)
        await browser.post("/auth/passkeys/add", data={"csrf": token})
        options = options_in((await browser.get("/auth/passkeys/new")).text)
        await browser.post(
            "/auth/passkeys/new", data={"csrf": token, "credential": second.create(options), "name": "b"}
        )
    removed = await asyncio.gather(*(keyring.credentials.remove(key.id, NURSE) for key in (first, second)))
    assert sorted(removed) == [False, True]


async def test_keys_are_the_owners_and_changed_soon_after_signing_in(keyring):
    key, other = Authenticator(), Authenticator()
    async with keyring.browser() as browser, keyring.browser() as neighbour:
        await keyring.enrol(browser, key)
        await keyring.enrol(neighbour, other, "Practitioner/eli-strand")
        token = csrf_in((await neighbour.get("/auth/passkeys")).text)
        for act in ("remove", "name"):
            await neighbour.post(f"/auth/passkeys/{act}", data={"csrf": token, "key": key.id.hex(), "name": "Taken"})
        assert [one.name for one in await keyring.credentials.of(NURSE)] == ["Work telephone"]
        keyring.clock.forward(minutes=10)
        page = (await browser.get("/auth/passkeys")).text
        assert "/auth/passkeys/add" not in page
        own = csrf_in(page)
        assert (await browser.post("/auth/passkeys/add", data={"csrf": own})).status_code == 403
        assert (await browser.post("/auth/passkeys/add", data={"csrf": "forged"})).status_code == 403


async def test_somebody_who_has_left_is_not_let_in(keyring):
    key, leaver = Authenticator(), "jon-bakke"
    async with keyring.browser() as browser:
        await keyring.enrol(browser, key, f"Practitioner/{leaver}")
    record = Record(keyring.store, system(keyring.clock()))
    person = (await record.read("Practitioner", leaver)).resource()
    await record.update("Practitioner", leaver, person | {"active": False})
    async with keyring.browser() as browser:
        answer = await keyring.sign_in(browser, key)
        assert "no role here now" in answer.text
        await not_in(browser, answer)


async def test_a_key_does_not_do_where_more_is_asked_of_staff(keyring):
    key = Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, key)
    strict = open_region(REGIONS / "no-agder")
    async with keyring.browser(keyring.made(region=strict)) as browser:
        await not_in(browser, await keyring.sign_in(browser, key))


async def test_too_many_wrong_tries_close_the_way_for_a_while(keyring):
    key, thief = Authenticator(), Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, key)
    thief.id, thief.handle = key.id, key.handle
    async with keyring.browser() as browser:
        said = [(await keyring.sign_in(browser, thief)).text for _ in range(6)]
        assert "Too many tries" in said[-1]
        assert "Too many tries" not in said[0]


async def test_where_passkeys_are_off_nothing_answers(keyring):
    async with keyring.browser(keyring.made(passkeys=False)) as browser:
        for path in ("/auth/invitation", "/auth/passkeys/sign-in", "/auth/passkeys"):
            assert (await browser.get(path)).status_code == 404
        assert "passkey" not in (await browser.get("/")).text.lower()


async def test_the_log_hears_no_name_secret_or_key(keyring, capfd):
    key = Authenticator()
    async with keyring.browser() as browser:
        await keyring.enrol(browser, key)
        await keyring.sign_in(browser, Authenticator())
    told = "".join(capfd.readouterr())
    assert "passkey enrolled" in told
    assert "unknown-key" in told
    assert not re.search(r"silje|haugen", told, re.IGNORECASE)
    assert key.id.hex() not in told
    assert json.dumps(key.handle.hex()) not in told
