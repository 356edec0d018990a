"""What apps get wrong or try on purpose, at each address."""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Any

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from saman.kernel import json
from saman.record.apps.clients import Client, Clients
from tests.http.app.conftest import BASE, Agder
from tests.http.smart.conftest import (
    ASSERTION,
    EC,
    INGRID,
    REDIRECT,
    RSA,
    SECRET,
    Launching,
    answer_of,
    assertion,
    called,
    fhir,
    key_set,
    launching,
)  # fmt: skip


@pytest.fixture
async def one(agder: Agder) -> Any:
    async with launching(agder, INGRID) as made:
        yield made


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None}, {"client_id": "nobody"}, {"client_id": "reader\0"}, {"redirect_uri": None},
        {"redirect_uri": f"{REDIRECT}/"}, {"redirect_uri": f"{REDIRECT}?x=1"}, {"redirect_uri": f"{REDIRECT}#x"},
        {"redirect_uri": "https://app.example/back/../evil"}, {"redirect_uri": "https://app.example.evil/back"},
        {"redirect_uri": "https://app.example@evil.example/back"}, {"redirect_uri": "HTTPS://app.example/back"},
        {"redirect_uri": "http://app.example/back"}, {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "//app.example/back"}, {"client_id": "machine"},
    ],
)  # fmt: skip
async def test_an_unknown_app_or_address_is_never_answered(one: Launching, changes: dict[str, str | None]) -> None:
    answer = await one.ask(**changes)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "not known to us" in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "a" * 42 + "="}, "invalid_request"),
        ({"code_challenge": "a" * 42 + "+"}, "invalid_request"),
        ({"code_challenge": "a" * 44}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"state": "s" * 601}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": "https://fhir.evil.example"}, "invalid_request"),
        ({"aud": f"{BASE}/fhir/../evil"}, "invalid_request"),
        ({"aud": BASE}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "launch/patient"}, "invalid_scope"),
        ({"scope": "system/*.rs"}, "invalid_scope"),
        ({"scope": "nonsense patient/Nothing.rs"}, "invalid_scope"),
        ({"scope": "patient/Observation.rs?date=ge2020"}, "invalid_scope"),
        ({"scope": "patient/Observation.rs?category:not=x"}, "invalid_scope"),
        ({"scope": "patient/Observation.rs?subject.name=x"}, "invalid_scope"),
        ({"client_id": "narrow", "scope": "patient/Condition.rs"}, "invalid_scope"),
        ({"launch": "never-given"}, "invalid_request"),
        ({"request": "x.y.z"}, "invalid_request"),
        ({"request_uri": "https://evil.example/request"}, "invalid_request"),
        ({"prompt": "none"}, "interaction_required"),
    ],
)
async def test_a_known_app_hears_what_is_wrong(one: Launching, changes: dict[str, str | None], error: str) -> None:
    heard = answer_of(await one.ask(**changes))
    assert (heard["error"], heard["iss"]) == (error, BASE)
    assert "code" not in heard


async def test_a_parameter_that_comes_twice_is_refused(one: Launching) -> None:
    pairs = [*one.request().items(), ("redirect_uri", "https://evil.example")]
    answer = await one.browser.get("/auth/authorize", params=pairs)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_nothing_goes_beyond_what_is_registered(one: Launching) -> None:
    await one.ask(client_id="narrow", scope="launch/patient openid offline_access patient/*.cruds user/*.rs")
    code = (await one.decide())["code"]
    assert (await one.exchange(code, client_id="narrow")).json()["scope"] == "launch/patient patient/Observation.rs"


async def test_version_1_scopes_are_understood(one: Launching) -> None:
    answer = await one.tokens(scope="launch/patient patient/Observation.read")
    assert answer["scope"] == "launch/patient patient/Observation.rs"


async def test_a_code_is_used_once_and_its_second_use_ends_everything(agder: Agder, one: Launching) -> None:
    code = await one.code()
    first = (await one.exchange(code)).json()
    again = await one.exchange(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await fhir(agder, first["access_token"], f"Patient/{INGRID}")).status_code == 401


async def test_a_code_runs_out_after_a_minute(agder: Agder, one: Launching) -> None:
    code = await one.code()
    agder.clock.forward(seconds=60)
    assert (await one.exchange(code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": ""}, {"code_verifier": "a" * 43}, {"code_verifier": "short"}, {"code_verifier": "a" * 129},
        {"code_verifier": "a" * 42 + "="}, {"redirect_uri": ""}, {"redirect_uri": "https://app.example/other"},
        {"client_id": "other"}, {"code": "never-given"},
    ],
)  # fmt: skip
async def test_a_wrong_proof_uses_the_code_up(one: Launching, changes: dict[str, str]) -> None:
    code = await one.code()
    wrong = await one.exchange(changes.get("code", code), **{n: v for n, v in changes.items() if n != "code"})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    if "code" not in changes:
        assert (await one.exchange(code)).status_code == 400


async def test_a_code_challenge_is_no_verifier(one: Launching) -> None:
    challenge = one.request()["code_challenge"]
    assert (await one.exchange(await one.code(), code_verifier=challenge)).status_code == 400


async def test_answers_are_kept_by_nobody(one: Launching) -> None:
    answer = await one.exchange(await one.code())
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


def basic(id: str, secret: str) -> dict[str, str]:
    return {"authorization": httpx.BasicAuth(id, secret)._auth_header}


async def test_a_client_with_a_secret_has_to_show_it(one: Launching) -> None:
    code = await one.code(client_id="clinic")
    for headers, form in (
        ({}, {"client_id": "clinic"}),
        (basic("clinic", "wrong"), {"client_id": ""}),
        (basic("clinic", ""), {"client_id": ""}),
        (basic("reader", SECRET), {"client_id": "clinic"}),
        ({}, {"client_id": "clinic", "client_secret": SECRET}),
        ({"authorization": "Basic !!!"}, {"client_id": "clinic"}),
        ({"authorization": f"Bearer {SECRET}"}, {"client_id": "clinic"}),
    ):
        answer = await one.exchange(code, headers, **form)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic")
    right = await one.exchange(code, basic("clinic", SECRET.replace(" ", "+")), client_id="")
    assert right.status_code == 200


async def test_an_app_without_a_secret_may_not_pretend_to_have_one(one: Launching) -> None:
    answer = await one.exchange(await one.code(), basic("reader", "anything"), client_id="")
    assert answer.status_code == 401


async def test_who_fails_often_has_to_wait(agder: Agder) -> None:
    form = {"grant_type": "authorization_code", "code": "x"}
    answers = [await called(agder, form, basic("clinic", f"guess-{n}"), peer="guesser") for n in range(21)]
    assert [one.status_code for one in answers[:20]] == [401] * 20
    assert answers[20].status_code == 429
    assert 0 < int(answers[20].headers["retry-after"]) <= 301
    right = basic("clinic", SECRET.replace(" ", "+"))
    assert (await called(agder, form, right, peer="guesser")).status_code == 429
    assert (await called(agder, form, right, peer="somebody-else")).status_code == 400
    agder.clock.forward(minutes=6)
    assert (await called(agder, form, right, peer="guesser")).status_code == 400


async def test_who_names_many_clients_has_to_wait_too(agder: Agder) -> None:
    form = {"grant_type": "authorization_code", "code": "x"}
    seen = [(await called(agder, form | {"client_id": f"no-{n}"}, peer="crowd")).status_code for n in range(201)]
    assert seen == [401] * 200 + [429]


@pytest.mark.parametrize("kind", ["", "password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"])
async def test_other_grants_are_not_known(agder: Agder, kind: str) -> None:
    answer = await called(agder, {"grant_type": kind, "client_id": "reader"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


async def test_a_token_request_is_a_form(agder: Agder) -> None:
    async with agder.browser() as anybody:
        sent = await anybody.post("/auth/token", json={"grant_type": "authorization_code"})
        asked = await anybody.get("/auth/token", params={"grant_type": "authorization_code"})
        twice = await anybody.post(
            "/auth/token",
            content="client_id=reader&client_id=other&grant_type=refresh_token",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        long = await anybody.post("/auth/token", data={"client_id": "reader", "code": "x" * 40_000})
    assert sent.json()["error"] == twice.json()["error"] == "invalid_request"
    assert asked.status_code == 405
    assert long.status_code == 413


async def machine(agder: Agder, proof: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials", "scope": "system/Patient.rs",
        "client_assertion_type": ASSERTION, "client_assertion": proof,
    }  # fmt: skip
    return await called(agder, {name: value for name, value in (form | changes).items() if value})


@pytest.mark.parametrize("key", [EC, RSA], ids=["ES384", "RS384"])
async def test_a_machine_proves_itself_by_its_keys(agder: Agder, key: Any) -> None:
    answer = await machine(agder, assertion(agder, key))
    assert answer.status_code == 200, answer.text
    assert answer.json()["expires_in"] == 300
    assert answer.json()["scope"] == "system/Patient.rs"
    assert "refresh_token" not in answer.json()
    read = await fhir(agder, answer.json()["access_token"], f"Patient/{INGRID}")
    assert read.status_code == 200
    agder.clock.forward(minutes=5)
    assert (await fhir(agder, answer.json()["access_token"], f"Patient/{INGRID}")).status_code == 401


async def test_an_assertion_counts_once(agder: Agder) -> None:
    proof = assertion(agder)
    assert (await machine(agder, proof)).status_code == 200
    again = await machine(agder, proof)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    agder.clock.forward(minutes=10)
    jti = secrets.token_hex(8)
    assert (await machine(agder, assertion(agder, jti=jti))).status_code == 200
    assert (await machine(agder, assertion(agder, RSA, jti=jti))).status_code == 401


def late(agder: Agder, seconds: int) -> int:
    return int(agder.clock().timestamp()) + seconds


@pytest.mark.parametrize(
    ("seconds", "status"), [(-300, 401), (-1, 401), (0, 401), (1, 200), (299, 200), (300, 200), (301, 401), (600, 401)]
)
async def test_an_assertion_lasts_five_minutes_at_most(agder: Agder, seconds: int, status: int) -> None:
    proof = assertion(agder, exp=late(agder, seconds), iat=None)
    assert (await machine(agder, proof)).status_code == status


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "reader"}, {"sub": "reader"}, {"iss": None}, {"sub": None}, {"aud": None}, {"jti": None}, {"jti": ""},
        {"exp": None}, {"exp": "soon"}, {"exp": True}, {"exp": float("nan")}, {"exp": float("inf")}, {"jti": 7},
        {"aud": "https://elsewhere.example/auth/token"}, {"aud": [BASE]}, {"aud": [{}]}, {"nbf": "never"},
        {"jti": "x" * 256},
    ],
)  # fmt: skip
async def test_an_assertion_says_what_it_must(agder: Agder, changes: dict[str, Any]) -> None:
    answer = await machine(agder, assertion(agder, **changes), client_id="machine")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


STRANGER = ECKey.generate_key("P-384", {"kid": "ec", "alg": "ES384"}, private=True)
P256 = ECKey.generate_key("P-256", {"kid": "ec"}, private=True)


@pytest.mark.parametrize(
    "header",
    [
        {"kid": None}, {"kid": ""}, {"kid": "none"}, {"kid": "../../etc/passwd"}, {"kid": "rsa"}, {"kid": "EC"},
        {"jku": "https://evil.example/keys"}, {"jku": f"{BASE}/auth/jwks"}, {"x5u": "https://evil.example/cert"},
        {"jwk": STRANGER.as_dict(private=False)},
    ],
)  # fmt: skip
async def test_no_header_brings_a_key(agder: Agder, header: dict[str, Any]) -> None:
    """Signed by a stranger under a registered name, and by the right key with a header that names another."""
    for key in (STRANGER, EC):
        proof = assertion(agder, key, header) if "kid" not in header or header["kid"] else ""
        proof = proof or forged(agder, {"alg": "ES384"} | header, key)
        assert (await machine(agder, proof)).status_code == 401
    assert (await machine(agder, assertion(agder, STRANGER))).status_code == 401


def forged(agder: Agder, header: dict[str, Any], key: Any) -> str:
    claims = jws.extract_compact(assertion(agder).encode()).payload
    kept = {name: value for name, value in header.items() if value is not None}
    return jws.serialize_compact(kept, claims, key, algorithms=[header["alg"]])


async def test_other_algorithms_prove_nothing(agder: Agder) -> None:
    claims = jws.extract_compact(assertion(agder).encode()).payload
    public = RSA.as_pem(private=False)
    confused = [by_hand({"alg": f"HS{bits}", "kid": "rsa"}, claims, public, bits) for bits in (256, 384, 512)]
    none = by_hand({"alg": "none", "kid": "ec"}, claims, b"", 0)
    plain = RSAKey.import_key({n: v for n, v in RSA.as_dict(private=True).items() if n not in ("alg", "use")})
    weak = jws.serialize_compact({"alg": "RS256", "kid": "rsa"}, claims, plain, ["RS256"])
    listed = by_hand({"alg": "ES384", "kid": ["ec"]}, claims, b"", 0)
    curve = jws.serialize_compact({"alg": "ES256", "kid": "ec"}, claims, P256, ["ES256"])
    for proof in (*confused, none, weak, curve, listed, "", "x", "x.y", "x.y.z", "a.b.c.d", "é.é.é"):
        answer = await machine(agder, proof, client_id="machine")
        assert answer.status_code == 401, proof


def by_hand(header: dict[str, Any], claims: bytes, key: bytes, bits: int) -> str:
    """A token that no library makes: keyed with what everybody may know, or with nothing."""
    signed = b".".join(map(_b64, (json.encode(header), claims)))
    signature = hmac.digest(key, signed, f"sha{bits}") if bits else b""
    return b".".join((signed, _b64(signature))).decode()


def _b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


async def test_a_machine_gets_only_what_it_is_registered_for(agder: Agder) -> None:
    for scope in ("", "patient/*.rs", "user/*.rs", "openid", "nonsense"):
        answer = await machine(agder, assertion(agder), scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope"), scope
    wrong = await machine(agder, assertion(agder), client_assertion_type="something-else")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_request")
    keyed = assertion(agder, iss="keyed", sub="keyed")
    assert (await machine(agder, keyed)).json()["error"] == "invalid_scope"
    form = {"grant_type": "client_credentials", "scope": "system/*.rs", "client_id": "reader"}
    assert (await called(agder, form)).json()["error"] == "unauthorized_client"


async def test_an_app_with_keys_redeems_its_code_with_them(agder: Agder, one: Launching) -> None:
    code = await one.code(client_id="keyed")
    assert (await one.exchange(code, client_id="keyed")).status_code == 401
    proof = assertion(agder, RSA, iss="keyed", sub="keyed")
    answer = await one.exchange(code, client_id="", client_assertion=proof, client_assertion_type=ASSERTION)
    assert answer.status_code == 200


async def test_a_client_that_was_removed_is_out_at_once(agder: Agder, one: Launching) -> None:
    clients = Clients(agder.store.pool)
    gone = Client(id="gone", name="Gone", kind="public", registered=agder.clock(), redirects=(REDIRECT,),
                  scope="launch/patient offline_access patient/*.rs")  # fmt: skip
    assert await clients.add(gone)
    answer = await one.tokens(client_id="gone", scope="launch/patient offline_access patient/*.rs")
    assert (await fhir(agder, answer["access_token"], f"Patient/{INGRID}")).status_code == 200
    assert await clients.remove("gone", agder.clock())
    assert (await fhir(agder, answer["access_token"], f"Patient/{INGRID}")).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"], "client_id": "gone"}
    assert (await called(agder, form)).status_code == 401
    assert (await one.ask(client_id="gone")).status_code == 400
    assert not await clients.add(gone), "an id that stands in the log is never given out again"


async def test_access_tokens_are_not_forged(agder: Agder, one: Launching) -> None:
    token = (await one.tokens())["access_token"]
    claims = jws.extract_compact(token.encode()).payload
    other = OctKey.import_key(secrets.token_bytes(32))
    bent = jws.serialize_compact({"alg": "HS256"}, claims, other, ["HS256"])
    signed = jwt.encode({"alg": "RS256"}, {"aud": "saman-fhir-app"}, RSAKey.generate_key(2048), algorithms=["RS256"])
    head, body, signature = token.split(".")
    for forged_token in (
        bent,
        signed,
        f"{head}.{body}.",
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
    ):
        assert (await fhir(agder, forged_token, f"Patient/{INGRID}")).status_code == 401


def test_the_keys_are_as_registered() -> None:
    assert '"d"' not in key_set(EC, RSA)
