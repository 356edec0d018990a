"""The whole application, apps that are registered with it, and the steps of a launch."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from saman.apps.auth.smart.issuing import challenge_of
from saman.apps.auth.smart.registration import Registration, client_of
from saman.kernel import json
from saman.kernel.outcome import Refusal
from saman.record.apps.clients import Clients
from tests.http.app.conftest import BASE, Agder, agder, agder_filled, at_the_same_time, database

__all__ = ["agder", "agder_filled", "at_the_same_time", "database"]

FHIR = f"{BASE}/fhir"
TOKEN = f"{BASE}/auth/token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REDIRECT = "https://app.example/back"
LAUNCH_ADDRESS = "https://app.example/launch"
INGRID, OLAV = "ingrid-aasen", "olav-tveit"
BEHIND = "sorlandet-hospital"
"""The organisation behind the back-end client."""
SECRET = "a secret that is long enough to be one"
EVERYTHING = (
    "openid fhirUser launch launch/patient offline_access online_access patient/*.cruds user/*.cruds "
    "patient/Observation.rs?category=vital-signs"
)

EC = ECKey.generate_key("P-384", {"kid": "ec", "alg": "ES384"}, private=True)
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "alg": "RS384"}, private=True)


def key_set(*keys: Any) -> str:
    return json.encode({"keys": [key.as_dict(private=False) for key in keys]}).decode()


REGISTERED = (
    Registration(id="reader", name="Reader", redirects=[REDIRECT], launch=LAUNCH_ADDRESS, scope=EVERYTHING),
    Registration(id="other", name="Other", redirects=[REDIRECT], scope=EVERYTHING),
    Registration(id="narrow", name="Narrow", redirects=[REDIRECT], scope="launch/patient patient/Observation.rs"),
    Registration(id="clinic", name="Clinic", redirects=[REDIRECT], scope=EVERYTHING, secret=SECRET),
    Registration(id="keyed", name="Keyed", redirects=[REDIRECT], scope=EVERYTHING, keys=key_set(EC, RSA)),
    Registration(id="machine", name="Machine", scope="system/*.cruds", keys=key_set(EC, RSA), party=BEHIND),
    Registration(id="warden", name="Warden", secret=SECRET, introspects=True),
)


@pytest_asyncio.fixture(scope="module", autouse=True)
async def registered(agder: Agder) -> None:
    """Every app of REGISTERED."""
    for one in REGISTERED:
        client = client_of(one, agder.clock())
        assert not isinstance(client, Refusal), client
        assert await Clients(agder.store.pool).add(client)


class Launching:
    """A person's browser and an app, step by step."""

    def __init__(self, agder: Agder, browser: httpx.AsyncClient) -> None:
        self.agder = agder
        self.browser = browser
        self.browser.cookies.set("lang", "en")
        self.verifier = secrets.token_urlsafe(48)

    def request(self, **changes: str | None) -> dict[str, str]:
        """What the app sends the browser with; None leaves a parameter out."""
        asked = {
            "response_type": "code",
            "client_id": "reader",
            "redirect_uri": REDIRECT,
            "scope": "launch/patient patient/*.rs",
            "state": "the-state",
            "aud": FHIR,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        } | changes
        return {name: value for name, value in asked.items() if value is not None}

    async def ask(self, **changes: str | None) -> httpx.Response:
        """Where the browser is sent, or the page that says what is wrong."""
        return await self.browser.get("/auth/authorize", params=self.request(**changes))

    async def page(self) -> str:
        """The page that asks."""
        return (await self.browser.get("/auth/consent")).text

    async def decide(self, decision: str = "allow", page: str = "") -> dict[str, str]:
        """What the app hears."""
        page = page or await self.page()
        fields = hidden(page) | {"decision": decision}
        return answer_of(await self.browser.post("/auth/consent", data=fields))

    async def code(self, **changes: str | None) -> str:
        """The code for a request that is granted."""
        begun = await self.ask(**changes)
        assert begun.headers.get("location") == "/auth/consent", begun.text
        return (await self.decide())["code"]

    async def exchange(self, code: str, headers: dict[str, str] | None = None, **changes: str) -> httpx.Response:
        """The token endpoint's answer to a code."""
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "client_id": "reader",
            "code_verifier": self.verifier,
        } | changes
        return await called(self.agder, {name: value for name, value in sent.items() if value}, headers)

    async def tokens(self, **changes: str | None) -> dict[str, Any]:
        """A whole launch."""
        client = changes.get("client_id") or "reader"
        answer = await self.exchange(await self.code(**changes), client_id=client)
        assert answer.status_code == 200, answer.text
        return answer.json()


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the first form that answers an app."""
    form = re.search(r'<form[^>]*action="/auth/consent"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form is not None, page
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1]))


def answer_of(response: httpx.Response) -> dict[str, str]:
    """What stands in the address the browser is sent to."""
    assert response.status_code == 303, response.text
    parts = urlsplit(response.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == REDIRECT
    return {name: value for name, [value] in parse_qs(parts.query).items()}


async def called(
    agder: Agder, form: dict[str, str], headers: dict[str, str] | None = None, path: str = "/auth/token", peer: str = ""
) -> httpx.Response:
    """The answer to a client; calls come from addresses of their own, so that none waits for another's failures."""
    transport = httpx.ASGITransport(agder.app, client=(peer or secrets.token_hex(4), 1))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        return await client.post(path, data=form, headers=headers)


async def fhir(agder: Agder, token: str, path: str, method: str = "GET", **more: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", **more.pop("headers", {})}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(agder.app), base_url=f"{FHIR}/") as client:
        return await client.request(method, path, headers=headers, **more)


def assertion(agder: Agder, key: Any = EC, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A signed assertion of `machine`, good now; None leaves a claim out."""
    now = int(agder.clock().timestamp())
    claims = {
        "iss": "machine", "sub": "machine", "aud": TOKEN, "exp": now + 240, "iat": now, "jti": secrets.token_hex(8),
    } | changes  # fmt: skip
    algorithm = "ES384" if isinstance(key, ECKey) else "RS384"
    head = {"alg": algorithm, "kid": key.kid, "typ": "JWT"} | (header or {})
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({n: v for n, v in head.items() if v is not None}, kept, key, algorithms=[head["alg"]])


async def machine_token(agder: Agder, scope: str) -> str:
    form = {"grant_type": "client_credentials", "scope": scope, "client_assertion_type": ASSERTION}
    answer = await called(agder, form | {"client_assertion": assertion(agder)})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


@asynccontextmanager
async def launching(agder: Agder, user: str) -> AsyncIterator[Launching]:
    async with agder.signed_in(user) as browser:
        yield Launching(agder, browser)
