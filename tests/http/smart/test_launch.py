"""A launch from the app's request to the person's data, alone and from a page, and every way it may end."""

from __future__ import annotations

import re

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.http.app.conftest import BASE, Agder
from tests.http.smart.conftest import (
    FHIR,
    INGRID,
    LAUNCH_ADDRESS,
    OLAV,
    REDIRECT,
    SECRET,
    Launching,
    answer_of,
    called,
    fhir,
    hidden,
    launching,
)  # fmt: skip

NURSE = "silje-haugen"
OFFLINE = "launch/patient offline_access patient/*.rs"


async def test_a_citizen_lets_an_app_in(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        answer = await one.tokens(scope="launch/patient openid fhirUser patient/*.rs")
    assert answer["patient"] == INGRID
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert answer["scope"] == "openid fhirUser launch/patient patient/*.rs"
    assert answer["need_patient_banner"] is True
    assert "refresh_token" not in answer
    token = answer["access_token"]
    assert (await fhir(agder, token, f"Patient/{INGRID}")).json()["id"] == INGRID
    assert (await fhir(agder, token, f"Patient/{OLAV}")).status_code == 404


async def test_the_answer_names_its_issuer_and_carries_the_state(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        await one.ask(state="a b&c=d")
        answer = await one.decide()
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("a b&c=d", BASE)


async def test_who_says_no_is_heard(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        await one.ask()
        assert await one.decide("deny") == {"error": "access_denied", "state": "the-state", "iss": BASE}


async def test_nobody_signed_in_is_asked_to_and_goes_on_from_there(agder: Agder) -> None:
    async with agder.browser() as browser:
        one = Launching(agder, browser)
        await one.ask()
        assert "Sign in first" in await one.page()
        entered = await browser.post("/auth/demo", data={"user": INGRID})
        assert entered.headers["location"] == "/auth/consent"
        code = (await one.decide())["code"]
        assert (await one.exchange(code)).json()["patient"] == INGRID


async def test_a_form_of_another_request_decides_nothing(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        await one.ask(scope="launch/patient patient/Observation.rs")
        shown = await one.page()
        await one.ask(scope="launch/patient patient/*.cruds")
        answer = await one.browser.post("/auth/consent", data=hidden(shown) | {"decision": "allow"})
    assert answer.headers["location"] == "/auth/consent"


async def test_a_form_from_elsewhere_decides_nothing(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        await one.ask()
        fields = hidden(await one.page()) | {"decision": "allow"}
        without = await one.browser.post("/auth/consent", data=fields | {"csrf": ""})
        headers = {"origin": "https://app.example"}
        elsewhere = await one.browser.post("/auth/consent", data=fields, headers=headers)
    assert without.status_code == elsewhere.status_code == 403


async def test_the_page_says_who_gets_what_for_how_long(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        await one.ask(scope="launch/patient openid fhirUser patient/Observation.rs patient/Task.cu user/Patient.rs")
        page = await one.page()
    for words in ("Let Reader in?", "app.example", "About you", "the health record", "what is measured at home",
                  "plan, tasks, appointments and messages", "Change", "About everyone you may see",
                  "It is told who you are.", "Until you sign out", "patient/Task.cu"):  # fmt: skip
        assert words in page, words
    async with launching(agder, INGRID) as one:
        await one.ask(scope=OFFLINE)
        assert "also when you are not signed in" in await one.page()


async def test_pages_let_answers_go_to_the_app_alone(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        await one.ask()
        policy = (await one.browser.get("/auth/consent")).headers["content-security-policy"]
    assert "form-action 'self' https://app.example;" in policy
    assert "script-src 'self'" in policy


async def test_no_address_of_a_page_holds_anything(agder: Agder) -> None:
    async with launching(agder, NURSE) as one:
        begun = await one.ask()
        assert begun.headers["location"] == "/auth/consent"
        assert begun.headers["referrer-policy"] == "no-referrer"
        assert INGRID not in begun.headers["set-cookie"]


async def test_staff_choose_whom_it_is_about(agder: Agder) -> None:
    async with launching(agder, NURSE) as one:
        await one.ask(scope="launch/patient patient/Observation.rs")
        page = await one.page()
        asked = re.search(r'name="asked" value="(\w+)"', page)
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)
        assert asked is not None
        assert csrf is not None
        fields = {"asked": asked[1], "csrf": csrf[1]}
        nobody = await one.browser.post("/auth/consent/person", data=fields | {"name": "Xyzzy"})
        assert "Nobody whom you may see" in nobody.text
        found = await one.browser.post("/auth/consent/person", data=fields | {"name": "Aas"})
        assert f'value="{INGRID}"' in found.text
        hidden_one = await one.browser.post("/auth/consent/person", data=fields | {"person": "nobody-at-all"})
        assert hidden_one.status_code == 404
        chosen = await one.browser.post("/auth/consent/person", data=fields | {"person": INGRID})
        assert chosen.headers["location"] == "/auth/consent"
        consent = await one.page()
        assert "About Ingrid" in consent
        answer = await one.exchange((await one.decide(page=consent))["code"])
    assert answer.json()["patient"] == INGRID
    token = answer.json()["access_token"]
    assert (await fhir(agder, token, f"Observation?patient={INGRID}&_count=1")).json()["entry"]
    assert "entry" not in (await fhir(agder, token, f"Observation?patient={OLAV}&_count=1")).json()


async def test_yes_before_a_person_is_chosen_is_no_answer(agder: Agder) -> None:
    async with launching(agder, NURSE) as one:
        await one.ask()
        page = await one.page()
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        answer = await one.browser.post("/auth/consent", data=fields | {"decision": "allow"})
    assert answer.headers["location"] == "/auth/consent"


async def opened(one: Launching, patient: str = INGRID, client: str = "reader") -> httpx.Response:
    page = (await one.browser.get("/auth/assignment")).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    return await one.browser.post("/auth/launch", data={"csrf": csrf[1], "client": client, "patient": patient})


async def launch_word(one: Launching, patient: str = INGRID) -> str:
    page = (await opened(one, patient)).text
    link = re.search(rf'href="{LAUNCH_ADDRESS}\?iss=([^&]+)&amp;launch=([\w-]+)"', page)
    assert link is not None, page
    assert link[1] == "http%3A%2F%2Ftest%2Ffhir"
    return link[2]


async def test_an_app_is_opened_from_a_persons_page(agder: Agder) -> None:
    async with launching(agder, NURSE) as one:
        word = await launch_word(one)
        await one.ask(scope="launch patient/*.rs", launch=word)
        answer = await one.exchange((await one.decide())["code"])
        assert answer.json()["patient"] == INGRID
        assert answer.json()["scope"] == "launch patient/*.rs"
        again = await one.ask(scope="launch patient/*.rs", launch=word)
        assert answer_of(again)["error"] == "invalid_request"


async def test_a_launch_is_for_whoever_opened_it(agder: Agder) -> None:
    async with launching(agder, NURSE) as one:
        word = await launch_word(one)
    async with launching(agder, INGRID) as other:
        await other.ask(scope="launch patient/*.rs", launch=word)
        page = await other.browser.get("/auth/consent")
    assert page.status_code == 403
    assert "opened by somebody else" in page.text


async def test_a_launch_runs_out(agder: Agder) -> None:
    async with launching(agder, NURSE) as one:
        word = await launch_word(one)
        agder.clock.forward(minutes=5)
        late = await one.ask(scope="launch patient/*.rs", launch=word)
    assert answer_of(late)["error"] == "invalid_request"


async def test_an_app_is_not_opened_about_somebody_who_may_not_be_seen(agder: Agder) -> None:
    async with launching(agder, NURSE) as one:
        assert (await opened(one, "nobody-at-all")).status_code == 404
        assert (await opened(one, client="narrow")).status_code == 400
        assert (await opened(one, client="unknown")).status_code == 404


async def test_a_citizen_opens_apps_about_themselves_alone(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        page = (await opened(one, OLAV)).text
        link = re.search(r"launch=([\w-]+)", page)
        assert link is not None
        await one.ask(scope="launch patient/*.rs", launch=link[1])
        answer = await one.exchange((await one.decide())["code"])
    assert answer.json()["patient"] == INGRID


async def test_an_identity_token_says_who_signed_in(agder: Agder) -> None:
    async with launching(agder, NURSE) as one:
        await one.ask(scope="openid fhirUser user/Practitioner.rs", nonce="n-0S6")
        answer = (await one.exchange((await one.decide())["code"])).json()
    async with agder.browser() as anybody:
        keys = KeySet.import_key_set((await anybody.get("/auth/jwks")).json())
        told = (await anybody.get("/.well-known/openid-configuration")).json()
    token = jwt.decode(answer["id_token"], keys, algorithms=["RS256"])
    assert token.header["alg"] == "RS256"
    claims = token.claims
    assert claims["iss"] == told["issuer"] == BASE
    assert (claims["aud"], claims["nonce"]) == ("reader", "n-0S6")
    assert claims["fhirUser"] == answer["fhirUser"] == f"{FHIR}/Practitioner/{NURSE}"
    assert NURSE not in claims["sub"]
    assert not any("d" in key.as_dict() for key in keys.keys)
    who = await fhir(agder, answer["access_token"], f"Practitioner/{NURSE}")
    assert who.status_code == 200


async def test_who_may_know_who_signed_in_may_read_that_resource_alone(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        token = (await one.tokens(scope="openid fhirUser"))["access_token"]
    assert (await fhir(agder, token, f"Patient/{INGRID}")).status_code == 200
    assert (await fhir(agder, token, f"Patient/{OLAV}")).status_code == 404
    assert (await fhir(agder, token, f"Patient?_id={INGRID}")).status_code == 403
    assert (await fhir(agder, token, f"Observation?patient={INGRID}")).status_code == 403


async def test_without_fhir_user_nothing_says_who_it_is(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        answer = await one.tokens(scope="openid")
    claims = jwt.decode(answer["id_token"], (await keys_of(agder)), algorithms=["RS256"]).claims
    assert "fhirUser" not in claims
    assert "fhirUser" not in answer
    assert (await fhir(agder, answer["access_token"], f"Patient/{INGRID}")).status_code == 403


async def keys_of(agder: Agder) -> KeySet:
    async with agder.browser() as anybody:
        return KeySet.import_key_set((await anybody.get("/auth/jwks")).json())


async def refreshed(agder: Agder, token: str, client: str = "reader", **more: str) -> httpx.Response:
    return await called(agder, {"grant_type": "refresh_token", "refresh_token": token, "client_id": client} | more)


async def test_a_refresh_token_is_used_once(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        first = await one.tokens(scope=OFFLINE)
    second = (await refreshed(agder, first["refresh_token"])).json()
    assert second["scope"] == first["scope"]
    assert second["patient"] == INGRID
    assert (await fhir(agder, second["access_token"], f"Patient/{INGRID}")).status_code == 200
    again = await refreshed(agder, first["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await refreshed(agder, second["refresh_token"])).status_code == 400
    for token in (first["access_token"], second["access_token"]):
        assert (await fhir(agder, token, f"Patient/{INGRID}")).status_code == 401


async def test_an_app_without_a_secret_need_not_name_itself_beside_its_refresh_token(agder: Agder) -> None:
    """RFC 6749, section 6, asks for proof of confidential clients alone; real apps leave their id out."""
    async with launching(agder, INGRID) as one:
        answer = await one.tokens(scope=OFFLINE)
        code = await one.code(client_id="clinic", scope=OFFLINE)
        basic = {"authorization": httpx.BasicAuth("clinic", SECRET.replace(" ", "+"))._auth_header}
        secret = (await one.exchange(code, basic, client_id="")).json()
    form = {"grant_type": "refresh_token"}
    assert (await called(agder, form | {"refresh_token": answer["refresh_token"]})).status_code == 200
    assert (await called(agder, form | {"refresh_token": secret["refresh_token"]})).status_code == 401
    assert (await called(agder, form | {"refresh_token": "nobody's"})).status_code == 401
    assert (await called(agder, form | {"refresh_token": answer["refresh_token"]})).json()["error"] == "invalid_grant"


async def test_offline_goes_on_for_ninety_days_after_signing_out(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        answer = await one.tokens(scope=OFFLINE)
        csrf = re.search(r'name="csrf" value="([^"]+)"', (await one.browser.get("/auth/assignment")).text)
        assert csrf is not None
        await one.browser.post("/auth/sign-out", data={"csrf": csrf[1]})
    assert (await fhir(agder, answer["access_token"], f"Patient/{INGRID}")).status_code == 200
    agder.clock.forward(days=89)
    assert (await fhir(agder, answer["access_token"], f"Patient/{INGRID}")).status_code == 401
    later = await refreshed(agder, answer["refresh_token"])
    assert later.json()["expires_in"] == 3600
    agder.clock.forward(days=1)
    assert (await refreshed(agder, later.json()["refresh_token"])).status_code == 400


async def test_online_ends_with_the_sign_in(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        answer = await one.tokens(scope="launch/patient online_access patient/*.rs")
        assert "refresh_token" in answer
        csrf = re.search(r'name="csrf" value="([^"]+)"', (await one.browser.get("/auth/assignment")).text)
        assert csrf is not None
        await one.browser.post("/auth/sign-out", data={"csrf": csrf[1]})
    assert (await fhir(agder, answer["access_token"], f"Patient/{INGRID}")).status_code == 401
    assert (await refreshed(agder, answer["refresh_token"])).status_code == 400


async def test_a_refresh_token_may_ask_for_less_but_never_for_more(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        answer = await one.tokens(scope=OFFLINE)
    more = await refreshed(agder, answer["refresh_token"], scope="patient/*.cruds")
    assert more.json()["error"] == "invalid_scope"
    less = await refreshed(agder, answer["refresh_token"], scope="offline_access patient/Observation.r")
    assert less.json()["scope"] == "offline_access patient/Observation.r"
    assert (await fhir(agder, less.json()["access_token"], f"Patient/{INGRID}")).status_code == 403


async def test_a_refresh_token_of_another_client_ends_everything(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        answer = await one.tokens(scope=OFFLINE)
    stolen = await refreshed(agder, answer["refresh_token"], client="other")
    assert stolen.json()["error"] == "invalid_grant"
    assert (await refreshed(agder, answer["refresh_token"])).status_code == 400
    assert (await fhir(agder, answer["access_token"], f"Patient/{INGRID}")).status_code == 401


async def test_a_person_ends_what_they_let_an_app_do(agder: Agder) -> None:
    async with launching(agder, OLAV) as one:
        answer = await one.tokens(scope=OFFLINE)
        page = (await one.browser.get("/auth/apps")).text
        assert "Reader" in page
        fields = dict(re.findall(r'<input type="hidden" name="(csrf|approval)" value="([^"]+)"', page))
        async with launching(agder, INGRID) as other:
            theirs = re.search(r'name="csrf" value="([^"]+)"', (await other.browser.get("/auth/assignment")).text)
            assert theirs is not None
            await other.browser.post("/auth/apps", data=fields | {"csrf": theirs[1]})
        assert (await fhir(agder, answer["access_token"], f"Patient/{OLAV}")).status_code == 200
        await one.browser.post("/auth/apps", data=fields)
        assert "No app has access" in (await one.browser.get("/auth/apps")).text
    assert (await fhir(agder, answer["access_token"], f"Patient/{OLAV}")).status_code == 401
    assert (await refreshed(agder, answer["refresh_token"])).status_code == 400


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_a_client_gives_back_what_it_has(agder: Agder, which: str) -> None:
    async with launching(agder, INGRID) as one:
        answer = await one.tokens(scope=OFFLINE)
    foreign = await called(agder, {"token": answer[which], "client_id": "other"}, path="/auth/revoke")
    assert foreign.status_code == 200
    assert (await fhir(agder, answer["access_token"], f"Patient/{INGRID}")).status_code == 200
    assert (await called(agder, {"token": answer[which], "client_id": "reader"}, path="/auth/revoke")).content == b""
    assert (await fhir(agder, answer["access_token"], f"Patient/{INGRID}")).status_code == 401
    assert (await refreshed(agder, answer["refresh_token"])).status_code == 400


async def test_introspection_tells_those_who_may_ask(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        token = (await one.tokens(scope="launch/patient openid fhirUser patient/*.rs"))["access_token"]
    basic = httpx.BasicAuth("warden", SECRET.replace(" ", "+"))._auth_header
    seen = (await called(agder, {"token": token}, {"authorization": basic}, "/auth/introspect")).json()
    assert seen["active"] is True
    assert seen["client_id"] == "reader"
    assert seen["scope"] == "openid fhirUser launch/patient patient/*.rs"
    assert seen["exp"] - seen["iat"] == 3600
    assert (seen["patient"], seen["fhirUser"], seen["iss"]) == (INGRID, f"{FHIR}/Patient/{INGRID}", BASE)
    other = httpx.BasicAuth("clinic", SECRET.replace(" ", "+"))._auth_header
    assert (await called(agder, {"token": token}, {"authorization": other}, "/auth/introspect")).json() == {
        "active": False
    }
    nobody = await called(agder, {"token": token, "client_id": "reader"}, path="/auth/introspect")
    assert nobody.status_code == 401
    await called(agder, {"token": token, "client_id": "reader"}, path="/auth/revoke")
    gone = await called(agder, {"token": token}, {"authorization": basic}, "/auth/introspect")
    assert gone.json() == {"active": False}


async def test_a_token_of_an_app_passes_for_no_other(agder: Agder) -> None:
    """Whoever reads tokens without their scopes must not take one that has them."""
    from saman.apps.auth.tokens import Tokens
    from saman.kernel.outcome import Refusal

    async with launching(agder, INGRID) as one:
        token = (await one.tokens())["access_token"]
    assert isinstance(Tokens(agder.store.secret).read(token, agder.clock()), Refusal)
    assert REDIRECT not in token
