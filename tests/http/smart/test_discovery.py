"""What the server tells of itself, which pages may call it, what can be registered, and Inferno's list."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from saman.apps.auth.smart.registration import Registration, client_of
from saman.kernel import json
from saman.kernel.outcome import Refusal
from tests.http.app.conftest import BASE, FRIDAY_NIGHT, Agder
from tests.http.smart.conftest import EC, FHIR, INGRID, REDIRECT, RSA, called, fhir, key_set, launching

HERE = Path(__file__).parent
APP, STRANGER = "https://app.example", "https://stranger.example"


async def test_discovery(agder: Agder) -> None:
    async with agder.browser() as anybody:
        told = await anybody.get("/.well-known/smart-configuration")
        below = await anybody.get("/fhir/.well-known/smart-configuration", headers={"accept": "application/json"})
        openid = (await anybody.get("/.well-known/openid-configuration")).json()
        metadata = (await anybody.get("/fhir/metadata")).json()
        assert told.headers["content-type"] == below.headers["content-type"] == "application/json"
        found = told.json()
        assert found == below.json()
        for name in ("authorization_endpoint", "token_endpoint", "introspection_endpoint", "revocation_endpoint"):
            assert found[name].startswith(f"{BASE}/auth/")
            assert (await anybody.get(found[name])).status_code in (400, 405), "it is there"
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert {"authorization_code", "client_credentials"} <= set(found["grant_types_supported"])
    assert found["issuer"] == openid["issuer"] == BASE
    assert found["jwks_uri"] == openid["jwks_uri"]
    assert {"launch-ehr", "launch-standalone", "sso-openid-connect", "permission-v2"} <= set(found["capabilities"])
    assert openid["id_token_signing_alg_values_supported"] == ["RS256"]
    assert {"response_types_supported", "subject_types_supported", "token_endpoint"} <= openid.keys()
    security = metadata["rest"][0]["security"]
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"
    addresses = {one["url"]: one["valueUri"] for one in security["extension"][0]["extension"]}
    assert addresses["token"] == found["token_endpoint"]
    assert addresses["authorize"] == found["authorization_endpoint"]


async def test_anybodys_page_reads_what_says_nothing_about_anybody(agder: Agder) -> None:
    async with agder.browser() as anybody:
        for path in ("/.well-known/smart-configuration", "/fhir/.well-known/smart-configuration", "/fhir/metadata",
                     "/.well-known/openid-configuration", "/auth/jwks"):  # fmt: skip
            answer = await anybody.get(path, headers={"origin": STRANGER})
            assert answer.headers["access-control-allow-origin"] == "*", path


async def test_pages_of_registered_apps_call_from_a_browser(agder: Agder) -> None:
    async with launching(agder, INGRID) as one:
        answer = await one.exchange(await one.code(), {"origin": APP})
    assert answer.headers["access-control-allow-origin"] == APP
    token = answer.json()["access_token"]
    for origin, allowed in ((APP, APP), (STRANGER, None), ("null", None), (f"{APP}.evil", None)):
        for path, method in ((f"Patient/{INGRID}", "GET"), (f"Patient/{INGRID}", "OPTIONS"), ("Patient", "POST")):
            answer = await fhir(agder, token, path, method, headers={"origin": origin})
            assert answer.headers.get("access-control-allow-origin") == allowed
            assert "access-control-allow-credentials" not in answer.headers
    before = await fhir(agder, "", f"Patient/{INGRID}", "OPTIONS", headers={"origin": APP})
    assert before.status_code == 204
    assert "authorization" in before.headers["access-control-allow-headers"]


async def test_pages_of_others_reach_no_page_of_ours(agder: Agder) -> None:
    async with agder.browser() as anybody:
        for path in ("/", "/auth/authorize", "/auth/consent", "/auth/apps", "/citizen"):
            answer = await anybody.get(path, headers={"origin": APP})
            assert "access-control-allow-origin" not in answer.headers


P256 = ECKey.generate_key("P-256", {"kid": "short"}, private=True)
with warnings.catch_warnings(category=SecurityWarning, action="ignore"):
    WEAK = key_set(RSAKey.generate_key(1024, {"kid": "weak"}, private=True))
NAMELESS = ECKey.import_key({n: v for n, v in EC.as_dict(private=False).items() if n != "kid"})
PRIVATE = json.encode({"keys": [EC.as_dict(private=True)]}).decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""}, {"id": "ab"}, {"id": "UPPER"}, {"id": "a b"}, {"id": "a--b"}, {"id": "-ab"}, {"id": "a" * 41},
        {"id": "app:x"}, {"name": ""}, {"name": "x" * 81}, {"name": "a\nb"}, {"scope": ""}, {"scope": "nonsense"},
        {"scope": "patient/Nothing.rs"}, {"scope": "patient/Observation.rs?date=2020"}, {"redirects": []},
        {"scope": "patient/Observation.rs?code:not=x"}, {"scope": "patient/Observation.rs?_count=1"},
        {"scope": "system/*.rs"}, {"scope": "system/*.rs", "keys": key_set(EC)}, {"introspects": True},
        {"launch": "https://app.example/launch"}, {"keys": key_set(EC), "secret": "x"}, {"keys": "{}"},
        {"keys": "nonsense"}, {"keys": '{"keys": []}'}, {"keys": '{"keys": [1]}'}, {"keys": key_set(EC, EC)},
        {"keys": key_set(P256)}, {"keys": WEAK}, {"keys": key_set(NAMELESS)}, {"keys": PRIVATE},
        *({"redirects": [one]} for one in (
            "", "/back", "app.example/back", "http://app.example/back", "https://app.example/back#x", "javascript:1",
            "data:text/html,x", "https://user@app.example/", "https://app.example:0/", "https://app.example:x/",
            "ftp://app.example/", "https:///back", "myapp:/back", "https://app.example/ back", "https://äpp.example/",
            "http://127.0.0.1.evil.example/", "http://169.254.169.254/", "https://*.example/", "com.example.app://x/y",
        )),
    ],
)  # fmt: skip
def test_what_cannot_be_registered(changes: dict[str, Any]) -> None:
    asked = {"id": "app", "name": "App", "redirects": [REDIRECT], "scope": "patient/*.rs"} | changes
    assert isinstance(client_of(Registration(**asked), FRIDAY_NIGHT), Refusal)


@pytest.mark.parametrize(
    "address", [REDIRECT, "http://localhost:3000/back", "http://127.0.0.1/", "http://[::1]:8/", "com.example.app:/back"]
)
def test_what_can_be_registered(address: str) -> None:
    keys, scope = key_set(EC, RSA), "patient/*.read openid"
    asked = Registration(id="app", name="App", redirects=[address], scope=scope, keys=keys)
    client = client_of(asked, FRIDAY_NIGHT)
    assert not isinstance(client, Refusal), client
    assert client.scope == "openid patient/*.rs"


def test_infernos_assertions_are_each_tried_here() -> None:
    listed = yaml.safe_load((HERE / "inferno.yaml").read_text("utf-8"))
    rows = [row for group in listed.values() for row in group]
    folders = (HERE, HERE.parents[1] / "e2e" / "smart")
    texts = [path.read_text("utf-8") for folder in folders for path in folder.glob("test_*.py")]
    there = {name for text in texts for name in re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE)}
    assert {row["test"] for row in rows if "test" in row} <= there
    assert all(row.get("test") or row.get("left_out") for row in rows)
    assert len(rows) >= 30


async def test_a_token_is_asked_for_below_its_issuer(agder: Agder) -> None:
    """The endpoint's own name is the only audience of an assertion, so that none made for another server counts."""
    answer = await called(agder, {"grant_type": "client_credentials", "client_id": "machine"})
    assert isinstance(answer, httpx.Response)
    assert answer.status_code == 401
    assert FHIR not in answer.text
