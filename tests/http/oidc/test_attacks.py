"""Attacks on signing in: each is made with the real provider and one thing that is wrong, and signs nobody in."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey, RSAKey

from saman.apps.auth.oidc import routes
from tests.http.oidc.conftest import KEY, changed

pytestmark = pytest.mark.postgres

FOREIGN = RSAKey.generate_key(2048)
OPEN = FOREIGN.as_dict(private=False)
SHARED = OctKey.import_key("x" * 64)
JSON = {"content-type": "application/json"}


@pytest.fixture
def alone(eid):
    """An application that has asked the issuers for nothing yet."""
    return eid.made()


async def refused(eid, browser, address: str) -> httpx.Response:
    """The answer to a callback, which has signed nobody in."""
    answer = await browser.get(address)
    assert answer.status_code in (400, 403, 503), answer.status_code
    assert "You are not signed in" in answer.text
    assert "saman" not in browser.cookies
    assert (await browser.get("/citizen")).headers["location"] == "/"
    return answer


def with_token(change):
    """A network that changes the ID token on its way."""

    def on_answer(path: str, body: dict) -> dict:
        return body | {"id_token": change(body["id_token"])} if "id_token" in body else body

    return on_answer


def claims_in(token: str) -> dict:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def header_in(token: str) -> dict:
    return jws.extract_compact(token.encode()).headers()


def plain(part: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


async def test_a_state_of_another_request(eid):
    async with eid.browser() as browser:
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        await refused(eid, browser, changed(back, state="another"))
        await refused(eid, browser, back)


async def test_an_answer_in_a_browser_that_never_asked(eid):
    async with eid.browser() as attacker, eid.browser() as victim:
        back = await eid.prove(attacker, await eid.off(attacker), "ingrid-aasen")
        await refused(eid, victim, back)
        await eid.off(victim)
        await refused(eid, victim, back)


async def test_an_answer_counts_once(eid):
    async with eid.browser() as browser, eid.browser() as later:
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        assert (await browser.get(back)).headers["location"] == "/citizen"
        again = await browser.get(back)
        assert again.status_code == 400, "the same answer in the same browser"
        await eid.off(later)
        # A code that was used, under a state of its own: the provider refuses the code.
        fresh = await eid.prove(later, await eid.off(later), "ingrid-aasen")
        code = parse_qs(urlsplit(back).query)["code"][0]
        await refused(eid, later, changed(fresh, code=code))


async def test_an_answer_that_is_too_late(eid):
    async with eid.browser() as browser:
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        eid.clock.forward(minutes=10, seconds=1)
        await refused(eid, browser, back)


async def test_a_mix_up_of_issuers(eid):
    async with eid.browser() as browser:
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        await refused(eid, browser, changed(back, iss=eid.issuers[1]))
    async with eid.browser() as browser:
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        await refused(eid, browser, changed(back, iss=None))
    async with eid.browser() as browser:
        address = (await browser.get("/auth/eid/helseid/work")).headers["location"]
        back = await eid.prove(browser, address, "silje")
        await refused(eid, browser, back.replace("/helseid/", "/id-porten/"))


async def test_an_answer_that_says_a_thing_twice(eid):
    async with eid.browser() as browser:
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        await refused(eid, browser, f"{back}&code=another")


async def test_a_code_for_another_challenge(eid):
    async with eid.browser() as attacker, eid.browser() as victim:
        stolen = parse_qs(urlsplit(await eid.prove(attacker, await eid.off(attacker), "ingrid-aasen")).query)["code"][0]
        own = await eid.prove(victim, await eid.off(victim), "olav-tveit")
        await refused(eid, victim, changed(own, code=stolen))


def signed(header: dict, token: str, key) -> str:
    return jwt.encode(header, claims_in(token), key, algorithms=[header["alg"]])


def other_claims(token: str) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{plain(claims_in(token) | {'pid': '1'})}.{signature}"


FORGED = {
    "unsigned": lambda token: f"{plain({'alg': 'none'})}.{plain(claims_in(token))}.",
    "signature taken off": lambda token: token.rpartition(".")[0] + ".",
    "claims changed": other_claims,
    "foreign key, same name": lambda token: signed(header_in(token), token, FOREIGN),
    "foreign key of an unknown name": lambda token: signed({"alg": "RS256", "kid": "another"}, token, FOREIGN),
    "our own key": lambda token: signed({"alg": "ES256", "kid": "saman"}, token, KEY),
    "shared secret": lambda token: signed({"alg": "HS256", "kid": header_in(token)["kid"]}, token, SHARED),
    "key that the token brings": lambda token: signed({"alg": "RS256", "jwk": OPEN}, token, FOREIGN),
    "no token at all": lambda token: "",
    "not a token": lambda token: "a.b.c",
    "a number": lambda token: 7,
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_token(eid, alone, name):
    async with eid.browser(alone) as browser:
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        eid.middle.on_answer = with_token(FORGED[name])
        await refused(eid, browser, back)


WRONG = {
    "issuer": {"iss": "https://idporten.example"},
    "audience": {"aud": "another"},
    "several audiences and no party": {"aud": ["saman", "another"]},
    "party": {"aud": ["saman", "another"], "azp": "another"},
    "nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "number as nonce": {"nonce": 5},
    "expired": {"exp": 1},
    "no end": {"exp": None},
    "endless": {"exp": "never"},
    "true as a time": {"exp": True},
    "of the future": {"iat": 9_999_999_999},
    "not yet": {"nbf": 9_999_999_999},
    "of long ago": {"iat": 1},
    "nobody": {"sub": ""},
    "no level": {"acr": None},
    "level in a list": {"acr": ["idporten-loa-high"]},
    "number as a number": {"pid": 13886912345},
    "two numbers": {"pid": ["13886912345"]},
}


def resigned(changes: dict):
    """A network that puts our key in place of the issuer's and changes claims, so that one claim alone is wrong."""

    def on_answer(path: str, body: dict) -> dict:
        if "keys" in body:
            return {"keys": [OPEN | {"kid": "ours", "use": "sig"}]}
        if "id_token" not in body:
            return body
        said = {k: v for k, v in (claims_in(body["id_token"]) | changes).items() if v is not None}
        return body | {"id_token": jwt.encode({"alg": "RS256", "kid": "ours"}, said, FOREIGN, algorithms=["RS256"])}

    return on_answer


@pytest.mark.parametrize("name", WRONG)
async def test_a_token_of_the_right_key_that_says_something_wrong(eid, alone, name):
    async with eid.browser(alone) as browser:
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        eid.middle.on_answer = resigned(WRONG[name])
        await refused(eid, browser, back)


@pytest.mark.parametrize(("behind", "status"), [(45, 303), (80, 403)])
async def test_our_clock_may_be_a_minute_behind(eid, behind, status):
    eid.clock.forward(seconds=-behind)
    async with eid.browser(eid.with_secret()) as browser:
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        assert (await browser.get(back)).status_code == status


@pytest.mark.parametrize(("ago", "status"), [(30, 303), (75, 403)])
async def test_a_token_may_be_over_for_a_minute(eid, alone, ago, status):
    async with eid.browser(alone) as browser:
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        eid.middle.on_answer = resigned({"exp": int(eid.clock().timestamp()) - ago})
        assert (await browser.get(back)).status_code == status


async def test_a_session_that_was_there_before_is_not_the_one_after(eid):
    async with eid.browser() as browser:
        browser.cookies.set("saman", "planted by somebody else", domain="test")
        entered = await eid.sign_in(browser, "ingrid-aasen")
        assert entered.headers["location"] == "/citizen"
        assert "planted" not in entered.headers["set-cookie"]
    async with eid.browser() as attacker:
        attacker.cookies.set("saman", "planted by somebody else")
        assert (await attacker.get("/citizen")).headers["location"] == "/"


async def test_a_planted_step_is_of_no_use_to_whoever_planted_it(eid):
    async with eid.browser() as attacker, eid.browser() as victim:
        await eid.off(attacker)
        planted = attacker.cookies["saman-begun"]
        await eid.off(victim)
        victim.cookies.delete("saman-begun")
        victim.cookies.set("saman-begun", planted, domain="test")
        await eid.sign_in(victim, "ingrid-aasen")
        assert attacker.cookies.get("saman") is None
        assert (await attacker.get("/auth/as")).headers["location"] == "/"


async def test_keys_that_change_are_asked_for_and_not_for_ever(eid):
    def old_keys(path: str, body: dict) -> dict:
        return {"keys": [FOREIGN.as_dict(private=False) | {"kid": "old"}]} if "keys" in body else body

    def asked() -> int:
        return sum(call.endswith("/jwks") for call in eid.middle.calls)

    async with eid.browser(eid.with_secret()) as browser:
        eid.middle.on_answer = old_keys
        await refused(eid, browser, await eid.prove(browser, await eid.off(browser), "ingrid-aasen"))
        assert asked() == 1
        eid.middle.on_answer = None
        await refused(eid, browser, await eid.prove(browser, await eid.off(browser), "ingrid-aasen"))
        assert asked() == 1, "within a minute nobody makes us ask again"
        eid.clock.forward(seconds=61)
        back = await eid.prove(browser, await eid.off(browser), "ingrid-aasen")
        assert (await browser.get(back)).headers["location"] == "/citizen"
        assert asked() == 2


ELSEWHERE = [
    "http://169.254.169.254/latest",
    "http://127.0.0.1.example.org/token",
    "http://127.0.0.1@example.org/token",
    "file:///etc/passwd",
    "http://[::ffff:127.0.0.1]/token",
    "//127.0.0.1/token",
    "http://127.0.0.1:1/token",
]


@pytest.mark.parametrize("address", ELSEWHERE)
@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "authorization_endpoint", "userinfo_endpoint"])
async def test_metadata_that_point_elsewhere_are_refused_and_never_called(eid, alone, name, address):
    eid.middle.on_answer = lambda path, body: body | {name: address} if "issuer" in body else body
    async with eid.browser(alone) as browser:
        answer = await browser.get("/auth/eid/id-porten")
        assert answer.status_code == 503
        assert "does not answer just now" in answer.text
    assert all(call.startswith(eid.issuers[0]) for call in eid.middle.calls)


async def test_metadata_of_another_issuer_are_refused(eid, alone):
    eid.middle.on_answer = lambda path, body: body | {"issuer": eid.issuers[1]} if "issuer" in body else body
    async with eid.browser(alone) as browser:
        assert (await browser.get("/auth/eid/id-porten")).status_code == 503


def answering(body: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, headers=JSON | named, stream=httpx.ByteStream(body))


def lost() -> httpx.Response:
    raise httpx.ConnectError("no route")


BROKEN = {
    "redirect": lambda: httpx.Response(302, headers={"location": "http://127.0.0.1:1/"}),
    "too much": lambda: answering(b'{"issuer": "' + b"x" * 300_000 + b'"}'),
    "a page": lambda: answering(b"<p>hello", content_type="text/html"),
    "broken JSON": lambda: answering(b"{"),
    "a list": lambda: answering(b"[]"),
    "packed": lambda: answering(b"{}", content_encoding="br"),
    "error": lambda: httpx.Response(500, json={"error": "server_error"}),
    "silence": lost,
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_provider_that_is_broken_is_said_to_be_away(eid, alone, name):
    eid.middle.broken = lambda request: BROKEN[name]()
    async with eid.browser(alone) as browser:
        answer = await browser.get("/auth/eid/id-porten")
        assert answer.status_code == 503
        assert "ID-porten does not answer just now" in answer.text
        assert len(eid.middle.calls) == 1, "nothing is followed, nothing is tried for ever"


async def test_one_address_does_not_begin_without_end(eid, monkeypatch):
    monkeypatch.setattr(routes, "MOST_BEGUN", 3)
    eid.clock.forward(minutes=5)
    async with eid.browser(eid.with_secret()) as browser:
        codes = [(await browser.get("/auth/eid/id-porten")).status_code for _ in range(4)]
        eid.clock.forward(seconds=20)
        codes.append((await browser.get("/auth/eid/id-porten")).status_code)
        eid.clock.forward(seconds=45)
        codes.append((await browser.get("/auth/eid/id-porten")).status_code)
    assert codes == [303, 303, 303, 503, 503, 303]
